package migrate_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// stored counts the rows of the journal that a condition holds for.
func (w *world) stored(condition string) (n int) {
	w.t.Helper()
	return w.count("SELECT count(*) FROM objects WHERE " + condition)
}

// count asks the journal for a number.
func (w *world) count(query string) (n int) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "state", "journal.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// lose changes the journal, as a crash that took its end would, and has the collections looked at again.
func (w *world) lose(statement string) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.dir, "state", "journal.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	for _, s := range []string{statement, "UPDATE collections SET outcome = ''"} {
		if _, err := db.Exec(s); err != nil {
			w.t.Fatal(err)
		}
	}
}

// between calls do before the source answers the first requests of a method below a path that contains a text. It is
// over when stop was called.
func (w *world) between(method, contains string, times int, do func(n int)) (stop func()) {
	w.t.Helper()
	var struck atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == method && strings.Contains(r.URL.Path, contains) {
			if n := int(struck.Add(1)); n <= times {
				do(n)
			}
		}
		w.from.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(server.Close)
	w.fromURL = server.URL + "/"
	return func() { struck.Store(1 << 20) }
}

func TestRequestsForUnchangedCollections(t *testing.T) {
	t.Parallel()
	none := davtest.Quirks{NoCTag: true, NoSyncToken: true}
	for name, tt := range map[string]struct {
		from, to davtest.Quirks
		most     int // requests for a collection, at both sides together
	}{
		"both say whether they changed":  {davtest.Quirks{}, davtest.Quirks{}, 0},
		"by the sync-token alone":        {davtest.Quirks{NoCTag: true}, davtest.Quirks{NoCTag: true}, 0},
		"by the ctag alone":              {davtest.Quirks{NoSyncToken: true}, davtest.Quirks{NoSyncToken: true}, 0},
		"the destination does not":       {davtest.Quirks{}, none, 3},
		"the source does not":            {none, davtest.Quirks{}, 2},
		"neither":                        {none, none, 2},
		"the listing is cut by the home": {davtest.Quirks{SameHome: true}, davtest.Quirks{SameHome: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.from, tt.to)
			const collections = 12
			for i := range collections {
				path := w.from.AddCollection("anna", dav.Collection{Kind: dav.Kinds[i%2], Path: fmt.Sprintf("c%d", i)})
				for j := range 5 {
					uid := fmt.Sprintf("%d-%d", i, j)
					data := map[dav.Kind][]byte{dav.Calendar: event(uid, "x"), dav.AddressBook: card(uid, "x")}[dav.Kinds[i%2]]
					w.from.PutObject(path+uid+dav.Kinds[i%2].Extension(), data)
				}
			}
			w.want(w.migrate(), migrate.Counts{Listed: 5 * collections, Created: 5 * collections})
			empty := newWorld(t, tt.from, tt.to)
			opening := empty.migrate()
			second := w.migrate()
			w.want(second, migrate.Counts{Listed: 5 * collections, Unchanged: 5 * collections})
			spent := second.Requests.Source + second.Requests.Destination - opening.Requests.Source - opening.Requests.Destination
			if most := int64(tt.most * collections); spent > most {
				t.Errorf("%d requests for %d collections, not %d", spent, collections, most)
			}
			if n := w.stored("NOT vanished AND outcome = 'unchanged'"); n != 5*collections {
				t.Errorf("%d rows of the journal are unchanged", n)
			}
		})
	}
}

