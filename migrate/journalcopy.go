package migrate

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopyJournal copies the journal of a state folder into another folder, for who wants to know what runs did and to leave
// no trace. A folder without a journal is no error, and nothing is copied. While a run has the folder, the error is a
// *LockedError: a journal that is written to cannot be copied file by file.
func CopyJournal(state, to string) error {
	if _, err := os.Stat(filepath.Join(state, JournalFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	lock, err := Lock(state)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	for _, name := range []string{JournalFile, JournalFile + "-wal"} { // what a killed run wrote last is in the second
		if err := copyFile(filepath.Join(state, name), filepath.Join(to, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("copying the journal: %w", err)
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
