package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

const people = "ORGANIZER:mailto:anna@" + davtest.MailDomain + "\r\nATTENDEE:mailto:bert@" + davtest.MailDomain + "\r\n"

// run runs a verb with flags to its end.
func (w *world) run(verb string, flags func(*migrate.Job)) *migrate.Summary {
	w.t.Helper()
	job := w.job(verb)
	if flags != nil {
		flags(job)
	}
	s, err := w.runJob(w.t.Context(), job)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) wantDeleted(s *migrate.Summary, removed, left int) {
	w.t.Helper()
	if s.Deleted != (migrate.Deletions{Removed: removed, Left: left}) {
		w.t.Errorf("deleted %+v, not %d removed and %d left; problems %+v", s.Deleted, removed, left, s.Problems)
	}
}

func withDelete(job *migrate.Job) { job.Delete = true }

func TestDelete(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change        func(w *world, calendar, book string)
		flags         func(*migrate.Job)
		removed, left int
		stays         int // objects at the destination, of 40 + 20
		message       string
	}{
		"one": {func(w *world, c, b string) { w.from.DeleteObject(c + "e1.ics") }, withDelete, 1, 0, 59, ""},
		"without the flag": {func(w *world, c, b string) { w.from.DeleteObject(c + "e1.ics") }, nil, 0, 0, 60,
			"1 of the objects that were taken to the destination are not at the source any more"},
		"in a dry run": {func(w *world, c, b string) { w.from.DeleteObject(c + "e1.ics") },
			func(job *migrate.Job) { job.Delete, job.DryRun = true, true }, 1, 0, 60, ""},
		"edited at the destination": {func(w *world, c, b string) {
			w.from.DeleteObject(c + "e1.ics")
			w.to.PutObject(c+"uid-e1.ics", event("uid-e1", "Edited"))
		}, withDelete, 0, 1, 60, "somebody has changed it"},
		"moved, and not to be read": {func(w *world, c, b string) {
			w.from.DeleteObject(c + "e1.ics")
			w.from.PutObject(c+"moved.ics", event("uid-e1", "Event"))
			w.from.Inject(davtest.Fault{Method: "REPORT", Path: c, Action: davtest.Answer, Status: 500, Times: -1})
			w.from.Inject(davtest.Fault{Method: "GET", Path: c + "moved.ics", Action: davtest.Answer, Status: 500, Times: -1})
		}, withDelete, 0, 1, 60, "unless under another path among the 1 that could not be read"},
		"deleted at the destination": {func(w *world, c, b string) {
			w.from.DeleteObject(c + "e1.ics")
			w.to.DeleteObject(c + "uid-e1.ics")
		}, withDelete, 0, 0, 59, ""},
		"more than 5 %": {func(w *world, c, b string) {
			for i := range 4 {
				w.from.DeleteObject(fmt.Sprintf("%se%d.ics", c, i))
			}
		}, withDelete, 0, 4, 60, "4 of 60 objects at the destination are not at the source any more; so many are removed only with --yes"},
		"more than 5 % with --yes": {func(w *world, c, b string) {
			for i := range 4 {
				w.from.DeleteObject(fmt.Sprintf("%se%d.ics", c, i))
			}
		}, func(job *migrate.Job) { job.Delete, job.Yes = true, true }, 4, 0, 56, ""},
		"moved to another path": {func(w *world, c, b string) {
			w.from.DeleteObject(c + "e1.ics")
			w.from.PutObject(c+"renamed.ics", event("uid-e1", "Event"))
		}, withDelete, 0, 0, 60, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			calendar, book := w.fill("anna", 40, 20)
			w.migrate()
			tt.change(w, calendar, book)
			s := w.run(migrate.Migrate, tt.flags)
			w.wantDeleted(s, tt.removed, tt.left)
			if n := len(w.to.Objects(calendar)) + len(w.to.Objects(book)); n != tt.stays {
				t.Errorf("%d objects are at the destination", n)
			}
			if said := fmt.Sprint(s.Problems, s.Notes); !strings.Contains(said, tt.message) {
				t.Errorf("said %s", said)
			}
			if complete := tt.left == 0; s.Complete() != complete {
				t.Errorf("complete: %v; %+v", s.Complete(), s.Problems)
			}
		})
	}
}

