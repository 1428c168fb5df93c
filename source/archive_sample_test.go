package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/sink"
)

// forms are the names of an archive of each form.
var forms = []string{"export", "export.zip", "export.tar.zst"}

var (
	work = dav.Collection{
		Kind: dav.Calendar, Path: "/alice/work/", DisplayName: "Arbeit <&> \"Büro\"", Description: "two\nlines",
		Color: "#FF2968FF", Order: "2", Timezone: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
		Components: []string{"VEVENT", "VTODO"}, CTag: "ctag-7", SyncToken: "http://sabre.io/ns/sync/7",
	}
	empty   = dav.Collection{Kind: dav.Calendar, Path: "https://p42.example.org/alice/empty/"}
	friends = dav.Collection{Kind: dav.AddressBook, Path: "/alice/friends/", DisplayName: "Freunde"}
)

// objects are what the sample archive holds of each collection: their data by their name at the source.
var objects = map[string]map[string]string{
	"work":    {"a.ics": "BEGIN:VCALENDAR\r\nX:a\r\n", "b%20b.ics": "BEGIN:VCALENDAR\nX:\xff\x00\n", "c.ics": ""},
	"empty":   {},
	"friends": {"z.vcf": "BEGIN:VCARD\r\n" + strings.Repeat("PHOTO:AAAA\r\n", 9000)},
}

// makeArchive writes the sample archive into a new folder and returns its path.
func makeArchive(t *testing.T, form string) string {
	t.Helper()
	archive := filepath.Join(t.TempDir(), form)
	a, err := sink.CreateArchive(archive, "davferry test", time.Date(2024, time.May, 1, 10, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, label := range []string{"alice", "bob"} {
		acct, err := a.Account(bag.Account{Label: label, Folder: label, Source: "https://dav.example.org/"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []dav.Collection{work, empty, friends} {
			putAll(t, acct, c)
		}
	}
	if _, err := a.Account(bag.Account{Label: "carol without anything", Folder: "carol"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return archive
}

func putAll(t *testing.T, acct *sink.ArchiveAccount, c dav.Collection) {
	t.Helper()
	created, _, err := acct.Create(t.Context(), c, path.Base(c.Path))
	if err != nil {
		t.Fatal(err)
	}
	entries := []sink.Entry{{Path: c.Path + "lost", ETag: `"lost"`, Outcome: "failed", Reason: "500 and, so, on"}}
	for name, data := range objects[path.Base(c.Path)] {
		stored := strings.ReplaceAll(name, "%20", "_")
		if _, _, err := acct.Put(t.Context(), created, stored, []byte(data), ""); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, sink.Entry{
			Path: c.Path + name, ETag: `W/"` + name + `"`, UID: "uid of\n" + name, Name: stored,
			Size: int64(len(data)), SHA256: sum(data), Outcome: "created", Fetched: time.Now(),
		})
	}
	if err := acct.Record(t.Context(), created, sink.EntriesOf(entries...)); err != nil {
		t.Fatal(err)
	}
}

func sum(data string) string {
	s := sha256.Sum256([]byte(data))
	return hex.EncodeToString(s[:])
}

// checksum returns the one that a manifest wants.
func checksum(manifest, data string) string {
	if strings.Contains(manifest, "512") {
		return bag.SumsOf([]byte(data)).Hex(bag.SHA512)
	}
	return sum(data)
}

// files are the files of a container by name, in the terms of the container.
type files map[string]string

// unpacked returns the files of the sample archive by their path in the bag.
func unpacked(t *testing.T, archive string) files {
	t.Helper()
	_, top, err := bag.ReadInfo(t.Context(), archive)
	if err != nil {
		t.Fatal(err)
	}
	f := make(files)
	err = bag.Walk(t.Context(), archive, func(file bag.File) error {
		name, err := bag.Rel(top, file.Name)
		if err != nil {
			return err
		}
		r, err := file.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		f[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// pack writes files as an archive of a form, without a seal, as any tool could.
func pack(t *testing.T, form string, f files) string {
	t.Helper()
	archive := filepath.Join(t.TempDir(), form)
	switch filepath.Ext(form) {
	case ".zip":
		f.zip(t, archive)
	case ".zst":
		f.tarZst(t, archive)
	default:
		f.folder(t, archive)
	}
	return archive
}

func (f files) sorted() []string { return slices.Sorted(maps.Keys(f)) }

func (f files) folder(t *testing.T, archive string) {
	t.Helper()
	for name, data := range f {
		p := filepath.Join(archive, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (f files) zip(t *testing.T, archive string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range f.sorted() {
		w, err := z.Create(packedName(name))
		if err == nil {
			_, err = io.WriteString(w, f[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, archive, b.Bytes())
}

func (f files) tarZst(t *testing.T, archive string) {
	t.Helper()
	var headers []tar.Header
	for _, name := range f.sorted() {
		headers = append(headers, tar.Header{
			Typeflag: tar.TypeReg, Name: packedName(name), Size: int64(len(f[name])), Mode: 0o600,
		})
	}
	writeTar(t, archive, headers, func(h tar.Header) string { return f[strings.TrimPrefix(h.Name, "top/")] })
}

// packedName is the name of a file in a container; one that begins with "!" is meant as it is without that.
func packedName(name string) string {
	if raw, ok := strings.CutPrefix(name, "!"); ok {
		return raw
	}
	return "top/" + name
}

func writeTar(t *testing.T, archive string, headers []tar.Header, content func(tar.Header) string) {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data := content(h)
		if int64(len(data)) != h.Size {
			data = fmt.Sprintf("%*s", h.Size, "x")
		}
		if _, err := io.WriteString(w, data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	writeFile(t, archive, b.Bytes())
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
