package mapping

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

// allRules are rules with settings that make them change as much as they can.
func allRules(t testing.TB) []Rule {
	a := NewAddresses(true)
	for _, pair := range [][2]string{{"*@example.org", "*@new.example"}, {"jane@old.example", "j.doe@new.example"}, {"*@old.example", "*@new.example"}} {
		if err := a.Add(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	return []Rule{UIDs{}, UIDs{All: true}, a, Cards{Version: "3.0"}, Cards{Version: "4.0"}, Cards{Version: CardsAsTaken},
		Groups{Form: GroupsKind}, Groups{Form: GroupsApple},
		Categories{Names: map[string][]string{"a": {"Friends, old", `b\,c;`}, "member": {"x"}}}}
}

// For any input: what no rule changed is there byte for byte, every change is recorded, and to apply a rule twice is to
// apply it once.
func FuzzRules(f *testing.F) {
	for _, pattern := range []string{"testdata/rules/*/before.*", "testdata/ical/*", "testdata/vcard/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data, false)
		}
	}
	// To lower the case of bytes that are not UTF-8 makes them more.
	f.Add([]byte("ORGANIZER:mailto:Jan\xbc\xbc\xbce@Old.Example\r\n"), false)
	// An unfinished soft break swallows a line that is put behind it.
	f.Add([]byte("BEGIN:VCARD\nVERSION:2.1\nN:a\nNOTE;QUOTED-PRINTABLE:b=\nEND:VCARD"), false)
	rules := allRules(f)
	f.Fuzz(func(t *testing.T, data []byte, duplicate bool) {
		for _, k := range dav.Kinds {
			if got := Rules(nil).Apply(Subject{Kind: k}, data); !bytes.Equal(got.Data, data) {
				t.Fatal("without a rule the object changed")
			}
			for _, rule := range rules {
				checkAnyInput(t, rule, Subject{Kind: k, Account: "a", Collection: "/c/", Path: "/c/x", Duplicate: duplicate}, data)
			}
		}
	})
}

func checkAnyInput(t *testing.T, rule Rule, s Subject, data []byte) {
	t.Helper()
	before := bytes.Clone(data)
	result := Rules{rule}.Apply(s, data)
	if !bytes.Equal(before, data) {
		t.Fatalf("%s wrote to its input", rule.Key())
	}
	if len(result.Changes) == 0 {
		if !bytes.Equal(result.Data, data) {
			t.Fatalf("%s changed without a record", rule.Key())
		}
		return
	}
	checkUnchangedLines(t, data, result)
	s.Duplicate = false
	if again := (Rules{rule}).Apply(s, result.Data); len(again.Changes) > 0 {
		t.Fatalf("%s applied twice to %q\nmade %q\nand changes more: %s", rule.Key(), data, result.Data, record(again))
	}
}

// Hostile objects take time in proportion to their size.
func TestRulesOfLargeObjects(t *testing.T) {
	const size, large = 1 << 20, 10 << 20
	objects := map[string]string{
		"one line":            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:" + strings.Repeat("a", large) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		"one attendee":        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTENDEE;MEMBER=\"" + strings.Repeat("mailto:a@example.org\",\"", size/23) + "\":mailto:b@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
		"open quotes":         "BEGIN:VEVENT\r\nATTENDEE;" + strings.Repeat("CN=\"a;", size/6) + ":mailto:b@example.org\r\nEND:VEVENT\r\n",
		"parameters":          "BEGIN:VCARD\r\nVERSION:2.1\r\nN:a\r\nTEL" + strings.Repeat(";HOME", size/5) + ":1\r\nEND:VCARD\r\n",
		"types":               "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nTEL" + strings.Repeat(";TYPE=PREF", size/10) + ":1\r\nEND:VCARD\r\n",
		"a photo":             "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nPHOTO;ENCODING=b;TYPE=JPEG:" + strings.Repeat("QUJD", large/4) + "\r\nEND:VCARD\r\n",
		"soft breaks":         "BEGIN:VCARD\r\nVERSION:2.1\r\nN:a\r\nNOTE;ENCODING=QUOTED-PRINTABLE:" + strings.Repeat("=41=\r\n", size/6) + "\r\nEND:VCARD\r\n",
		"equals signs":        "BEGIN:VCARD\r\nVERSION:2.1\r\nN:a\r\nEMAIL;X=" + strings.Repeat("=", size) + ":a@example.org\r\nEND:VCARD\r\n",
		"events without UID":  "BEGIN:VCALENDAR\r\n" + strings.Repeat("BEGIN:VEVENT\r\nEND:VEVENT\r\n", size/26) + "END:VCALENDAR\r\n",
		"UIDs":                "BEGIN:VCALENDAR\r\n" + manyUIDs(size/60) + "END:VCALENDAR\r\n",
		"nested":              strings.Repeat("BEGIN:VEVENT\r\n", size/14),
		"stray continuations": "BEGIN:VEVENT\r\nATTENDEE:mailto:jane@old.example?" + strings.Repeat("\xbf", large) + "\r\nEND:VEVENT\r\n",
	}
	for name, object := range objects {
		t.Run(name, func(t *testing.T) {
			for _, rule := range allRules(t) {
				for _, k := range dav.Kinds {
					start := time.Now()
					Rules{rule}.Apply(Subject{Kind: k}, []byte(object))
					if took := time.Since(start); took > 10*time.Second {
						t.Errorf("%s took %s", rule.Key()[:min(20, len(rule.Key()))], took)
					}
				}
			}
		})
	}
}

func manyUIDs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "BEGIN:VEVENT\r\nUID:%d@example.org\r\nRELATED-TO:%d\r\nEND:VEVENT\r\n", i, i)
	}
	return b.String()
}

func BenchmarkRules(b *testing.B) {
	event := "BEGIN:VEVENT\r\nUID:0b5e1c5c-5d0e-4c2b-8a2e-%012d\r\nDTSTAMP:20240101T000000Z\r\nDTSTART;TZID=Europe/Paris:20240101T100000\r\n" +
		"SUMMARY:Something that somebody wrote down to remember it\r\nDESCRIPTION:And more of it\\, in a line that is long enough to be fol\r\n ded once\r\n" +
		"ORGANIZER;CN=\"Doe, Jane\":mailto:jane@elsewhere.example\r\nATTENDEE;CN=Joe;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:joe@elsewhere.example\r\nEND:VEVENT\r\n"
	object := []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + fmt.Sprintf(event, 1) + "END:VCALENDAR\r\n")
	rules := Rules(allRules(b)[1:3])
	for _, bb := range []struct {
		name  string
		rules Rules
	}{{"UIDs", rules[:1]}, {"Addresses", rules[1:]}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(object)))
			for b.Loop() {
				if r := bb.rules.Apply(Subject{Kind: dav.Calendar}, object); len(r.Changes) > 0 {
					b.Fatal("the object changed")
				}
			}
		})
	}
}
