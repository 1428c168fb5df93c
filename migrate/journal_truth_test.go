package migrate_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
	"davferry/sink"
)

// What the journal says of an object must be true of the destination: each test here is a way in which it was not.

// holds checks what the destination has under a name, "" for nothing.
func (w *world) holds(collection, name, want string) {
	w.t.Helper()
	data, _, ok := w.to.Object(collection + name)
	if ok != (want != "") || !strings.Contains(string(data), want) {
		w.t.Errorf("%s at the destination is %q, want %q in it", name, data, want)
	}
}

// names returns the names of a collection's objects at the destination, sorted.
func (w *world) names(collection string) []string {
	var names []string
	for path := range w.to.Objects(collection) {
		names = append(names, strings.TrimPrefix(path, collection))
	}
	slices.Sort(names)
	return names
}

// The journal took the new version's ETag also where the new version had not arrived, and the next run found nothing to do.
func TestUpdateThatDidNotArriveIsCarriedOverByTheNextRun(t *testing.T) {
	t.Parallel()
	refused := func(status int) func(*world, string) {
		return func(w *world, _ string) { w.to.Inject(davtest.Fault{Method: "PUT", Status: status}) }
	}
	tests := map[string]struct {
		cause func(w *world, calendar string)
		want  migrate.Counts // of the run in which it did not arrive
	}{
		"it failed":      {refused(http.StatusInsufficientStorage), migrate.Counts{Listed: 3, Unchanged: 2, Failed: 1}},
		"it was refused": {refused(http.StatusForbidden), migrate.Counts{Listed: 3, Unchanged: 2, Refused: 1}},
		"the connection broke": {func(w *world, _ string) {
			w.to.Inject(davtest.Fault{Method: "PUT", Action: davtest.DropAfterBody, Times: -1})
		}, migrate.Counts{Listed: 3, Unchanged: 2, Failed: 1}},
		"the source did not give it": {func(w *world, calendar string) {
			w.from.Inject(davtest.Fault{Method: "REPORT", Status: http.StatusNotImplemented, Times: -1})
			w.from.Inject(davtest.Fault{Method: "GET", Path: calendar + "e1.ics", Status: http.StatusInternalServerError, Times: -1})
		}, migrate.Counts{Listed: 3, Unchanged: 2, Failed: 1}},
		"a selection left it out": {func(w *world, _ string) {
			w.selection = migrate.Selection{Objects: []string{"todos"}}
		}, migrate.Counts{Listed: 3, Unchanged: 2, Skipped: 1}},
		"a selection left the collection out": {func(w *world, _ string) {
			w.selection = migrate.Selection{Exclude: []string{"work"}}
		}, migrate.Counts{Listed: 3, Skipped: 3}},
		"the run was dry": {func(w *world, _ string) { w.dryRun = true }, migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 0
			calendar, _ := w.fill("anna", 3, 0)
			w.migrate()
			w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed at the source"))
			tt.cause(w, calendar)
			s := w.migrate()
			w.want(s, tt.want)
			if s.Complete() != (tt.want.Failed+tt.want.Refused == 0) {
				t.Errorf("complete: %v, %s", s.Complete(), s.Verdict())
			}
			w.holds(calendar, "uid-e1.ics", "SUMMARY:Event")

			w.from.ClearFaults()
			w.to.ClearFaults()
			w.selection, w.dryRun = migrate.Selection{}, false
			s = w.migrate()
			w.want(s, migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1})
			w.holds(calendar, "uid-e1.ics", "Changed at the source")
			if !s.Complete() {
				t.Errorf("problems are %+v", s.Problems)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 3})
		})
	}
}

// An object that the source had given another path was not known any more: what davferry itself had written was taken for
// somebody else's.
func TestObjectWithAnotherPathAtTheSource(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quirks  davtest.Quirks
		summary string // of the object under its new path
		want    migrate.Counts
	}{
		"as it was":                            {davtest.Quirks{}, "Event", migrate.Counts{Listed: 3, Unchanged: 3}},
		"changed":                              {davtest.Quirks{}, "Renamed and changed", migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1}},
		"changed, one object a UID":            {davtest.Quirks{UniqueUID: 409}, "Renamed and changed", migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1}},
		"changed, and the destination rewrote": {davtest.Quirks{RewriteOnPut: true}, "Renamed and changed", migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1}},
	} {
		for _, path := range []string{"a-renamed.ics", "z-renamed.ics"} { // listed before the others and after them
			t.Run(name+", "+path, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, davtest.Quirks{}, tt.quirks)
				calendar, _ := w.fill("anna", 3, 0)
				w.migrate()
				w.from.DeleteObject(calendar + "e1.ics")
				w.from.PutObject(calendar+path, event("uid-e1", tt.summary))
				s := w.migrate()
				w.want(s, tt.want)
				w.holds(calendar, "uid-e1.ics", tt.summary)
				if names := w.names(calendar); len(names) != 3 || !s.Complete() {
					t.Errorf("the destination holds %v, problems %+v", names, s.Problems)
				}
				w.to.ResetRequests()
				w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 3})
				if n := countRequests(w.to, "PUT", "REPORT"); n != 0 {
					t.Errorf("the journal was not made good: %d requests", n)
				}
			})
		}
	}
}

