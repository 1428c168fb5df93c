package sink_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/sink"
)

func TestWhereAnArchiveCannotBe(t *testing.T) {
	tests := []struct {
		name, path string
		there      func(t *testing.T, path string)
		want       string
	}{
		{"a folder with other files", "home", func(t *testing.T, p string) { write(t, p+"/letter.txt") }, "no archive of davferry's"},
		{"a bag of another tool", "bag", func(t *testing.T, p string) {
			write(t, p+"/bagit.txt")
			damage(t, filepath.Join(filepath.FromSlash(p), "bag-info.txt"), "Bag-Software-Agent: bagit.py v1.8.1\n")
		}, "no archive of davferry's"},
		{"a file for a folder", "export", func(t *testing.T, p string) { write(t, p) }, "would write a folder"},
		{"a folder for a file", "export.zip", func(t *testing.T, p string) { write(t, p+"/a") }, "would write a file"},
		{"another zip", "export.zip", func(t *testing.T, p string) { write(t, p) }, "no archive of davferry's"},
		{"another tar.zst", "export.tar.zst", func(t *testing.T, p string) { write(t, p) }, "no archive of davferry's"},
		{"a parent that is not there", "no/such/folder", func(*testing.T, string) {}, "no such file"},
		{"a parent that is a file", "file/export", func(t *testing.T, p string) { write(t, filepath.Dir(p)) }, "no folder"},
		{"a form that there is not", "export.tar.gz", func(*testing.T, string) {}, "not a .tar.gz"},
		{"something in the staging folder's place", "export", func(t *testing.T, p string) { write(t, p+".partial/a") }, "something else is there"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), test.path)
			test.there(t, path)
			before := snapshot(t, filepath.Dir(path))
			_, err := sink.CreateArchive(path, "davferry test", start)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("CreateArchive returned %v", err)
			}
			if after := snapshot(t, filepath.Dir(path)); after != before {
				t.Errorf("it left\n%s\nwhere was\n%s", after, before)
			}
		})
	}
}

// write makes a file with a line of text, and its folder.
func write(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	damage(t, path, "something of the user's\n")
}

// snapshot lists what is below a folder.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(err.Error(), "not a directory") {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}

func TestWhatAnArchiveReplaces(t *testing.T) {
	there := map[string]func(t *testing.T, path string){
		"an empty folder": func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		},
		"an older archive": older,
		"an archive that somebody added a file to": func(t *testing.T, path string) {
			older(t, path)
			write(t, filepath.Join(path, "data", "added.txt"))
		},
	}
	for name, there := range there {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "export")
			there(t, path)
			a := create(t, path)
			sample(t, a)
			commit(t, a)
			if report := intact(t, path); report.Objects != 5 {
				t.Errorf("report %+v", report)
			}
			absent(t, path+".partial")
		})
	}
	for _, form := range forms[1:] {
		t.Run("an older "+form, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), form)
			older(t, path)
			a := create(t, path)
			sample(t, a)
			commit(t, a)
			if report := intact(t, path); report.Objects != 5 {
				t.Errorf("report %+v", report)
			}
		})
	}
}

func TestASymbolicLinkStays(t *testing.T) {
	dir := t.TempDir()
	link, target := filepath.Join(dir, "link"), filepath.Join(dir, "target")
	older(t, target)
	if err := os.Symlink("target", link); err != nil {
		t.Fatal(err)
	}
	a := create(t, link)
	sample(t, a)
	commit(t, a)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if report := intact(t, target); report.Objects != 5 {
		t.Errorf("report %+v", report)
	}
}