func TestDeltas(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]davtest.Quirks{
		"a server that says what changed":    {},
		"one that does not":                  {NoCTag: true, NoSyncToken: true},
		"one that does not tell its version": {NoETagOnPut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, quirks, quirks)
			calendar, book := w.fill("anna", 10, 10)
			w.migrate()
			w.from.PutObject(calendar+"new.ics", event("new", "New"))
			w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed"))
			w.from.DeleteObject(calendar + "e2.ics")
			w.want(w.migrate(), migrate.Counts{Listed: 20, Created: 1, Updated: 1, Unchanged: 18})
			w.holds(calendar, "new.ics", "New")
			w.holds(calendar, "uid-e1.ics", "Changed")
			w.holds(calendar, "uid-e2.ics", "Event")
			if n := w.stored("vanished"); n != 1 {
				t.Errorf("the journal holds %d vanished objects", n)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 20, Unchanged: 20})

			w.to.PutObject(calendar+"uid-e3.ics", event("uid-e3", "Edited at the destination"))
			for range 2 {
				w.want(w.migrate(), migrate.Counts{Listed: 20, Unchanged: 19, Conflict: 1})
				w.holds(calendar, "uid-e3.ics", "Edited at the destination")
			}
			if n := w.stored("length(source_sha256) = 64 AND (sha256 = source_sha256 OR outcome = 'conflict')"); n != 21 {
				t.Errorf("%d rows of the journal have the source's checksum", n)
			}
			w.to.DeleteObject(book + "uid-c4.vcf")
			w.want(w.migrate(), migrate.Counts{Listed: 20, Created: 1, Unchanged: 18, Conflict: 1})
			w.overwrite = true
			w.want(w.migrate(), migrate.Counts{Listed: 20, Updated: 1, Unchanged: 19})
			w.from.PutObject(calendar+"e2.ics", event("uid-e2", "Event"))
			w.want(w.migrate(), migrate.Counts{Listed: 21, Unchanged: 21})
			if n := w.stored("vanished"); n != 0 {
				t.Errorf("the journal holds %d vanished objects", n)
			}
		})
	}
}

func TestAnotherSelectionLooksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 10, 0)
	w.selection = migrate.Selection{Objects: []string{"todos"}}
	for range 2 {
		w.want(w.migrate(), migrate.Counts{Listed: 10, Skipped: 10})
	}
	w.selection = migrate.Selection{}
	w.want(w.migrate(), migrate.Counts{Listed: 10, Created: 10})
}

func TestSourceThatChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		changes int // how often
		note    bool
	}{
		"once":                 {1, false},
		"as often as it looks": {3, false},
		"without end":          {1000, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{NoETagOnPut: true})
			calendar, _ := w.fill("anna", 30, 0)
			stop := w.between("REPORT", "/work/", tt.changes, func(n int) {
				w.from.PutObject(fmt.Sprintf("%slate%d.ics", calendar, n), event(fmt.Sprintf("late%d", n), "Late"))
				w.from.PutObject(calendar+"e0.ics", event("uid-e0", fmt.Sprint("Changed ", n)))
				w.from.DeleteObject(fmt.Sprintf("%se%d.ics", calendar, 29-n%20))
			})
			s := w.migrate()
			noted := slices.ContainsFunc(s.Notes, func(n migrate.Note) bool { return strings.Contains(n.Message, "changing while read") })
			if noted != tt.note || s.Objects.Unsettled() != 0 || s.Objects.Created+s.Objects.Gone != s.Objects.Listed {
				t.Errorf("%+v, notes %+v, problems %+v", s.Objects, s.Notes, s.Problems)
			}
			if !tt.note {
				w.holds(calendar, "late1.ics", "Late")
				w.holds(calendar, "uid-e0.ics", fmt.Sprint("Changed ", tt.changes))
			}
			stop()
			if s := w.migrate(); s.Objects.Unsettled() != 0 || len(w.from.Objects(calendar)) != s.Objects.Listed {
				t.Errorf("the next run: %+v, problems %+v", s.Objects, s.Problems)
			}
			for path, data := range w.from.Objects(calendar) {
				name := strings.TrimPrefix(path, calendar)
				name = strings.Replace(name, "e", "uid-e", 1)
				if strings.HasPrefix(path, calendar+"late") {
					name = strings.TrimPrefix(path, calendar)
				}
				if there, _, _ := w.to.Object(calendar + name); string(there) != string(data) {
					t.Errorf("%s is not at the destination as it is at the source", path)
				}
			}
		})
	}
}

