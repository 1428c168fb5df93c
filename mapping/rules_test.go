package mapping

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The folders of testdata/rules hold an object before and after a rule, and the record of what was changed.
func TestRules(t *testing.T) {
	addresses := testAddresses(t, false)
	tests := []struct {
		folder    string
		rule      Rule
		duplicate bool
	}{
		{"uid-missing-event", UIDs{}, false},
		{"uid-missing-series", UIDs{}, false},
		{"uid-missing-override", UIDs{}, false},
		{"uid-missing-card-3", UIDs{}, false},
		{"uid-missing-card-4", UIDs{}, false},
		{"uid-empty", UIDs{}, false},
		{"uid-long", UIDs{}, false},
		{"uid-control", UIDs{}, false},
		{"uid-fine", UIDs{}, false},
		{"uid-duplicate", UIDs{}, true},
		{"uid-all", UIDs{All: true}, false},
		{"uid-all-group", UIDs{All: true}, false},
		{"uid-all-group-4", UIDs{All: true}, false},
		{"address-event", addresses, false},
		{"address-free-text", addresses, false},
		{"address-card", addresses, false},
		{"address-card-contacts", testAddresses(t, true), false},
		{"vcard-21-to-30", Cards{Version: "3.0"}, false},
		{"vcard-21-to-40", Cards{Version: "4.0"}, false},
		{"vcard-21-agent", Cards{Version: "3.0"}, false},
		{"vcard-21-charset", Cards{Version: "3.0"}, false},
		{"vcard-21-backslash", Cards{Version: "3.0"}, false},
		{"vcard-30-to-40", Cards{Version: "4.0"}, false},
		{"vcard-30-left", Cards{Version: "4.0"}, false},
		{"vcard-40-to-30", Cards{Version: "3.0"}, false},
		{"vcard-40-date-types", Cards{Version: "3.0"}, false},
		{"vcard-40-left", Cards{Version: "3.0"}, false},
		{"groups-apple", Groups{Form: GroupsApple}, false},
		{"groups-apple-left", Groups{Form: GroupsApple}, false},
		{"groups-kind", Groups{Form: GroupsKind}, false},
		{"groups-categories", Categories{Names: map[string][]string{"member": {"Friends, old", `back\slash`, "Family"}}}, false},
		{"groups-categories-new", Categories{Names: map[string][]string{"member": {"Friends, old"}}}, false},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[tt.folder] = true
		t.Run(tt.folder, func(t *testing.T) { checkRule(t, tt.folder, tt.rule, tt.duplicate) })
	}
	folders, err := os.ReadDir("testdata/rules")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		if !seen[f.Name()] {
			t.Errorf("testdata/rules/%s belongs to no test", f.Name())
		}
	}
}

func testAddresses(t *testing.T, contacts bool) *Addresses {
	t.Helper()
	a := NewAddresses(contacts)
	for _, pair := range [][2]string{
		{"*@old.example", "*@new.example"}, {"jane@old.example", "j.doe@new.example"}, {"keep@old.example", "keep@old.example"},
	} {
		if err := a.Add(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func checkRule(t *testing.T, folder string, rule Rule, duplicate bool) {
	dir := filepath.Join("testdata", "rules", folder)
	kind, ext := dav.Calendar, ".ics"
	if _, err := os.Stat(filepath.Join(dir, "before.vcf")); err == nil {
		kind, ext = dav.AddressBook, ".vcf"
	}
	before, err := os.ReadFile(filepath.Join(dir, "before"+ext))
	if err != nil {
		t.Fatal(err)
	}
	s := Subject{Kind: kind, Account: "jane", Collection: "/cal/work/", Path: "/cal/work/a" + ext, Duplicate: duplicate}
	result := Rules{rule}.Apply(s, before)
	compareGolden(t, filepath.Join(dir, "after"+ext), result.Data)
	compareGolden(t, filepath.Join(dir, "changes.txt"), []byte(record(result)))
	s.Duplicate = false
	if again := (Rules{rule}).Apply(s, result.Data); len(again.Changes) > 0 {
		t.Errorf("applied twice it changes more: %s", record(again))
	}
	checkUnchangedLines(t, before, result)
}

func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", path, got, want)
	}
}

// record writes down a result as people read it.
func record(r Result) string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "line %d: %s\n", c.Line, c.Rule)
		for _, text := range c.Before {
			fmt.Fprintf(&b, "- %s\n", printable([]byte(text)))
		}
		for _, text := range c.After {
			fmt.Fprintf(&b, "+ %s\n", printable([]byte(text)))
		}
	}
	for _, l := range r.Left {
		fmt.Fprintf(&b, "left as it is: %s: %s\n", l.Rule, l.Reason)
	}
	return b.String()
}

// checkUnchangedLines replays the changes of one rule on the object before it: what they do not tell of is there byte for
// byte.
func checkUnchangedLines(t *testing.T, before []byte, r Result) {
	t.Helper()
	after := slices.Collect(Lines(r.Data))
	next := func() (l Line) {
		if len(after) > 0 {
			l, after = after[0], after[1:]
		}
		return l
	}
	changes, leave := r.Changes, 0
	bareCR := endsWithBareCR(before)
	for l := range Lines(before) {
		count := lineCounter{data: before, bareCR: bareCR}
		for leave == 0 && len(changes) > 0 && changes[0].Line == count.at(l.Start) {
			for _, want := range changes[0].After {
				if got := changeText(next().Text()); got != want {
					t.Fatalf("%q should be %q", got, want)
				}
			}
			leave, changes, count = len(changes[0].Before), changes[1:], lineCounter{data: before, bareCR: bareCR}
		}
		if leave > 0 {
			leave--
			continue
		}
		if got := next(); !bytes.Equal(got.Raw(), l.Raw()) {
			t.Fatalf("line %q became %q without a record", l.Raw(), got.Raw())
		}
	}
	for _, c := range changes { // behind the last line
		for range c.After {
			next()
		}
	}
	if len(after) > 0 {
		t.Fatalf("%q was put in without a record", after[0].Raw())
	}
}
