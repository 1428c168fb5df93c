package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// killer kills runs of its world at a PUT: what they have not committed to the journal is lost, and nothing of theirs
// reaches the destination any more.
type killer struct {
	*world
	mu   sync.Mutex
	left int    // PUTs until the next kill, 0 for none
	kill func() // of the run that goes on
	dead bool   // the run was killed
}

func newKiller(t *testing.T, to davtest.Quirks) *killer {
	k := &killer{world: newWorld(t, davtest.Quirks{}, to)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !k.strikes(r.Method) {
			k.to.ServeHTTP(rw, r)
			return
		}
		k.to.ServeHTTP(httptest.NewRecorder(), r)
		k.kill()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	k.toURL = server.URL + "/"
	return k
}

// strikes counts the PUTs, and reports whether this one is the last of the run.
func (k *killer) strikes(method string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		panic(http.ErrAbortHandler)
	}
	if method != http.MethodPut || k.left == 0 {
		return false
	}
	k.left--
	k.dead = k.left == 0
	return k.dead
}

// migrateUntilPut runs a migration that is killed when the destination has carried out so many PUTs.
func (k *killer) migrateUntilPut(puts int) {
	k.t.Helper()
	journal, err := migrate.OpenJournal(k.t.Context(), filepath.Join(k.dir, "state"))
	if err != nil {
		k.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(k.t.Context())
	defer cancel()
	k.left, k.kill = puts, func() {
		journal.Kill()
		cancel()
	}
	job := k.job(migrate.Migrate)
	job.Journal, job.Connections = journal, 1
	s, err := job.Run(ctx)
	if closing := journal.Close(); err == nil || closing == nil || !k.dead {
		k.t.Fatalf("the run was not killed: %+v, %v, %v", s, err, closing)
	}
	k.left, k.dead = 0, false
}

// What a killed run had put and could not write down was somebody else's for the next run: changed at the source since, it
// ended as a conflict, and a rollback left it.
func TestRunAfterOneThatWasKilled(t *testing.T) {
	t.Parallel()
	const changed = "Changed at the source"
	for name, tt := range map[string]struct {
		again   bool                            // it is the second run that is killed: it updates
		between func(w *world, calendar string) // the kill and the next run; e7.ics was put last
		verb    string                          // of the next run
		flags   func(*migrate.Job)              // likewise
		want    migrate.Counts                  // of 20 objects
		deleted migrate.Deletions               // by it
		holds   string                          // of uid-e7.ics
		then    func(w *world) *migrate.Summary // what follows
		follows migrate.Counts                  // from it
	}{
		"nothing happened": {want: migrate.Counts{Listed: 20, Created: 12, Unchanged: 8}, holds: "Event"},
		"changed at the source": {between: func(w *world, c string) { w.from.PutObject(c+"e7.ics", event("uid-e7", changed)) },
			want: migrate.Counts{Listed: 20, Created: 12, Updated: 1, Unchanged: 7}, holds: changed},
		"changed at the destination": {between: func(w *world, c string) { w.to.PutObject(c+"uid-e7.ics", event("uid-e7", "Edited")) },
			want: migrate.Counts{Listed: 20, Created: 12, Unchanged: 7, Conflict: 1}, holds: "Edited"},
		"changed at both ends": {between: func(w *world, c string) {
			w.from.PutObject(c+"e7.ics", event("uid-e7", changed))
			w.to.PutObject(c+"uid-e7.ics", event("uid-e7", "Edited"))
		}, want: migrate.Counts{Listed: 20, Created: 12, Unchanged: 7, Conflict: 1}, holds: "Edited"},
		"moved and changed at the source": {between: func(w *world, c string) {
			w.from.DeleteObject(c + "e7.ics")
			w.from.PutObject(c+"moved.ics", event("uid-e7", changed))
		}, want: migrate.Counts{Listed: 20, Created: 12, Updated: 1, Unchanged: 7}, holds: changed},
		"deleted at the source": {between: func(w *world, c string) { w.from.DeleteObject(c + "e7.ics") },
			want: migrate.Counts{Listed: 19, Created: 12, Unchanged: 7}, holds: "Event"},
		"deleted at the source, with --delete": {between: func(w *world, c string) { w.from.DeleteObject(c + "e7.ics") }, flags: withDelete,
			want: migrate.Counts{Listed: 19, Created: 12, Unchanged: 7}, deleted: migrate.Deletions{Removed: 1}},
		"deleted at the source and edited, with --delete": {between: func(w *world, c string) {
			w.from.DeleteObject(c + "e7.ics")
			w.to.PutObject(c+"uid-e7.ics", event("uid-e7", "Edited"))
		}, flags: withDelete, want: migrate.Counts{Listed: 19, Created: 12, Unchanged: 7}, holds: "Edited"},
		"taken back at once": {verb: migrate.Rollback, deleted: migrate.Deletions{Removed: 8}},
		"edited, and taken back": {between: func(w *world, c string) { w.to.PutObject(c+"uid-e7.ics", event("uid-e7", "Edited")) },
			verb: migrate.Rollback, deleted: migrate.Deletions{Removed: 7}, holds: "Edited"},
		"a dry run comes first": {between: func(w *world, c string) { w.from.PutObject(c+"e7.ics", event("uid-e7", changed)) },
			flags: func(job *migrate.Job) { job.DryRun = true },
			want:  migrate.Counts{Listed: 20, Created: 12, Updated: 1, Unchanged: 7}, holds: "Event",
			then: (*world).migrate, follows: migrate.Counts{Listed: 20, Created: 12, Updated: 1, Unchanged: 7}},
		"an update that is changed again": {again: true, between: func(w *world, c string) { w.from.PutObject(c+"e7.ics", event("uid-e7", changed)) },
			want: migrate.Counts{Listed: 20, Updated: 13, Unchanged: 7}, holds: changed},
		"an update that somebody edits": {again: true, between: func(w *world, c string) { w.to.PutObject(c+"uid-e7.ics", event("uid-e7", "Edited")) },
			want: migrate.Counts{Listed: 20, Updated: 12, Unchanged: 7, Conflict: 1}, holds: "Edited"},
		"an update, taken back": {again: true, verb: migrate.Rollback, deleted: migrate.Deletions{Removed: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKiller(t, davtest.Quirks{})
			calendar, _ := k.fill("anna", 0, 0)
			fill := func(summary string) {
				for _, n := range "0123456789abcdefghij" {
					k.from.PutObject(calendar+"e"+string(n)+".ics", event("uid-e"+string(n), summary))
				}
			}
			fill("Event")
			if tt.again {
				k.migrate()
				fill("Event, updated")
			}
			k.migrateUntilPut(8)
			if tt.between != nil {
				tt.between(k.world, calendar)
			}
			verb := tt.verb
			if verb == "" {
				verb = migrate.Migrate
			}
			s := k.run(verb, tt.flags)
			k.want(s, tt.want)
			if s.Deleted != tt.deleted {
				t.Errorf("deleted %+v, not %+v; problems %+v", s.Deleted, tt.deleted, s.Problems)
			}
			k.holds(calendar, "uid-e7.ics", tt.holds)
			if tt.then != nil {
				k.want(tt.then(k.world), tt.follows)
			}
			if n := k.count("SELECT count(*) FROM intents"); n != 0 {
				t.Errorf("%d intents are left", n)
			}
		})
	}
}

// A server that writes objects anew gives other bytes than it was sent; what they mean is compared then.
func TestRunAfterOneThatWasKilledAtAServerThatRewrites(t *testing.T) {
	t.Parallel()
	k := newKiller(t, davtest.Quirks{RewriteOnPut: true, NoETagOnPut: true})
	calendar, _ := k.fill("anna", 0, 0)
	for i := range 60 {
		k.from.PutObject(fmt.Sprintf("%se%02d.ics", calendar, i), event(fmt.Sprintf("uid-e%02d", i), "Event"))
	}
	k.migrateUntilPut(40)
	k.from.PutObject(calendar+"e39.ics", event("uid-e39", "Changed at the source"))
	k.from.PutObject(calendar+"e38.ics", event("uid-e38", "Changed at the source"))
	k.to.PutObject(calendar+"uid-e38.ics", event("uid-e38", "Edited"))
	k.want(k.migrate(), migrate.Counts{Listed: 60, Created: 20, Updated: 1, Unchanged: 38, Conflict: 1})
	k.holds(calendar, "uid-e39.ics", "Changed at the source")
	k.holds(calendar, "uid-e38.ics", "Edited")
}

// What was put in another form than the source's, because the destination refuses that, is known as well.
func TestRunAfterOneThatWasKilledAtAnotherForm(t *testing.T) {
	t.Parallel()
	k := newKiller(t, davtest.Quirks{Method: http.StatusUnsupportedMediaType})
	calendar, _ := k.fill("anna", 0, 0)
	published := func(summary string) []byte {
		return []byte(strings.Replace(string(event("uid-e0", summary)), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:PUBLISH\r\n", 1))
	}
	k.from.PutObject(calendar+"e0.ics", published("Event"))
	k.migrateUntilPut(2) // the first is refused
	k.holds(calendar, "uid-e0.ics", "Event")
	k.from.PutObject(calendar+"e0.ics", published("Changed at the source"))
	k.want(k.migrate(), migrate.Counts{Listed: 1, Updated: 1})
	k.holds(calendar, "uid-e0.ics", "Changed at the source")
}

// A run that is killed again and again goes on each time, and doubts nothing in the end.
func TestRunsThatAreKilledOneAfterTheOther(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]davtest.Quirks{"plain": {}, "without ETag on PUT": {NoETagOnPut: true}, "like SOGo": {IgnoreIfNoneMatch: true, CounterETags: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKiller(t, quirks)
			calendar, _ := k.fill("anna", 40, 10)
			for n := range 4 {
				k.migrateUntilPut(9)
				for i := range 9 {
					k.from.PutObject(calendar+"e"+string(rune('0'+i))+".ics", event("uid-e"+string(rune('0'+i)), "Changed, "+strings.Repeat("again ", n)))
				}
			}
			if s := k.migrate(); !s.Complete() || s.Objects.AtDestination() != 50 {
				t.Errorf("%+v, problems %+v", s.Objects, s.Problems)
			}
			k.sameObjects(calendar)
			k.wantDeleted(k.run(migrate.Rollback, nil), 50, 0)
		})
	}
}

// An object whose PUT failed may have been stored all the same. Changed at the source before the next run, it was a
// conflict.
func TestChangeAfterAPutWhoseFateIsOpen(t *testing.T) {
	t.Parallel()
	k := newKiller(t, davtest.Quirks{})
	k.retries = 0
	calendar, _ := k.fill("anna", 5, 0)
	k.to.Inject(davtest.Fault{Method: http.MethodPut, Path: calendar + "uid-e1.ics", Action: davtest.DropAnswer})
	k.to.Inject(davtest.Fault{Method: "PROPFIND", Path: calendar + "uid-e1.ics", Status: http.StatusForbidden, Times: -1})
	k.want(k.migrate(), migrate.Counts{Listed: 5, Created: 4, Failed: 1})
	k.holds(calendar, "uid-e1.ics", "Event")
	k.to.ClearFaults()
	k.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed"))
	k.want(k.migrate(), migrate.Counts{Listed: 5, Updated: 1, Unchanged: 4})
	k.holds(calendar, "uid-e1.ics", "Changed")
}

// Where the destination cannot be looked at, the doubt stays for the next run.
func TestRecoveryThatIsPutOff(t *testing.T) {
	t.Parallel()
	k := newKiller(t, davtest.Quirks{})
	k.retries = 0
	calendar, book := k.fill("anna", 12, 4)
	k.migrateUntilPut(3) // in the address book, which comes first
	k.to.Inject(davtest.Fault{Method: "PROPFIND", Path: book, Status: http.StatusForbidden, Times: 2})
	s := k.migrate()
	if len(s.Notes) == 0 || !strings.Contains(s.Notes[0].Message, "cut off") || s.Collections.Failed != 1 {
		t.Errorf("notes %+v, %+v, problems %+v", s.Notes, s.Collections, s.Problems)
	}
	k.from.PutObject(book+"c0.vcf", card("uid-c0", "Changed"))
	if s := k.migrate(); s.Objects.Conflict > 0 || !s.Complete() {
		t.Errorf("%+v, problems %+v", s.Objects, s.Problems)
	}
	k.holds(book, "uid-c0.vcf", "Changed")
	k.sameObjects(calendar)
}

// No PUT is sent that the journal does not know of.
func TestNothingIsPutThatTheJournalCannotKeep(t *testing.T) {
	t.Parallel()
	k := newKiller(t, davtest.Quirks{})
	k.fill("anna", 30, 0)
	journal, err := migrate.OpenJournal(t.Context(), filepath.Join(k.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	k.between("REPORT", "/work/", 1, func(int) { journal.Kill() })
	job := k.job(migrate.Migrate)
	job.Journal = journal
	if s, err := job.Run(t.Context()); err == nil || s != nil && s.PerAccount[0].State == migrate.AccountOK {
		t.Errorf("the run ended with %v, %+v", err, s)
	}
	if _, ok := errors.AsType[*migrate.JournalError](journal.Close()); !ok {
		t.Error("the journal was not at its end")
	}
	if n := countRequests(k.to, http.MethodPut); n != 0 {
		t.Errorf("%d objects were put", n)
	}
}
