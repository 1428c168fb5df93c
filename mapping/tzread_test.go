package mapping

import (
	"strings"
	"testing"
	"time"

	"davferry/mapping/tz"
)

// definitionOf reads a VTIMEZONE.
func definitionOf(t testing.TB, text string) *tzDefinition {
	t.Helper()
	data := []byte(text)
	root := parse(data)
	if len(root.children) != 1 || root.children[0].name != "VTIMEZONE" {
		t.Fatalf("no VTIMEZONE: %q", text)
	}
	return readTimezone(data, root.children[0])
}

// Of every zone of the database the VTIMEZONE that is written is read back with the offsets that the zone has, at every
// time from 1970 to 2037 and at each of its changes.
func TestEveryZoneIsWrittenAndReadBack(t *testing.T) {
	for _, name := range tz.Names() {
		zone, _ := tz.Load(name)
		d := definitionOf(t, strings.Join(zone.VTimezone(0, tz.Horizon-1), "\r\n")+"\r\n")
		if d.tzid != name || d.problem != nil {
			t.Fatalf("%s: TZID %q, %v", name, d.tzid, d.problem)
		}
		diffs, err := d.differences(zone, tz.Horizon)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff, at, differs := diffs.First(0, tz.Horizon-1); differs {
			t.Errorf("%s: at %s %+v", name, at, diff)
		}
		checkTransitions(t, d, zone)
	}
}

// checkTransitions asks package time for the offset after each change, and compares it with what the definition says at
// that time of day, which no clock shows twice.
func checkTransitions(t *testing.T, d *tzDefinition, zone *tz.Zone) {
	t.Helper()
	steps, err := d.near()
	if err != nil {
		t.Fatal(err)
	}
	day := 24 * time.Hour
	for at := time.Unix(0, 0).In(zone.Location()); at.Before(tz.Horizon.Time()); {
		_, end := at.ZoneBounds()
		if end.IsZero() {
			break
		}
		if !end.After(at) {
			end = at.Add(day)
		}
		at = end
		_, want := at.Add(day).Zone()
		if got, known := steps.At(tz.WallOf(at.Add(day))); at.Add(day).Before(tz.Horizon.Time()) && (!known || got != want) {
			t.Errorf("%s: the day after %s is %d by the VTIMEZONE, %d in package time", zone.Name, at, got, want)
		}
	}
}

// A span that begins later has less of the zone, and all that it needs.
func TestEveryZoneIsCompleteForALaterSpan(t *testing.T) {
	for _, name := range tz.Names() {
		zone, _ := tz.Load(name)
		for year := 1975; year < 2038; year += 13 {
			from := tz.WallOf(time.Date(year, 5, 3, 12, 0, 0, 0, time.UTC))
			d := definitionOf(t, strings.Join(zone.VTimezone(from, tz.Horizon-1), "\n"))
			diffs, err := d.differences(zone, tz.Horizon)
			if err != nil {
				t.Fatal(err)
			}
			if diff, at, differs := diffs.First(from, tz.Horizon-1); differs {
				t.Errorf("%s from %d on: at %s %+v", name, year, at, diff)
			}
		}
	}
}

func TestReadTimezoneRefuses(t *testing.T) {
	const valid = "BEGIN:VTIMEZONE\nTZID:x\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
	if d := definitionOf(t, valid); d.problem != nil {
		t.Fatal(d.problem)
	}
	tests := []struct{ name, old, new string }{
		{"an offset of more than a day", "TZOFFSETTO:+0100", "TZOFFSETTO:+2500"},
		{"an offset of a day", "TZOFFSETTO:+0100", "TZOFFSETTO:+2400"},
		{"an offset of 75 minutes", "TZOFFSETTO:+0100", "TZOFFSETTO:+0075"},
		{"an offset without sign", "TZOFFSETTO:+0100", "TZOFFSETTO:0100"},
		{"no offset", "TZOFFSETTO:+0100\n", ""},
		{"two offsets", "TZOFFSETTO:+0100", "TZOFFSETTO:+0100\nTZOFFSETTO:+0200"},
		{"no start", "DTSTART:19700101T000000\n", ""},
		{"a start in UTC", "DTSTART:19700101T000000", "DTSTART:19700101T000000Z"},
		{"a start without time", "DTSTART:19700101T000000", "DTSTART;VALUE=DATE:19700101"},
		{"a rule that cannot be read", "DTSTART", "RRULE:FREQ=SOMETIMES\nDTSTART"},
		{"a date in UTC", "DTSTART", "RDATE:19800101T000000Z\nDTSTART"},
		{"exceptions", "DTSTART", "EXDATE:19800101T000000\nDTSTART"},
		{"nothing in it", "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(valid, test.old) {
				t.Fatal("the test changes nothing")
			}
			d := definitionOf(t, strings.Replace(valid, test.old, test.new, 1))
			if _, err := d.near(); err == nil {
				t.Error("is read without complaint")
			}
		})
	}
}
