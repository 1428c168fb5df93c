package migrate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/internal/dav/davtest/faultproxy"
	"davferry/mapping"
	"davferry/migrate"
)

var (
	histories   = flag.Int("histories", 12, "how many histories TestHistories lives through")
	historySeed = flag.Uint64("historyseed", 0, "which of them it begins with; 0 for the time")
	historyRuns = flag.Int("historyruns", 4, "runs of a history before the last ones, in which nothing goes wrong")
)

// TestHistories lives through random histories: objects are made, changed, moved and deleted at both ends, and a migration
// is run again and again, into random faults, interrupted, killed, with a journal that forgets a run. Whatever happens, nothing is
// lost, nothing doubled, nothing that somebody else did at the destination is undone, and the sums are right; and a run in
// which nothing goes wrong brings the destination to where it has to be.
//
//	go test ./migrate -run TestHistories -histories 200
//
// A history that fails is told, and how to live through it again; fewer -historyruns may show it as well.
func TestHistories(t *testing.T) {
	seed := *historySeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	all := map[string]func(*testing.T){}
	for n := range uint64(*histories) {
		all[fmt.Sprint(seed+n)] = func(t *testing.T) { live(t, seed+n) }
	}
	sideBySide(t, all)
}

func live(t *testing.T, seed uint64) {
	h := newHistory(t, seed)
	defer h.tell()
	for range *historyRuns {
		h.edit()
		h.run()
	}
	h.edit()
	h.settle()
}

// history is a world, what happened to it, and what must be true of it.
type history struct {
	*world
	seed    uint64
	random  *rand.Rand
	fromWay *faultproxy.Proxy
	toWay   *faultproxy.Proxy
	events  []string

	calendars, books []string          // collections at the source, which have the same paths at the destination
	ours             map[string]bool   // every version that the source ever had
	foreign          map[string]string // what somebody else did at the destination, by path; "" for a deletion
	clashing         string            // UID of the object that something happens to at both ends, "" for any
	made             int               // objects and versions, so that no two are the same
	disturbed        bool              // a run may have written what the next one cannot know as its own
}

