package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	stateExtension = ".davferry"
	lockFile       = "lock"
	failuresFile   = "failures.csv"
)

// StateDir returns the state folder of an accounts file: beside it, its name without .csv, with .davferry. The
// failures.csv in a state folder belongs to that folder, so that running it goes on with the same journal.
func StateDir(accountsPath string) string {
	dir, file := filepath.Split(filepath.Clean(accountsPath))
	if within := filepath.Clean(dir); file == failuresFile && (strings.HasSuffix(within, stateExtension) || fileExists(filepath.Join(within, JournalFile))) {
		return within
	}
	if extension := filepath.Ext(file); strings.EqualFold(extension, ".csv") && extension != file {
		file = strings.TrimSuffix(file, extension)
	}
	return filepath.Join(dir, file+stateExtension)
}

// makeStateDir makes a state folder that only its owner can look into: who moves what is nobody else's business.
func makeStateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("making the state folder: %w", err)
	}
	return nil
}

// StateLock keeps other runs out of a state folder. The operating system takes it back when the process ends, however it
// ends, so that a lock never has to be removed by hand.
type StateLock struct{ file *os.File }

// LockedError says who holds a state folder.
type LockedError struct {
	Path string // of the lock file
	Holder
}

// Error says who holds the folder, and since when.
func (e *LockedError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the state folder %s is in use by another run", filepath.Dir(e.Path))
	}
	return fmt.Sprintf("the state folder %s is in use by another run: process %d on %s, since %s; wait until it ends, or end it",
		filepath.Dir(e.Path), e.PID, e.Host, e.Since.Local().Format("2006-01-02 15:04:05"))
}

// Holder is the process that has a state folder, as it stands in the lock file.
type Holder struct {
	PID   int       `json:"pid"` // 0 where it has not said yet
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// errHeld is the answer of tryLock where another process has the lock.
var errHeld = errors.New("held by another process")

// Lock takes a state folder, which it makes where it is missing. Where another run has it, the error is a
// *LockedError. It does not wait.
func Lock(dir string) (*StateLock, error) {
	if err := makeStateDir(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the state folder: %w", err)
	}
	if err := takeLock(f); err != nil {
		defer f.Close()
		if errors.Is(err, errHeld) {
			return nil, heldBy(f, path)
		}
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := signLock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("writing %s: %w", path, err)
	}
	return &StateLock{file: f}, nil
}

// takeLock takes the lock on an open file, or says errHeld. LockHolder has the lock for a moment, so that it is tried again
// before another run is said to have it.
func takeLock(f *os.File) error {
	err := tryLock(f)
	for range 3 {
		if !errors.Is(err, errHeld) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
		err = tryLock(f)
	}
	return err
}

// Unlock gives the folder back. The file stays, empty: removing it would race with a run that has just opened it.
func (l *StateLock) Unlock() error {
	err := errors.Join(l.file.Truncate(0), l.file.Close())
	if err != nil {
		return fmt.Errorf("unlocking the state folder: %w", err)
	}
	return nil
}

// signLock writes who has the lock.
func signLock(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	text, err := json.Marshal(Holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(text, '\n'), 0)
	return err
}

// heldBy reads who has the lock. The holder writes that just after it took the lock, so an empty file is looked at again.
func heldBy(f *os.File, path string) *LockedError {
	e := &LockedError{Path: path}
	for range 10 {
		if h, ok := readHolder(f); ok {
			e.Holder = h
			return e
		}
		time.Sleep(10 * time.Millisecond)
	}
	return e
}

func readHolder(f *os.File) (Holder, bool) {
	var h Holder
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	return h, err == nil && json.Unmarshal(text, &h) == nil
}
