package sink_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/sink"
)

// payload returns the files below data/ of an archive.
func payload(t *testing.T, path string) map[string]string {
	t.Helper()
	files := tree(t, path)
	maps.DeleteFunc(files, func(name, _ string) bool { return !bag.InPayload(name) })
	return files
}

// older is an archive that an earlier export left.
func older(t *testing.T, path string) {
	t.Helper()
	a := create(t, path)
	export(t, account(t, a, "carol"), work, "work", map[string]string{"old.ics": event("old")})
	commit(t, a)
}

func TestACrashLeavesTheOldArchiveOrTheNew(t *testing.T) {
	for _, form := range forms {
		for _, replace := range []bool{false, true} {
			fresh := filepath.Join(t.TempDir(), form)
			a := create(t, fresh)
			sample(t, a)
			commit(t, a)
			want := payload(t, fresh)
			for n, all := 0, false; !all; n++ {
				path := filepath.Join(t.TempDir(), form)
				if replace {
					older(t, path)
				}
				a := create(t, path)
				sample(t, a)
				var err error
				if all, err = a.CommitPart(t.Context(), n); err != nil {
					t.Fatal(err)
				}
				switch {
				case all:
					intact(t, path)
				case replace:
					intact(t, path)
					if got := payload(t, path); got["data/carol/calendars/work/old.ics"] == "" {
						t.Errorf("%s: after %d steps the older archive is not there", form, n)
					}
				default:
					absent(t, path)
				}
				again := create(t, path)
				sample(t, again)
				commit(t, again)
				intact(t, path)
				absent(t, path+".partial")
				if got := payload(t, path); !maps.Equal(got, want) {
					t.Errorf("%s: after a crash behind %d steps and another run the payload differs", form, n)
				}
			}
		}
	}
}

func TestAnInterruptedExportIsTakenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	a := create(t, path)
	alice := account(t, a, "alice")
	objects := map[string]string{"a.ics": event("a"), "b.ics": event("b"), "stale.ics": event("stale")}
	export(t, alice, work, "work", objects)
	export(t, alice, friends, "friends", map[string]string{"z.vcf": card("z")})
	export(t, account(t, a, "bob"), work, "work", objects)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	stage := filepath.Join(path+".partial", "bag", "data", "alice", "calendars", "work")
	damage(t, filepath.Join(stage, "b.ics"), "BEGIN:VCALEN") // what a power cut may leave of it
	damage(t, filepath.Join(stage, ".davferry-7"), "x")
	damage(t, filepath.Join(path+".partial", "bag", "stray.txt"), "x")

	again := create(t, path)
	renamed := work
	renamed.DisplayName, renamed.Color = "", "red"
	delete(objects, "stale.ics")
	objects["c.ics"] = event("c")
	if put := export(t, account(t, again, "alice"), renamed, "work", objects); put != 2 {
		t.Errorf("%d objects were put, want b.ics and c.ics", put)
	}
	commit(t, again)
	intact(t, path)
	got := payload(t, path)
	for name, data := range objects {
		if got["data/alice/calendars/work/"+name] != data {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	if len(got) != len(objects)+2 {
		t.Errorf("more than objects.csv, collection.json and the objects: %v", got)
	}
}

func damage(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCommitEndsWithItsContext(t *testing.T) {
	for _, form := range forms {
		path := filepath.Join(t.TempDir(), form)
		a := create(t, path)
		sample(t, a)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.Commit(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Commit returned %v", err)
		}
		absent(t, path)
		commit(t, a)
		intact(t, path)
	}
}

func TestDiscardKeepsTheOlderArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	older(t, path)
	a := create(t, path)
	sample(t, a)
	if err := a.Discard(); err != nil {
		t.Fatal(err)
	}
	absent(t, path+".partial")
	if report := intact(t, path); report.Objects != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestASecondRunIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	a := create(t, path)
	if _, err := sink.CreateArchive(path, "davferry test", start); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("a second CreateArchive returned %v", err)
	}
	sample(t, a)
	commit(t, a)
	intact(t, path)
}

// Where the file system cannot exchange two folders, a crash may leave the older archive aside.
func TestReplaceInTurn(t *testing.T) {
	for _, half := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "export")
		older(t, path)
		a := create(t, path)
		sample(t, a)
		steps := 6 // all but the replacement
		if _, err := a.CommitPart(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
		err := a.ReplaceInTurn(filepath.Join(path+".partial", "bag"), half)
		if (err != nil) != half {
			t.Fatal(err)
		}
		want := int64(5)
		if half {
			want = 1
		}
		if report := intact(t, path); report.Objects != want {
			t.Errorf("half %v: report %+v", half, report)
		}
	}
}

func TestTheOlderArchiveIsPutBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	older(t, path)
	a := create(t, path)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(path+".partial", "previous")); err != nil {
		t.Fatal(err)
	}
	create(t, path)
	if report := intact(t, path); report.Objects != 1 {
		t.Errorf("report %+v", report)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	a := create(t, path)
	acct := account(t, a, "alice")
	c, _, err := acct.Create(t.Context(), work, "work")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path + ".partial"); err != nil {
		t.Fatal(err)
	}
	_, _, err = acct.Put(t.Context(), c, "a.ics", []byte(event("a")), "")
	_, ofObject := errors.AsType[*dav.Error](err)
	_, ofSystem := errors.AsType[*fs.PathError](err)
	if ofObject || !ofSystem {
		t.Errorf("Put returned %#v", err)
	}
	absent(t, path)
}

// Whatever file of the archive cannot be written: nothing appears, and what was staged is not lost.
func TestACommitThatCannotWrite(t *testing.T) {
	for _, form := range forms {
		for _, file := range []string{
			"bag/manifest-sha256.txt", "bag/fetched.csv", "bag/tagmanifest-sha512.txt", "bag/bagit.txt",
		} {
			path := filepath.Join(t.TempDir(), form)
			a := create(t, path)
			sample(t, a)
			obstacle := filepath.Join(path+".partial", filepath.FromSlash(file))
			if err := os.Mkdir(obstacle, 0o700); err != nil {
				t.Fatal(err)
			}
			err := a.Commit(t.Context())
			if _, ofSystem := errors.AsType[*fs.PathError](err); !ofSystem {
				t.Errorf("%s: %s: Commit returned %v", form, file, err)
			}
			absent(t, path)
		}
	}
}
