package migrate

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestLockHolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	check := func(when string, held bool) {
		t.Helper()
		h, err := LockHolder(dir)
		if err != nil || (h != nil) != held || held && h.PID != os.Getpid() {
			t.Errorf("%s: %+v, %v", when, h, err)
		}
	}
	check("without a folder", false)
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	check("held", true)
	signed, err := os.ReadFile(filepath.Join(dir, lockFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	check("given back", false)
	if err := os.WriteFile(filepath.Join(dir, lockFile), signed, 0o600); err != nil {
		t.Fatal(err)
	}
	check("left behind by a run that was killed", false)
}

// Who only asks keeps no run out, although asking after a run that was killed takes the lock for a moment.
func TestLockHolderKeepsNobodyOut(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, lockFile)
	stop := make(chan struct{})
	var asking sync.WaitGroup
	for range 2 {
		asking.Go(func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				if _, err := LockHolder(dir); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 50 {
		if err := os.WriteFile(path, []byte(`{"pid":1,"host":"gone"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		lock, err := Lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := lock.Unlock(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	asking.Wait()
}
