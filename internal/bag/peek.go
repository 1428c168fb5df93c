package bag

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// ReadInfo finds and parses the bag-info.txt of an archive of any form. top is the folder that holds the bag in the
// archive, "" where the bag is the archive's root. fs.ErrNotExist is in the chain where the archive or its
// bag-info.txt is not there.
func ReadInfo(ctx context.Context, archive string) (info Info, top string, err error) {
	form, err := FormAt(archive)
	if err != nil {
		return Info{}, "", err
	}
	if form == Folder {
		info, err = readFolderInfo(archive)
		return info, "", err
	}
	found := false
	err = Walk(ctx, archive, func(f File) error {
		if path.Base(f.Name) != InfoFile || strings.Count(f.Name, "/") > 1 || !f.Mode.IsRegular() {
			return nil
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		found = true
		top = strings.TrimSuffix(strings.TrimSuffix(f.Name, InfoFile), "/")
		if info, err = ParseInfo(r); err != nil {
			return err
		}
		return errStop
	})
	if err == errStop {
		err = nil
	}
	if err == nil && !found {
		err = &fs.PathError{Op: "find " + InfoFile + " in", Path: archive, Err: fs.ErrNotExist}
	}
	if err == nil && top != "" {
		err = CheckName(top)
	}
	return info, top, err
}

// readFolderInfo does not walk: the folder may be anything, somebody's home even.
func readFolderInfo(archive string) (Info, error) {
	root, err := os.OpenRoot(archive)
	if err != nil {
		return Info{}, err
	}
	defer root.Close()
	f, err := root.Open(InfoFile)
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	return ParseInfo(f)
}

// Rel returns the path of a file in the bag, given its name in the container and the container's top folder.
func Rel(top, name string) (string, error) {
	if err := CheckPath(name); err != nil {
		return "", err
	}
	if top == "" {
		return name, nil
	}
	rel, ok := strings.CutPrefix(name, top+"/")
	if !ok {
		return "", fmt.Errorf("%q is outside the archive's folder %q", name, top)
	}
	return rel, nil
}
