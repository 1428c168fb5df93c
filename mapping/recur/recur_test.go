package recur

import (
	"slices"
	"testing"
	"time"
)

func TestOccurrences(t *testing.T) {
	tests := []struct{ name, start, rule, want string }{
		{"leap day", "20240229", "FREQ=YEARLY;COUNT=3", "20240229 20280229 20320229"},
		{"leap day, by the month's day", "20240229", "FREQ=YEARLY;BYMONTHDAY=29;COUNT=2", "20240229 20280229"},
		{"31st of every month", "20240131", "FREQ=MONTHLY;COUNT=3", "20240131 20240331 20240531"},
		{"a year of 100 has no leap day", "20960229", "FREQ=YEARLY;COUNT=2", "20960229 21040229"},
		{"last day of the year", "20231231", "FREQ=YEARLY;BYYEARDAY=-1;COUNT=2", "20231231 20241231"},
		{"366th day", "20240101", "FREQ=YEARLY;BYYEARDAY=366;COUNT=2", "20241231 20281231"},
		{"week 53", "20200101", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;COUNT=3", "20201228 20261228 20321227"},
		{"week 1 begins in the year before", "20241230", "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;COUNT=2", "20241230 20251229"},
		{"last week", "20240101", "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU;COUNT=2", "20241229 20251228"},
		{"last hour of office days", "20240102", "FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=9,17;BYSETPOS=-1;COUNT=2", "20240105T170000 20240112T170000"},
		{"start is none of the rule's days", "20240103", "FREQ=WEEKLY;BYDAY=MO;COUNT=2", "20240108 20240115"},
		{"double values count once", "20240101", "FREQ=DAILY;BYHOUR=9,9;COUNT=2", "20240101 20240102"},
		{"UNTIL without time is the whole day", "20240101", "FREQ=HOURLY;INTERVAL=8;UNTIL=20240101", "20240101 20240101T170000"},
		{"UNTIL is inclusive", "20240101", "FREQ=DAILY;UNTIL=20240102T090000", "20240101 20240102"},
		{"UNTIL before the start", "20240101", "FREQ=DAILY;UNTIL=20231231T090000", ""},
		{"seconds", "20240101", "FREQ=MINUTELY;BYSECOND=0,30;COUNT=3", "20240101 20240101T090030 20240101T090100"},
		{"a leap second never comes", "20240101", "FREQ=MINUTELY;BYSECOND=60;UNTIL=20240102", ""},
		{"once a year, by the second", "20240101", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=1;BYMINUTE=2;BYSECOND=3;COUNT=2", "20240229T010203 20280229T010203"},
		{"hours of one day a month", "20240101", "FREQ=HOURLY;BYMONTHDAY=-1;BYHOUR=8,9;COUNT=3", "20240131T080000 20240131 20240229T080000"},
		{"interval beyond all time", "20240101", "FREQ=HOURLY;INTERVAL=2147483647", "20240101"},
		{"lower case and spaces", "20240101", " freq=daily; count=2;", "20240101 20240102"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { checkOccurrences(t, test.start, test.rule, test.want) })
	}
}

func TestBudgetEndsWhatNeverOccurs(t *testing.T) {
	for _, rule := range []string{
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
		"FREQ=SECONDLY;INTERVAL=60;BYSECOND=59",
	} {
		r, err := Parse(rule)
		if err != nil {
			t.Fatal(err)
		}
		steps := 1000
		got := slices.Collect(r.Occurrences(clock(t, "20240101"), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), &steps))
		if len(got) != 0 || steps >= 0 {
			t.Errorf("%s: %d occurrences, %d steps left", rule, len(got), steps)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, rule := range []string{
		"", "COUNT=3", "FREQ=SOMETIMES", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1",
		"FREQ=DAILY;UNTIL=tomorrow", "FREQ=DAILY;UNTIL=20240230", "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYHOUR=", "FREQ=MONTHLY;BYDAY=0MO",
		"FREQ=MONTHLY;BYDAY=XX", "FREQ=MONTHLY;BYDAY=M", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYWEEKNO=1",
		"FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "FREQ=MONTHLY;BYYEARDAY=1", "FREQ=YEARLY;BYMONTHDAY=32", "FREQ=YEARLY;BYMONTH=13",
		"RSCALE=HEBREW;FREQ=YEARLY", "FREQ=YEARLY;BYEASTER=1", "FREQ=YEARLY;X-OWN=1",
	} {
		if r, err := Parse(rule); err == nil {
			t.Errorf("%q is read as %+v", rule, r)
		}
	}
}

// FuzzOccurrences: no rule panics or takes long, and occurrences are in order and within what was asked for.
func FuzzOccurrences(f *testing.F) {
	for _, example := range rfcExamples {
		f.Add(example.rule)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		r, err := Parse(rule)
		if err != nil {
			return
		}
		start, end := time.Date(1996, 12, 30, 23, 59, 59, 0, time.UTC), time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC)
		steps, last, n := 2000, start.Add(-1), 0
		for at := range r.Occurrences(start, end, &steps) {
			if !at.After(last) || !at.Before(end) {
				t.Fatalf("%s after %s", at, last)
			}
			if last, n = at, n+1; n > 5000 {
				break
			}
		}
	})
}
