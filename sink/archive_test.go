package sink_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/sink"
	"davferry/sink/sinktest"
	"davferry/source"
)

var start = time.Date(2024, time.May, 1, 10, 0, 0, 0, time.UTC)

// forms are the names of an archive of each form.
var forms = []string{"export", "export.zip", "export.tar.zst"}

func TestArchivePassesTheSuite(t *testing.T) {
	can := sinktest.Capabilities{AnyBytes: true, MaxName: 255}
	sinktest.Run(t, can, func(t *testing.T) sink.Sink {
		a := create(t, filepath.Join(t.TempDir(), "export"))
		return account(t, a, "alice")
	})
}

// create begins an archive that the test closes at its end.
func create(t *testing.T, path string) *sink.Archive {
	t.Helper()
	a, err := sink.CreateArchive(path, "davferry test", start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

func account(t *testing.T, a *sink.Archive, label string) *sink.ArchiveAccount {
	t.Helper()
	acct, err := a.Account(bag.Account{
		Label: label, Folder: label, Source: "https://dav.example.org/", Principal: "https://dav.example.org/p/" + label + "/",
	})
	if err != nil {
		t.Fatal(err)
	}
	return acct
}

var (
	work = dav.Collection{
		Kind: dav.Calendar, Path: "/alice/work/", DisplayName: "Work & Arbeit", Description: "what is to be done",
		Color: "#FF2968FF", Order: "2", Timezone: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
		Components: []string{"VEVENT", "VTODO"}, CTag: "ctag-7", SyncToken: "http://sabre.io/ns/sync/7",
	}
	friends = dav.Collection{Kind: dav.AddressBook, Path: "/alice/friends/", DisplayName: "Freunde"}
)

var aliceAccount = bag.Account{Label: "alice", Folder: "alice", Source: "https://dav.example.org/"}

func event(uid string) string {
	return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:" + uid +
		"\r\nDTSTAMP:20240101T000000Z\r\nDTSTART:20240301T120000Z\r\nSUMMARY:" + uid + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
}

func card(uid string) string {
	return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + uid + "\r\nN:" + uid + ";;;;\r\nEND:VCARD\r\n"
}

// entry is what the engine would record of an object under its name; "" stands for one that was refused.
func entry(c dav.Collection, name, data string) sink.Entry {
	sum := sha256.Sum256([]byte(data))
	return sink.Entry{
		Path: c.Path + name, ETag: `"e-` + name + `"`, UID: strings.TrimSuffix(name, filepath.Ext(name)), Name: name,
		Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Outcome: "created",
		Fetched: start.Add(time.Minute),
	}
}

// export puts those objects into a collection that are not there yet, records all, and returns how many it put.
func export(t *testing.T, acct *sink.ArchiveAccount, c dav.Collection, name string, objects map[string]string) (put int) {
	t.Helper()
	created, lost, err := acct.Create(t.Context(), c, name)
	if err != nil || len(lost) > 0 {
		t.Fatalf("Create: lost %v, %v", lost, err)
	}
	etags := list(t, acct, created)
	var entries []sink.Entry
	for name, data := range objects {
		entries = append(entries, entry(c, name, data))
		if etags[name] == bag.SumsOf([]byte(data)).ETag() {
			continue
		}
		if _, _, err := acct.Put(t.Context(), created, name, []byte(data), etags[name]); err != nil {
			t.Fatal(err)
		}
		put++
	}
	if err := acct.Record(t.Context(), created, sink.EntriesOf(entries...)); err != nil {
		t.Fatal(err)
	}
	return put
}

// list returns the ETag of each member, by name.
func list(t *testing.T, acct *sink.ArchiveAccount, c dav.Collection) map[string]string {
	t.Helper()
	members, err := acct.Members(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	etags := make(map[string]string)
	for _, m := range members {
		etags[dav.LastSegment(m.Path)] = m.ETag
	}
	return etags
}

// sample fills an archive with two accounts.
func sample(t *testing.T, a *sink.Archive) {
	t.Helper()
	alice, bob := account(t, a, "alice"), account(t, a, "bob")
	export(t, bob, dav.Collection{Kind: dav.Calendar, Path: "/bob/empty/"}, "empty", nil)
	export(t, alice, work, "work", map[string]string{"b.ics": event("b"), "a.ics": event("a"), "c%.ics": event("c")})
	export(t, alice, friends, "friends", map[string]string{"z.vcf": card("z"), "empty.vcf": ""})
	refused := entry(work, "r.ics", "")
	refused.Name, refused.SHA256, refused.Outcome, refused.Reason = "", "", "failed", "GET /alice/r.ics: 500, \"twice\""
	created, _, err := alice.Create(t.Context(), dav.Collection{Kind: dav.Calendar, Path: "/alice/bad/"}, "bad")
	if err == nil {
		err = alice.Record(t.Context(), created, sink.EntriesOf(refused))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, a *sink.Archive) {
	t.Helper()
	if err := a.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// tree returns the content of every file of an archive, by path in the bag.
func tree(t *testing.T, path string) map[string]string {
	t.Helper()
	_, top, err := bag.ReadInfo(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	err = bag.Walk(t.Context(), path, func(f bag.File) error {
		name, err := bag.Rel(top, f.Name)
		if err != nil {
			return err
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// intact fails where an archive is not there and whole.
func intact(t *testing.T, path string) source.Report {
	t.Helper()
	report, err := source.VerifyArchive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Error(p)
	}
	return report
}

// absent fails where something is at a path.
func absent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func TestArchiveLayout(t *testing.T) {
	for _, form := range forms {
		t.Run(form, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), form)
			a := create(t, path)
			sample(t, a)
			absent(t, path)
			commit(t, a)
			absent(t, path+".partial")
			report := intact(t, path)
			if report.Accounts != 2 || report.Collections != 4 || report.Objects != 5 {
				t.Errorf("report %+v", report)
			}
			checkLayout(t, tree(t, path))
		})
	}
}

func checkLayout(t *testing.T, files map[string]string) {
	want := map[string]string{
		"data/alice/calendars/work/a.ics":             event("a"),
		"data/alice/calendars/work/c%.ics":            event("c"),
		"data/alice/calendars/work/displayname":       "Work & Arbeit",
		"data/alice/calendars/work/color":             "#ff2968",
		"data/alice/addressbooks/friends/z.vcf":       card("z"),
		"data/alice/addressbooks/friends/empty.vcf":   "",
		"data/alice/addressbooks/friends/displayname": "Freunde",
		"bagit.txt": bag.Declaration,
		"fetched.csv": bag.FetchedHeader +
			"data/alice/addressbooks/friends/empty.vcf,2024-05-01T10:01:00Z\n" +
			"data/alice/addressbooks/friends/z.vcf,2024-05-01T10:01:00Z\n" +
			"data/alice/calendars/work/a.ics,2024-05-01T10:01:00Z\n" +
			"data/alice/calendars/work/b.ics,2024-05-01T10:01:00Z\n" +
			"data/alice/calendars/work/c%.ics,2024-05-01T10:01:00Z\n",
		"data/objects.csv": "account,collection,path,etag,uid,bytes,sha256,outcome,file,reason\n" +
			row("friends", "empty.vcf", "") + row("friends", "z.vcf", card("z")) +
			`alice,/alice/bad/,/alice/work/r.ics,"""e-r.ics""",r,,,failed,,"GET /alice/r.ics: 500, ""twice"""` + "\n" +
			row("work", "a.ics", event("a")) + row("work", "b.ics", event("b")) + row("work", "c%.ics", event("c")),
	}
	for name, content := range want {
		if got, ok := files[name]; !ok || got != content {
			t.Errorf("%s: there %v, content\n%s\nwant\n%s", name, ok, got, content)
		}
	}
	for _, name := range []string{"data/bob/calendars/empty/displayname", "data/alice/addressbooks/friends/color"} {
		if _, ok := files[name]; ok {
			t.Errorf("%s is there", name)
		}
	}
	if json := files["data/bob/calendars/empty/collection.json"]; !strings.Contains(json, `"path": "/bob/empty/"`) {
		t.Errorf("collection.json of the empty calendar: %s", json)
	}
	if m := files["manifest-sha256.txt"]; !strings.Contains(m, "  data/alice/calendars/work/c%25.ics\n") {
		t.Errorf("no percent-encoded path in %s", m)
	}
}

func row(collection, name, data string) string {
	kind := "calendars"
	if collection == "friends" {
		kind = "addressbooks"
	}
	return fmt.Sprintf("alice,/alice/%s/,/alice/%[1]s/%s,\"\"\"e-%[2]s\"\"\",%s,%d,%x,created,data/alice/%s/%[1]s/%[2]s,\n",
		collection, name, strings.TrimSuffix(name, filepath.Ext(name)), len(data), sha256.Sum256([]byte(data)), kind)
}

func TestArchiveBagInfo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export.zip")
	a := create(t, path)
	sample(t, a)
	commit(t, a)
	info, top, err := bag.ReadInfo(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if top != "export" || info.Tool != "davferry test" || !info.Start.Equal(start) || !info.Sealed ||
		info.Listed != 6 || info.Stored != 5 || info.Collections != 4 ||
		info.Outcomes["created"] != 5 || info.Outcomes["failed"] != 1 {
		t.Errorf("top folder %q, bag-info %+v", top, info)
	}
	want := bag.Account{Label: "bob", Folder: "bob", Source: "https://dav.example.org/", Principal: "https://dav.example.org/p/bob/"}
	if len(info.Accounts) != 2 || info.Accounts[1] != want {
		t.Errorf("accounts %+v", info.Accounts)
	}
}

func TestEqualInputGivesEqualPayload(t *testing.T) {
	for _, form := range forms {
		t.Run(form, func(t *testing.T) {
			var trees []map[string]string
			for _, tool := range []string{"davferry 1", "davferry 2"} {
				path := filepath.Join(t.TempDir(), form)
				a, err := sink.CreateArchive(path, tool, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				sample(t, a) // in the random order of a map
				commit(t, a)
				trees = append(trees, tree(t, path))
			}
			for name, content := range trees[0] {
				if strings.Contains(name, "bag-info") || strings.HasPrefix(name, "tagmanifest") {
					continue
				}
				if trees[1][name] != content {
					t.Errorf("%s differs", name)
				}
			}
			if len(trees[0]) != len(trees[1]) {
				t.Errorf("%d and %d files", len(trees[0]), len(trees[1]))
			}
		})
	}
}

func TestRecordMustAgreeWithWhatWasPut(t *testing.T) {
	ctx := context.Background()
	second := entry(work, "a.ics", event("a"))
	second.Path += "2"
	tests := []struct {
		name    string
		entries []sink.Entry
		want    string
	}{
		{"a file that is not there", []sink.Entry{entry(work, "b.ics", "")}, "not there"},
		{"another checksum", []sink.Entry{entry(work, "a.ics", "other")}, "sha256"},
		{"one file for two objects", []sink.Entry{entry(work, "a.ics", event("a")), second}, "two objects"},
		{"an object twice", []sink.Entry{entry(work, "a.ics", event("a")), entry(work, "a.ics", event("a"))}, "came after"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			acct := account(t, create(t, filepath.Join(t.TempDir(), "export")), "alice")
			c, _, err := acct.Create(ctx, work, "work")
			if err == nil {
				_, _, err = acct.Put(ctx, c, "a.ics", []byte(event("a")), "")
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := acct.Record(ctx, c, sink.EntriesOf(test.entries...)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Record returned %v", err)
			}
		})
	}
}

func TestCommitWantsEverythingRecorded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "export")
	a := create(t, path)
	acct := account(t, a, "alice")
	c, _, err := acct.Create(t.Context(), work, "work")
	if err == nil {
		_, _, err = acct.Put(t.Context(), c, "a.ics", []byte(event("a")), "")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "never recorded") {
		t.Errorf("Commit returned %v", err)
	}
	absent(t, path)
}

func TestNamesThatNoFileCanHave(t *testing.T) {
	acct := account(t, create(t, filepath.Join(t.TempDir(), "export")), "alice")
	c, _, err := acct.Create(t.Context(), work, "work")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{
		"", ".", "..", "a/b.ics", `a\b.ics`, "../b.ics", "/b.ics", "a\x00.ics", "a\n.ics",
		strings.Repeat("x", 256), "displayname", "Color", "collection.json",
	}
	for _, name := range names {
		_, _, err := acct.Put(t.Context(), c, name, []byte(event("a")), "")
		if _, final := errors.AsType[*dav.Error](err); !final {
			t.Errorf("Put %.20q returned %v, want a *dav.Error", name, err)
		}
		if name == "displayname" || name == "Color" || name == "collection.json" {
			continue
		}
		if _, _, err := acct.Create(t.Context(), work, name); err == nil {
			t.Errorf("Create %.20q succeeded", name)
		}
	}
	if _, _, err := acct.Put(t.Context(), c, "after.ics", []byte(event("a")), ""); err != nil {
		t.Errorf("the collection is no longer usable: %v", err)
	}
}

func TestFoldersAreNotShared(t *testing.T) {
	a := create(t, filepath.Join(t.TempDir(), "export"))
	acct := account(t, a, "alice")
	for _, other := range []bag.Account{
		{Label: "another", Folder: "alice"}, {Label: "alice", Folder: "Alice"}, {Label: "x", Folder: "objects.csv"},
		{Label: "x", Folder: ".."}, {Label: "x\ny", Folder: "x"},
	} {
		if _, err := a.Account(other); err == nil {
			t.Errorf("Account %+v succeeded", other)
		}
	}
	if again := account(t, a, "alice"); again != acct {
		t.Error("the same account again is another sink")
	}
	if _, _, err := acct.Create(t.Context(), work, "work"); err != nil {
		t.Fatal(err)
	}
	other := work
	other.Path = "/alice/other/"
	for _, name := range []string{"work", "Work"} {
		if _, _, err := acct.Create(t.Context(), other, name); err == nil {
			t.Errorf("two collections in the folder %s", name)
		}
	}
}
