package lab_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
	"davferry/mapping"
)

// A party is the people of some meetings at a source that tells nobody, and at the destination that may: an organizer and
// an attendee whose accounts are moved, and a guest who has an account at the destination and nothing at the source.
type party struct {
	*desk
	source, to                 *lab.Server
	organizer, attendee, guest lab.User // at the destination
	before                     map[string]lab.Content
	mailed                     int // mails that the destination had sent before
}

// meetingCalendar is where the people of a party keep their meetings.
var meetingCalendar = dataset.Collection{Kind: dav.Calendar, Name: "meetings", DisplayName: "Meetings", Components: []string{"VEVENT"}}

// newParty gives the first two users of the source their copies of the meetings, and looks at what everybody has at the
// destination before. Cyrus and SOGo deliver only to users who have been there once.
func newParty(t *testing.T, source, to *lab.Server) *party {
	t.Helper()
	p := &party{source: source, to: to, organizer: to.Users[0], attendee: to.Users[1], guest: to.Users[2]}
	p.desk = newDesk(t, rows(t, header,
		row("organizer", source, source.Users[0], to, p.organizer), row("attendee", source, source.Users[1], to, p.attendee)))
	for i, copies := range [][]dataset.Object{p.organized(), p.attended()} {
		c := meetingCalendar
		c.Objects = copies
		if err := lab.Load(t.Context(), source, source.Users[i], []dataset.Collection{c}); err != nil {
			t.Fatal(err)
		}
	}
	p.before, p.mailed = p.everything(), len(p.mails())
	return p
}

// mails are the addresses to which the destination has sent mail.
func (p *party) mails() []string {
	p.t.Helper()
	mails, err := p.to.Mails()
	if err != nil {
		p.t.Fatal(err)
	}
	return mails
}

func (p *party) users() []lab.User { return []lab.User{p.organizer, p.attendee, p.guest} }

// uid makes the UID of a meeting, one that no other test uses at the server.
func (p *party) uid(name string) string { return name + "-" + p.organizer.Name }

// meeting is a copy of a meeting, with CRs.
func (p *party) meeting(name, start string, lines ...string) dataset.Object {
	event := func(more ...string) string {
		return strings.Join(slices.Concat([]string{"BEGIN:VEVENT", "UID:" + p.uid(name), "DTSTAMP:20260101T000000Z", "SEQUENCE:3",
			"DURATION:PT1H", "SUMMARY:" + name}, more, lines, []string{"END:VEVENT"}), "\n")
	}
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\n" + event("DTSTART:"+start)
	if name == "series" {
		text = strings.Replace(text, "DTSTART", "RRULE:FREQ=WEEKLY;COUNT=500\nDTSTART", 1) +
			"\n" + event("RECURRENCE-ID:"+start, "DTSTART:"+strings.Replace(start, "T10", "T12", 1))
	}
	text += "\nEND:VCALENDAR\n"
	return dataset.Object{Name: p.uid(name) + ".ics", UID: p.uid(name), Data: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}
}

// people are the lines about the people of the organizer's meetings.
func (p *party) people() []string {
	return []string{
		"ORGANIZER;CN=Organizer:mailto:" + p.organizer.Address(),
		"ATTENDEE;CN=Organizer;PARTSTAT=ACCEPTED:mailto:" + p.organizer.Address(),
		"ATTENDEE;CN=Attendee;PARTSTAT=TENTATIVE:mailto:" + p.attendee.Address(),
		"ATTENDEE;CN=Guest;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:" + p.guest.Address(),
		"ATTENDEE;CN=Outside;PARTSTAT=DECLINED:mailto:outside@elsewhere.example",
	}
}

// organized are the organizer's copies of what he organizes: to come, in a series, long over.
func (p *party) organized() []dataset.Object {
	return []dataset.Object{
		p.meeting("soon", "20370105T100000Z", p.people()...),
		p.meeting("series", "20370106T100000Z", p.people()...),
		p.meeting("over", "20200107T100000Z", p.people()...),
	}
}

// attended are the attendee's copies of the same, and a meeting of somebody outside.
func (p *party) attended() []dataset.Object {
	var copies []dataset.Object
	for _, o := range p.organized() {
		o.Data = bytes.ReplaceAll(o.Data, []byte("SUMMARY:"), []byte("X-LOCAL:mine\r\nSUMMARY:"))
		copies = append(copies, o)
	}
	return append(copies, p.meeting("outside", "20370108T100000Z", "ORGANIZER:mailto:boss@elsewhere.example",
		"ATTENDEE;PARTSTAT=ACCEPTED:mailto:"+p.attendee.Address()))
}

// everything is what all people have at the destination, by their names, their inboxes among it.
func (p *party) everything() map[string]lab.Content {
	p.t.Helper()
	all := map[string]lab.Content{}
	for _, u := range p.users() {
		content := read(p.t, p.to, u)
		inbox, err := lab.Inbox(p.t.Context(), p.to, u)
		if err != nil {
			p.t.Fatal(err)
		}
		if content["inbox"] != nil {
			p.t.Fatalf("%s has a calendar called inbox", u.Name)
		}
		content["inbox"] = inbox
		all[u.Name] = content
	}
	return all
}

