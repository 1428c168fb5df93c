package lab_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// appointments are a calendar for tests that change objects.
var appointments = dataset.Collection{Kind: dav.Calendar, Name: "appointments", Components: []string{"VEVENT"}}

// appointment returns a small event that both servers keep as it is.
func appointment(uid, summary string) dataset.Object {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\nBEGIN:VEVENT\nUID:" + uid + "\n" +
		"DTSTAMP:20260101T000000Z\nDTSTART:20260105T100000Z\nDTEND:20260105T110000Z\nSUMMARY:" + summary + "\n" +
		"END:VEVENT\nEND:VCALENDAR\n"
	return dataset.Object{Name: uid + ".ics", UID: uid, Data: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}
}

// change sends a request without a condition about an object of the appointments: PUT writes over it.
func change(t *testing.T, s *lab.Server, method, name string, data []byte) {
	t.Helper()
	changeIn(t, s, appointments, method, name, data)
}

// changeIn is change in another collection.
func changeIn(t *testing.T, s *lab.Server, c dataset.Collection, method, name string, data []byte) {
	t.Helper()
	u := s.Users[0]
	req, err := http.NewRequestWithContext(t.Context(), method, lab.ObjectURL(s, u, c, name), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(u.Name, u.Password)
	req.Header.Set("Content-Type", "text/calendar; charset=utf-8")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", method, name, resp.Status)
	}
}

// TestChangesBetweenRuns changes objects at both ends between runs of one command.
func TestChangesBetweenRuns(t *testing.T) {
	for _, way := range []struct{ from, to string }{{"radicale", "xandikos"}, {"xandikos", "radicale"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			c := newCrossing(t, lab.StartFor(t, way.from, 1), way.to)
			account := appointments
			for i := range 8 {
				account.Objects = append(account.Objects, appointment(fmt.Sprintf("event-%d", i), "before"))
			}
			if err := lab.Load(t.Context(), c.from.Server, c.from.Users[0], []dataset.Collection{account}); err != nil {
				t.Fatal(err)
			}
			c.run(0, "migrate").Objects.expect(t, "first run", counts{"listed": 8, "created": 8})

			c.changeSource()
			c.changeDestination()
			c.overwrite()
		})
	}
}

// changeSource edits an object, adds one and deletes one at the source.
func (c *crossing) changeSource() {
	t := c.t
	change(t, c.from.Server, http.MethodPut, "event-0.ics", appointment("event-0", "edited at the source").Data)
	change(t, c.from.Server, http.MethodPut, "event-8.ics", appointment("event-8", "added").Data)
	change(t, c.from.Server, http.MethodDelete, "event-7.ics", nil)
	c.to.drain()
	c.run(0, "migrate").Objects.expect(t, "after changes at the source",
		counts{"listed": 8, "created": 1, "updated": 1, "unchanged": 6})
	if puts := c.to.drain()["PUT"]; puts != 2 {
		t.Errorf("%d PUTs for two changes", puts)
	}
	c.expectSummary("event-0", "edited at the source")
	c.expectSummary("event-8", "added")
	c.expectSummary("event-7", "before") // nothing is ever deleted at the destination
}

// changeDestination edits an object at the destination, one at both ends, and deletes one at the destination.
func (c *crossing) changeDestination() {
	t := c.t
	change(t, c.to.Server, http.MethodPut, "event-1.ics", appointment("event-1", "edited at the destination").Data)
	change(t, c.to.Server, http.MethodPut, "event-2.ics", appointment("event-2", "edited at the destination").Data)
	change(t, c.from.Server, http.MethodPut, "event-2.ics", appointment("event-2", "edited at the source").Data)
	change(t, c.to.Server, http.MethodPut, "event-3.ics", appointment("event-3", "the same edit").Data)
	change(t, c.from.Server, http.MethodPut, "event-3.ics", appointment("event-3", "the same edit").Data)
	change(t, c.to.Server, http.MethodDelete, "event-4.ics", nil)

	s := c.run(3, "migrate")
	s.Objects.expect(t, "after changes at the destination", counts{"listed": 8, "created": 1, "unchanged": 5, "conflict": 2})
	for i, uid := range []string{"event-1", "event-2"} {
		p := s.Problems[i]
		if p.Outcome != "conflict" || p.UID != uid || !strings.HasSuffix(p.Path, "/"+uid+".ics") || !strings.Contains(p.Message, "SUMMARY") {
			t.Errorf("the conflict about %s: %+v", uid, p)
		}
		c.expectSummary(uid, "edited at the destination")
	}
	c.expectSummary("event-4", "before")
}

