package davtest

import (
	"slices"
	"strings"
	"sync"

	"davferry/internal/dav"
)

// Mail is an iTIP message (RFC 5546) that a scheduling server would have sent.
type Mail struct {
	Method string // REQUEST, CANCEL or REPLY
	From   string // calendar user address of the account that made the server send it
	To     string // calendar user address
	UID    string
}

// outbox keeps the mails.
type outbox struct {
	mu    sync.Mutex
	mails []Mail
}

// Mails returns what would have been mailed, in order. Without the quirk AutoSchedule there is nothing.
func (s *Server) Mails() []Mail {
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	return slices.Clone(s.outbox.mails)
}

// announce sends what RFC 6638 section 3.2 makes of a change: old is the version before, now the one after, nil for
// none.
func (s *Server) announce(x *exchange, n *node, old, now *object) {
	if !x.q.AutoSchedule || n.col.kind != dav.Calendar || x.silenced() {
		return
	}
	before, after := x.invitation(n.owner, old), x.invitation(n.owner, now)
	if organizer := x.answered(n.owner, now); organizer != "" {
		after = invitation{method: "REPLY", uid: now.facts.uid, recipients: []string{organizer}}
	}
	var mails []Mail
	for _, to := range after.recipients {
		mails = append(mails, Mail{Method: after.method, From: n.owner.address(), To: to, UID: after.uid})
	}
	for _, to := range before.recipients {
		if now != nil && (before.method == "REPLY" || slices.Contains(after.recipients, to)) {
			continue
		}
		method := "CANCEL"
		if before.method == "REPLY" {
			method = "REPLY" // declined
		}
		mails = append(mails, Mail{Method: method, From: n.owner.address(), To: to, UID: before.uid})
	}
	s.outbox.mu.Lock()
	defer s.outbox.mu.Unlock()
	s.outbox.mails = append(s.outbox.mails, mails...)
}

// answered returns the organizer of a copy of a meeting that its server takes for the owner's answer, "" for none.
func (x *exchange) answered(owner *user, copy *object) string {
	if !x.q.AnswersCopies || copy == nil {
		return ""
	}
	organizer, attends := "", false
	for line := range contentLines(copy.data) {
		switch _, to := splitLine(line.text()); line.name() {
		case "ORGANIZER":
			organizer = to
		case "ATTENDEE":
			attends = attends || strings.EqualFold(to, owner.address())
		}
	}
	if attends && !strings.EqualFold(organizer, owner.address()) && x.s.holds(organizer, copy.facts.uid) {
		return organizer
	}
	return ""
}

// holds tells whether a user has an object of that UID.
func (s *Server) holds(address, uid string) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, n := range s.nodes {
		if n.col == nil || n.owner == nil || !strings.EqualFold(n.owner.address(), address) {
			continue
		}
		if slices.ContainsFunc(n.col.snapshot(), func(o *object) bool { return o.facts.uid == uid }) {
			return true
		}
	}
	return false
}

// silenced tells whether a header of the request keeps the server quiet.
func (x *exchange) silenced() bool {
	return !x.q.DeafToScheduleReply && x.r.Header.Get("Schedule-Reply") == "F" ||
		x.q.HearsSchedulingEnabled && x.r.Header.Get("Scheduling-Enabled") == "F"
}

// invitation is whom an object makes the server write to.
type invitation struct {
	method, uid string
	recipients  []string
}

// invitation reads an object as its owner's server does: as the organizer's, who invites, or as an attendee's, who
// replies. Whoever writes it: DAViCal schedules an administrator's PUT like the owner's.
func (x *exchange) invitation(owner *user, o *object) invitation {
	if o == nil {
		return invitation{}
	}
	self := owner.address()
	inv := invitation{method: "REPLY", uid: o.facts.uid}
	var organizer string
	var attendees []string
	answered := false
	for line := range contentLines(o.data) {
		name := line.name()
		if name != "ORGANIZER" && name != "ATTENDEE" {
			continue
		}
		head, to := splitLine(line.text())
		isSelf, mailed := strings.EqualFold(to, self), x.mailed(head)
		switch {
		case name == "ORGANIZER" && isSelf:
			inv.method = "REQUEST"
		case name == "ORGANIZER" && mailed:
			organizer = to
		case name == "ATTENDEE" && isSelf:
			partstat := strings.ToUpper(parameter(head, "PARTSTAT"))
			answered = answered || partstat != "" && partstat != "NEEDS-ACTION"
		case name == "ATTENDEE" && mailed && !slices.Contains(attendees, to):
			attendees = append(attendees, to)
		}
	}
	switch {
	case inv.method == "REQUEST":
		inv.recipients = attendees
	case organizer != "" && answered:
		inv.recipients = []string{organizer}
	}
	return inv
}

// mailed tells whether the server writes to whom a line names (RFC 6638 section 7.1).
func (x *exchange) mailed(head string) bool {
	agent := strings.ToUpper(parameter(head, "SCHEDULE-AGENT"))
	return agent == "" || agent == "SERVER" || x.q.DeafToScheduleAgent
}
