package mapping

import (
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

// meetingOf is an event with lines about people.
func meetingOf(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:m\r\n" + strings.Join(lines, "\r\n") +
		"\r\nBEGIN:VALARM\r\nACTION:EMAIL\r\nATTENDEE:mailto:alarm@a.example\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

func TestScheduleAgents(t *testing.T) {
	for name, tt := range map[string]struct{ line, want string }{
		"none":                {"ATTENDEE:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"behind others":       {"ORGANIZER;CN=A:mailto:a@x", "ORGANIZER;CN=A;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"a colon in quotes":   {`ATTENDEE;CN="A: B";RSVP=TRUE:mailto:a@x`, `ATTENDEE;CN="A: B";RSVP=TRUE;SCHEDULE-AGENT=CLIENT:mailto:a@x`},
		"the server's":        {"ATTENDEE;SCHEDULE-AGENT=SERVER;CN=A:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT;CN=A:mailto:a@x"},
		"a word of nobody's":  {"ATTENDEE;SCHEDULE-AGENT=X-ELSE:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"the client's":        {"ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"nobody's, lower":     {"attendee;schedule-agent=none:mailto:a@x", "attendee;schedule-agent=none:mailto:a@x"},
		"in quotes":           {`ATTENDEE;SCHEDULE-AGENT="SERVER":mailto:a@x`, "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"two":                 {"ATTENDEE;SCHEDULE-AGENT=CLIENT;SCHEDULE-AGENT=SERVER:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"two, the server's":   {"ATTENDEE;SCHEDULE-AGENT=SERVER;CN=A;SCHEDULE-AGENT=SERVER:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT;CN=A:mailto:a@x"},
		"an order to send":    {"ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST:mailto:a@x", "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"what became of it":   {"ATTENDEE;SCHEDULE-STATUS=1.2:mailto:a@x", "ATTENDEE;SCHEDULE-STATUS=1.2;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"no value":            {"ATTENDEE;CN=A", "ATTENDEE;CN=A"},
		"nobody":              {"SUMMARY;X=1:mailto:a@x", "SUMMARY;X=1:mailto:a@x"},
		"another software's":  {"X-WR-ATTENDEE:mailto:a@x", "X-WR-ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"an empty value":      {"ATTENDEE:", "ATTENDEE;SCHEDULE-AGENT=CLIENT:"},
		"an empty parameter":  {"ATTENDEE;;CN=A:mailto:a@x", "ATTENDEE;;CN=A;SCHEDULE-AGENT=CLIENT:mailto:a@x"},
		"a parameter's value": {"ATTENDEE;MEMBER=\"mailto:g@x\":mailto:a@x", "ATTENDEE;MEMBER=\"mailto:g@x\";SCHEDULE-AGENT=CLIENT:mailto:a@x"},
	} {
		t.Run(name, func(t *testing.T) {
			rules := Rules{ScheduleAgents{}}
			first := rules.Apply(Subject{Kind: dav.Calendar}, meetingOf(tt.line))
			if want := string(meetingOf(tt.want)); string(first.Data) != want {
				t.Errorf("%q\nwant %q", first.Data, want)
			}
			if changes := len(first.Changes); changes > 0 && (changes != 1 || first.Changes[0].Rule != AgentMarked) {
				t.Errorf("changes %+v", first.Changes)
			}
			if again := rules.Apply(Subject{Kind: dav.Calendar}, first.Data); len(again.Changes) > 0 || !PeopleOf(first.Data).Marked {
				t.Errorf("applied to its own result it changes %+v", again.Changes)
			}
		})
	}
}

func TestNeutralise(t *testing.T) {
	data := meetingOf("ORGANIZER;CN=A:mailto:a@x", "attendee;PARTSTAT=ACCEPTED:mailto:b@x", "ATTENDEE;NO-VALUE", "SUMMARY:ATTENDEE")
	result := Rules{Neutralise{}}.Apply(Subject{Kind: dav.Calendar}, data)
	want := string(meetingOf("X-DAVFERRY-ORGANIZER;CN=A:mailto:a@x", "X-DAVFERRY-attendee;PARTSTAT=ACCEPTED:mailto:b@x", "ATTENDEE;NO-VALUE", "SUMMARY:ATTENDEE"))
	if string(result.Data) != want || len(result.Changes) != 2 || result.Changes[0].Rule != PeopleNeutralised {
		t.Errorf("%q\nwant %q\n%+v", result.Data, want, result.Changes)
	}
	if !IsNeutralised(result.Data) || IsNeutralised(data) {
		t.Error("what is neutralised is not told from what is not")
	}
	if back := strings.ReplaceAll(string(result.Data), "X-DAVFERRY-", ""); back != string(data) {
		t.Errorf("without the prefix it is %q", back)
	}
}

func TestPeopleOf(t *testing.T) {
	p := PeopleOf(meetingOf("ORGANIZER:MAILTO:Anna@X.example", "ATTENDEE:mailto:bert%40x.example?subject=a", "ATTENDEE:mailto:BERT@x.example", "ATTENDEE:/principals/c/"))
	if !slices.Equal(p.Organizers, []string{"anna@x.example"}) || !slices.Equal(p.Attendees, []string{"bert@x.example", "/principals/c/"}) || p.Marked {
		t.Errorf("%+v", p)
	}
	if p := PeopleOf(meetingOf("SUMMARY:alone")); len(p.Organizers)+len(p.Attendees) > 0 || !p.Marked {
		t.Errorf("nobody: %+v", p)
	}
}
