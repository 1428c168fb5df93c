package bag

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Form is how an archive is kept.
type Form uint8

// The forms of an archive.
const (
	Folder Form = iota
	Zip
	TarZst
)

// Packed says whether the archive is one file.
func (f Form) Packed() bool { return f != Folder }

// Extension returns how the name of an archive of this form ends, "" for a folder.
func (f Form) Extension() string {
	switch f {
	case Zip:
		return ".zip"
	case TarZst:
		return ".tar.zst"
	}
	return ""
}

// otherForms are endings that mean a packed file to everybody, which davferry does not write. A folder of that name
// would surprise.
var otherForms = []string{
	".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tzst", ".zst", ".gz", ".7z", ".rar",
}

// FormOf tells from its name which form a new archive is to have.
func FormOf(path string) (Form, error) {
	name := strings.ToLower(filepath.Base(path))
	for _, f := range []Form{Zip, TarZst} {
		if strings.HasSuffix(name, f.Extension()) {
			return f, nil
		}
	}
	for _, ext := range otherForms {
		if strings.HasSuffix(name, ext) {
			return Folder, fmt.Errorf("%s: an archive is a folder, a .zip or a .tar.zst, not a %s", path, ext)
		}
	}
	return Folder, nil
}

// TopFolder returns the name of the one folder that a packed archive holds: its own name without the ending.
func TopFolder(path string) string {
	name := filepath.Base(path)
	for _, f := range []Form{Zip, TarZst} {
		if cut := len(name) - len(f.Extension()); cut > 0 && strings.EqualFold(name[cut:], f.Extension()) {
			return name[:cut]
		}
	}
	return name
}

// FormAt tells the form of an archive that is there; an error where what is there cannot be one.
func FormAt(path string) (Form, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return Folder, err
	case info.IsDir():
		return Folder, nil
	case !info.Mode().IsRegular():
		return Folder, &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("neither a file nor a folder")}
	}
	form, err := FormOf(path)
	if err == nil && form == Folder {
		err = fmt.Errorf("%s: an archive is a folder, a .zip or a .tar.zst, and this is another file", path)
	}
	return form, err
}
