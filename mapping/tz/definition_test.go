package tz

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"davferry/mapping/recur"
)

func wall(t testing.TB, text string) Wall {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return WallOf(at)
}

func onsets(t testing.TB, start string, from, to int, rules ...string) Observance {
	t.Helper()
	o := Observance{Start: wall(t, start), From: from * 3600, To: to * 3600}
	for _, text := range rules {
		r, err := recur.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Rules = append(o.Rules, r)
	}
	return o
}

// A definition as Outlook writes it: rules that have always been.
func outlook(t testing.TB) Definition {
	return Definition{[]Observance{
		onsets(t, "1601-01-01T03:00:00", 2, 1, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
		onsets(t, "1601-01-01T02:00:00", 1, 2, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
	}}
}

func TestDefinitionSteps(t *testing.T) {
	tests := []struct {
		name       string
		definition Definition
		at         string
		want       string // offset in hours
	}{
		{"winter", outlook(t), "2024-01-15T12:00:00", "1"},
		{"summer", outlook(t), "2024-07-15T12:00:00", "2"},
		{"last second of winter", outlook(t), "2024-03-31T01:59:59", "1"},
		{"in the gap the offset before it", outlook(t), "2024-03-31T02:30:00", "1"},
		{"first second of summer", outlook(t), "2024-03-31T03:00:00", "2"},
		{"last second that is there once", outlook(t), "2024-10-27T01:59:59", "2"},
		{"there twice: the first", outlook(t), "2024-10-27T02:59:59", "2"},
		{"winter again", outlook(t), "2024-10-27T03:00:00", "1"},
		{"before the first onset TZOFFSETFROM", Definition{[]Observance{onsets(t, "2000-01-01T00:00:00", 3, 4)}}, "1999-06-01T00:00:00", "3"},
		{"one onset for ever", Definition{[]Observance{onsets(t, "1970-01-01T00:00:00", 9, 9)}}, "2037-12-31T23:59:59", "9"},
		{"UNTIL of a VTIMEZONE is an instant", Definition{[]Observance{
			onsets(t, "2000-04-02T02:00:00", -5, -4, "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z"),
			onsets(t, "2000-10-29T02:00:00", -4, -5, "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
		}}, "2006-06-01T00:00:00", "-4"},
		{"after UNTIL", Definition{[]Observance{
			onsets(t, "2000-04-02T02:00:00", -5, -4, "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T065959Z"),
			onsets(t, "2000-10-29T02:00:00", -4, -5, "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU;UNTIL=20051030T060000Z"),
		}}, "2006-06-01T00:00:00", "-5"},

		{"two offsets at one instant", Definition{[]Observance{
			onsets(t, "1970-01-01T00:00:00", 0, 1), onsets(t, "1970-01-01T00:00:00", 0, 2),
		}}, "2024-01-01T00:00:00", "unknown"},
		{"a DTSTART that is not of its RRULE", Definition{[]Observance{
			onsets(t, "2007-01-01T02:00:00", -5, -4, "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
			onsets(t, "2006-10-29T02:00:00", -4, -5, "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
		}}, "2007-02-01T00:00:00", "unknown"},
		{"is known again from the next onset on", Definition{[]Observance{
			onsets(t, "2007-01-01T02:00:00", -5, -4, "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
			onsets(t, "2006-10-29T02:00:00", -4, -5, "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
		}}, "2007-04-01T00:00:00", "-4"},
		{"TZOFFSETFROM is not what was before", Definition{[]Observance{
			onsets(t, "2000-01-01T00:00:00", 1, 1), onsets(t, "2010-01-01T00:00:00", 3, 2),
		}}, "2010-01-01T01:00:00", "unknown"},
		{"and the doubt is over after as many hours", Definition{[]Observance{
			onsets(t, "2000-01-01T00:00:00", 1, 1), onsets(t, "2010-01-01T00:00:00", 3, 2),
		}}, "2010-01-01T02:00:00", "2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			steps, err := test.definition.Steps(Horizon)
			if err != nil {
				t.Fatal(err)
			}
			offset, known := steps.At(wall(t, test.at))
			got := fmt.Sprint(offset / 3600)
			if !known {
				got = "unknown"
			}
			if got != test.want {
				t.Errorf("%s is %s, want %s", test.at, got, test.want)
			}
		})
	}
}

func TestDefinitionsWithoutEnd(t *testing.T) {
	for _, rule := range []string{"FREQ=SECONDLY", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MINUTELY;BYSECOND=59"} {
		_, err := Definition{[]Observance{onsets(t, "1970-01-01T00:00:00", 1, 2, rule)}}.Steps(Horizon)
		if !errors.Is(err, ErrTooMany) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := (Definition{}).Steps(Horizon); err == nil {
		t.Error("a VTIMEZONE without STANDARD and DAYLIGHT says nothing")
	}
}

// What overtakes an onset leaves nothing known between.
func TestStepsThatOvertake(t *testing.T) {
	d := Definition{[]Observance{
		onsets(t, "2000-01-01T00:00:00", 0, 10),
		onsets(t, "2000-01-01T11:00:00", 10, -10),
	}}
	steps, err := d.Steps(Horizon)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(steps); i++ {
		if steps[i].From <= steps[i-1].From || steps[i].Offset == steps[i-1].Offset {
			t.Fatalf("not in order: %v", steps)
		}
	}
}

func TestDifferences(t *testing.T) {
	steps, err := outlook(t).Steps(Horizon)
	if err != nil {
		t.Fatal(err)
	}
	diffs := steps.Differences(load(t, "Europe/Berlin").Steps(Horizon-1), Horizon)
	tests := []struct{ from, to, first string }{
		{"1996-01-01T00:00:00", "2037-12-31T23:59:59", ""},
		{"1995-09-24T02:59:59", "1995-09-24T02:59:59", ""},
		{"1995-06-01T00:00:00", "2000-01-01T00:00:00", "1995-09-24T03:00:00"},
		{"1995-10-01T10:00:00", "1995-10-01T11:00:00", "1995-10-01T10:00:00"},
		{"1995-10-29T03:00:00", "1996-01-01T00:00:00", ""},
	}
	for _, test := range tests {
		_, at, found := diffs.First(wall(t, test.from), wall(t, test.to))
		if got := at.String(); found != (test.first != "") || found && got != test.first {
			t.Errorf("from %s to %s the first difference is %s, want %q", test.from, test.to, got, test.first)
		}
	}
	day := diffs.Within(wall(t, "1995-09-24T00:00:00"), wall(t, "1995-09-25T00:00:00"))
	if day != 21*3600 {
		t.Errorf("on the day of the change they differ for %d s", day)
	}
}

func TestCandidates(t *testing.T) {
	tests := []struct {
		name       string
		definition Definition
		names      string
		from       string
		want       string
	}{
		{"rules of Central Europe", outlook(t), "", "2020-01-01T00:00:00", "Europe/Berlin"},
		{"no change", Definition{[]Observance{onsets(t, "1970-01-01T00:00:00", 1, 1)}}, "", "2020-01-01T00:00:00", "Etc/GMT-1"},
		{"no offset", Definition{[]Observance{onsets(t, "1970-01-01T00:00:00", 0, 0)}}, "", "2020-01-01T00:00:00", "Etc/UTC"},
		{"rules of Central Europe, by abbreviations", outlook(t), "CET CEST", "2020-01-01T00:00:00", "Europe/Berlin"},
		{"rules of North America", Definition{[]Observance{
			onsets(t, "2007-03-11T02:00:00", -5, -4, "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"),
			onsets(t, "2007-11-04T02:00:00", -4, -5, "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"),
		}}, "", "2020-01-01T00:00:00", "America/New_York"},
		{"abbreviations tell zones apart", Definition{[]Observance{
			onsets(t, "2000-03-26T01:00:00", 0, 1, "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
			onsets(t, "2000-10-29T02:00:00", 1, 0, "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"),
		}}, "GMT IST", "2020-01-01T00:00:00", "Europe/Dublin"},
		{"a quarter of an hour", Definition{[]Observance{{Start: 0, From: 20700, To: 20700}}}, "", "2020-01-01T00:00:00", "Asia/Kathmandu"},
		{"nowhere", Definition{[]Observance{{Start: 0, From: 20701, To: 20701}}}, "", "2020-01-01T00:00:00", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			steps, err := test.definition.Steps(Horizon)
			if err != nil {
				t.Fatal(err)
			}
			from := wall(t, test.from)
			got := ""
			for _, c := range Since(Candidates(steps, strings.Fields(test.names)), from) {
				if _, _, differs := c.Differences.First(from, Horizon-1); !differs {
					got = c.Zone.Name
					break
				}
			}
			if got != test.want {
				t.Errorf("is %q, want %q", got, test.want)
			}
		})
	}
}

func BenchmarkVTimezone(b *testing.B) {
	z := load(b, "Europe/Berlin")
	from := wall(b, "2020-05-01T12:00:00")
	for b.Loop() {
		z.VTimezone(from, Horizon-1)
	}
}

func BenchmarkDefinitionSteps(b *testing.B) {
	d := outlook(b)
	for b.Loop() {
		if _, err := d.Steps(Horizon); err != nil {
			b.Fatal(err)
		}
	}
}
