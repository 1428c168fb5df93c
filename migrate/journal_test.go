package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"davferry/internal/dav"
)

const testTarget = "migrate https://dav.example.org/"

func openTestJournal(t testing.TB, dir string) *Journal {
	t.Helper()
	j, err := OpenJournal(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func testRecord(i int) Record {
	sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	name := hex.EncodeToString(sum[:16])
	return Record{
		Path: "/cal/alice/work/" + name + ".ics", ETag: `"` + name[:12] + `"`, SHA256: hex.EncodeToString(sum[:]),
		UID: name + "@example.org", Size: int64(500 + i%700), Outcome: "created", Status: 201,
		DestPath: "/dav/alice/work/" + name + ".ics", DestETag: `"` + name[4:20] + `"`, Created: true,
		At: time.Unix(1_700_000_000, int64(i)),
	}
}

func TestJournalKeepsWhatIsRecorded(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, dir := t.Context(), t.TempDir()
	object := Record{
		Path: "/cal/a%20b.ics", ETag: `W/"1"`, SHA256: strings.Repeat("ab", 32), UID: "u\u00fc", Size: -1,
		Outcome: "refused", Reason: "no such calendar data", Status: 403, Condition: "valid-calendar-data",
		DestPath: "/d/x.ics", DestETag: `"2"`, Created: true, At: time.Unix(1_700_000_000, 123_456_789),
	}
	collection := CollectionRecord{
		DestPath: "/d/", State: dav.State{CTag: "c1", SyncToken: "s1"}, Dest: dav.State{CTag: "d1"}, Terms: "all", Created: true, Listed: 7,
		Outcome: "created", Reason: "colour lost", At: time.Unix(1_700_000_001, 0),
	}
	account := AccountRecord{State: "incomplete", Reason: "one refused"}

	check := func(t *testing.T, j *Journal) {
		t.Helper()
		objects, err := j.Objects(ctx, testTarget, "alice", "/cal/")
		if want := map[string]Record{object.Path: object}; err != nil || !reflect.DeepEqual(objects, want) {
			t.Errorf("objects %+v, %v; want %+v", objects, err, want)
		}
		if got, ok, err := j.Collection(ctx, testTarget, "alice", "/cal/"); got != collection || !ok || err != nil {
			t.Errorf("collection %+v, %v, %v; want %+v", got, ok, err, collection)
		}
		if names, err := j.AccountNames(ctx); err != nil || !slices.Equal(names, []string{"alice"}) {
			t.Errorf("accounts %q, %v", names, err)
		}
	}

	j := openTestJournal(t, dir)
	if err := errors.Join(
		j.Record(ctx, testTarget, "alice", "/cal/", object),
		j.PutCollection(ctx, testTarget, "alice", "/cal/", collection),
		j.PutAccount(ctx, testTarget, "alice", account),
	); err != nil {
		t.Fatal(err)
	}
	check(t, j) // before anything was flushed
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openTestJournal(t, dir)
	check(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournalScopes(t *testing.T) {
	ctx := t.Context()
	j := openTestJournal(t, t.TempDir())
	scopes := [][3]string{
		{"migrate https://a/", "alice", "/cal/"},
		{"migrate https://a/", "alice", "/tasks/"},
		{"migrate https://a/", "bob", "/cal/"},
		{"export /archive.zip", "alice", "/cal/"},
	}
	for _, s := range scopes {
		if err := j.Record(ctx, s[0], s[1], s[2], Record{Path: "/x.ics", UID: strings.Join(s[:], "|")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range scopes {
		objects, err := j.Objects(ctx, s[0], s[1], s[2])
		if want := strings.Join(s[:], "|"); err != nil || len(objects) != 1 || objects["/x.ics"].UID != want {
			t.Errorf("%s: %v, %v", want, objects, err)
		}
	}
	if objects, err := j.Objects(ctx, "migrate https://b/", "alice", "/cal/"); len(objects) != 0 || objects == nil || err != nil {
		t.Errorf("unknown collection: %v, %v; want an empty map", objects, err)
	}
	if _, ok, err := j.Collection(ctx, scopes[0][0], "alice", "/cal/"); ok || err != nil {
		t.Errorf("a collection of which only objects are recorded: %v, %v; want none", ok, err)
	}
}

func TestJournalReplacesRecords(t *testing.T) {
	ctx := t.Context()
	j := openTestJournal(t, t.TempDir())
	for _, outcome := range []string{"failed", "created", "unchanged"} {
		j.Record(ctx, testTarget, "alice", "/cal/", Record{Path: "/x.ics", Outcome: outcome})
		j.PutCollection(ctx, testTarget, "alice", "/cal/", CollectionRecord{Outcome: outcome})
	}
	objects, err := j.Objects(ctx, testTarget, "alice", "/cal/")
	if err != nil || objects["/x.ics"].Outcome != "unchanged" || objects["/x.ics"].At.IsZero() {
		t.Errorf("%+v, %v", objects, err)
	}
	if c, _, err := j.Collection(ctx, testTarget, "alice", "/cal/"); c.Outcome != "unchanged" || err != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestJournalRuns(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	if _, ok, err := LastRun(ctx, dir); ok || err != nil {
		t.Errorf("before the journal: %v, %v", ok, err)
	}
	j := openTestJournal(t, dir)
	if _, ok, err := LastRun(ctx, dir); ok || err != nil {
		t.Errorf("before the first run: %v, %v", ok, err)
	}
	first, err := j.StartRun(ctx, "migrate")
	if err != nil {
		t.Fatal(err)
	}
	if r, ok, err := LastRun(ctx, dir); !ok || err != nil || r.Verb != "migrate" || r.Exit != -1 || !r.Finished.IsZero() {
		t.Errorf("while it goes on: %+v, %v, %v", r, ok, err)
	}
	if err := j.FinishRun(ctx, first, 3); err != nil {
		t.Fatal(err)
	}
	if r, _, err := LastRun(ctx, dir); err != nil || r.Exit != 3 || r.Finished.Before(r.Started) {
		t.Errorf("after its end: %+v, %v", r, err)
	}
	second, err := j.StartRun(ctx, DryRunOf("export"))
	if err != nil || second <= first {
		t.Errorf("the second run is %d after %d, %v", second, first, err)
	}
	if r, _, err := LastRun(ctx, dir); err != nil || r.ID != first {
		t.Errorf("a dry run is taken for a run: %+v, %v", r, err)
	}
}

func TestJournalBind(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	j := openTestJournal(t, dir)
	if err := j.Bind(ctx, map[string]string{"source of alice": "https://a/ alice"}); err != nil {
		t.Fatal(err)
	}
	j.Close()

	j = openTestJournal(t, dir)
	err := j.Bind(ctx, map[string]string{"source of alice": "https://b/ alice", "source of bob": "https://b/ bob"})
	if _, ok := errors.AsType[*JournalError](err); !ok ||
		!strings.Contains(err.Error(), "its source of alice is https://a/ alice, not https://b/ alice") ||
		!strings.Contains(err.Error(), "--state") {
		t.Errorf("another source: %v", err)
	}
	if err := j.Record(ctx, testTarget, "alice", "/", Record{Path: "/x"}); err != nil {
		t.Errorf("a refusal ends the journal: %v", err)
	}
	if err := j.Bind(ctx, map[string]string{"source of alice": "https://a/ alice", "source of bob": "https://c/ bob"}); err != nil {
		t.Errorf("bob was kept in spite of the refusal: %v", err)
	}
}

func TestJournalCommitsByItself(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	j := openTestJournal(t, dir)
	if err := j.Record(ctx, testTarget, "alice", "/cal/", testRecord(1)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * batchDelay); j.pending.Load() > 0; time.Sleep(batchDelay / 10) {
		if time.Now().After(deadline) {
			t.Fatal("a lone record was not committed")
		}
	}
}

func TestJournalFromManyGoroutines(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx := t.Context()
	j := openTestJournal(t, t.TempDir())
	const workers, each = 8, 400
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			account := fmt.Sprintf("user%d", w)
			for i := range each {
				if err := j.Record(ctx, testTarget, account, "/cal/", testRecord(i)); err != nil {
					t.Error(err)
				}
				if i%100 != 0 {
					continue
				}
				if objects, err := j.Objects(ctx, testTarget, account, "/cal/"); err != nil || len(objects) != i+1 {
					t.Errorf("%s sees %d objects of %d, %v", account, len(objects), i+1, err)
				}
			}
		})
	}
	wait.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournalCloseWhileRecording(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, dir := t.Context(), t.TempDir()
	j := openTestJournal(t, dir)
	kept := make([]int, 4)
	var wait sync.WaitGroup
	for w := range kept {
		wait.Go(func() {
			for i := 0; ; i++ {
				switch err := j.Record(ctx, testTarget, fmt.Sprint(w), "/cal/", testRecord(i)); {
				case errors.Is(err, ErrJournalClosed):
					kept[w] = i
					return
				case err != nil:
					t.Error(err)
					return
				}
			}
		})
	}
	time.Sleep(30 * time.Millisecond)
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	wait.Wait()
	j = openTestJournal(t, dir)
	for w, want := range kept {
		objects, err := j.Objects(ctx, testTarget, fmt.Sprint(w), "/cal/")
		if err != nil || len(objects) != want {
			t.Errorf("%d of %d accepted records are there, %v", len(objects), want, err)
		}
	}
	j.Close()
	if err := j.Close(); err != nil {
		t.Errorf("the second Close: %v", err)
	}
}

// An intent is there until it is fulfilled, also for who opens the journal later; it keeps every byte of a name.
func TestJournalKeepsIntents(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, dir := t.Context(), t.TempDir()
	j := openTestJournal(t, dir)
	odd := testRecord(3)
	odd.UID, odd.Mapped = "not UTF-8: \xff", &Mapped{Rules: "uids", UID: "u", Size: 7, Changed: "uid"}
	want := []Intended{{Record: testRecord(2)}, {odd, "sent", "meaning"}}
	first, err := j.Intend(ctx, testTarget, "alice", "/cal/", []Intended{{Record: testRecord(1)}})
	second, err2 := j.Intend(ctx, testTarget, "alice", "/cal/", want)
	_, err3 := j.Intend(ctx, testTarget, "bob", "/cal/", want)
	if err := errors.Join(err, err2, err3, j.Fulfil(ctx, first), j.Close()); err != nil {
		t.Fatal(err)
	}
	j = openTestJournal(t, dir)
	intents, err := j.Intents(ctx, testTarget, "alice")
	if len(intents) != 1 || intents[0].ID != second || intents[0].Collection != "/cal/" || !slices.EqualFunc(intents[0].Objects, want, sameIntended) || err != nil {
		t.Errorf("%+v, %v", intents, err)
	}
	if err := errors.Join(j.ForgetCollection(ctx, testTarget, "alice", "/cal/"), j.Close()); err != nil {
		t.Fatal(err)
	}
	j = openTestJournal(t, dir)
	defer j.Close()
	if intents, err := j.Intents(ctx, testTarget, "alice"); len(intents) != 0 || err != nil {
		t.Errorf("of a collection that was forgotten: %+v, %v", intents, err)
	}
}

func sameIntended(a, b Intended) bool {
	same := a.At.Equal(b.At)
	a.At, b.At = time.Time{}, time.Time{}
	return same && reflect.DeepEqual(a, b)
}