// What was there before davferry came is not davferry's to remove, nor is a collection with something in it.
func TestDeleteLeavesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 3, 3)
	w.to.AddCollection("anna", w.from.Collections("anna")[0])
	w.to.PutObject(calendar+"uid-e0.ics", event("uid-e0", "Event"))
	w.migrate()
	for i := range 3 {
		w.from.DeleteObject(fmt.Sprintf("%se%d.ics", calendar, i))
		w.from.DeleteObject(fmt.Sprintf("%sc%d.vcf", book, i))
	}
	s := w.run(migrate.Migrate, func(job *migrate.Job) { job.Delete, job.Yes = true, true })
	w.wantDeleted(s, 5, 0)
	if left := w.to.Objects(calendar); len(left) != 1 || left[calendar+"uid-e0.ics"] == nil {
		t.Errorf("left: %v", left)
	}
	if len(w.to.Collections("anna")) != 2 {
		t.Error("a collection that the source still has was removed")
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 20, 10)
	w.to.AddCollection("anna", w.from.Collections("anna")[0])
	w.to.PutObject(calendar+"mine.ics", event("mine", "There before"))
	w.to.PutObject(calendar+"uid-e0.ics", event("uid-e0", "Event"))
	w.migrate()
	w.to.PutObject(calendar+"uid-e1.ics", event("uid-e1", "Edited"))

	w.from.ResetRequests()
	dry := w.run(migrate.Rollback, func(job *migrate.Job) { job.DryRun = true })
	w.wantDeleted(dry, 28, 1)
	if n := countRequests(w.to, "DELETE"); n != 0 {
		t.Errorf("%d DELETEs in a dry run", n)
	}
	s := w.run(migrate.Rollback, nil)
	w.wantDeleted(s, 28, 1)
	if left := w.to.Objects(calendar); len(left) != 3 {
		t.Errorf("left: %d", len(left))
	}
	if len(w.to.Collections("anna")) != 1 || s.Collections.Removed != 1 || w.to.Objects(book) != nil && len(w.to.Objects(book)) > 0 {
		t.Errorf("collections: %+v, %+v", w.to.Collections("anna"), s.Collections)
	}
	if len(w.from.Requests()) > 0 {
		t.Error("the source was asked")
	}
	w.wantDeleted(w.run(migrate.Rollback, nil), 0, 1)

	w.want(w.migrate(), migrate.Counts{Listed: 30, Created: 28, Unchanged: 1, Conflict: 1})
	w.sameObjects(book)
}

// What a run wrote that was killed before its journal knew is davferry's all the same: the collection is.
func TestRollbackOfWhatAKilledRunWrote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{RewriteOnPut: true})
	calendar, _ := w.fill("anna", 20, 0)
	w.migrate()
	w.lose("DELETE FROM objects WHERE path LIKE '%e1%'")
	w.want(w.migrate(), migrate.Counts{Listed: 20, Unchanged: 20})
	w.wantDeleted(w.run(migrate.Rollback, nil), 20, 0)
	if n := len(w.to.Objects(calendar)); n != 0 {
		t.Errorf("%d objects are left", n)
	}
}

func TestRollbackOfNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	s := w.run(migrate.Rollback, nil)
	if w.wantDeleted(s, 0, 0); len(s.Notes) != 1 || !strings.Contains(s.Notes[0].Message, "knows of nothing") {
		t.Errorf("%+v", s.Notes)
	}
}

// Deleting a meeting cancels it: nobody is to hear of a rollback.
func TestNobodyIsMailedByWhatIsRemoved(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mode          migrate.InvitationMode
		removed, left int
	}{
		"quiet":           {migrate.InvitationsQuiet, 5, 2},
		"allowed to mail": {migrate.InvitationsAllow, 7, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			calendar, _ := w.fill("anna", 5, 0)
			for i := range 2 {
				uid := fmt.Sprintf("meeting%d", i)
				w.from.PutObject(calendar+uid+".ics", event(uid, "Meeting", people))
			}
			w.want(w.migrate(), migrate.Counts{Listed: 7, Created: 7})
			w.to.SetQuirks(davtest.Quirks{AutoSchedule: true})
			s := w.run(migrate.Rollback, func(job *migrate.Job) { job.Invitations = tt.mode })
			w.wantDeleted(s, tt.removed, tt.left)
			if mailed := len(w.to.Mails()) > 0; mailed != (tt.mode == migrate.InvitationsAllow) {
				t.Errorf("mails: %+v", w.to.Mails())
			}
			if there := len(w.to.Objects(calendar)); there != tt.left {
				t.Errorf("%d objects are left", there)
			}
		})
	}
}

func TestDeleteWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 20, 0)
	w.migrate()
	w.to.Inject(davtest.Fault{Method: "DELETE", Action: davtest.DropAnswer, Skip: 3, Times: 2})
	w.to.Inject(davtest.Fault{Method: "DELETE", Action: davtest.Answer, Status: 503, Times: 2})
	w.wantDeleted(w.run(migrate.Rollback, nil), 20, 0)
	if n := len(w.to.Collections("anna")); n != 0 {
		t.Errorf("%d collections are left", n)
	}
}
