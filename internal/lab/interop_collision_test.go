package lab_test

import (
	"strings"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestUIDTwice moves a calendar in which a UID stands three times, as sabre/dav lets it, to a calendar that holds another
// object of a UID of the source already. Cyrus answers 403, Radicale and SOGo 409 and Xandikos 207 to the second of a UID;
// DAViCal and sabre/dav store it, and davferry does not send it.
func TestUIDTwice(t *testing.T) {
	for _, to := range lab.Names() {
		t.Run(to, func(t *testing.T) {
			lab.Need(t, "sabre", to)
			from, to := lab.StartFor(t, "sabre", 1), lab.StartFor(t, to, 1)
			calendar, there := appointments, appointments
			for name, summary := range map[string]string{"a": "One", "b": "One", "c": "Two"} {
				o := appointment("twin", summary)
				o.Name = name + ".ics"
				calendar.Objects = append(calendar.Objects, o)
			}
			refers := appointment("refers", "Refers")
			refers.Data = []byte(strings.Replace(string(refers.Data), "SUMMARY", "RELATED-TO:taken\r\nSUMMARY", 1))
			calendar.Objects = append(calendar.Objects, appointment("taken", "The source's"), refers)
			there.Objects = []dataset.Object{appointment("taken", "The destination's")}
			there.Objects[0].Name = "theirs.ics"
			if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{calendar}); err != nil {
				t.Fatal(err)
			}
			if err := lab.Load(t.Context(), to, to.Users[0], []dataset.Collection{there}); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			s := d.run(3, "migrate")
			s.Objects.expect(t, "kept", counts{"listed": 5, "created": 2, "unchanged": 1, "conflict": 2})
			s = d.run(0, "migrate", "--on-conflict", "new-uid")
			s.Objects.expect(t, "with new UIDs", counts{"listed": 5, "created": 2, "updated": 1, "unchanged": 2})
			s.Changes.ByRule.expect(t, "changes", counts{"uid-collision": 2, "uid-reference": 1})
			if n := size(read(t, to, to.Users[0])); n != 5 {
				t.Errorf("%d objects are there", n)
			}
			d.run(0, "migrate", "--on-conflict", "new-uid").Objects.expect(t, "again", counts{"listed": 5, "unchanged": 5})
			d.forget()
			d.run(0, "migrate", "--on-conflict", "new-uid").Objects.expect(t, "without the journal", counts{"listed": 5, "unchanged": 5})
		})
	}
}

// TestUIDInTwoCalendars: Cyrus takes a UID once in all calendars of a user.
func TestUIDInTwoCalendars(t *testing.T) {
	lab.Need(t, "sabre", "cyrus")
	from, to := lab.StartFor(t, "sabre", 1), lab.StartFor(t, "cyrus", 1)
	first, second := appointments, appointments
	second.Name = "second"
	first.Objects = []dataset.Object{appointment("same", "The same"), appointment("twin", "One")}
	second.Objects = []dataset.Object{appointment("same", "The same"), appointment("twin", "Two")}
	if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{first, second}); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
	d.run(3, "migrate").Objects.expect(t, "kept", counts{"listed": 4, "created": 2, "unchanged": 1, "conflict": 1})
	d.run(0, "migrate", "--on-conflict", "new-uid").Objects.expect(t, "with new UIDs", counts{"listed": 4, "created": 1, "unchanged": 3})
	d.run(0, "migrate", "--on-conflict", "new-uid").Objects.expect(t, "again", counts{"listed": 4, "unchanged": 4})
}