// An edit that somebody makes at the destination while the run goes on is not taken for what davferry wrote, also where the
// server does not say the version when it stores.
func TestEditDuringARun(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]davtest.Quirks{"with ETags": {}, "without": {NoETagOnPut: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, quirks)
			calendar, _ := w.fill("anna", 40, 0)
			w.between("REPORT", "/work/", 4, func(n int) {
				for start := time.Now(); n == 4 && time.Since(start) < 10*time.Second; time.Sleep(time.Millisecond) {
					if _, _, stored := w.to.Object(calendar + "uid-e13.ics"); stored {
						time.Sleep(200 * time.Millisecond) // for the run to have had its answer
						w.to.PutObject(calendar+"uid-e13.ics", event("uid-e13", "Edited"))
						return
					}
				}
			})
			w.want(w.migrate(), migrate.Counts{Listed: 40, Created: 40})
			w.from.PutObject(calendar+"e13.ics", event("uid-e13", "Changed at the source"))
			w.want(w.migrate(), migrate.Counts{Listed: 40, Unchanged: 39, Conflict: 1})
			w.holds(calendar, "uid-e13.ics", "Edited")
			w.wantDeleted(w.run(migrate.Rollback, nil), 39, 1)
		})
	}
}

// What the source has is at the destination after a run, also where somebody has deleted it there: a deletion cannot be told
// from a loss. The run says so, once.
func TestDeletionAtTheDestination(t *testing.T) {
	t.Parallel()
	none := davtest.Quirks{NoCTag: true, NoSyncToken: true}
	for name, tt := range map[string]struct {
		quirks  davtest.Quirks
		change  string // of the object at the source, "" for none
		all     bool   // of the collection is deleted
		dry     bool
		forgets bool // the journal is lost
		notes   int
	}{
		"the destination says that it has changed": {notes: 1},
		"it does not":                                    {quirks: none, notes: 1},
		"the object is changed at the source":            {change: "Changed", notes: 1},
		"the whole collection is gone":                   {all: true, notes: 1},
		"in a dry run":                                   {dry: true, notes: 1},
		"a run that does not know what was there before": {forgets: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, tt.quirks)
			calendar, _ := w.fill("anna", 6, 4)
			w.migrate()
			w.want(w.migrate(), migrate.Counts{Listed: 10, Unchanged: 10})
			deleted := 1
			w.to.DeleteObject(calendar + "uid-e1.ics")
			if tt.all {
				deleted = 6
				w.request(http.MethodDelete, calendar)
			}
			if tt.change != "" {
				w.from.PutObject(calendar+"e1.ics", event("uid-e1", tt.change))
			}
			if tt.forgets {
				w.dir = t.TempDir()
			}
			w.dryRun = tt.dry
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 10, Created: deleted, Unchanged: 10 - deleted})
			notes := slices.DeleteFunc(s.Notes, func(n migrate.Note) bool { return !strings.Contains(n.Message, "deleted at the destination") })
			if len(notes) != tt.notes || !s.Complete() {
				t.Errorf("notes %+v, problems %+v", s.Notes, s.Problems)
			}
			if tt.dry {
				w.holds(calendar, "uid-e1.ics", "")
				return
			}
			w.holds(calendar, "uid-e1.ics", cmp.Or(tt.change, "Event"))
			if n := w.stored("reason LIKE 'it was deleted at the destination%'"); n != tt.notes*deleted {
				t.Errorf("%d rows of the journal say why", n)
			}
			if s := w.migrate(); len(s.Notes) > 0 || s.Objects.Unchanged != 10 || w.stored("reason <> ''") != 0 {
				t.Errorf("the run after: %+v, notes %+v; %d rows of the journal have a reason", s.Objects, s.Notes, w.stored("reason <> ''"))
			}
		})
	}
}

// request sends a request of anna's to the destination.
func (w *world) request(method, path string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, strings.TrimSuffix(w.toURL, "/")+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth("anna", "pw-anna")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
}
