package lab_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestEditsAfterAKill kills a migration in the middle, edits objects at both ends, and runs it again: each object ends as is
// promised, those too that the killed run had just put. Both servers write objects anew.
func TestEditsAfterAKill(t *testing.T) {
	const events, kill = 60, 40
	for _, way := range []struct{ from, to string }{{"radicale", "xandikos"}, {"xandikos", "radicale"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			c := newCrossing(t, lab.StartFor(t, way.from, 1), way.to)
			calendar := appointments
			for i := range events {
				calendar.Objects = append(calendar.Objects, appointment(fmt.Sprintf("event-%02d", i), "before"))
			}
			if err := lab.Load(t.Context(), c.from.Server, c.from.Users[0], []dataset.Collection{calendar}); err != nil {
				t.Fatal(err)
			}
			c.interrupt(os.Kill, c.to, http.MethodPut, kill, -1, "migrate")
			arrived := c.appointments()
			if len(arrived) < kill-4 || len(arrived) > kill {
				t.Fatalf("%d objects had arrived before the kill", len(arrived))
			}
			latest := c.editAfterKill(arrived)
			s := c.run(3, "migrate")
			s.Objects.expect(t, "after the kill and the edits", counts{"listed": events, "conflict": 1, "updated": 1 + len(latest),
				"created":   events - len(arrived) + 1 + 1,  // with the new one, and the one that was deleted at the destination
				"unchanged": len(arrived) - 4 - len(latest), // without the four that are named
			})
			if len(s.Problems) != 1 || s.Problems[0].UID != "event-13" {
				t.Errorf("problems: %+v", s.Problems)
			}
			c.expectAfterKill(latest, "event-12")

			c.run(3, "migrate", "--delete").Objects.expect(t, "with --delete", counts{"listed": events, "conflict": 1, "unchanged": events - 1})
			c.expectAfterKill(latest)
			if n := len(c.appointments()); n != events {
				t.Errorf("%d objects at the destination, not %d", n, events)
			}
			if status := c.start("rollback").wait(); status != 3 { // for the one that it leaves
				t.Errorf("rollback: exit status %d", status)
			}
			if left := c.appointments(); !slices.Equal(left, []string{"event-13"}) {
				t.Errorf("after the rollback there is still %v", left)
			}
		})
	}
}

// appointments returns the UIDs of the appointments at the destination, sorted.
func (c *crossing) appointments() []string {
	c.t.Helper()
	return slices.Sorted(maps.Keys(byUID(read(c.t, c.to.Server, c.to.Users[0])[appointments.Name])))
}

// editAfterKill edits both ends, and returns those of the objects that arrived last which it changed at the source.
func (c *crossing) editAfterKill(arrived []string) (latest []string) {
	t := c.t
	latest = arrived[len(arrived)-8:]
	for _, uid := range append([]string{"event-11"}, latest...) {
		change(t, c.from.Server, http.MethodPut, uid+".ics", appointment(uid, "changed").Data)
	}
	change(t, c.from.Server, http.MethodDelete, "event-12.ics", nil)
	change(t, c.from.Server, http.MethodPut, "event-new.ics", appointment("event-new", "before").Data)
	change(t, c.to.Server, http.MethodPut, "event-13.ics", appointment("event-13", "edited").Data)
	change(t, c.to.Server, http.MethodDelete, "event-14.ics", nil)
	return latest
}

// expectAfterKill expects each object as it has to be, and these besides.
func (c *crossing) expectAfterKill(latest []string, more ...string) {
	c.t.Helper()
	for _, uid := range latest {
		c.expectSummary(uid, "changed")
	}
	c.expectSummary("event-11", "changed")
	c.expectSummary("event-13", "edited")
	for _, uid := range append([]string{"event-00", "event-14", "event-59", "event-new"}, more...) {
		c.expectSummary(uid, "before")
	}
	if len(more) == 0 && slices.Contains(c.appointments(), "event-12") {
		c.t.Error("event-12 is still at the destination")
	}
}