// expectNothingElse expects that nobody has got anything but the copies that were moved, and that those say of everybody
// what they said. moved are the UIDs that are there.
func (p *party) expectNothingElse(moved ...[]dataset.Object) {
	p.t.Helper()
	if mails := p.mails(); len(mails) > p.mailed {
		p.t.Errorf("%d mails more than before: %v", len(mails)-p.mailed, mails)
	}
	now := p.everything()
	for i, u := range p.users() {
		content := maps.Clone(now[u.Name])
		if i < len(moved) {
			p.expectCopies(u, moved[i], content[meetingCalendar.Name])
			delete(content, meetingCalendar.Name)
		}
		for name, objects := range content {
			for object, data := range objects {
				if _, had := p.before[u.Name][name][object]; !had {
					p.t.Errorf("%s has got %s in %s: %s", u.Name, object, name, data)
				}
			}
		}
	}
}

// expectCopies expects that the objects of a user are the copies that were moved.
func (p *party) expectCopies(u lab.User, moved []dataset.Object, there map[string][]byte) {
	p.t.Helper()
	if len(there) != len(moved) {
		p.t.Errorf("%s has %d meetings, not %d", u.Name, len(there), len(moved))
	}
	for _, o := range moved {
		data, ok := there[o.Name]
		if !ok {
			p.t.Errorf("%s has no %s: %v", u.Name, o.Name, slices.Sorted(maps.Keys(there)))
			continue
		}
		if bytes.Contains(data, []byte("SCHEDULE-STATUS")) {
			p.t.Errorf("%s: the server has told somebody of %s: %s", u.Name, o.Name, data)
		}
		for _, agent := range []string{";SCHEDULE-AGENT=CLIENT", "X-DAVFERRY-"} {
			data = []byte(strings.ReplaceAll(strings.ReplaceAll(string(data), "\r\n ", ""), agent, ""))
		}
		if differences := mapping.Diff(dav.Calendar, o.Data, data); len(differences) > 0 {
			p.t.Errorf("%s: %s says otherwise: %v\n%s", u.Name, o.Name, differences, data)
		}
	}
}

// tellers are the servers of the lab that tell the people of a meeting; the others of its versions do not.
var tellers = []string{"cyrus", "davical", "sogo"}

// TestNobodyIsTold moves meetings of people who have accounts at the destination and outside of it. Nobody's calendar and
// nobody's inbox gets anything, in the migration, in a later one, in a deletion and in a rollback.
func TestNobodyIsTold(t *testing.T) {
	eachServer(t, 3, func(t *testing.T, to *lab.Server) {
		p := newParty(t, lab.StartRadicale(t, 2), to)
		organized, attended := p.organized(), p.attended()
		flags := []string{"--workers", "2"}
		if to.Name == "sogo" {
			s := p.run(3, "migrate", flags...)
			s.Objects.expect(t, "refused", counts{"listed": 7, "refused": 7})
			if p := s.Problems[0]; p.Condition != "calendar-auto-schedule" || !strings.Contains(p.Message, "SOGoAppointmentSendEMailNotifications") {
				t.Errorf("refused: %+v", p)
			}
			p.expectNothingElse(nil, nil)
			flags = append(flags, "--invitations", "neutralise")
		}
		p.run(0, "migrate", flags...).Objects.expect(t, "first run", counts{"listed": 7, "created": 7})
		p.expectNothingElse(organized, attended)
		p.run(0, "migrate", flags...).Objects.expect(t, "second run", counts{"listed": 7, "unchanged": 7})
		if status := p.startArgs("verify", "accounts.csv").wait(); status != 0 {
			t.Errorf("verify: exit status %d", status)
		}

		organized[0] = p.meeting("soon", "20370109T100000Z", p.people()...)
		p.changeSource(0, "PUT", organized[0])
		p.changeSource(0, "DELETE", organized[2])
		p.changeSource(1, "DELETE", attended[2])
		p.run(0, "migrate", append(flags, "--delete", "--yes")...).Objects.expect(t, "third run", counts{"listed": 5, "updated": 1, "unchanged": 4})
		p.expectNothingElse(organized[:2], slices.Delete(slices.Clone(attended), 2, 3))

		p.run(0, "rollback")
		p.expectNothingElse()
	})
}

// changeSource changes a copy of a user of the source.
func (p *party) changeSource(user int, method string, o dataset.Object) {
	p.t.Helper()
	s := *p.source
	s.Users = s.Users[user:]
	changeIn(p.t, &s, meetingCalendar, method, o.Name, o.Data)
}

