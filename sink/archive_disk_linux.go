package sink

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// exchange makes two folders change places in one step. errors.ErrUnsupported is in the chain where the file system
// cannot.
func exchange(a, b string) error {
	err := unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		// EINVAL is the answer of file systems without the flag, such as NFS.
		err = errors.ErrUnsupported
	}
	if err != nil {
		return &os.LinkError{Op: "exchange", Old: a, New: b, Err: err}
	}
	return nil
}

// syncTree flushes all files below a folder to the disk: one syncfs(2) instead of an fsync a file. It reports what
// could not be written since Linux 5.8.
func syncTree(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return os.NewSyscallError("syncfs", err)
	}
	return nil
}
