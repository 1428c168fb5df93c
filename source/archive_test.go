package source_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/source"
)

func open(t *testing.T, archive string) *source.Archive {
	t.Helper()
	a, err := source.OpenArchive(archive)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func alice(t *testing.T, a *source.Archive) *source.ArchiveAccount {
	t.Helper()
	acct, err := a.Account("alice")
	if err != nil {
		t.Fatal(err)
	}
	return acct
}

// read returns the data of members by path, and the errors of those that cannot be read.
func read(t *testing.T, acct *source.ArchiveAccount, c dav.Collection) (data map[string]string, bad map[string]error) {
	t.Helper()
	members, err := acct.Members(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	data, bad = make(map[string]string), make(map[string]error)
	for o, err := range acct.Objects(t.Context(), c, members) {
		i := slices.IndexFunc(members, func(m dav.Member) bool { return m.Path == o.Path })
		if i < 0 || members[i].ETag != o.ETag {
			t.Fatalf("%+v is none of %v", o, members)
		}
		if err != nil {
			bad[o.Path] = err
			continue
		}
		if members[i].Size != int64(len(o.Data)) {
			t.Errorf("%s has %d octets, listed with %d", o.Path, len(o.Data), members[i].Size)
		}
		data[o.Path] = string(o.Data)
	}
	return data, bad
}

func TestAnArchiveGivesBackWhatWasExported(t *testing.T) {
	for _, form := range forms {
		t.Run(form, func(t *testing.T) {
			a := open(t, makeArchive(t, form))
			if labels := a.Accounts(); !slices.Equal(labels, []string{"alice", "bob", "carol without anything"}) {
				t.Errorf("accounts %q", labels)
			}
			for _, label := range []string{"alice", "bob"} {
				acct, err := a.Account(label)
				if err != nil {
					t.Fatal(err)
				}
				checkAccount(t, acct)
			}
			carol, err := a.Account("carol without anything")
			if err != nil {
				t.Fatal(err)
			}
			if all, err := carol.Collections(t.Context()); err != nil || len(all) > 0 {
				t.Errorf("carol has %v, %v", all, err)
			}
			if _, err := a.Account("dave"); err == nil {
				t.Error("an account that is not there")
			}
		})
	}
}

func checkAccount(t *testing.T, acct *source.ArchiveAccount) {
	t.Helper()
	all, err := acct.Collections(t.Context())
	if want := []dav.Collection{empty, work, friends}; err != nil || !reflect.DeepEqual(all, want) {
		t.Fatalf("Collections returned\n%+v, %v, want\n%+v", all, err, want)
	}
	for _, c := range all {
		want := make(map[string]string)
		for name, data := range objects[path.Base(c.Path)] {
			want[c.Path+name] = data
		}
		got, bad := read(t, acct, c)
		if !maps.Equal(got, want) || len(bad) > 0 {
			t.Errorf("%s holds %q, %v", c.Path, got, bad)
		}
	}
}

func TestReadingSeveralCollectionsInTurn(t *testing.T) {
	acct := alice(t, open(t, makeArchive(t, "export.zip")))
	m := dav.Member{Path: work.Path + "a.ics"}
	for range 3 {
		for _, c := range []dav.Collection{work, friends} {
			for o, err := range acct.Objects(t.Context(), c, []dav.Member{m}) {
				if (err == nil) != (c.Path == work.Path) || o.Path != m.Path {
					t.Errorf("%s: %+v, %v", c.Path, o, err)
				}
			}
		}
	}
}

func TestADamagedFileIsItsOwnError(t *testing.T) {
	const file = "data/alice/calendars/work/a.ics"
	damages := map[string]func(f files){
		"changed": func(f files) { f[file] = strings.ToLower(f[file]) },
		"longer":  func(f files) { f[file] += "\n" },
		"shorter": func(f files) { f[file] = f[file][1:] },
		"missing": func(f files) { delete(f, file) },
	}
	for _, form := range forms {
		for name, damage := range damages {
			t.Run(form+"/"+name, func(t *testing.T) {
				f := unpacked(t, makeArchive(t, "export"))
				spare := "data/bob/calendars/work/a.ics"
				if name == "longer" {
					// Payload-Oxum is about the whole.
					f[spare] = f[spare][2:]
				}
				damage(f)
				data, bad := read(t, alice(t, open(t, pack(t, form, f))), work)
				if err := bad[work.Path+"a.ics"]; len(bad) != 1 || err == nil || !strings.Contains(err.Error(), file) {
					t.Errorf("errors %v", bad)
				}
				if len(data) != 2 {
					t.Errorf("its neighbours: %q", data)
				}
			})
		}
	}
}

func TestADamagedCollectionIsItsOwnError(t *testing.T) {
	for name, json := range map[string]string{
		"no JSON": "{", "of another kind": `{"kind":"addressbook","path":"/alice/work/"}`, "no path": `{"kind":"calendar"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := unpacked(t, makeArchive(t, "export"))
			f["data/alice/calendars/work/collection.json"] = json
			acct := alice(t, open(t, pack(t, "export", f)))
			all, err := acct.Collections(t.Context())
			if err != nil || len(all) != 3 {
				t.Fatalf("%v, %v", all, err)
			}
			for _, c := range all {
				_, err := acct.Members(t.Context(), c)
				if bad := c.Path == "data/alice/calendars/work"; bad != (err != nil) {
					t.Errorf("%s: %v", c.Path, err)
				}
			}
		})
	}
}

func TestWhatCannotBeOpened(t *testing.T) {
	sample := unpacked(t, makeArchive(t, "export"))
	with := func(name, content string) files {
		f := maps.Clone(sample)
		f[name] = content
		return f
	}
	tests := []struct {
		name string
		f    files
		want string
	}{
		{"nothing in it", files{"readme.txt": "x"}, "bag-info.txt"},
		{"a folder of an account that leads out", with("bag-info.txt", strings.ReplaceAll(sample["bag-info.txt"], "Account-Folder: bob", "Account-Folder: ..")), "way"},
		{"objects.csv without its columns", with("data/objects.csv", "account,path\na,b\n"), "no column"},
		{"objects.csv that names a file outside", with("data/objects.csv", sample["data/objects.csv"]+
			"alice,/alice/work/,/x,,,3,"+sum("abc")+",created,../../etc/passwd,\n"), "no place of an object"},
		{"objects.csv with half a row", with("data/objects.csv", sample["data/objects.csv"]+"alice,\"x"), "objects.csv"},
	}
	for _, test := range tests {
		for _, form := range forms {
			t.Run(test.name+"/"+form, func(t *testing.T) {
				f := maps.Clone(test.f)
				if info := f["bag-info.txt"]; info != "" {
					f["bag-info.txt"] = strings.ReplaceAll(info, "Payload-Oxum: ", "Payload-Oxum: 9")
				}
				_, err := source.OpenArchive(pack(t, form, f))
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("OpenArchive returned %v", err)
				}
			})
		}
	}
	for _, name := range []string{"not-there", "not-there.zip", "not-there.tar.zst"} {
		if _, err := source.OpenArchive(filepath.Join(t.TempDir(), name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	archives := make([]string, len(forms))
	for i, form := range forms {
		archives[i] = makeArchive(t, form)
	}
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, archive := range archives {
		a, err := source.OpenArchive(archive)
		if err != nil {
			t.Fatal(err)
		}
		read(t, alice(t, a), work)
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if _, err := source.VerifyArchive(t.Context(), archive); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("%v left behind, %v", left, err)
	}
}

func TestAnotherAccountsFileIsNotRead(t *testing.T) {
	f := unpacked(t, makeArchive(t, "export"))
	f["data/objects.csv"] = strings.ReplaceAll(f["data/objects.csv"], ",created,data/alice/calendars/work/a.ics", ",created,data/bob/calendars/work/a.ics")
	acct := alice(t, open(t, pack(t, "export", f)))
	if _, err := acct.Members(t.Context(), work); err == nil || !strings.Contains(err.Error(), "another account's") {
		t.Errorf("Members returned %v", err)
	}
}
