package migrate

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// LockHolder returns the process that has a state folder, nil where none has, and also where there is no such folder. It
// keeps no run out and writes nothing.
func LockHolder(dir string) (*Holder, error) {
	path := filepath.Join(dir, lockFile)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking at the lock of the state folder: %w", err)
	}
	defer f.Close()
	if _, signed := readHolder(f); !signed {
		return nil, nil // given back, or taken in this moment
	}
	// What a run left behind that was killed looks the same: only the lock itself tells. It goes with the file.
	switch err := tryShared(f); {
	case err == nil:
		return nil, nil
	case !errors.Is(err, errHeld):
		return nil, fmt.Errorf("looking at %s: %w", path, err)
	}
	return &heldBy(f, path).Holder, nil
}
