package lab_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestSelectionByName leaves out collections by their names and objects by their types. The account holds 60 events in
// each of two calendars, 10 tasks and 15 contacts.
func TestSelectionByName(t *testing.T) {
	from := filled(t, "radicale", 1, dataset.Options{Calendars: 2, Events: 30, Tasks: 10, Books: 1, Contacts: 15})
	tests := []struct {
		name  string
		flags []string
		moved map[string]int // how many objects of which collection
	}{
		{"one collection", []string{"--include", "work"}, map[string]int{"work": 30}},
		{"by the display name", []string{"--include", "aufgaben*"}, map[string]int{"tasks": 10}},
		{"two patterns", []string{"--include", "wor?", "--include", "[ct]*"}, map[string]int{"work": 30, "tasks": 10, "contacts": 15}},
		{"all but some", []string{"--exclude", "*s"}, map[string]int{"work": 30, "family": 30}},
		{"both", []string{"--include", "*", "--exclude", "Familie*"}, map[string]int{"work": 30, "tasks": 10, "contacts": 15}},
		{"events", []string{"--objects", "events"}, map[string]int{"work": 30, "family": 30}},
		{"to-dos and contacts", []string{"--objects", "todos,contacts"}, map[string]int{"tasks": 10, "contacts": 15}},
		{"journals, of which there are none", []string{"--objects", "journals"}, nil},
	}
	to := lab.StartRadicale(t, len(tests))
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[i])))
			moved := 0
			for _, n := range test.moved {
				moved += n
			}
			s := d.run(0, "migrate", test.flags...)
			s.Objects.expect(t, "objects", counts{"listed": 85, "created": moved, "skipped": 85 - moved})
			for _, left := range s.Left {
				if left.Reason == "" || test.moved[path.Base(left.Collection)] > 0 {
					t.Errorf("left out: %+v", left)
				}
			}
			got := map[string]int{}
			for name, objects := range read(t, to, to.Users[i]) {
				if len(objects) > 0 {
					got[name] = len(objects)
				}
			}
			if !maps.Equal(got, test.moved) {
				t.Errorf("the destination holds %v, want %v", got, test.moved)
			}
		})
	}
}

// dated are a calendar's objects by their UIDs: what stands between DTSTAMP and the end of the component.
var dated = map[string]string{
	"event-before":     "VEVENT DTSTART:20240229T230000Z DTEND:20240229T235959Z",
	"event-into":       "VEVENT DTSTART:20240229T230000Z DTEND:20240301T010000Z",
	"event-first-day":  "VEVENT DTSTART;VALUE=DATE:20240301",
	"event-last-day":   "VEVENT DTSTART;TZID=Europe/Berlin:20240331T233000 DURATION:PT15M",
	"event-after":      "VEVENT DTSTART;VALUE=DATE:20240401",
	"day-before":       "VEVENT DTSTART;VALUE=DATE:20240228 DTEND;VALUE=DATE:20240301", // the end is exclusive
	"weekly-for-ever":  "VEVENT DTSTART:20100104T090000Z DTEND:20100104T100000Z RRULE:FREQ=WEEKLY",
	"weekly-until":     "VEVENT DTSTART:20100104T090000Z DTEND:20100104T100000Z RRULE:FREQ=WEEKLY;UNTIL=20240228T000000Z",
	"leap-days":        "VEVENT DTSTART;VALUE=DATE:20200229 RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
	"moved-into":       "VEVENT DTSTART:20230104T090000Z RRULE:FREQ=DAILY;COUNT=3 END:VEVENT BEGIN:VEVENT UID:moved-into DTSTAMP:20230101T000000Z RECURRENCE-ID:20230105T090000Z DTSTART:20240315T090000Z",
	"task-due":         "VTODO DUE;VALUE=DATE:20240310",
	"task-due-after":   "VTODO DTSTART;VALUE=DATE:20240410 DUE;VALUE=DATE:20240420",
	"task-undated":     "VTODO PRIORITY:1",
	"journal-of-a-day": "VJOURNAL DTSTART;VALUE=DATE:20240305",
}

// dates returns the objects of dated as a calendar.
func dates() dataset.Collection {
	c := dataset.Collection{Kind: dav.Calendar, Name: "dates", Components: []string{"VEVENT", "VTODO", "VJOURNAL"}}
	for uid, text := range dated {
		component, lines, _ := strings.Cut(text, " ")
		lines = strings.ReplaceAll(lines, " ", "\r\n")
		data := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.test//lab//EN\r\nBEGIN:" + component + "\r\nUID:" + uid +
			"\r\nDTSTAMP:20230101T000000Z\r\n" + lines + "\r\nEND:" + component + "\r\nEND:VCALENDAR\r\n"
		c.Objects = append(c.Objects, dataset.Object{Name: uid + ".ics", UID: uid, Data: []byte(data)})
	}
	return c
}

// TestSelectionByDate moves what happens in a period, and counts the rest. Contacts have no date and go with everything.
func TestSelectionByDate(t *testing.T) {
	from := filled(t, "xandikos", 1, dataset.Options{Books: 1, Contacts: 5})
	if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{dates()}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		flags []string
		out   []string // of dated
	}{
		{"from and to", []string{"--from", "2024-03-01", "--to", "2024-03-31"},
			[]string{"event-before", "event-after", "day-before", "weekly-until", "leap-days", "task-due-after"}},
		{"from", []string{"--from", "2024-04-01"},
			[]string{"event-before", "event-into", "event-first-day", "event-last-day", "day-before", "weekly-until", "moved-into",
				"task-due", "journal-of-a-day"}},
		{"to", []string{"--to", "2024-02-29"},
			[]string{"event-first-day", "event-last-day", "event-after", "task-due", "task-due-after", "journal-of-a-day"}},
		{"with types", []string{"--from", "2024-03-01", "--to", "2024-03-31", "--objects", "todos,journals,contacts"},
			[]string{"event-before", "event-into", "event-first-day", "event-last-day", "event-after", "day-before", "weekly-for-ever",
				"weekly-until", "leap-days", "moved-into", "task-due-after"}},
	}
	to := lab.StartRadicale(t, len(tests))
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[i])))
			s := d.run(0, "migrate", test.flags...)
			listed, skipped := len(dated)+5, len(test.out)
			s.Objects.expect(t, "objects", counts{"listed": listed, "created": listed - skipped, "skipped": skipped})
			after := read(t, to, to.Users[i])
			for uid := range dated {
				_, there := after["dates"][uid+".ics"]
				if there == slices.Contains(test.out, uid) {
					t.Errorf("%s is there: %t", uid, there)
				}
			}
			if n := len(after["contacts"]); n != 5 {
				t.Errorf("%d contacts of 5", n)
			}
			d.run(0, "export", append(test.flags, "--archive", "archive.zip")...).Objects.expect(t, "exported",
				counts{"listed": listed, "created": listed - skipped, "skipped": skipped})
		})
	}
}
