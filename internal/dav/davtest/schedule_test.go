package davtest_test

import (
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

const (
	organizer = "ORGANIZER;CN=\"Lovelace: Ada\":mailto:alice@davtest.example\r\n"
	self      = "ATTENDEE:mailto:alice@davtest.example\r\n"
	guest     = "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:guest@example.org\r\n"
	quiet     = "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:guest@example.org\r\n"
)

// meeting returns the event with lines about people.
func meeting(people ...string) string {
	return strings.Replace(event, "SUMMARY:", strings.Join(people, "")+"SUMMARY:", 1)
}

func TestWhatWouldBeMailed(t *testing.T) {
	host := "ORGANIZER:mailto:host@example.org\r\n"
	accepted := "ATTENDEE;PARTSTAT=ACCEPTED:mailto:alice@davtest.example\r\n"
	request, cancel := "REQUEST guest@example.org", "CANCEL guest@example.org"
	for name, test := range map[string]struct {
		quirks      davtest.Quirks
		before, now string // "" for nothing
		others      bool   // bob has the meeting as well
		headers     []string
		want        []string
	}{
		"an invitation":           {now: meeting(organizer, self, guest), want: []string{request}},
		"an invitation, folded":   {now: meeting(organizer, "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:gu\r\n est@example.org\r\n"), want: []string{request}},
		"no people":               {now: event},
		"attendee without answer": {now: meeting(host, self, guest)},
		"attendee who accepted":   {now: meeting(host, accepted, guest), want: []string{"REPLY host@example.org"}},
		"a stranger's meeting":    {now: meeting(host, guest)},
		"a change":                {before: meeting(organizer, guest), now: meeting(organizer, guest), want: []string{request}},
		"a guest taken off":       {before: meeting(organizer, guest), now: meeting(organizer), want: []string{cancel}},
		"a mark put on":           {before: meeting(organizer, guest), now: meeting(organizer, quiet), want: []string{cancel}},
		"a mark taken off":        {before: meeting(organizer, quiet), now: meeting(organizer, guest), want: []string{request}},
		"a deletion":              {before: meeting(organizer, guest), want: []string{cancel}},
		"a declined invitation":   {before: meeting(host, accepted), want: []string{"REPLY host@example.org"}},
		"quiet by the mark":       {now: meeting(organizer, quiet)},
		"deaf to the mark":        {quirks: davtest.Quirks{DeafToScheduleAgent: true}, now: meeting(organizer, quiet), want: []string{request}},
		"quiet by Schedule-Reply": {now: meeting(organizer, guest), headers: []string{"Schedule-Reply", "F"}},
		"deaf to Schedule-Reply": {
			quirks: davtest.Quirks{DeafToScheduleReply: true}, now: meeting(organizer, guest),
			headers: []string{"Schedule-Reply", "F"}, want: []string{request},
		},
		"a header that it does not know": {now: meeting(organizer, guest), headers: []string{"Scheduling-Enabled", "F"}, want: []string{request}},
		"quiet by Scheduling-Enabled": {
			quirks: davtest.Quirks{HearsSchedulingEnabled: true}, now: meeting(organizer, guest), headers: []string{"Scheduling-Enabled", "F"},
		},
		"a copy, taken for an answer": {
			quirks: davtest.Quirks{AnswersCopies: true}, others: true, now: meeting("ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:bob@davtest.example\r\n", self),
			want: []string{"REPLY bob@davtest.example"},
		},
		"a copy without another": {quirks: davtest.Quirks{AnswersCopies: true}, now: meeting("ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:bob@davtest.example\r\n", self)},
		"a quiet deletion":       {before: meeting(organizer, guest), headers: []string{"Schedule-Reply", "F"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.quirks.AutoSchedule = true
			f := start(t, test.quirks)
			path := f.work + "one.ics"
			if test.before != "" {
				f.PutObject(path, []byte(test.before))
			}
			if test.others {
				theirs := f.AddCollection("bob", dav.Collection{Kind: dav.Calendar, Path: "theirs"})
				f.PutObject(theirs+"one.ics", []byte(event))
			}
			if test.now != "" {
				f.do("PUT", path, test.now, test.headers...)
			} else {
				f.do("DELETE", path, "", test.headers...)
			}
			var got []string
			for _, m := range f.Mails() {
				if m.UID != "one" || m.From != "mailto:alice@davtest.example" {
					t.Errorf("mail %+v", m)
				}
				got = append(got, m.Method+" "+strings.TrimPrefix(m.To, "mailto:"))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("mailed %q, want %q", got, test.want)
			}
		})
	}
}

func TestDeletingACalendarCancels(t *testing.T) {
	f := start(t, davtest.Quirks{AutoSchedule: true})
	if got := f.do("OPTIONS", "/", "").header.Get("DAV"); !strings.Contains(got, "calendar-auto-schedule") {
		t.Errorf("DAV: %s", got)
	}
	f.PutObject(f.work+"one.ics", []byte(meeting(organizer, guest)))
	f.want(f.do("DELETE", f.work, ""), 204)
	if mails := f.Mails(); len(mails) != 1 || mails[0].Method != "CANCEL" {
		t.Errorf("mailed %+v", mails)
	}
}

func TestOthersDoNotMail(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.want(f.do("PUT", f.work+"one.ics", meeting(organizer, guest)), 201)
	if mails := f.Mails(); mails != nil {
		t.Errorf("mailed %+v", mails)
	}
}
