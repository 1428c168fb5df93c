package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"davferry/internal/bag"
)

// resolve returns path as an absolute one, and where it is a symbolic link, what that leads to: the link is to stay.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if filepath.Dir(abs) == abs {
		return "", fmt.Errorf("the root of a file system cannot be an archive")
	}
	parent, err := os.Stat(filepath.Dir(abs))
	if err != nil {
		return "", fmt.Errorf("the folder that it shall be in cannot be used: %w", err)
	}
	if !parent.IsDir() {
		return "", fmt.Errorf("%s is no folder", filepath.Dir(abs))
	}
	target, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return abs, nil
	}
	return target, err
}

// checkTarget says why what is at path must not be replaced by an archive.
func checkTarget(path string, form bag.Form) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() == form.Packed() {
		return fmt.Errorf("a %s is there already, davferry would write a %s", kindOf(info.IsDir()), kindOf(!form.Packed()))
	}
	empty, err := isEmpty(path, info)
	if err != nil || empty {
		return err
	}
	archive, _, err := bag.ReadInfo(context.Background(), path)
	if err != nil || !archive.IsDavferry() {
		return fmt.Errorf("a %s is there already that is no archive of davferry's; "+
			"it is not replaced: move it away or choose another path", kindOf(info.IsDir()))
	}
	return nil
}

func kindOf(dir bool) string {
	if dir {
		return "folder"
	}
	return "file"
}

func isEmpty(path string, info fs.FileInfo) (bool, error) {
	if !info.IsDir() {
		return info.Size() == 0, nil
	}
	entries, err := os.ReadDir(path)
	return len(entries) == 0, err
}
