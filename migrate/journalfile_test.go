package migrate

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestJournalInOddFolders(t *testing.T) {
	for _, name := range []string{"with space", "question?mode=memory", "100%25", "hash#tag", "a&b;c=d+e", "ünï'ço\"de", "file:x", "*[x]"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			j := openTestJournal(t, dir)
			if err := errors.Join(j.Record(t.Context(), testTarget, "a", "/", testRecord(1)), j.Close()); err != nil {
				t.Fatal(err)
			}
			files, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*"))
			if len(files) != 1 || err != nil {
				t.Errorf("files beside the folder: %q, %v", files, err)
			}
			if _, err := os.Stat(filepath.Join(dir, "journal.db")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestJournalIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	j := openTestJournal(t, dir)
	j.Record(t.Context(), testTarget, "a", "/", testRecord(1))
	j.Flush(t.Context())
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) < 2 { // the database and its write-ahead log
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
}

func TestJournalRefusesWhatItCannotRead(t *testing.T) {
	damage := func(change func(path string) error) func(*testing.T, string) error {
		return func(t *testing.T, path string) error { return change(path) }
	}
	execute := func(statement string) func(*testing.T, string) error {
		return func(t *testing.T, path string) error {
			db, err := sql.Open("sqlite", dataSource(path))
			if err != nil {
				return err
			}
			_, err = db.Exec(statement)
			return errors.Join(err, db.Close())
		}
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, path string) error
		want    []string
	}{
		{"an empty file", damage(func(p string) error { return os.Truncate(p, 0) }), []string{"damaged", "move it away"}},
		{"text", damage(func(p string) error { return os.WriteFile(p, []byte(strings.Repeat("hello ", 1000)), 0o600) }),
			[]string{"damaged"}},
		{"a file cut off", damage(func(p string) error {
			info, err := os.Stat(p)
			return errors.Join(err, os.Truncate(p, info.Size()/2))
		}), []string{"damaged"}},
		{"zeroes within", damage(func(p string) error {
			f, err := os.OpenFile(p, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			_, err = f.WriteAt(make([]byte, 4096), 12*4096)
			return errors.Join(err, f.Close())
		}), []string{"damaged"}},
		{"the write-ahead log alone", damage(func(p string) error { return os.Rename(p, p+"-wal") }),
			[]string{"journal.db-wal", "backup"}},
		{"another program's database", execute("PRAGMA application_id = 1"), []string{"another program"}},
		{"no schema version", execute("DELETE FROM meta"), []string{"damaged"}},
		{"no table", execute("DROP TABLE meta"), []string{"journal"}},
		{"a newer version", execute("UPDATE meta SET value = CASE key WHEN 'schema_version' THEN '99' ELSE 'v9.9.9' END"),
			[]string{"newer davferry, v9.9.9", "schema 99", "use that version"}},
		{"a folder", damage(func(p string) error { return errors.Join(os.Remove(p), os.Mkdir(p, 0o700)) }), []string{"damaged"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			dir := t.TempDir()
			path := filepath.Join(dir, "journal.db")
			j := openTestJournal(t, dir)
			for i := range 500 {
				j.Record(t.Context(), testTarget, "alice", "/cal/", testRecord(i))
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if err := test.prepare(t, path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			j, err := OpenJournal(t.Context(), dir)
			if err == nil {
				j.Close()
				t.Fatal("it was opened")
			}
			if _, ok := errors.AsType[*JournalError](err); !ok {
				t.Errorf("%T: %v", err, err)
			}
			for _, want := range append(test.want, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestJournalLeftHalfMade(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"journal.db.new", "journal.db.new-journal"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openTestJournal(t, dir)
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new*")); len(left) > 0 {
		t.Errorf("left over: %q", left)
	}
}

func TestJournalInterruptedOpening(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if j, err := OpenJournal(ctx, t.TempDir()); err == nil {
		j.Close()
		t.Error("opened")
	}
}

// An older journal is brought to the newest schema with what it holds; the older davferry refuses it from then on.
func TestJournalUpgrade(t *testing.T) {
	dir, released := t.TempDir(), schema
	t.Cleanup(func() { schema = released })
	j := openTestJournal(t, dir)
	if err := errors.Join(j.Record(t.Context(), testTarget, "a", "/", testRecord(1)), j.Close()); err != nil {
		t.Fatal(err)
	}
	schema = append(released[:len(released):len(released)], "ALTER TABLE objects ADD COLUMN extra TEXT NOT NULL DEFAULT ''")
	for range 2 {
		j = openTestJournal(t, dir)
		if objects, err := j.Objects(t.Context(), testTarget, "a", "/"); len(objects) != 1 || err != nil {
			t.Errorf("after the upgrade: %v, %v", objects, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	schema = released
	if _, err := OpenJournal(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "newer davferry") {
		t.Errorf("the older davferry: %v", err)
	}
}
