package migrate_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

func task(uid, summary string) []byte {
	return []byte(strings.ReplaceAll(string(event(uid, summary)), "VEVENT", "VTODO"))
}

func entry(uid, summary string) []byte {
	return []byte(strings.ReplaceAll(string(event(uid, summary)), "VEVENT", "VJOURNAL"))
}

// oneType is a destination that takes one type of component in a calendar and does not let that be changed.
var oneType = davtest.Quirks{OneComponent: true, Unsettable: []string{"supported-calendar-component-set"}}

// mixed gives anna a calendar with two events, two tasks and a journal entry.
func (w *world) mixed() (calendar string) {
	calendar = w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"})
	w.from.PutObject(calendar+"e0.ics", event("e0", "Event"))
	w.from.PutObject(calendar+"e1.ics", event("e1", "Event"))
	w.from.PutObject(calendar+"t0.ics", task("t0", "Task"))
	w.from.PutObject(calendar+"t1.ics", task("t1", "Task"))
	w.from.PutObject(calendar+"j0.ics", entry("j0", "Entry"))
	return calendar
}

// calendars returns anna's calendars at the destination by their names, with the number of objects.
func (w *world) calendars() map[string]int {
	held := map[string]int{}
	for _, c := range w.to.Collections("anna") {
		held[c.DisplayName] = len(w.to.Objects(c.Path))
	}
	return held
}

func (w *world) wantCalendars(want map[string]int) {
	w.t.Helper()
	if got := w.calendars(); !maps.Equal(got, want) {
		w.t.Errorf("calendars at the destination: %v, want %v", got, want)
	}
}

var mixedSplit = map[string]int{"Work": 2, "Work (tasks)": 2, "Work (journal)": 1}

func TestMixedCalendarIsSplitWhereTheDestinationTakesOneType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, oneType)
	calendar := w.mixed()
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 5, Created: 5})
	w.wantCalendars(mixedSplit)
	if s.Collections.Total != 3 || s.Collections.Created != 3 {
		t.Errorf("collections: %+v", s.Collections)
	}
	told := slices.ContainsFunc(s.Notes, func(n migrate.Note) bool {
		return n.Collection == calendar && strings.Contains(n.Message, `does not take VTODO; they go into "Work (tasks)" beside it`)
	})
	if !told {
		t.Errorf("notes: %+v", s.Notes)
	}
	for _, withJournal := range []bool{true, false} {
		if v, findings := w.verify(100, withJournal); v.Objects != (migrate.Verdicts{Listed: 5, Identical: 5}) {
			t.Errorf("verify, journal %v: %+v %+v", withJournal, v.Objects, findings)
		}
	}

	w.from.ResetRequests()
	w.to.ResetRequests()
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})
	if n := countRequests(w.to, "PUT", "MKCALENDAR", "REPORT", "PROPPATCH") + countRequests(w.from, "REPORT", "GET"); n > 0 {
		t.Errorf("%d requests of the second run read or write", n)
	}
	w.dir = t.TempDir()
	w.to.ResetRequests()
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})
	if n := countRequests(w.to, "PUT", "MKCALENDAR"); n > 0 {
		t.Errorf("%d requests of a run without the journal write", n)
	}
}

func TestPartsOfACalendarOverRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, oneType)
	calendar := w.mixed()
	w.migrate()
	w.from.PutObject(calendar+"t0.ics", task("t0", "Task, changed"))
	w.from.PutObject(calendar+"t2.ics", task("t2", "Task, late"))
	w.from.PutObject(calendar+"e0.ics", event("e0", "Event, changed"))
	w.from.DeleteObject(calendar + "j0.ics")
	s := w.run(migrate.Migrate, func(job *migrate.Job) { job.Delete, job.Yes = true, true })
	w.want(s, migrate.Counts{Listed: 5, Created: 1, Updated: 2, Unchanged: 2})
	w.wantDeleted(s, 1, 0)
	w.wantCalendars(map[string]int{"Work": 2, "Work (tasks)": 3, "Work (journal)": 0})
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})
	w.wantDeleted(w.run(migrate.Rollback, nil), 5, 0)
	w.wantCalendars(map[string]int{})
}

func TestDryRunAndPreflightOfAMixedCalendar(t *testing.T) {
	t.Parallel()
	announced := oneType
	announced.ComponentSets = []string{"VEVENT", "VTODO"}
	w := newWorld(t, davtest.Quirks{}, announced)
	w.mixed()
	w.dryRun = true
	s := w.migrate()
	if s.Collections.Total != 2 || s.Objects.Listed != 5 || s.Objects.Created != 5 {
		t.Errorf("%+v %+v", s.Collections, s.Objects)
	}
	if n := countRequests(w.to, "PUT", "MKCALENDAR", "DELETE"); n > 0 {
		t.Errorf("%d requests write", n)
	}
	w.dryRun = false
	p := w.run(migrate.Preflight, func(job *migrate.Job) { job.DryRun = true })
	if p.Objects != (migrate.Counts{Listed: 5, Created: 4, Refused: 1}) {
		t.Errorf("preflight: %+v, problems %+v", p.Objects, p.Problems)
	}
	w.want(w.migrate(), migrate.Counts{Listed: 5, Created: 4, Refused: 1}) // no calendar there takes journal entries
	w.wantCalendars(map[string]int{"Work": 2, "Work (tasks)": 2})
}

func TestDestinationThatTakesOnlyEvents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to    davtest.Quirks
		tries int // at making a calendar for another type
	}{
		"Google":       {davtest.Quirks{FixedComponents: []string{"VEVENT"}, Unsettable: oneType.Unsettable}, 2},
		"known, SOGo":  {davtest.Quirks{FixedComponents: []string{"VEVENT"}, Unsettable: oneType.Unsettable, Server: "SOPE 4.9.37/WebDAV"}, 0},
		"it says so":   {davtest.Quirks{FixedComponents: []string{"VEVENT"}, Unsettable: oneType.Unsettable, ComponentSets: []string{"VEVENT"}}, 0},
		"none is made": {davtest.Quirks{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, test.to)
			w.mixed()
			if name == "none is made" {
				w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work", Components: []string{"VEVENT"}})
				for _, method := range []string{"MKCALENDAR", "MKCOL"} {
					w.to.Inject(davtest.Fault{Method: method, Times: -1, Status: http.StatusForbidden, Text: "not here"})
				}
			}
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 5, Created: 2, Refused: 3})
			for _, p := range s.Problems {
				if p.Condition != "supported-calendar-component" || !strings.Contains(p.Message, "takes only VEVENT") {
					t.Errorf("%+v", p)
				}
			}
			w.wantCalendars(map[string]int{"Work": 2})
			if n := countRequests(w.to, "DELETE"); n != test.tries {
				t.Errorf("%d calendars were made and deleted, want %d", n, test.tries)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 2, Refused: 3})
			w.wantCalendars(map[string]int{"Work": 2})
		})
	}
}

// A calendar that is there for events stays one, and what else the source's has goes beside it.
func TestMixedCalendarBesideOneForEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.mixed()
	w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work-tasks", DisplayName: "My own tasks"})
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work", Components: []string{"VEVENT"}})
	w.want(w.migrate(), migrate.Counts{Listed: 5, Created: 5})
	w.wantCalendars(map[string]int{"Work": 2, "Work (tasks)": 2, "Work (journal)": 1, "My own tasks": 0})
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})
}