// overwrite lets the source win.
func (c *crossing) overwrite() {
	t := c.t
	c.run(0, "migrate", "--on-conflict", "overwrite").Objects.expect(t, "overwriting",
		counts{"listed": 8, "updated": 2, "unchanged": 6})
	c.expectSummary("event-1", "before")
	c.expectSummary("event-2", "edited at the source")
	c.to.drain()
	c.run(0, "migrate").Objects.expect(t, "at the end", counts{"listed": 8, "unchanged": 8})
	c.to.drain().expectOnlyReading(t)
}

// expectSummary expects an appointment at the destination.
func (c *crossing) expectSummary(uid, summary string) {
	c.t.Helper()
	copies := byUID(read(c.t, c.to.Server, c.to.Users[0])[appointments.Name])[uid]
	if len(copies) != 1 || !bytes.Contains(copies[0], []byte("\nSUMMARY:"+summary+"\r\n")) {
		c.t.Errorf("%s is not once at the destination with the summary %q: %q", uid, summary, copies)
	}
}

// TestChangeWhileRead changes the source while it is read: the same run carries the change over.
func TestChangeWhileRead(t *testing.T) {
	for _, way := range []struct{ from, to string }{{"radicale", "xandikos"}, {"xandikos", "radicale"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			c := newCrossing(t, lab.StartFor(t, way.from, 1), way.to)
			calendar := appointments
			for i := range 8 {
				calendar.Objects = append(calendar.Objects, appointment(fmt.Sprintf("event-%d", i), "before"))
			}
			if err := lab.Load(t.Context(), c.from.Server, c.from.Users[0], []dataset.Collection{calendar}); err != nil {
				t.Fatal(err)
			}
			c.from.at("REPORT", 2, func() {
				change(t, c.from.Server, http.MethodPut, "event-8.ics", appointment("event-8", "late").Data)
				change(t, c.from.Server, http.MethodDelete, "event-0.ics", nil)
			})
			s := c.run(0, "migrate", "--multiget", "2", "--connections", "1")
			if s.Objects["created"] < 8 || s.Objects["created"]+s.Objects["gone"] != 9 {
				t.Errorf("%v", s.Objects)
			}
			c.expectSummary("event-8", "late")
			c.run(0, "migrate").Objects.expect(t, "again", counts{"listed": 8, "unchanged": 8})
		})
	}
}

// TestChangeWhileExported is the same with an archive, for which Radicale is asked for less.
func TestChangeWhileExported(t *testing.T) {
	lab.Need(t, "radicale")
	c := newCrossing(t, lab.StartFor(t, "radicale", 1), "radicale")
	calendar := appointments
	for i := range 8 {
		calendar.Objects = append(calendar.Objects, appointment(fmt.Sprintf("event-%d", i), "before"))
	}
	if err := lab.Load(t.Context(), c.from.Server, c.from.Users[0], []dataset.Collection{calendar}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // Radicale tells the time of the last change in seconds
	c.from.at("REPORT", 2, func() {
		change(t, c.from.Server, http.MethodPut, "event-8.ics", appointment("event-8", "late").Data)
	})
	s := c.run(0, "export", "--archive", "archive", "--multiget", "2", "--connections", "1")
	s.Objects.expect(t, "objects", counts{"listed": 9, "created": 9})
}
