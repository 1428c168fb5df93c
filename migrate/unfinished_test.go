package migrate_test

import (
	"context"
	"math"
	"path/filepath"
	"sync/atomic"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// begun runs migrate as a run that has a number.
func (w *world) begun(ctx context.Context) (*migrate.Summary, error) {
	w.t.Helper()
	journal, err := migrate.OpenJournal(w.t.Context(), filepath.Join(w.dir, "state"))
	if err == nil {
		_, err = journal.StartRun(w.t.Context(), migrate.Migrate)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	defer journal.Close()
	job := w.job(migrate.Migrate)
	job.Journal, job.Workers = journal, 1
	return job.Run(ctx)
}

func (w *world) status(accounts ...string) *migrate.Status {
	w.t.Helper()
	s, err := migrate.ReadStatus(w.t.Context(), filepath.Join(w.dir, "state"), accounts)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// A collection that was made and then could not be moved is known as both: failed, and davferry's to take back.
func TestCollectionThatFailsAfterItWasMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	_, book := w.fill("anna", 10, 10)
	w.retries = 0
	// The first PROPFIND reads the new collection's properties back, the second lists it.
	w.to.Inject(davtest.Fault{Method: "PROPFIND", Path: book, Status: 500, Skip: 1})
	s, err := w.begun(t.Context())
	if err != nil || len(w.to.UnusedFaults()) > 0 || s.Collections.Failed != 1 || s.Collections.Created != 1 {
		t.Fatalf("%+v, %v, unused %+v", s.Collections, err, w.to.UnusedFaults())
	}
	a := w.status("anna").PerAccount[0]
	if a.Collections != (migrate.CollectionStates{Known: 2, Done: 2, Failed: 1}) || a.Objects.Known != 20 || a.State != migrate.AccountIncomplete {
		t.Errorf("%+v", a)
	}
	if s := w.run(migrate.Rollback, nil); s.Collections.Removed != 2 || len(w.to.Collections("anna")) != 0 {
		t.Errorf("taken back: %+v, left %+v", s.Collections, w.to.Collections("anna"))
	}
}

// An account that an interrupted run did not come to is as it was before.
func TestInterruptionLeavesTheOthersAsTheyWere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.accountCSV += "bert,bert,pw-bert,bert,pw-bert\n"
	w.fill("anna", 3, 3)
	w.fill("bert", 3, 3)
	ctx, cancel := context.WithCancel(t.Context())
	var second atomic.Bool
	w.between("PROPFIND", "", math.MaxInt, func(int) {
		if second.Load() {
			cancel()
		}
	})
	if _, err := w.begun(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Store(true)
	if s, err := w.begun(ctx); err == nil || !s.Interrupted || s.Stopped != context.Canceled.Error() {
		t.Errorf("%+v, %v", s, err)
	}
	s := w.status("anna", "bert")
	if anna, bert := s.PerAccount[0], s.PerAccount[1]; anna.State != migrate.AccountFailed || bert.State != migrate.AccountOK || bert.Objects.Done != 6 {
		t.Errorf("%+v", s.PerAccount)
	}
}