func newHistory(t *testing.T, seed uint64) *history {
	h := &history{seed: seed, random: rand.New(rand.NewPCG(seed, 1)), ours: map[string]bool{}, foreign: map[string]string{}}
	from, to := h.pick(historySources), h.pick(historyDestinations)
	h.world = newWorld(t, from.quirks, to.quirks)
	h.note("source: %s, destination: %s", from.name, to.name)
	h.retries, h.timeout, h.batch = 2, 5*time.Second, 1+h.random.IntN(12)
	h.fromWay, h.toWay = h.way(&h.fromURL), h.way(&h.toURL)
	h.calendars = append(h.calendars, h.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"}))
	h.books = append(h.books, h.from.AddCollection("anna", dav.Collection{Kind: dav.AddressBook, Path: "friends", DisplayName: "Friends"}))
	for range h.random.IntN(40) {
		h.add()
	}
	return h
}

func (h *history) way(url *string) *faultproxy.Proxy {
	p, err := faultproxy.Start(*url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { p.Close() })
	*url = p.URL
	return p
}

func (h *history) note(format string, args ...any) {
	h.events = append(h.events, fmt.Sprintf(format, args...))
}

// tell prints a history that failed.
func (h *history) tell() {
	if h.t.Failed() {
		h.t.Logf("%s\nonce more: go test ./migrate -run TestHistories -histories 1 -historyseed %d -historyruns %d",
			strings.Join(h.events, "\n"), h.seed, *historyRuns)
	}
}

// run runs a migration into whatever happens, and checks what must be true at any time.
func (h *history) run() {
	h.mishaps()
	job := h.job(migrate.Migrate)
	job.Connections, job.Delete, job.Yes = 1+h.random.IntN(4), h.random.IntN(4) == 0, true
	ctx, cancel := context.WithCancelCause(h.t.Context())
	defer cancel(nil)
	before, forget := h.atDestination(), h.random.IntN(6) == 0
	state := h.journalFile()
	job.Journal = h.openJournal(job.Verb)
	interrupted := func() {}
	switch h.random.IntN(6) {
	case 0, 1:
		interrupted = h.interrupt(job, ctx, cancel, func() {})
	case 2, 3:
		h.note("the next interruption is a kill")
		interrupted = h.interrupt(job, ctx, cancel, job.Journal.Kill)
	}
	s, err := job.Run(ctx)
	cancel(nil)
	interrupted()
	err = errors.Join(err, job.Journal.Close())
	if err != nil && !errors.Is(err, errHistory) && !errors.Is(err, migrate.ErrKilled) || s == nil && err == nil {
		h.t.Fatalf("the run ended with %v", err)
	}
	if s == nil {
		s = &migrate.Summary{} // it was interrupted before it began
	}
	h.note("run, delete %t: %+v, %+v, %+v, notes %+v, %v", job.Delete, s.Accounts, s.Collections, s.Objects, s.Notes, err)
	if forget {
		h.note("the journal forgets the run")
		h.restoreJournal(state)
	}
	h.disturbed = h.disturbed || forget || h.to.Quirks().RewriteOnPut && (err != nil || !s.Complete())
	for _, server := range []*davtest.Server{h.from, h.to} {
		server.ClearFaults()
	}
	h.fromWay.ClearFaults()
	h.toWay.ClearFaults()
	h.expectNoHarm(before, job.Delete)
	if err == nil && s.Collections.Failed == 0 && s.Accounts.Failed == 0 && s.Objects.Listed != len(h.sourceObjects()) {
		h.t.Errorf("%d objects are listed, not %d", s.Objects.Listed, len(h.sourceObjects()))
	}
}

// openJournal opens the world's journal for a run.
func (h *history) openJournal(verb string) *migrate.Journal {
	journal, err := migrate.OpenJournal(h.t.Context(), filepath.Join(h.dir, "state"))
	if err == nil {
		_, err = journal.StartRun(h.t.Context(), verb)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return journal
}

var errHistory = errors.New("interrupted by the history")

// interrupt ends a run at a random moment, at which it calls first. wait returns when nothing of it is left, which the end
// of the context brings about.
func (h *history) interrupt(job *migrate.Job, ctx context.Context, end context.CancelCauseFunc, first func()) (wait func()) {
	later, objects := time.Duration(h.random.IntN(100))*time.Millisecond, h.random.IntN(20)
	h.note("the run is interrupted %v after %d objects", later, objects)
	var done sync.WaitGroup
	done.Go(func() {
		for int(job.Progress.Done()) < objects && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		select {
		case <-time.After(later):
			first()
			end(errHistory)
		case <-ctx.Done():
		}
	})
	return done.Wait
}

// journalFile returns the journal as it is, nil before there is one.
func (h *history) journalFile() []byte {
	data, err := os.ReadFile(filepath.Join(h.dir, "state", "journal.db"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		h.t.Fatal(err)
	}
	return data
}

// restoreJournal has a crash lose what was written since, all of it where there was no journal before.
func (h *history) restoreJournal(data []byte) {
	path := filepath.Join(h.dir, "state", "journal.db")
	var err error
	if data == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// atDestination returns what anna has at the destination, by path.
func (h *history) atDestination() map[string]string {
	all := map[string]string{}
	for _, c := range h.to.Collections("anna") {
		for path, data := range h.to.Objects(c.Path) {
			all[path] = string(data)
		}
	}
	return all
}

// same tells whether two versions are the same, in meaning where the destination writes objects anew.
func (h *history) same(a, b string) bool {
	if a == b || !h.to.Quirks().RewriteOnPut {
		return a == b
	}
	return len(mapping.Diff(kindOf(a), []byte(a), []byte(b))) == 0
}

func kindOf(data string) dav.Kind {
	if strings.HasPrefix(data, "BEGIN:VCARD") {
		return dav.AddressBook
	}
	return dav.Calendar
}

func uidOf(data string) string { return mapping.Inspect(kindOf(data), []byte(data)).UID }

// expectNoHarm compares the destination with what it was before a run.
func (h *history) expectNoHarm(before map[string]string, mayDelete bool) {
	h.t.Helper()
	after := h.atDestination()
	source := map[string]bool{}
	for _, data := range h.sourceObjects() {
		source[uidOf(data)] = true
	}
	for path, data := range before {
		now, there := after[path]
		foreign := h.foreign[path] == data
		switch {
		case foreign && now != data:
			h.t.Errorf("%s was somebody else's, %q, and is now %q", path, data, now)
		case !there && !(mayDelete && !source[uidOf(data)]):
			h.t.Errorf("%s is gone from the destination: %q", path, data)
		}
	}
	uids := map[string]string{}
	for path, data := range after {
		if h.foreign[path] != data && !h.isOurs(data) {
			h.t.Errorf("%s is what nobody ever wrote: %q", path, data)
		}
		if other, twice := uids[uidOf(data)]; twice {
			h.t.Errorf("%s and %s are one object", path, other)
		}
		uids[uidOf(data)] = path
	}
}

// isOurs tells whether the source ever had a version.
func (h *history) isOurs(data string) bool {
	if h.ours[data] || !h.to.Quirks().RewriteOnPut {
		return h.ours[data]
	}
	for version := range maps.Keys(h.ours) {
		if uidOf(version) == uidOf(data) && h.same(version, data) {
			return true
		}
	}
	return false
}

// settle runs a migration in which nothing goes wrong and checks that everything is where it has to be, and that the run
// after it finds nothing to do.
func (h *history) settle() {
	h.t.Helper()
	before := h.atDestination()
	s := h.migrate()
	h.note("the last run: %+v", s.Objects)
	h.expectNoHarm(before, false)
	if s.Objects.Listed != len(h.sourceObjects()) || s.Objects.AtDestination()+s.Objects.Conflict != s.Objects.Listed {
		h.t.Errorf("%d objects at the source, and %+v\n%+v", len(h.sourceObjects()), s.Objects, s.Problems)
	}
	conflicts := map[string]bool{}
	for _, p := range s.Problems {
		conflicts[p.Path] = p.Outcome == migrate.Conflict
	}
	h.expectEverything(conflicts)
	h.to.ResetRequests()
	again := h.migrate()
	h.want(again, migrate.Counts{Listed: s.Objects.Listed, Unchanged: s.Objects.AtDestination(), Conflict: s.Objects.Conflict})
	if n := countRequests(h.to, "PUT", "MKCALENDAR", "MKCOL", "PROPPATCH", "DELETE"); n != 0 {
		h.t.Errorf("the run after the last one sent %d requests that write", n)
	}
}

// expectEverything expects each object of the source at the destination, where the journal says that it is, but for
// conflicts: with what somebody else did, or with a version that a run wrote and could not remember.
func (h *history) expectEverything(conflicts map[string]bool) {
	h.t.Helper()
	there := map[string]string{} // paths by UID
	destination := h.atDestination()
	for path, data := range destination {
		there[uidOf(data)] = path
	}
	rows := h.ledger(migrate.Migrate, "")
	for path, data := range h.sourceObjects() {
		at := there[uidOf(data)]
		row, have := rows[path], destination[at]
		_, etag, _ := h.to.Object(at)
		switch {
		case !conflicts[path] && (!h.same(have, data) || row.SHA256 != migrate.Sum([]byte(data)) || row.DestPath != at || row.DestETag != etag):
			h.t.Errorf("%s is %q and at the destination, at %q, it is %q; the journal says %+v", path, data, at, have, row)
		case !conflicts[path]:
		case at == "":
			h.t.Errorf("%s is in conflict with nothing", path)
		case h.foreign[at] != have && !(h.disturbed && h.isOurs(have)):
			h.t.Errorf("%s is in conflict with what davferry wrote itself: %q, not %q", path, have, data)
		case have == data:
			h.t.Errorf("%s is in conflict with itself", path)
		}
	}
}
