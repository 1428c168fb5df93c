package lab_test

import (
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// mixed is a calendar with an event, a task and a journal entry.
func mixed() dataset.Collection {
	c := dataset.Collection{Kind: dav.Calendar, Name: "mixed", DisplayName: "Mixed", Components: []string{"VEVENT", "VTODO", "VJOURNAL"}}
	for _, component := range c.Components {
		o := appointment("a-"+strings.ToLower(component), "One of each")
		o.Data = []byte(strings.ReplaceAll(string(o.Data), "VEVENT", component))
		if component != "VEVENT" {
			o.Data = []byte(strings.Replace(string(o.Data), "DTEND", "X-END", 1))
		}
		c.Objects = append(c.Objects, o)
	}
	return c
}

// TestMixedCalendar moves a calendar that holds all types to one that was made for events. Cyrus and sabre/dav answer 403
// to what such a calendar does not take.
func TestMixedCalendar(t *testing.T) {
	for _, to := range []string{"sabre", "cyrus", "davical", "radicale"} {
		t.Run(to, func(t *testing.T) {
			lab.Need(t, "radicale", to)
			from, to := lab.StartFor(t, "radicale", 1), lab.StartFor(t, to, 1)
			if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{mixed()}); err != nil {
				t.Fatal(err)
			}
			events := dataset.Collection{Kind: dav.Calendar, Name: "mixed", DisplayName: "Mixed", Components: []string{"VEVENT"}}
			if err := lab.Make(t.Context(), to, to.Users[0], events); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			d.run(0, "migrate").Objects.expect(t, "objects", counts{"listed": 3, "created": 3})
			there := read(t, to, to.Users[0])
			for _, name := range []string{"mixed", "mixed-tasks", "mixed-journal"} {
				if len(there[name]) != 1 {
					t.Errorf("%s holds %d objects", name, len(there[name]))
				}
			}
			if got := properties(t, to, 0)["mixed-tasks"].DisplayName; got != "Mixed (tasks)" {
				t.Errorf("the tasks are in %q", got)
			}
			d.run(0, "migrate").Objects.expect(t, "second run", counts{"listed": 3, "unchanged": 3})
			if status := d.start("verify").wait(); status != 0 {
				t.Errorf("verify: exit status %d", status)
			}
			if status := d.start("rollback").wait(); status != 0 {
				t.Errorf("rollback: exit status %d", status)
			}
			if left := read(t, to, to.Users[0]); size(left) > 0 || left["mixed-tasks"] != nil {
				t.Errorf("after the rollback: %v", left)
			}
		})
	}
}

// TestNoJournals moves the same calendar to SOGo 5.8.0, which has no calendars for journal entries: no attempt is made to
// make one, and the refusal says why.
func TestNoJournals(t *testing.T) {
	lab.Need(t, "radicale", "sogo")
	from, to := lab.StartFor(t, "radicale", 1), lab.StartFor(t, "sogo", 1)
	if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{mixed()}); err != nil {
		t.Fatal(err)
	}
	s := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0]))).run(3, "migrate")
	s.Objects.expect(t, "objects", counts{"listed": 3, "created": 2, "refused": 1})
	if message := s.Problems[0].Message; !strings.Contains(message, "takes only") || !strings.Contains(message, "VJOURNAL") {
		t.Errorf("%s", message)
	}
	if _, made := properties(t, to, 0)["mixed-journal"]; made {
		t.Error("a calendar for journal entries was made")
	}
}
