package migrate_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// An object that was away from the source for one run and is there again is not removed by a run that does not look at its
// collection.
func TestDeleteDoesNotTrustAnOldListing(t *testing.T) {
	t.Parallel()
	for name, unseen := range map[string]func(w *world, calendar string){
		"left out": func(w *world, calendar string) { w.selection = migrate.Selection{Exclude: []string{"work"}} },
		"not listed": func(w *world, calendar string) {
			w.from.Inject(davtest.Fault{Method: "PROPFIND", Path: calendar, Status: 500, Times: -1})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 0
			calendar, _ := w.fill("anna", 40, 20)
			w.migrate()
			w.from.DeleteObject(calendar + "e1.ics")
			w.migrate()
			w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Event"))
			unseen(w, calendar)
			if s := w.run(migrate.Migrate, withDelete); s.Deleted.Removed != 0 {
				t.Errorf("deleted %+v", s.Deleted)
			}
			w.holds(calendar, "uid-e1.ics", "Event")
		})
	}
}

// At a server that takes a UID once, an object cannot be in the calendar that it was moved to before it has left the other.
func TestDeleteLeavesTheOnlyCopyOfWhatWasMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{UniqueUID: 403, UniqueUIDPerUser: true})
	calendar, _ := w.fill("anna", 40, 0)
	other := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "aaa"})
	w.migrate()
	w.from.DeleteObject(calendar + "e1.ics")
	w.from.PutObject(other+"e1.ics", event("uid-e1", "Event"))
	s := w.run(migrate.Migrate, withDelete)
	w.wantDeleted(s, 0, 1)
	w.holds(calendar, "uid-e1.ics", "Event")
}

// A home set that lists less than it has must not cost a collection.
func TestCollectionThatAnswersIsNotGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 3, 3)
	w.migrate()
	w.from.DeleteObject(book + "c1.vcf") // for one run
	w.migrate()
	w.from.PutObject(book+"c1.vcf", card("uid-c1", "Contact"))
	w.from.Inject(davtest.Fault{Method: "PROPFIND", Path: "/addressbooks/anna/", Times: 1, Status: 207,
		Header: map[string][]string{"Content-Type": {"application/xml"}},
		Text:   `<multistatus xmlns="DAV:"><response><href>/addressbooks/anna/</href><propstat><prop><resourcetype><collection/></resourcetype></prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`})
	s := w.run(migrate.Migrate, func(job *migrate.Job) { job.Delete, job.Yes = true, true })
	w.wantDeleted(s, 0, 0)
	if len(s.Notes) == 0 || len(w.to.Objects(book)) != 3 || len(w.to.Objects(calendar)) != 3 {
		t.Errorf("notes %+v; %d contacts are left", s.Notes, len(w.to.Objects(book)))
	}
}

// A server that schedules mails those who are in the version that is replaced.
func TestNobodyIsMailedByWhatIsReplaced(t *testing.T) {
	t.Parallel()
	scheduling := davtest.Quirks{AutoSchedule: true, DeafToScheduleReply: true}
	t.Run("written over", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		calendar, _ := w.fill("anna", 3, 0)
		w.migrate()
		w.to.PutObject(calendar+"uid-e0.ics", event("uid-e0", "Meeting", people))
		w.to.SetQuirks(scheduling)
		w.overwrite = true
		w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 2, Refused: 1})
		if len(w.to.Mails()) > 0 {
			t.Errorf("mails: %+v", w.to.Mails())
		}
	})
	t.Run("no meeting any more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		calendar, _ := w.fill("anna", 3, 0)
		w.from.PutObject(calendar+"m.ics", event("m", "Meeting", people))
		w.migrate()
		w.to.SetQuirks(scheduling)
		w.from.PutObject(calendar+"m.ics", event("m", "No meeting any more"))
		w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed"))
		w.want(w.migrate(), migrate.Counts{Listed: 4, Unchanged: 2, Updated: 1, Refused: 1})
		if len(w.to.Mails()) > 0 {
			t.Errorf("mails: %+v", w.to.Mails())
		}
	})
}

// sabre/dav answers 412 to a conditional DELETE of what is not there.
func TestDeleteWhoseAnswerIsLostAtSabre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 40, 20)
	w.migrate()
	w.from.DeleteObject(calendar + "e1.ics")
	w.to.Inject(davtest.Fault{Method: "DELETE", Action: davtest.DropAnswer})
	w.to.Inject(davtest.Fault{Method: "DELETE", Status: 412})
	w.wantDeleted(w.run(migrate.Migrate, withDelete), 1, 0)
}

// What somebody puts into a collection between the last look and the DELETE stays, where the server minds the ETag of a
// collection.
func TestObjectThatComesBeforeTheCollectionGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{CollectionETags: true})
	calendar, _ := w.fill("anna", 4, 0)
	var armed atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && r.URL.Path == calendar && armed.CompareAndSwap(true, false) {
			w.to.PutObject(calendar+"late.ics", event("late", "Somebody else's"))
		}
		w.to.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	w.toURL = server.URL + "/"
	w.migrate()
	armed.Store(true)
	s := w.run(migrate.Rollback, nil)
	w.wantDeleted(s, 4, 0)
	w.holds(calendar, "late.ics", "Somebody else's")
	if len(s.Notes) != 1 || !strings.Contains(s.Notes[0].Message, "something has come to it") || s.Collections.Removed != 1 {
		t.Errorf("notes %+v, %+v", s.Notes, s.Collections)
	}
	w.to.DeleteObject(calendar + "late.ics")
	if w.run(migrate.Rollback, nil); len(w.to.Collections("anna")) != 0 {
		t.Errorf("still there: %+v", w.to.Collections("anna"))
	}
}