// The same, of an object that lies at the destination under somebody else's name: a second one was put beside it.
func TestObjectOfAnotherNameAndPathIsNotDoubled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 1, 0)
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	w.to.PutObject(calendar+"foreign.ics", event("uid-e0", "Event"))
	w.want(w.migrate(), migrate.Counts{Listed: 1, Unchanged: 1})
	w.from.DeleteObject(calendar + "e0.ics")
	w.from.PutObject(calendar+"renamed.ics", event("uid-e0", "Event"))
	w.want(w.migrate(), migrate.Counts{Listed: 1, Unchanged: 1})
	w.from.PutObject(calendar+"renamed.ics", event("uid-e0", "Changed"))
	w.want(w.migrate(), migrate.Counts{Listed: 1, Updated: 1})
	if names := w.names(calendar); !slices.Equal(names, []string{"foreign.ics"}) {
		t.Errorf("the destination holds %v", names)
	}
	w.holds(calendar, "foreign.ics", "Changed")
}

// A second object of a UID that came first in the listing took the name of the first, which was then said to be unchanged.
func TestNewTwinDoesNotTakeTheNameOfTheFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 0, 0)
	w.from.PutObject(calendar+"b.ics", event("twin", "One"))
	w.migrate()
	w.from.PutObject(calendar+"a.ics", event("twin", "Two"))
	w.from.PutObject(calendar+"b.ics", event("twin", "One, changed"))
	w.want(w.migrate(), migrate.Counts{Listed: 2, Created: 1, Updated: 1})
	w.sameObjects(calendar)
	w.holds(calendar, "twin.ics", "One, changed")
	w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
}

// exportWithoutCommit leaves an export as one that was interrupted at its end.
func (w *world) exportWithoutCommit(path string) {
	w.t.Helper()
	archive, err := sink.CreateArchive(path, "davferry test", time.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	defer archive.Close()
	job := w.job(migrate.Export)
	job.To, job.Target = archive, path
	if _, err := w.runJob(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
}

// An export that was interrupted at its end goes on without fetching again what it has.
func TestExportGoesOnWithWhatItHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{CounterETags: true}, davtest.Quirks{})
	w.fill("anna", 20, 0)
	path := filepath.Join(t.TempDir(), "archive")
	w.exportWithoutCommit(path)
	w.from.ResetRequests()
	w.want(w.export(t, t.Context(), path), migrate.Counts{Listed: 20, Created: 20})
	if countRequests(w.from, "REPORT", "GET") > 0 {
		t.Error("objects were fetched again")
	}
	if files := archived(t, path, "work"); len(files) != 20 {
		t.Errorf("%d files in the archive", len(files))
	}
}

// SOGo's ETags count versions: an object that was deleted and made anew has the ETag of the old one.
func TestObjectMadeAnewUnderTheSameETagIsCarriedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{CounterETags: true}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 2, 0)
	w.migrate()
	_, before, _ := w.from.Object(calendar + "e0.ics")
	w.from.DeleteObject(calendar + "e0.ics")
	w.from.PutObject(calendar+"e0.ics", event("uid-e0", "A new one, and longer"))
	if _, after, _ := w.from.Object(calendar + "e0.ics"); before != after {
		t.Fatalf("the ETag was %s and is %s", before, after)
	}
	w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 1, Updated: 1})
	w.holds(calendar, "uid-e0.ics", "A new one, and longer")
}

// The name of a collection was given away again where the one that had it was not in the selection.
func TestCollectionsOfOneNameNeverMerge(t *testing.T) {
	t.Parallel()
	for name, runs := range map[string][]migrate.Selection{
		"both at once":           {{}},
		"the first before both":  {{Include: []string{"A"}}, {}},
		"the second before both": {{Include: []string{"B"}}, {}},
		"one after the other":    {{Include: []string{"A"}}, {Include: []string{"B"}}},
		"the other way round":    {{Exclude: []string{"A"}}, {Exclude: []string{"B"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.from.AddHome("anna", dav.Calendar, "/more/anna/")
			first := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "A"})
			second := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "/more/anna/work/", DisplayName: "B"})
			w.from.PutObject(first+"a.ics", event("of-A", "x"))
			w.from.PutObject(second+"b.ics", event("of-B", "x"))
			for _, w.selection = range runs {
				w.migrate()
			}
			w.selection = migrate.Selection{}
			w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
			collections := w.to.Collections("anna")
			if len(collections) != 2 {
				t.Fatalf("collections at the destination: %+v", collections)
			}
			for _, c := range collections {
				for path, data := range w.to.Objects(c.Path) {
					if !strings.Contains(string(data), "UID:of-"+c.DisplayName+"\r\n") {
						t.Errorf("%s is in %s", path, c.DisplayName)
					}
				}
				if n := len(w.to.Objects(c.Path)); n != 1 {
					t.Errorf("%s holds %d objects", c.DisplayName, n)
				}
			}
		})
	}
}
