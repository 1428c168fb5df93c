package migrate

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock on an open file, or says errHeld. Windows forbids others to read what is locked: the range lies
// behind the text that says who holds the lock.
func tryLock(f *os.File) error { return lockRange(f, windows.LOCKFILE_EXCLUSIVE_LOCK) }

// tryShared is tryLock for those who only want to know whether it is free, and who do not keep one another out.
func tryShared(f *os.File) error { return lockRange(f, 0) }

func lockRange(f *os.File, how uint32) error {
	behind := &windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, behind)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errHeld
	}
	return err
}
