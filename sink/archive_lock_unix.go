//go:build unix && !solaris && !illumos && !aix

package sink

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes a lock that ends with the process. Where the file system has no locks there is none: the lock of the
// state folder is the one that counts, this one is for two state folders with one archive.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, errors.ErrUnsupported) || err == unix.ENOLCK {
		return nil
	}
	return os.NewSyscallError("flock", err)
}

// syncDir flushes the names in a folder to the disk, where the file system can do that with a folder.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, unix.EINVAL) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
