package lab_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// archiveForms are what an archive may be called.
var archiveForms = []string{"archive", "archive.zip", "archive.tar.zst"}

// TestArchive exports two accounts into each form of archive, compares every file with what a GET gives, and imports
// each into empty accounts of another server.
func TestArchive(t *testing.T) {
	for _, way := range []struct{ from, to string }{{"radicale", "xandikos"}, {"xandikos", "radicale"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			from := newTap(t, filled(t, way.from, 2, dataset.Options{Calendars: 2, Events: 40, Tasks: 10, Books: 1, Contacts: 20}))
			to := newTap(t, lab.StartFor(t, way.to, 2*len(archiveForms)))
			before := contents(t, from.Server)
			for i, form := range archiveForms {
				t.Run(form, func(t *testing.T) {
					d := newDesk(t, lab.Accounts(from.Server, nil))
					d.export(from, form, before)
					d.importInto(from.Users, to, to.Users[2*i:2*i+2], form, before)
				})
			}
		})
	}
}

// export writes an archive and looks into it.
func (d *desk) export(from *tap, form string, before []lab.Content) {
	t := d.t
	t.Helper()
	from.drain()
	n := size(before[0]) + size(before[1])
	s := d.run(0, "export", "--archive", form)
	s.Objects.expect(t, "exported", counts{"listed": n, "created": n})
	asked := from.drain()
	asked.expectOnlyReading(t)
	s.Requests.expect(t, "requests", counts{"source": asked.total()})
	d.expectArchive(form, before)
}

// expectArchived expects a file with the same bytes for each object of an account, by the list in the archive. The
// files that it finds it takes away.
func expectArchived(t *testing.T, files map[string][]byte, account string, content lab.Content) {
	t.Helper()
	listed := objectsList(t, files["data/objects.csv"], account)
	for collection, objects := range content {
		for name, data := range objects {
			file := listed[collection][name]
			if archived, ok := files[file]; !ok || !bytes.Equal(archived, data) {
				t.Errorf("%s/%s/%s is not in the archive as a GET returns it, but as %q %q", account, collection, name, file, archived)
			}
			delete(files, file)
		}
		if folder := path.Base(path.Dir(anyOf(listed[collection]))); len(objects) > 0 && folder != collection {
			t.Errorf("the collection %s is in the folder %s", collection, folder)
		}
	}
}

// objectsList reads the list of an archive's objects: the file of each by the last two segments of its path.
func objectsList(t *testing.T, text []byte, account string) map[string]map[string]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("objects.csv: %v\n%.300s", err, text)
	}
	column := func(row []string, name string) string { return row[slices.Index(all[0], name)] }
	list := map[string]map[string]string{}
	for _, row := range all[1:] {
		if column(row, "account") != account {
			continue
		}
		collection, name := segments(t, column(row, "path"))
		if list[collection] == nil {
			list[collection] = map[string]string{}
		}
		list[collection][name] = column(row, "file")
	}
	return list
}

func isObject(name string) bool {
	return strings.HasPrefix(name, "data/") && (strings.HasSuffix(name, ".ics") || strings.HasSuffix(name, ".vcf"))
}

func anyOf(m map[string]string) string {
	for _, v := range m {
		return v
	}
	return ""
}

// importInto imports the archive into other accounts, twice.
func (d *desk) importInto(from []lab.User, to *tap, users []lab.User, form string, before []lab.Content) {
	t := d.t
	t.Helper()
	all := [][]string{{"account", "destination", "destination_user", "destination_password"}}
	for i, u := range users {
		all = append(all, []string{from[i].Name, to.URL, u.Name, u.Password})
	}
	other := newDesk(t, rows(t, all...))
	n := size(before[0]) + size(before[1])
	other.run(0, "import", "--archive", d.path(form)).Objects.expect(t, "imported", counts{"listed": n, "created": n})
	for i, u := range users {
		expectCopy(t, before[i], read(t, to.Server, u), to.Name)
	}
	to.drain()
	other.run(0, "import", "--archive", d.path(form)).Objects.expect(t, "imported again", counts{"listed": n, "unchanged": n})
	to.drain().expectOnlyReading(t)
}

// readArchive reads the files of an archive of any form, by their paths below the bag's root.
func readArchive(name string) (files map[string][]byte, err error) {
	switch {
	case strings.HasSuffix(name, ".zip"):
		files, err = readZip(name)
	case strings.HasSuffix(name, ".tar.zst"):
		files, err = readTar(name)
	default:
		files, err = readTree(os.DirFS(name))
	}
	return atRoot(files), err
}

// atRoot takes off the folder in which a packed bag lies.
func atRoot(files map[string][]byte) map[string][]byte {
	root := ""
	for name := range maps.Keys(files) {
		if path.Base(name) == "bagit.txt" {
			root = strings.TrimSuffix(name, "bagit.txt")
		}
	}
	below := make(map[string][]byte, len(files))
	for name, data := range files {
		below[strings.TrimPrefix(name, root)] = data
	}
	return below
}

func readZip(name string) (map[string][]byte, error) {
	r, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readTree(r)
}

func readTree(tree fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files[name], err = fs.ReadFile(tree, name)
		return err
	})
	return files, err
}

func readTar(name string) (map[string][]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unpacked, err := zstd.NewReader(file)
	if err != nil {
		return nil, err
	}
	defer unpacked.Close()
	files := map[string][]byte{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if files[path.Clean(header.Name)], err = io.ReadAll(r); err != nil {
			return nil, err
		}
	}
}
