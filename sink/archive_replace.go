package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// flush writes everything that is staged to the disk, so that a power cut after the replacement does not leave an
// archive with empty files.
func (c *commit) flush(context.Context) error {
	return syncTree(filepath.Join(c.stage.path, stageBag))
}

func (c *commit) replaceFile(context.Context) error {
	if err := os.Rename(filepath.Join(c.stage.path, stagePacked), c.archive.path); err != nil {
		return err
	}
	return c.syncParent()
}

// replaceFolder puts the bag where the archive is to be. An older archive changes places with it and is removed with
// the staging folder.
func (c *commit) replaceFolder(context.Context) error {
	next, target := filepath.Join(c.stage.path, stageBag), c.archive.path
	_, err := os.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.Rename(next, target)
	case err == nil:
		err = exchange(next, target)
		if errors.Is(err, errors.ErrUnsupported) {
			err = c.replaceInTurn(next, target)
		}
	}
	if err != nil {
		return err
	}
	return c.syncParent()
}

func (c *commit) syncParent() error {
	if err := syncDir(filepath.Dir(c.archive.path)); err != nil {
		return fmt.Errorf("the archive is there and whole, but might not survive a power cut: %w", err)
	}
	return nil
}

// replaceInTurn is for file systems that cannot exchange two folders. A crash between its two renames leaves nothing
// at the path; the older archive is whole in the staging folder then, and the next run puts it back.
func (c *commit) replaceInTurn(next, target string) error {
	previous := filepath.Join(c.stage.path, stagePrevious)
	if err := os.Rename(target, previous); err != nil {
		return err
	}
	if err := os.Rename(next, target); err != nil {
		return errors.Join(err, os.Rename(previous, target))
	}
	return nil
}
