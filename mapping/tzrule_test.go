package mapping

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"davferry/internal/dav"
	"davferry/mapping/tz"
)

// zonesFor returns the rule for a folder of testdata/zones.
func zonesFor(t testing.TB, folder string) *Zones {
	t.Helper()
	floating := ""
	if strings.HasPrefix(folder, "floating") {
		floating = "Europe/Paris"
	}
	z, err := NewZones(folder == "link-current", floating)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The folders of testdata/zones hold an object before and after Zones, and the record of what was changed or left.
func TestZones(t *testing.T) {
	folders, err := os.ReadDir("testdata/zones")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		t.Run(f.Name(), func(t *testing.T) {
			dir := filepath.Join("testdata", "zones", f.Name())
			before, err := os.ReadFile(filepath.Join(dir, "before.ics"))
			if err != nil {
				t.Fatal(err)
			}
			rules, s := Rules{zonesFor(t, f.Name())}, Subject{Kind: dav.Calendar}
			result := rules.Apply(s, before)
			compareGolden(t, filepath.Join(dir, "after.ics"), result.Data)
			compareGolden(t, filepath.Join(dir, "changes.txt"), []byte(record(result)))
			if again := rules.Apply(s, result.Data); len(again.Changes) > 0 {
				t.Errorf("applied twice it changes more: %s", record(again))
			}
			if len(result.Left) > 0 && len(result.Changes) > 0 {
				t.Error("an object is changed as a whole or not at all")
			}
			checkUnchangedLines(t, before, result)
			if result := rules.Apply(Subject{Kind: dav.AddressBook}, before); len(result.Changes)+len(result.Left) > 0 {
				t.Error("contacts have no time zones")
			}
		})
	}
}

func TestNewZonesRefusesAnUnknownZone(t *testing.T) {
	if _, err := NewZones(false, "Europe/Nowhere"); err == nil || !strings.Contains(err.Error(), "Europe/Nowhere") {
		t.Errorf("got %v", err)
	}
}

func TestZonesKey(t *testing.T) {
	keys := map[string]bool{}
	for _, current := range []bool{false, true} {
		for _, floating := range []string{"", "Europe/Paris", "Asia/Tokyo"} {
			z, err := NewZones(current, floating)
			if err != nil {
				t.Fatal(err)
			}
			keys[z.Key()] = true
		}
	}
	if len(keys) != 6 {
		t.Errorf("settings share a key: %v", keys)
	}
}

// The calendar-timezone property is a calendar object of its own.
func TestApplyTimezone(t *testing.T) {
	read := func(folder string) string {
		data, err := os.ReadFile(filepath.Join("testdata", "zones", folder, "before.ics"))
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		return text[:strings.Index(text, "BEGIN:VEVENT")] + "END:VCALENDAR\r\n"
	}
	tests := []struct{ name, folder, since, want string }{
		{"Windows", "windows", "2024-01-01T00:00:00", "TZID:Europe/Berlin"},
		{"by its times", "customized", "2024-01-01T00:00:00", "TZID:Europe/Berlin"},
		{"right", "right", "2024-01-01T00:00:00", ""},
		{"differs", "windows", "1970-01-01T00:00:00", "left: timezone-differs"},
		{"unknown", "unknown-rules", "2024-01-01T00:00:00", "left: timezone-unknown"},
		{"two of one TZID", "two-definitions", "2024-01-01T00:00:00", "left: timezone-invalid"},
	}
	z := zonesFor(t, "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := read(test.folder)
			e := NewEditor([]byte(before))
			left := z.ApplyTimezone(e, at(t, test.since))
			after, changes := e.Finish()
			switch want, isLeft := strings.CutPrefix(test.want, "left: "); {
			case isLeft && (len(left) == 0 || left[0].Rule != want || len(changes) > 0):
				t.Errorf("left %v, changed %v", left, changes)
			case isLeft:
			case len(left) > 0:
				t.Errorf("left %v", left)
			case want == "" && string(after) != before, !strings.Contains(string(after), want):
				t.Errorf("became %s", after)
			}
		})
	}
}

func at(t testing.TB, text string) tz.Wall {
	t.Helper()
	m, ok := parseMoment([]byte(strings.NewReplacer("-", "", ":", "").Replace(text)), "")
	if !ok {
		t.Fatalf("no time: %s", text)
	}
	return tz.WallOf(m.at)
}

// One rule serves all workers of a run.
func TestZonesIsSafeForConcurrentUse(t *testing.T) {
	z := zonesFor(t, "")
	var data [][]byte
	for _, folder := range []string{"windows", "customized", "unknown-rules", "old-rules-not-hit", "after-2037", "two-names-of-one-zone"} {
		data = append(data, []byte(zoneObject(t, folder)))
	}
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for _, object := range data {
				Rules{z}.Apply(Subject{Kind: dav.Calendar}, object)
			}
		})
	}
	workers.Wait()
}
