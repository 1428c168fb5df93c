package migrate_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
	"davferry/migrate"
)

// joined puts events into one object.
func joined(events ...[]byte) []byte {
	head, tail := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n", "END:VCALENDAR\r\n"
	var inside strings.Builder
	for _, e := range events {
		inside.WriteString(strings.TrimSuffix(strings.TrimPrefix(string(e), head), tail))
	}
	return []byte(head + inside.String() + tail)
}

// oneUID answers an object with several UIDs as the servers do that refuse it.
var oneUID = map[string]davtest.Quirks{
	"400, as Radicale and sabre/dav": {SeveralUIDs: http.StatusBadRequest},
	"403, as Cyrus":                  {SeveralUIDs: http.StatusForbidden, UniqueUID: http.StatusForbidden, UniqueUIDPerUser: true},
	"207, as Xandikos":               {SeveralUIDs: http.StatusPreconditionFailed, RefusePutWith207: true},
}

func TestObjectWithSeveralUIDsIsSplitWhereItIsRefused(t *testing.T) {
	t.Parallel()
	for name, q := range oneUID {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, q)
			calendar, book := w.fill("anna", 2, 0)
			w.from.PutObject(calendar+"two.ics", joined(event("a", "One"), event("b", "Two")))
			w.from.PutObject(book+"two.vcf", append(card("c", "Carla"), card("d", "Dora")...))
			s := w.migrate()
			if q.RefusePutWith207 || q.SeveralUIDs != 0 { // a body of two cards is no object for the server
				w.want(s, migrate.Counts{Listed: 4, Created: 4})
			}
			w.holds(calendar, "a.ics", "SUMMARY:One")
			w.holds(calendar, "b.ics", "SUMMARY:Two")
			w.holds(book, "d.vcf", "FN:Dora")
			if s.Changes.ByRule[mapping.SplitUIDs] != 2 || len(s.Changes.First) != 2 {
				t.Errorf("changes: %+v", s.Changes)
			}
			for _, withJournal := range []bool{true, false} {
				if v, findings := w.verify(100, withJournal); !v.Same() || v.Objects.Extra != 0 || v.Objects.Equivalent != 2 {
					t.Errorf("verify, journal %v: %+v %+v", withJournal, v.Objects, findings)
				}
			}
			w.to.ResetRequests()
			w.want(w.migrate(), migrate.Counts{Listed: 4, Unchanged: 4})
			if n := countRequests(w.to, "PUT", "REPORT", "DELETE"); n != 0 {
				t.Errorf("%d requests of the second run write or read", n)
			}
		})
	}
}

func TestSplitObjectOverRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{SeveralUIDs: http.StatusBadRequest})
	calendar, _ := w.fill("anna", 1, 0)
	w.from.PutObject(calendar+"two.ics", joined(event("a", "One"), event("b", "Two")))
	w.migrate()

	w.from.PutObject(calendar+"two.ics", joined(event("a", "One"), event("b", "Two, changed")))
	w.want(w.migrate(), migrate.Counts{Listed: 2, Updated: 1, Unchanged: 1})
	w.holds(calendar, "b.ics", "Two, changed")

	w.to.DeleteObject(calendar + "b.ics")
	w.want(w.migrate(), migrate.Counts{Listed: 2, Updated: 1, Unchanged: 1})

	w.dir = t.TempDir()
	w.to.ResetRequests()
	w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
	if n := countRequests(w.to, "PUT"); n != 0 {
		t.Errorf("%d PUTs of a run without the journal", n)
	}

	w.to.PutObject(calendar+"b.ics", event("b", "Somebody's"))
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 2, Unchanged: 1, Conflict: 1})
	if !strings.Contains(s.Problems[0].Message, "its part with the UID b: the destination holds another version") {
		t.Errorf("%+v", s.Problems)
	}
}

// What was split is taken back and removed with all its parts.
func TestSplitObjectIsRemovedWhole(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(*world, string) *migrate.Summary{
		"rollback": func(w *world, _ string) *migrate.Summary { return w.run(migrate.Rollback, nil) },
		"--delete": func(w *world, calendar string) *migrate.Summary {
			w.from.DeleteObject(calendar + "two.ics")
			return w.run(migrate.Migrate, func(job *migrate.Job) { job.Delete, job.Yes = true, true })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{SeveralUIDs: http.StatusBadRequest})
			calendar, _ := w.fill("anna", 0, 0)
			w.from.PutObject(calendar+"two.ics", joined(event("a", "One"), event("b", "Two")))
			w.migrate()
			w.wantDeleted(remove(w, calendar), 2, 0)
			if left := w.to.Objects(calendar); len(left) > 0 {
				t.Errorf("%d objects are left", len(left))
			}
		})
	}
}

func TestSplitObjectHasOneOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{SeveralUIDs: http.StatusBadRequest})
	calendar, _ := w.fill("anna", 1, 0)
	w.from.PutObject(calendar+"two.ics", joined(event("a", "One"), event("b", "Unwelcome")))
	w.to.Inject(davtest.Fault{Method: "PUT", Contains: "Unwelcome", Skip: 1, Times: -1, Status: http.StatusForbidden, Text: "not that"})
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 2, Created: 1, Refused: 1})
	if !strings.Contains(s.Problems[0].Message, "its part with the UID b: ") || !strings.Contains(s.Problems[0].Message, "not that") {
		t.Errorf("%+v", s.Problems)
	}
	w.to.ClearFaults()
	w.want(w.migrate(), migrate.Counts{Listed: 2, Updated: 1, Unchanged: 1})
	w.wantDeleted(w.run(migrate.Rollback, nil), 3, 0)
}

func TestMethodIsTakenOutWhereItIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to   davtest.Quirks
		want string
	}{
		"refused": {davtest.Quirks{Method: http.StatusUnsupportedMediaType}, ""},
		"taken":   {davtest.Quirks{}, "METHOD:PUBLISH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, test.to)
			calendar, _ := w.fill("anna", 1, 0)
			published := strings.Replace(string(event("a", "One")), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:PUBLISH\r\n", 1)
			w.from.PutObject(calendar+"a.ics", []byte(published))
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 2, Created: 2})
			data, _, _ := w.to.Object(calendar + "a.ics")
			if want := strings.Replace(published, "METHOD:PUBLISH\r\n", "", 1); test.want == "" && string(data) != want || test.want != "" && string(data) != published {
				t.Errorf("%q", data)
			}
			if changed := s.Changes.ByRule[mapping.MethodRemoved]; (changed == 1) != (test.want == "") {
				t.Errorf("%+v", s.Changes)
			}
			v, findings := w.verify(100, true)
			if !v.Same() || test.want == "" && !slices.ContainsFunc(findings, func(f migrate.Finding) bool { return slices.Contains(f.Rewritten, "method-removed") }) {
				t.Errorf("%+v", findings)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
			w.dir = t.TempDir()
			w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
		})
	}
}

// Where nothing helps, the report has the answer to the object as it is.
func TestRefusalOfWhatCannotBeAdapted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 0, 0)
	w.from.PutObject(calendar+"a.ics", []byte(strings.Replace(string(event("a", "One")), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:PUBLISH\r\n", 1)))
	w.to.Inject(davtest.Fault{Method: "PUT", Status: http.StatusForbidden, Text: "as it is"})
	w.to.Inject(davtest.Fault{Method: "PUT", Times: -1, Status: http.StatusForbidden, Text: "without METHOD"})
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 1, Refused: 1})
	if !strings.Contains(s.Problems[0].Message, "as it is") || s.Changes.Objects != 0 {
		t.Errorf("%+v, changes %+v", s.Problems, s.Changes)
	}
}

// A 500 is about the object where the server gives it again and again, and stores other objects between.
func TestLastingServerErrorIsARefusal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		events int
		fault  davtest.Fault
		want   migrate.Counts
		again  migrate.Counts // of the second run
	}{
		"about one object": {5, davtest.Fault{Method: "PUT", Contains: "UID:a\r\n", Times: -1, Text: "cannot parse"},
			migrate.Counts{Listed: 6, Created: 5, Refused: 1}, migrate.Counts{Listed: 6, Unchanged: 5, Refused: 1}},
		"of a broken backend": {5, davtest.Fault{Method: "PUT", Contains: "UID:a\r\n", Times: -1, Status: http.StatusBadGateway},
			migrate.Counts{Listed: 6, Created: 5, Refused: 1}, migrate.Counts{Listed: 6, Unchanged: 5, Refused: 1}},
		"about all":            {2, davtest.Fault{Method: "PUT", Times: -1}, migrate.Counts{Listed: 3, Failed: 3}, migrate.Counts{Listed: 3, Failed: 3}},
		"about the only one":   {0, davtest.Fault{Method: "PUT", Times: -1}, migrate.Counts{Listed: 1, Failed: 1}, migrate.Counts{Listed: 1, Failed: 1}},
		"gone before the end":  {5, davtest.Fault{Method: "PUT", Contains: "UID:a\r\n", Times: 2}, migrate.Counts{Listed: 6, Created: 6}, migrate.Counts{Listed: 6, Unchanged: 6}},
		"from the end of time": {2, davtest.Fault{Method: "PUT", Skip: 2, Times: -1}, migrate.Counts{Listed: 3, Created: 2, Failed: 1}, migrate.Counts{Listed: 3, Unchanged: 2, Failed: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 1
			calendar := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
			w.from.PutObject(calendar+"a.ics", event("a", "First"))
			for i := range test.events {
				w.from.PutObject(calendar+"z"+string(rune('0'+i))+".ics", event("z"+string(rune('0'+i)), "Later"))
			}
			w.to.Inject(test.fault)
			s := w.run(migrate.Migrate, func(job *migrate.Job) { job.Connections = 1 })
			w.want(s, test.want)
			if test.want.Refused > 0 && !strings.Contains(s.Problems[0].Message, "stores other objects") {
				t.Errorf("%+v", s.Problems)
			}
			w.want(w.run(migrate.Migrate, func(job *migrate.Job) { job.Connections = 1 }), test.again)
		})
	}
}

// A form in which a refused object is tried may be answered with 500 as well.
func TestLastingServerErrorInEveryForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.retries = 1
	calendar, _ := w.fill("anna", 3, 0)
	published := strings.Replace(string(joined(event("a", "One"), event("b", "Two"))), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:PUBLISH\r\n", 1)
	w.from.PutObject(calendar+"a.ics", []byte(published))
	w.to.Inject(davtest.Fault{Method: "PUT", Contains: "UID:a\r\n", Times: -1, Text: "cannot parse"})
	w.want(w.migrate(), migrate.Counts{Listed: 4, Created: 3, Failed: 1})
}
