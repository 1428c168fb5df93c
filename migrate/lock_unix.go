//go:build unix

package migrate

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes the lock on an open file, or says errHeld.
func tryLock(f *os.File) error { return flock(f, unix.LOCK_EX) }

// tryShared is tryLock for those who only want to know whether it is free, and who do not keep one another out.
func tryShared(f *os.File) error { return flock(f, unix.LOCK_SH) }

func flock(f *os.File, how int) error {
	err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errHeld
	}
	return err
}
