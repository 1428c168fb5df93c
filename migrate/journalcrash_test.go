package migrate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// A full disk ends the writer: every call says so from then on, and what was committed before is there when space was made.
func TestJournalFullDisk(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, dir := t.Context(), t.TempDir()
	j := openTestJournal(t, dir)
	j.Record(ctx, testTarget, "alice", "/cal/", testRecord(0))
	err := j.perform(ctx, func(ctx context.Context, s *statements) error {
		_, err := s.conn.ExecContext(ctx, "PRAGMA max_page_count = 1") // SQLite takes the present size
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; err == nil && i < 100_000; i++ {
		err = j.Record(ctx, testTarget, "alice", "/cal/", testRecord(i))
	}
	for name, err := range map[string]error{
		"Record":  err,
		"Flush":   j.Flush(ctx),
		"Objects": func() error { _, err := j.Objects(ctx, testTarget, "alice", "/cal/"); return err }(),
		"Close":   j.Close(),
		"after":   j.Record(ctx, testTarget, "alice", "/cal/", testRecord(1)),
	} {
		if _, ok := errors.AsType[*JournalError](err); !ok || !strings.Contains(err.Error(), "make space") {
			t.Errorf("%s: %v", name, err)
		}
	}
	j = openTestJournal(t, dir)
	objects, err := j.Objects(ctx, testTarget, "alice", "/cal/")
	if _, ok := objects[testRecord(0).Path]; !ok || err != nil {
		t.Errorf("what was committed is gone: %v", err)
	}
	if err := errors.Join(j.Record(ctx, testTarget, "alice", "/cal/", testRecord(1)), j.Close()); err != nil {
		t.Errorf("going on: %v", err)
	}
}

// A record is kept without regard to a cancelled context, a wait is not.
func TestJournalAfterInterrupt(t *testing.T) {
	dir := t.TempDir()
	j := openTestJournal(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Record(ctx, testTarget, "alice", "/cal/", testRecord(1)); err != nil {
		t.Errorf("Record: %v", err)
	}
	if _, err := j.Objects(ctx, testTarget, "alice", "/cal/"); !errors.Is(err, context.Canceled) {
		t.Errorf("Objects: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openTestJournal(t, dir)
	if objects, err := j.Objects(t.Context(), testTarget, "alice", "/cal/"); len(objects) != 1 || err != nil {
		t.Errorf("%v, %v", objects, err)
	}
}

const killedChild = "DAVFERRY_TEST_JOURNAL"

// TestJournalUntilKilled is the child of TestJournalAfterKill: it flushes some records, says so, and records others until
// it is killed.
func TestJournalUntilKilled(t *testing.T) {
	if dir := os.Getenv(killedChild); dir != "" {
		recordUntilKilled(dir)
	}
}

func recordUntilKilled(dir string) {
	ctx := context.Background()
	j, err := OpenJournal(ctx, dir)
	for i := 0; err == nil; i++ {
		err = j.Record(ctx, testTarget, "alice", "/cal/", testRecord(i))
		if i == 2500 {
			err = errors.Join(err, j.Flush(ctx))
			fmt.Println("flushed")
		}
	}
	fmt.Println(err)
}

func TestJournalAfterKill(t *testing.T) {
	for n := range 3 {
		dir := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run=^TestJournalUntilKilled$")
		child.Env = append(os.Environ(), killedChild+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, 64)
		read, _ := out.Read(line)
		time.Sleep(time.Duration(n*37) * time.Millisecond)
		child.Process.Kill()
		child.Wait()
		if string(line[:read]) != "flushed\n" {
			t.Fatalf("the child says %q", line[:read])
		}
		j := openTestJournal(t, dir)
		objects, err := j.Objects(t.Context(), testTarget, "alice", "/cal/")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2501 {
			if r := testRecord(i); !reflect.DeepEqual(objects[r.Path], r) {
				t.Fatalf("flushed record %d of %d is %+v", i, len(objects), objects[r.Path])
			}
		}
		j.Close()
	}
}
