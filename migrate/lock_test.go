package migrate

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestStateDir(t *testing.T) {
	tests := []struct{ accounts, want string }{
		{"accounts.csv", "accounts.davferry"},
		{"/srv/move/accounts.csv", "/srv/move/accounts.davferry"},
		{"../a b/Accounts.CSV", "../a b/Accounts.davferry"},
		{"./accounts.csv", "accounts.davferry"},
		{"accounts", "accounts.davferry"},
		{"accounts.txt", "accounts.txt.davferry"},
		{"my.accounts.csv", "my.accounts.davferry"},
		{"dir/.csv", "dir/.csv.davferry"},
		{"/srv/accounts.davferry/failures.csv", "/srv/accounts.davferry"},
		{"accounts.davferry/failures.csv", "accounts.davferry"},
		{"failures.csv", "failures.davferry"},
		{"/srv/failures.csv", "/srv/failures.davferry"},
	}
	for _, test := range tests {
		if got := StateDir(filepath.FromSlash(test.accounts)); got != filepath.FromSlash(test.want) {
			t.Errorf("%s: %s; want %s", test.accounts, got, test.want)
		}
	}
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	start := time.Now().Truncate(time.Second)
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}

	_, err = Lock(dir)
	var locked *LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("the second lock: %v", err)
	}
	if locked.PID != os.Getpid() || locked.Since.Before(start) || locked.Path != filepath.Join(dir, "lock") {
		t.Errorf("%+v", locked)
	}
	for _, want := range []string{dir, fmt.Sprintf("process %d on ", os.Getpid()), "since " + locked.Since.Local().Format("2006-01-02")} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}

	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("after Unlock: %v", err)
	}
	if err := again.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestLockOfOneThatHasNotSignedYet(t *testing.T) {
	dir := t.TempDir()
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	if err := lock.file.Truncate(0); err != nil {
		t.Fatal(err)
	}
	_, err = Lock(dir)
	locked, ok := errors.AsType[*LockedError](err)
	if !ok || locked.PID != 0 || !strings.HasSuffix(err.Error(), "in use by another run") {
		t.Errorf("%v", err)
	}
}

const lockingChild = "DAVFERRY_TEST_LOCK"

// TestLockUntilKilled is the child of TestLockOfDeadProcess: it takes the lock, says so, and waits.
func TestLockUntilKilled(t *testing.T) {
	if dir := os.Getenv(lockingChild); dir != "" {
		_, err := Lock(dir)
		fmt.Println("locked", err)
		time.Sleep(time.Minute)
	}
}

func TestLockOfDeadProcess(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestLockUntilKilled$")
	child.Env = append(os.Environ(), lockingChild+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked <nil>\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	_, err = Lock(dir)
	if locked, ok := errors.AsType[*LockedError](err); !ok || locked.PID != child.Process.Pid {
		t.Errorf("while it lives: %v", err)
	}
	child.Process.Kill()
	child.Wait()
	lock, err := Lock(dir)
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestLockWhereNoFolderCanBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
	if _, err := OpenJournal(t.Context(), file); err == nil || !strings.Contains(err.Error(), file) {
		t.Error(err)
	}
}
