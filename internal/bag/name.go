package bag

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"unicode"
)

// MaxName is the longest name of one file or folder, in bytes: the limit of ext4, XFS and APFS.
const MaxName = 255

// PropertyFiles are the files of a collection that are no objects.
var PropertyFiles = []string{CollectionFile, DisplayNameFile, ColorFile}

// CheckName says why a name cannot be that of one file or folder of an archive; nil when it can.
// Whoever makes the names makes them safe; this is the second lock on the same door.
func CheckName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("an empty name")
	case len(name) > MaxName:
		return fmt.Errorf("the name %.40q… has %d bytes, a file system takes %d", name, len(name), MaxName)
	case name == "." || name == "..":
		return fmt.Errorf("%q is no name but a way", name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("the name %q holds a separator", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("the name %q holds a control character", name)
	}
	return nil
}

// CheckObjectName is CheckName for an object, whose name must not be that of one of its collection's own files.
func CheckObjectName(name string) error {
	if slices.ContainsFunc(PropertyFiles, func(p string) bool { return strings.EqualFold(p, name) }) {
		return fmt.Errorf("the name %q is that of a file of the collection itself", name)
	}
	return CheckName(name)
}

// CheckAccountFolder is CheckName for the folder of an account, which stands beside objects.csv.
func CheckAccountFolder(name string) error {
	if strings.EqualFold(name, ObjectsName) {
		return fmt.Errorf("the name %q is that of the table of objects", name)
	}
	return CheckName(name)
}

// CheckPath says why a path cannot be that of a file of an archive; nil when it can. Every path that comes from an
// archive goes through it: absolute paths and those with "..", "//" or a backslash, which separates on Windows, lead
// elsewhere.
func CheckPath(path string) error {
	if !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, "\\\x00") {
		return fmt.Errorf("the path %.200q leads out of the archive", path)
	}
	return nil
}