// TestPeopleAreTold is what TestNobodyIsTold would see if nothing was done about it: a server that tells people does so.
func TestPeopleAreTold(t *testing.T) {
	for _, name := range tellers {
		t.Run(name, func(t *testing.T) {
			to := shared.take(t, name, 3)
			p := newParty(t, lab.StartRadicale(t, 2), to)
			s := p.start("migrate", "--invitations", "allow").anyReport()
			if s.Objects["created"] < 3 {
				t.Errorf("%v %+v", s.Objects, s.Problems)
			}
			got := 0
			for _, objects := range p.everything()[p.guest.Name] {
				got += len(objects)
			}
			if had := fmt.Sprint(p.before[p.guest.Name]); got == 0 {
				t.Errorf("the guest has got nothing: %s", had)
			}
			if mails := p.mails(); name != "davical" && !slices.Contains(mails, "outside@elsewhere.example") {
				t.Errorf("mailed: %v", mails)
			}
		})
	}
}

// TestDAViCalTakesCopiesForAnswers shows why copies of meetings are written to DAViCal in an order, and why one that
// changes later is refused: SCHEDULE-AGENT does not keep it from taking an attendee's copy for his answer.
func TestDAViCalTakesCopiesForAnswers(t *testing.T) {
	to := shared.take(t, "davical", 3)
	p := newParty(t, lab.StartRadicale(t, 2), to)
	p.run(0, "migrate").Objects.expect(t, "first run", counts{"listed": 7, "created": 7})
	changed := p.attended()[0]
	changed.Data = bytes.Replace(changed.Data, []byte("PARTSTAT=TENTATIVE"), []byte("PARTSTAT=ACCEPTED"), 1)
	p.changeSource(1, "PUT", changed)
	s := p.run(3, "migrate")
	s.Objects.expect(t, "second run", counts{"listed": 7, "unchanged": 6, "refused": 1})
	if m := s.Problems[0].Message; !strings.Contains(m, "would take this copy for an answer to "+p.organizer.Address()) || !strings.Contains(m, "enable_auto_schedule") {
		t.Errorf("refused: %s", m)
	}
	p.expectNothingElse(p.organized(), p.attended())

	marked := strings.ReplaceAll(string(changed.Data), "ATTENDEE;", "ATTENDEE;SCHEDULE-AGENT=CLIENT;")
	marked = strings.ReplaceAll(marked, "ORGANIZER;", "ORGANIZER;SCHEDULE-AGENT=CLIENT;")
	seen := *to
	seen.Users = []lab.User{p.attendee}
	changeIn(t, &seen, meetingCalendar, "PUT", changed.Name, []byte(marked))
	if inbox := p.everything()[p.organizer.Name]["inbox"]; len(inbox) == 0 {
		t.Error("DAViCal has not taken the copy for an answer: the order is not needed any more")
	}
}

// TestPreflightCountsMeetings says of each server beforehand what would become of the meetings.
func TestPreflightCountsMeetings(t *testing.T) {
	for name, want := range map[string]string{
		"davical": "the people of 3 meetings would be marked SCHEDULE-AGENT=CLIENT, so that the destination (DAViCal) tells nobody",
		"sogo":    "3 meetings would be refused, because the destination (SOGo) would mail their people",
		"cyrus":   "",
	} {
		t.Run(name, func(t *testing.T) {
			to := shared.take(t, name, 3)
			p := newParty(t, lab.StartRadicale(t, 2), to)
			r := p.start("preflight")
			status := r.wait()
			if refused := name == "sogo"; (status == 4) != refused || status != 0 && !refused {
				t.Errorf("exit status %d\n%s", status, r.stderr.String())
			}
			if out := r.stdout.String(); want != "" && !strings.Contains(out, want) || want == "" && strings.Contains(out, "meetings would") {
				t.Errorf("it does not say %q: %s", want, out)
			}
		})
	}
}

// TestDAViCalOrganizersOfAnotherRun runs the accounts one after the other: the attendee's copies come when the
// organizer's are there. DAViCal says who of the organizers has an account.
func TestDAViCalOrganizersOfAnotherRun(t *testing.T) {
	to := shared.take(t, "davical", 3)
	p := newParty(t, lab.StartRadicale(t, 2), to)
	attendee := p.attendee
	attendee.Password = "wrong"
	p.accounts(row("organizer", p.source, p.source.Users[0], to, p.organizer), row("attendee", p.source, p.source.Users[1], to, attendee))
	p.run(3, "migrate").Objects.expect(t, "the organizer's", counts{"listed": 3, "created": 3})
	p.accounts(row("attendee", p.source, p.source.Users[1], to, p.attendee))
	p.run(3, "migrate").Objects.expect(t, "the attendee's", counts{"listed": 4, "created": 1, "refused": 3})
	p.expectNothingElse(p.organized(), p.attended()[3:])
}

// accounts gives the desk another accounts file.
func (d *desk) accounts(all ...[]string) {
	d.t.Helper()
	if err := os.WriteFile(d.path("accounts.csv"), rows(d.t, slices.Concat([][]string{header}, all)...), 0o600); err != nil {
		d.t.Fatal(err)
	}
}
