package tz

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// first and last are the times of which a migration promises that they are the same instants before and after.
var (
	first = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	last  = time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
)

func load(t testing.TB, name string) *Zone {
	t.Helper()
	z, ok := Load(name)
	if !ok {
		t.Fatalf("no zone %s", name)
	}
	return z
}

func TestTheDatabaseIsWhole(t *testing.T) {
	names := Names()
	if len(names) < 590 {
		t.Fatalf("%d zones", len(names))
	}
	for _, name := range names {
		load(t, name)
	}
	if _, ok := Load("Europe/Nowhere"); ok {
		t.Error("there is no Europe/Nowhere")
	}
}

// Steps has the offsets of package time: at the times just before and after each change, and every week or so.
func TestStepsAgreeWithPackageTime(t *testing.T) {
	for _, name := range Names() {
		z := load(t, name)
		steps := z.Steps(Horizon - 1)
		check := func(u time.Time) {
			t.Helper()
			at := u.In(z.Location())
			_, want := at.Zone()
			wall := WallOf(at)
			// Of a time that the clock shows twice, the first is meant.
			if _, before := at.Add(-3 * time.Hour).Zone(); before > want && wall < WallOf(u.Add(time.Duration(before)*time.Second)) {
				if _, again := u.Add(-time.Duration(before-want) * time.Second).In(z.Location()).Zone(); again == before {
					want = before
				}
			}
			if got, known := steps.At(wall); !known || got != want {
				t.Fatalf("%s: %s is %d in Steps, %d in package time", name, at, got, want)
			}
		}
		for u := first; u.Before(last); u = u.Add(155*time.Hour + 17*time.Minute) {
			check(u)
		}
		for _, c := range z.history().all {
			if u := time.Unix(c.at, 0); u.After(first) && u.Before(last) {
				check(u.Add(-time.Second))
				check(u)
			}
		}
	}
}

// The golden files hold what is written for zones that are not as others: summer time below standard time (Dublin,
// Casablanca), of half an hour (Lord_Howe), of two hours (Troll), that changes on the day before (Nuuk), at midnight
// across the end of a month (Cairo), by Ramadan (Gaza), and none at all.
func TestVTimezone(t *testing.T) {
	tests := []struct {
		zone string
		from string
		to   Wall
	}{
		{"Europe/Berlin", "2024", Horizon - 1},
		{"Europe/Berlin", "1985", Horizon - 1},
		{"Europe/Dublin", "2024", Horizon - 1},
		{"Europe/Dublin", "1970", Horizon - 1},
		{"America/New_York", "2000", Horizon - 1},
		{"America/Nuuk", "2024", Horizon - 1},
		{"America/Sao_Paulo", "2024", Horizon - 1},
		{"Africa/Cairo", "2024", Horizon - 1},
		{"Africa/Casablanca", "2024", Horizon - 1},
		{"Africa/Casablanca", "2036", Horizon},
		{"Africa/El_Aaiun", "2030", Horizon - 1},
		{"Antarctica/Troll", "2024", Horizon - 1},
		{"Antarctica/Troll", "1999", Horizon - 1},
		{"Asia/Gaza", "2024", Horizon - 1},
		{"Asia/Tokyo", "2024", Horizon - 1},
		{"Asia/Tokyo", "1949", Horizon - 1},
		{"Asia/Kolkata", "1850", Horizon - 1},
		{"Australia/Lord_Howe", "2024", Horizon - 1},
		{"Etc/UTC", "2024", Horizon - 1},
		{"Etc/UTC", "1969", Horizon - 1},
	}
	for _, test := range tests {
		t.Run(test.zone+" "+test.from, func(t *testing.T) {
			from, err := time.Parse("2006", test.from)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(load(t, test.zone).VTimezone(WallOf(from), test.to), "\n") + "\n"
			file := filepath.Join("testdata", strings.ReplaceAll(test.zone, "/", "-")+"-"+test.from+".ics")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s\n got %s\nwant %s", file, got, want)
			}
		})
	}
}

// Spans that begin under the same rules have the same VTIMEZONE, so that objects of one calendar differ in few.
func TestVTimezoneIsTheSameUnderTheSameRules(t *testing.T) {
	z := load(t, "Europe/Berlin")
	a := z.VTimezone(WallOf(time.Date(1997, 1, 1, 0, 0, 0, 0, time.UTC)), 0)
	b := z.VTimezone(WallOf(time.Date(2030, 7, 1, 0, 0, 0, 0, time.UTC)), Horizon-1)
	if strings.Join(a, "\n") != strings.Join(b, "\n") {
		t.Errorf("%q\n%q", a, b)
	}
}
