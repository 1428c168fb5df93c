package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
)

// tally is how many objects of an account are elsewhere what they are at the old server, byte for byte.
type tally struct {
	account   string
	objects   int // at the old server
	atServer  int // of them the same at the new server
	inArchive int // of them the same in the archive
	new       int // at the new server, whatever they are
}

func (t tally) identical() bool {
	return t.atServer == t.objects && t.inArchive == t.objects && t.new == t.objects
}

// comparison looks into the memory of both servers and into the archive, past everything that moved the objects.
type comparison struct {
	old, new *davtest.Server
	archive  *archived
}

func (c *comparison) account(a demoAccount) (tally, error) {
	there, n := objectsByUID(c.new, a.newUser)
	t := tally{account: a.name, new: n}
	for _, collection := range c.old.Collections(a.name) {
		for p, data := range c.old.Objects(collection.Path) {
			t.objects++
			if got, ok := there[identify(collection.Kind, data)]; ok && bytes.Equal(got, data) {
				t.atServer++
			}
			got, err := c.archive.object(a.name, p)
			if err != nil {
				return t, err
			}
			if bytes.Equal(got, data) {
				t.inArchive++
			}
		}
	}
	return t, nil
}

// identity is what an object keeps wherever it goes; its name may change.
type identity struct {
	kind dav.Kind
	uid  string
}

func identify(k dav.Kind, data []byte) identity { return identity{k, mapping.Inspect(k, data).UID} }

// objectsByUID returns a user's objects and how many there are. The sample data has no UID twice in an account.
func objectsByUID(s *davtest.Server, user string) (all map[identity][]byte, n int) {
	all = map[identity][]byte{}
	for _, c := range s.Collections(user) {
		for _, data := range s.Objects(c.Path) {
			all[identify(c.Kind, data)] = data
			n++
		}
	}
	return all, n
}

// archived is a .zip archive as any program would read it: the files, and the table that says which is which.
type archived struct {
	zip   *zip.ReadCloser
	top   string
	files map[[2]string]string // by account and path at the source
}

func openArchived(file string) (*archived, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	a := &archived{zip: z, top: bag.TopFolder(file), files: map[[2]string]string{}}
	if err := a.readTable(); err != nil {
		z.Close()
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return a, nil
}

func (a *archived) close() { a.zip.Close() }

func (a *archived) readTable() error {
	table, err := a.zip.Open(a.top + "/" + bag.ObjectsFile)
	if err != nil {
		return err
	}
	defer table.Close()
	for row, err := range bag.ReadRows(table) {
		if err != nil {
			return err
		}
		a.files[[2]string{row.Account, dav.Key(row.Path)}] = row.File
	}
	return nil
}

// object returns the object that had a path at the source, nil where the archive has none.
func (a *archived) object(account, p string) ([]byte, error) {
	name := a.files[[2]string{account, dav.Key(p)}]
	if name == "" {
		return nil, nil
	}
	f, err := a.zip.Open(a.top + "/" + name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// first returns the first file, by name, that a pattern of path.Match fits.
func (a *archived) first(pattern string) (string, error) {
	var fit []string
	for _, f := range a.zip.File {
		ok, err := path.Match(a.top+"/"+pattern, f.Name)
		if err != nil {
			return "", err
		}
		if ok {
			fit = append(fit, f.Name[len(a.top)+1:])
		}
	}
	if len(fit) == 0 {
		return "", fmt.Errorf("the archive has no %s: %w", pattern, fs.ErrNotExist)
	}
	return slices.Min(fit), nil
}
