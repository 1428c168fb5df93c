package sink

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"davferry/internal/bag"
)

// What is in a staging folder. The lock is also the mark by which a later run knows the folder as davferry's.
const (
	stageLock     = "davferry.lock"
	stageBag      = "bag"      // the archive to be
	stageRecords  = "records"  // what Record was told, ready to be put together
	stagePrevious = "previous" // the older archive, for a moment, where two folders cannot be exchanged in one step
	stagePacked   = "packed"   // the archive to be as one file
)

// stage is the staging folder, which lies beside the archive so that a rename does not leave the file system.
type stage struct {
	path string
	root *os.Root // at path: nothing that is written or read through it leaves the folder
	lock *os.File

	closed bool
}

// openStage makes the staging folder for an archive at target, or takes over the one that is there.
func openStage(target string) (*stage, error) {
	s := &stage{path: target + ".partial"}
	if err := s.mkdir(); err != nil {
		return nil, err
	}
	var err error
	if s.root, err = os.OpenRoot(s.path); err != nil {
		return nil, err
	}
	if s.lock, err = s.root.OpenFile(stageLock, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, errors.Join(err, s.root.Close())
	}
	if err = lockFile(s.lock); err != nil {
		err = fmt.Errorf("%s is in use by another run: %w", s.path, err)
	} else {
		err = s.takeOver(target)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// mkdir makes the folder; one that is there already must be a staging folder.
func (s *stage) mkdir() error {
	err := os.Mkdir(s.path, 0o700)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(filepath.Join(s.path, stageLock)); err == nil {
		return nil
	}
	// A folder with nothing in it is what a crash between the Mkdir and the lock leaves.
	if entries, err := os.ReadDir(s.path); err != nil || len(entries) > 0 {
		return errors.Join(fmt.Errorf("%s is needed for the unfinished archive, and something else is there", s.path), err)
	}
	return nil
}

// takeOver makes of whatever an earlier run left a staging folder that holds nothing but objects and the properties
// of their collections. bagit.txt goes first: without it nothing is a bag.
func (s *stage) takeOver(target string) error {
	if err := s.restorePrevious(target); err != nil {
		return err
	}
	stale := []string{stageBag + "/" + bag.DeclarationFile, stageBag + "/" + bag.ObjectsFile,
		stageRecords, stagePacked, stagePrevious}
	for _, name := range stale {
		if err := s.root.RemoveAll(name); err != nil {
			return err
		}
	}
	for _, name := range []string{stageBag + "/" + bag.PayloadFolder, stageRecords} {
		if err := s.root.MkdirAll(name, 0o700); err != nil {
			return err
		}
	}
	return s.keepOnly(stageBag, func(name string) bool { return name == bag.PayloadFolder })
}

// restorePrevious puts the older archive back that a crash in replaceFolder left aside.
func (s *stage) restorePrevious(target string) error {
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Rename(filepath.Join(s.path, stagePrevious), target)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// keepOnly removes from a folder of the stage what keep does not know. A folder that is not there is empty.
func (s *stage) keepOnly(dir string, keep func(name string) bool) error {
	entries, err := s.readDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if keep(e.Name()) {
			continue
		}
		if err := s.root.RemoveAll(dir + "/" + e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// readDir lists a folder of the stage, sorted by name; nothing where it is not there.
func (s *stage) readDir(dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// write makes a file of the stage that fill writes, and returns its checksums.
func (s *stage) write(name string, fill func(io.Writer) error) (stagedFile, error) {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return stagedFile{}, err
	}
	h := bag.NewHasher()
	w := bufio.NewWriterSize(io.MultiWriter(f, h), 64<<10)
	err = fill(w)
	if err == nil {
		err = w.Flush()
	}
	return stagedFile{sums: h.Sums(), size: h.Size()}, errors.Join(err, f.Close())
}

// close lets go of the folder and leaves it; a second time it does nothing.
func (s *stage) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.root.Close(), s.lock.Close())
}

// remove removes the folder, unless it was let go of before. The lock is held until it is gone, so that no other run
// comes in between.
func (s *stage) remove() error {
	if s.closed {
		return nil
	}
	return errors.Join(os.RemoveAll(s.path), s.close())
}
