package migrate

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// begin starts a run whose accounts and collections are written under the target of the test.
func begin(t *testing.T, j *Journal, verb string) {
	t.Helper()
	if _, err := j.StartRun(t.Context(), verb); err != nil {
		t.Fatal(err)
	}
}

// fill records a collection of an account: what its source lists, how it ended, and its objects by outcome.
func fill(t *testing.T, j *Journal, account, path string, c CollectionRecord, outcomes ...Outcome) {
	t.Helper()
	for i, o := range outcomes {
		rec := Record{Path: fmt.Sprintf("%s%d.ics", path, i), Outcome: string(o), Reason: "because"}
		if err := j.Record(t.Context(), testTarget, account, path, rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.PutCollection(t.Context(), testTarget, account, path, c); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, j *Journal, account, state, reason string) {
	t.Helper()
	if err := errors.Join(j.PutAccount(t.Context(), testTarget, account, AccountRecord{State: state, Reason: reason}), j.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func readStatus(t *testing.T, dir string, accounts ...string) *Status {
	t.Helper()
	s, err := ReadStatus(t.Context(), dir, accounts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// what is a status in one line an account.
func what(s *Status) string {
	var lines []string
	for _, a := range s.PerAccount {
		lines = append(lines, fmt.Sprintf("%s %s run %d, %d/%d/%d, %d/%d %v", a.Account, a.State, a.Run,
			a.Collections.Failed, a.Collections.Done, a.Collections.Known, a.Objects.Done, a.Objects.Known, a.Objects.Outcomes))
	}
	return strings.Join(lines, "\n")
}

// The accounts' states follow the runs: what goes on, what was killed, what an earlier run did, what was taken back.
func TestStatusFollowsTheRuns(t *testing.T) {
	dir := t.TempDir()
	check := func(step, run string, want ...string) *Status {
		t.Helper()
		s := readStatus(t, dir, "ann", "bob", "cid")
		if got := what(s); got != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", step, got, strings.Join(want, "\n"))
		}
		if s.Run != nil && s.Run.State != run || s.Run == nil && run != "" {
			t.Errorf("%s: the run is %+v, want %s", step, s.Run, run)
		}
		return s
	}
	waiting := func(name string) string { return name + " waiting run 0, 0/0/0, 0/0 map[]" }
	check("before the first run", "", waiting("ann"), waiting("bob"), waiting("cid"))
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	j := openTestJournal(t, dir)
	begin(t, j, Migrate)
	if s := check("begun", RunGoesOn, waiting("ann"), waiting("bob"), waiting("cid")); s.Holder == nil || s.Holder.PID != os.Getpid() {
		t.Errorf("the holder is %+v", s.Holder)
	}

	fill(t, j, "ann", "/a/", CollectionRecord{Listed: 3, Outcome: CollectionSettled}, Created, Created, Skipped)
	put(t, j, "ann", AccountOK, "")
	fill(t, j, "bob", "/b/", CollectionRecord{Listed: 4}, Created, Refused)
	fill(t, j, "bob", "/c/", CollectionRecord{Listed: 2, Outcome: CollectionFailed, Reason: "cut off"})
	put(t, j, "bob", AccountRunning, "")
	ann := "ann ok run 1, 0/1/1, 3/3 map[created:2 skipped:1]"
	s := check("under way", RunGoesOn, ann, "bob running run 1, 1/1/2, 2/6 map[created:1 refused:1]", waiting("cid"))
	if len(s.Problems) != 2 || s.Problems[0].Path != "/b/1.ics" || s.Problems[1].Message != "cut off" || s.Run.Done != 5 || s.Run.Rate <= 0 {
		t.Errorf("problems %+v, run %+v", s.Problems, s.Run)
	}

	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	check("killed", RunKilled, ann, "bob interrupted run 1, 1/1/2, 2/6 map[created:1 refused:1]", waiting("cid"))

	begin(t, j, Migrate)
	fill(t, j, "cid", "/d/", CollectionRecord{Listed: 1, Outcome: CollectionIncomplete}, Conflict)
	put(t, j, "cid", AccountIncomplete, "because")
	if err := j.FinishRun(t.Context(), 2, 3); err != nil {
		t.Fatal(err)
	}
	begin(t, j, DryRunOf(Migrate))
	s = check("ended", RunEnded, ann, "bob interrupted run 1, 1/1/2, 2/6 map[created:1 refused:1]",
		"cid incomplete run 2, 0/1/1, 1/1 map[conflict:1]")
	if s.Accounts != (AccountStates{Total: 3, OK: 1, Incomplete: 1, Interrupted: 1, Earlier: 2}) {
		t.Errorf("accounts %+v", s.Accounts)
	}
	if s.DryRun == nil || s.DryRun.State != RunKilled || s.DryRun.Verb != Migrate || *s.Run.Exit != 3 {
		t.Errorf("runs %+v, %+v", s.Run, s.DryRun)
	}

	begin(t, j, Rollback)
	j.PutAccount(t.Context(), "rollback to x", "ann", AccountRecord{State: AccountOK})
	put(t, j, "nobody", AccountOK, "")
	s = check("rolled back", RunKilled, "ann ok run 4, 0/0/0, 0/0 map[]", waiting("bob"), waiting("cid"))
	if s.Others != 1 {
		t.Errorf("%d others", s.Others)
	}
	begin(t, j, Migrate)
	check("begun again", RunKilled, waiting("ann"), "bob interrupted run 1, 1/1/2, 2/6 map[created:1 refused:1]",
		"cid incomplete run 2, 0/1/1, 1/1 map[conflict:1]")
}

// In a collection that nothing changed in, outcomes that an earlier run gave still stand.
func TestStatusCountsWhatStillStands(t *testing.T) {
	dir := t.TempDir()
	j := openTestJournal(t, dir)
	begin(t, j, Migrate)
	fill(t, j, "ann", "/a/", CollectionRecord{Listed: 3, Outcome: CollectionSettled}, Created, Skipped, Gone)
	begin(t, j, Migrate)
	if err := j.Reaffirm(t.Context(), testTarget, "ann", "/a/"); err != nil {
		t.Fatal(err)
	}
	fill(t, j, "ann", "/a/", CollectionRecord{Listed: 3, Outcome: CollectionSettled})
	put(t, j, "ann", AccountOK, "")
	want := "ann ok run 2, 0/1/1, 3/3 map[gone:1 skipped:1 unchanged:1]"
	if got := what(readStatus(t, dir, "ann")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestStatusListsSomeOfManyProblems(t *testing.T) {
	dir := t.TempDir()
	j := openTestJournal(t, dir)
	begin(t, j, Migrate)
	for i := range 3 {
		fill(t, j, "ann", fmt.Sprintf("/%d/", i), CollectionRecord{Listed: 600, Outcome: CollectionIncomplete}, slices.Repeat([]Outcome{Failed}, 600)...)
	}
	put(t, j, "ann", AccountIncomplete, "because")
	s := readStatus(t, dir, "ann")
	if len(s.Problems) != MaxStatusProblems || s.MoreTrouble != 800 || s.Objects.Unsettled() != 1800 {
		t.Errorf("%d problems and %d more, %d objects", len(s.Problems), s.MoreTrouble, s.Objects.Unsettled())
	}
}

// A run that writes is not disturbed, and each answer is about one moment.
func TestStatusWhileARunWrites(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	j := openTestJournal(t, dir)
	begin(t, j, Migrate)
	put(t, j, "ann", AccountRunning, "")
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range 1000 {
			path := fmt.Sprintf("/%d/", i)
			j.Record(t.Context(), testTarget, "ann", path, Record{Path: path + "a", Outcome: string(Created)})
			j.PutCollection(t.Context(), testTarget, "ann", path, CollectionRecord{Listed: 1, Outcome: CollectionSettled})
			if i%100 == 0 {
				j.Flush(t.Context())
			}
		}
	})
	for done := 0; done < 1000; {
		a := readStatus(t, dir, "ann").PerAccount[0]
		if a.Objects.Done < done || a.Objects.Known != a.Objects.Done {
			t.Fatalf("%d were done before, and now %+v", done, a)
		}
		done = a.Objects.Done
	}
	writing.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(entries) != 1 {
		t.Errorf("in the folder: %q, %v", entries, err)
	}
}

// Asking leaves the journal as it is: one that was closed, and one whose end is in its log because the run was killed.
func TestStatusWritesNothing(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	j := openTestJournal(t, dir)
	begin(t, j, Migrate)
	fill(t, j, "ann", "/a/", CollectionRecord{Listed: 1}, Created)
	put(t, j, "ann", AccountRunning, "")
	copyAll := func() map[string]string {
		files := map[string]string{}
		for _, name := range []string{JournalFile, JournalFile + walSuffix} {
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(killed, name), text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(text)
		}
		return files
	}
	before := copyAll()
	if s := readStatus(t, killed, "ann"); s.Objects.Done != 1 || s.Run.State != RunKilled {
		t.Errorf("%+v", s)
	}
	for name, want := range before {
		if text, err := os.ReadFile(filepath.Join(killed, name)); string(text) != want {
			t.Errorf("%s was changed, %v", name, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	readStatus(t, dir, "ann")
	if entries, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(entries) != 1 {
		t.Errorf("in the folder: %q, %v", entries, err)
	}
}

// The journal of an older davferry is read as it is, and not brought up to date.
func TestStatusOfAnOlderJournal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, JournalFile)
	released := schema
	schema = released[:1]
	err := createJournal(t.Context(), path)
	schema = released
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`INSERT INTO runs VALUES (1, 'migrate', 1, 2, 0);
		INSERT INTO accounts VALUES ('t', 'ann', 'ok', '', 1, 2);
		INSERT INTO collections (id, target, account, path, listed, outcome, run, at) VALUES (1, 't', 'ann', '/a/', 1, 'incomplete', 1, 2);
		INSERT INTO objects VALUES (1, '/a/1', '', '', '', 1, 'refused', 'because', 403, '', '', '', 0, 1, 2)`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	s := readStatus(t, dir, "ann")
	if got, want := what(s), "ann ok run 1, 0/1/1, 1/1 map[refused:1]"; got != want || len(s.Problems) != 1 {
		t.Errorf("%s, want %s; %+v", got, want, s.Problems)
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file was changed")
	}
}

func TestStatusOfAJournalThatCannotBeRead(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(path string) error
		want    string
	}{
		{"an empty file", func(p string) error { return os.Truncate(p, 0) }, "damaged"},
		{"a file cut off", func(p string) error { return os.Truncate(p, 4096) }, "damaged"},
		{"the write-ahead log alone", func(p string) error { return os.Rename(p, p+walSuffix) }, "journal.db-wal"},
		{"another program's database", func(p string) error { return execute(p, "PRAGMA application_id = 1") }, "another program"},
		{"no schema version", func(p string) error { return execute(p, "DELETE FROM meta") }, "damaged"},
		{"a newer version", func(p string) error { return execute(p, "UPDATE meta SET value = '99'") }, "newer davferry"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			j := openTestJournal(t, dir)
			begin(t, j, Migrate)
			if err := errors.Join(j.Close(), test.prepare(filepath.Join(dir, JournalFile))); err != nil {
				t.Fatal(err)
			}
			_, err := ReadStatus(t.Context(), dir, nil)
			if _, ok := errors.AsType[*JournalError](err); !ok || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%T: %v; want %s", err, err, test.want)
			}
		})
	}
}

func execute(path, statement string) error {
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}
