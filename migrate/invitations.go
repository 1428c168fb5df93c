package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
	"davferry/sink"
)

// InvitationMode says what becomes of meetings at a destination that tells their people what is written to it.
type InvitationMode string

// The modes. The zero value is InvitationsQuiet.
const (
	InvitationsQuiet      InvitationMode = "quiet"      // nobody is told, with the least change that does it
	InvitationsNeutralise InvitationMode = "neutralise" // the people are taken out of effect, at every destination
	InvitationsAllow      InvitationMode = "allow"      // meetings go as they are, and the destination may tell whom it wants
)

// autoSchedule is the condition of what is not written because people would be told.
const autoSchedule = "calendar-auto-schedule"

// scheduling is what the destination does about the people of a meeting.
func (t *transfer) scheduling() dav.Scheduler {
	if t.toDAV == nil {
		return dav.Scheduler{}
	}
	return t.toDAV.Services[dav.Calendar].Scheduling()
}

// peopleRules are the rules about people for a kind of collection.
func (t *transfer) peopleRules(k dav.Kind) mapping.Rules {
	switch mode := t.job.Invitations; {
	case t.toDAV == nil || k != dav.Calendar || mode == InvitationsAllow:
		return nil
	case mode == InvitationsNeutralise:
		return mapping.Rules{mapping.Neutralise{}}
	case t.scheduling().Silencing == dav.ByAgent:
		return mapping.Rules{mapping.ScheduleAgents{}}
	}
	return nil
}

// mayTell tells whether it takes a look into an object at the destination to know that nobody is told when it is replaced
// or deleted.
func (t *transfer) mayTell(k dav.Kind) bool {
	return k == dav.Calendar && t.job.Invitations != InvitationsAllow && t.scheduling().Silencing >= dav.ByAgent
}

// tellsOfWriting says why an object is not written: the destination would tell its people. It is "" where it would not.
func (t *transfer) tellsOfWriting(k dav.Kind, info mapping.Info) string {
	s := t.scheduling()
	if !t.mayTell(k) || s.Silencing != dav.Impossible || !meets(s, info) {
		return ""
	}
	return fmt.Sprintf("not sent: %s mails invitations to the people of a meeting and no client can keep it quiet; %s", theServer(s), waysOut(s))
}

// tellsOfReplacing says why an object at the destination is neither replaced nor deleted, "" where nobody is told.
func (t *transfer) tellsOfReplacing(k dav.Kind, there []byte) string {
	s := t.scheduling()
	if !t.mayTell(k) || !meets(s, mapping.Inspect(k, there)) {
		return ""
	}
	if s.Silencing == dav.Impossible || !mapping.PeopleOf(there).Marked {
		return fmt.Sprintf("%s would mail cancellations to the people of the meeting that is there, and no client can keep it quiet; %s", theServer(s), waysOut(s))
	}
	return ""
}

// isReset tells whether a new version of what is at the destination would not stay as it is written, unless the old one is
// deleted first.
func (t *transfer) isReset(k dav.Kind, there []byte) bool {
	return t.mayTell(k) && t.scheduling().ResetsUpdates && meets(t.scheduling(), mapping.Inspect(k, there))
}

// store puts an object. One that has to make room for itself has the version that is there deleted before; where the new one
// is not taken then, that one is put back. A run that is killed in between leaves it to the next to put the new one.
func (m *move) store(ctx context.Context, t *task) (path, etag string, err error) {
	if t.makesRoom == nil {
		return m.to.Put(ctx, m.place.collection, t.result.name, t.object.Data, t.there.ETag)
	}
	if err = m.toDAV.Delete(ctx, t.there.Path, t.there.ETag, true); errors.Is(err, dav.ErrPrecondition) {
		err = fmt.Errorf("%w: %w", sink.ErrExists, err)
	}
	if err == nil {
		if path, etag, err = m.to.Put(ctx, m.place.collection, t.result.name, t.object.Data, ""); err == nil {
			return path, etag, nil
		}
		_, back, lost := m.to.Put(context.WithoutCancel(ctx), m.place.collection, t.result.name, t.makesRoom, "")
		if t.there.ETag, t.result.DestETag = back, back; lost != nil {
			err = fmt.Errorf("%w; the version that was there could not be put back either: %w", err, lost)
		}
	}
	t.looked = true
	return "", "", err
}

// meets tells whether an object makes a server tell people.
func meets(s dav.Scheduler, info mapping.Info) bool {
	if s.NeedsBoth {
		return info.Organizer && info.Attendee
	}
	return info.Organizer || info.Attendee
}

// theServer names a destination in a message.
func theServer(s dav.Scheduler) string {
	if s.Name == "" {
		return "the destination"
	}
	return "the destination (" + s.Name + ")"
}

// waysOut says what the user can do about a meeting that was refused.
func waysOut(s dav.Scheduler) string {
	off := "switch that off at the server"
	if s.Setting != "" {
		off += " (" + s.Setting + ")"
	}
	return off + " and say so with --invitations allow, or write them without effect with --invitations neutralise"
}

// asWritten returns an object of the destination as the rules about people would have it, so that it differs from what is
// to be written in nothing that they do.
func (m *move) asWritten(there []byte) []byte {
	return m.peopleRules(m.collection.Kind).Apply(mapping.Subject{Kind: m.collection.Kind}, there).Data
}

// likeThere returns an object of the source with its people as davferry has left them at the destination.
func (p *comparison) likeThere(o dav.Object, there []byte) []byte {
	var rule mapping.Rules
	switch {
	case p.c.Kind != dav.Calendar:
	case mapping.IsNeutralised(there):
		rule = mapping.Rules{mapping.Neutralise{}}
	case p.wasMarked(o.Path) && mapping.PeopleOf(there).Marked:
		rule = mapping.Rules{mapping.ScheduleAgents{}}
	}
	return rule.Apply(mapping.Subject{Kind: p.c.Kind}, o.Data).Data
}

// wasMarked tells whether davferry marks the people of an object at this destination, or has done so.
func (p *comparison) wasMarked(path string) bool {
	if p.scheduling().Silencing == dav.ByAgent {
		return true
	}
	rec := p.journal[path]
	return rec.Mapped != nil && slices.Contains(strings.Split(rec.Mapped.Changed, ","), mapping.AgentMarked)
}

// invitations is the mode, which is quiet where none was given.
func (j *Job) invitations() InvitationMode { return cmp.Or(j.Invitations, InvitationsQuiet) }
