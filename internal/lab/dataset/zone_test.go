package dataset

import (
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// TestZonesAgreeWithTheDatabase checks every change of the clocks from 2010 to 2035 against the time zone database.
func TestZonesAgreeWithTheDatabase(t *testing.T) {
	for _, z := range zones {
		t.Run(z.name, func(t *testing.T) {
			location, err := time.LoadLocation(z.name)
			if err != nil {
				t.Fatal(err)
			}
			for year := 2010; year <= 2035; year++ {
				checkYear(t, z, location, year)
			}
		})
	}
}

// checkYear checks the offset before and after each onset of the year, and that there are no other changes.
func checkYear(t *testing.T, z *zone, location *time.Location, year int) {
	t.Helper()
	onsets := 0
	for _, o := range z.observance {
		if o.rule == "" {
			noon := time.Date(year, 7, 1, 12, 0, 0, 0, time.UTC)
			checkOffset(t, location, noon, offset(t, o.to))
			continue
		}
		onset := onsetIn(t, o, year).Add(-offset(t, o.from)) // as if UTC; now really UTC
		checkOffset(t, location, onset.Add(-time.Second), offset(t, o.from))
		checkOffset(t, location, onset, offset(t, o.to))
		onsets++
	}
	if changes := changesIn(location, year); changes != onsets {
		t.Errorf("%d: %d changes, want %d", year, onsets, changes)
	}
}

func checkOffset(t *testing.T, location *time.Location, at time.Time, want time.Duration) {
	t.Helper()
	if _, seconds := at.In(location).Zone(); time.Duration(seconds)*time.Second != want {
		t.Errorf("%v: offset %d s, want %v", at, seconds, want)
	}
}

func changesIn(location *time.Location, year int) int {
	n := 0
	for at := time.Date(year, 1, 1, 12, 0, 0, 0, time.UTC); at.Year() == year; at = at.AddDate(0, 0, 1) {
		_, before := at.In(location).Zone()
		_, after := at.AddDate(0, 0, 1).In(location).Zone()
		if before != after {
			n++
		}
	}
	return n
}

// onsetIn works out the rule, which is always one weekday of one month.
func onsetIn(t *testing.T, o observance, year int) time.Time {
	t.Helper()
	start, err := time.Parse("20060102T150405", o.start)
	if err != nil {
		t.Fatal(err)
	}
	var month, nth int
	for part := range strings.SplitSeq(o.rule, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "BYMONTH":
			month = number(t, value)
		case "BYDAY":
			nth = number(t, strings.TrimSuffix(value, "SU"))
		}
	}
	day := time.Date(year, time.Month(month), 1, start.Hour(), start.Minute(), 0, 0, time.UTC)
	if nth < 0 {
		day = day.AddDate(0, 1, 0)
	}
	for day.Weekday() != time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	if nth > 0 {
		nth--
	}
	if start.Weekday() != time.Sunday {
		t.Errorf("%s is no Sunday", o.start)
	}
	return day.AddDate(0, 0, 7*nth)
}

// offset reads a UTC offset such as +0530.
func offset(t *testing.T, s string) time.Duration {
	t.Helper()
	hours, minutes := number(t, s[1:3]), number(t, s[3:5])
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		return -d
	}
	return d
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
