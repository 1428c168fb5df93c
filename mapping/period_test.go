package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

// day reads a date of a test table, "" for an open end.
func day(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := time.ParseInLocation("2006-01-02", s, time.FixedZone("", 11*3600)) // only the date may count
	if err != nil {
		panic(err)
	}
	return t.Add(13 * time.Hour)
}

const berlin = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\n" +
	"BEGIN:DAYLIGHT\nDTSTART:19700329T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nEND:DAYLIGHT\nEND:VTIMEZONE\n"

// object wraps properties, separated by blanks, in a component; "| TYPE" begins another one.
func object(spec string) string {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\nVERSION:2.0\n")
	for part := range strings.SplitSeq(spec, "|") {
		fields := strings.Fields(part)
		if fields[0] == "BERLIN" {
			b.WriteString(berlin)
			continue
		}
		fmt.Fprintf(&b, "BEGIN:%s\nUID:1\n%s\nEND:%s\n", fields[0], strings.Join(fields[1:], "\n"), fields[0])
	}
	b.WriteString("END:VCALENDAR\n")
	return b.String()
}

func TestOverlaps(t *testing.T) {
	const in, out = true, false
	tests := []struct {
		name     string
		spec     string
		from, to string
		want     bool
	}{
		{"event within", "VEVENT DTSTART:20260110T100000 DTEND:20260110T110000", "2026-01-01", "2026-01-31", in},
		{"event before", "VEVENT DTSTART:20251231T100000 DTEND:20251231T110000", "2026-01-01", "2026-01-31", out},
		{"event after", "VEVENT DTSTART:20260201T000000 DTEND:20260201T010000", "2026-01-01", "2026-01-31", out},
		{"last second of the last day", "VEVENT DTSTART:20260131T235959", "2026-01-01", "2026-01-31", in},
		{"first second of the first day", "VEVENT DTSTART:20260101T000000", "2026-01-01", "2026-01-31", in},
		{"ends as the first day begins", "VEVENT DTSTART:20251231T230000 DTEND:20260101T000000", "2026-01-01", "", out},
		{"reaches into the first day", "VEVENT DTSTART:20251231T230000 DTEND:20260101T000001", "2026-01-01", "", in},
		{"around it all", "VEVENT DTSTART:20250101T000000 DTEND:20270101T000000", "2026-01-01", "2026-01-31", in},
		{"DURATION", "VEVENT DTSTART:20251231T230000 DURATION:PT2H", "2026-01-01", "", in},
		{"DURATION in weeks", "VEVENT DTSTART:20251201T230000 DURATION:P5W", "2026-01-01", "", in},
		{"no end", "VEVENT DTSTART:20251231T235959", "2026-01-01", "", out},
		{"from only", "VEVENT DTSTART:20300101T000000", "2026-01-01", "", in},
		{"to only", "VEVENT DTSTART:19700101T000000", "", "2026-01-01", in},
		{"to only, after", "VEVENT DTSTART:20260102T000000", "", "2026-01-01", out},
		{"one day", "VEVENT DTSTART:20260105T120000", "2026-01-05", "2026-01-05", in},

		{"all day", "VEVENT DTSTART;VALUE=DATE:20260101", "2026-01-01", "2026-01-01", in},
		{"all day, the day before", "VEVENT DTSTART;VALUE=DATE:20251231", "2026-01-01", "", out},
		{"all day, end is not included", "VEVENT DTSTART;VALUE=DATE:20251230 DTEND;VALUE=DATE:20260101", "2026-01-01", "", out},
		{"all day, several", "VEVENT DTSTART;VALUE=DATE:20251230 DTEND;VALUE=DATE:20260102", "2026-01-01", "", in},
		{"all day, end is start", "VEVENT DTSTART;VALUE=DATE:20260101 DTEND;VALUE=DATE:20260101", "2026-01-01", "", in},

		{"the wall clock of the zone counts", "VEVENT DTSTART;TZID=Pacific/Auckland:20260201T010000", "", "2026-01-31", out},
		{"UTC by its UTC date", "VEVENT DTSTART:20260131T233000Z", "2026-02-01", "", out},
		{"end before start in another zone", "VEVENT DTSTART;TZID=Asia/Tokyo:20260201T100000 DTEND;TZID=Pacific/Honolulu:20260131T230000", "", "2026-01-31", in},

		{"series reaches it", "VEVENT DTSTART:20200101T100000 RRULE:FREQ=WEEKLY", "2026-01-01", "2026-01-31", in},
		{"series begins later", "VEVENT DTSTART:20260201T100000 RRULE:FREQ=WEEKLY", "2026-01-01", "2026-01-31", out},
		{"series has ended by COUNT", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;COUNT=10", "2026-01-01", "", out},
		{"series just lasts by COUNT", "VEVENT DTSTART:20251223T100000 RRULE:FREQ=DAILY;COUNT=10", "2026-01-01", "", in},
		{"series has ended by UNTIL", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;UNTIL=20251231T095959", "2025-12-31", "", out},
		{"UNTIL is inclusive", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;UNTIL=20251231T100000", "2025-12-31", "", in},
		{"UNTIL in UTC, zone defined", "BERLIN | VEVENT DTSTART;TZID=Europe/Berlin:20250101T100000 RRULE:FREQ=DAILY;UNTIL=20251231T225959Z", "2026-01-01", "", out},
		{"UNTIL in UTC, zone not defined", "VEVENT DTSTART;TZID=Europe/Berlin:20250101T100000 RRULE:FREQ=DAILY;UNTIL=20251231T225959Z", "2026-01-01", "", in},
		{"UNTIL as a date", "VEVENT DTSTART:20250101T230000 RRULE:FREQ=DAILY;UNTIL=20251231", "2025-12-31", "", in},
		{"all-day series", "VEVENT DTSTART;VALUE=DATE:20250101 RRULE:FREQ=YEARLY", "2026-01-01", "2026-01-01", in},
		{"all-day series, other day", "VEVENT DTSTART;VALUE=DATE:20250101 RRULE:FREQ=YEARLY", "2026-01-02", "2026-12-31", out},
		{"leap day", "VEVENT DTSTART;VALUE=DATE:20240229 RRULE:FREQ=YEARLY", "2025-01-01", "2027-12-31", out},
		{"leap day comes", "VEVENT DTSTART;VALUE=DATE:20240229 RRULE:FREQ=YEARLY", "2025-01-01", "2028-12-31", in},
		{"long occurrence reaches in", "VEVENT DTSTART:20250101T100000 DTEND:20250120T100000 RRULE:FREQ=YEARLY", "2026-01-15", "2026-01-16", in},
		{"every second week, the other one", "VEVENT DTSTART:20000103T100000 RRULE:FREQ=WEEKLY;INTERVAL=2", "2026-01-04", "2026-01-10", out},
		{"every second week, this one", "VEVENT DTSTART:20000103T100000 RRULE:FREQ=WEEKLY;INTERVAL=2", "2026-01-11", "2026-01-17", in},
		{"last Friday of the month", "VEVENT DTSTART:20250131T100000 RRULE:FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", "2026-01-30", in},
		{"last Friday of the month, not the fourth", "VEVENT DTSTART:20250131T100000 RRULE:FREQ=MONTHLY;BYDAY=-1FR", "2026-01-23", "2026-01-23", out},
		{"lower-case rule", "VEVENT DTSTART:20250101T100000 RRULE:freq=daily;count=3", "2025-01-04", "", out},
		{"two rules", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;COUNT=3 RRULE:FREQ=YEARLY;COUNT=3", "2027-01-01", "", in},
		{"endless rule without end of the span", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY", "9000-01-01", "", in},

		{"EXDATE", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY EXDATE:20260101T100000", "2026-01-01", "2026-12-31", out},
		{"EXDATE in a list", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY EXDATE:20260101T100000,20270101T100000", "2026-01-01", "2027-12-31", out},
		{"EXDATE of the start", "VEVENT DTSTART:20260101T100000 RRULE:FREQ=YEARLY EXDATE:20260101T100000", "2026-01-01", "2026-12-31", out},
		{"EXDATE of another zone excludes nothing", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY EXDATE:20260101T100000Z", "2026-01-01", "2026-12-31", in},
		{"EXDATE of another type excludes nothing", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY EXDATE;VALUE=DATE:20260101", "2026-01-01", "2026-12-31", in},
		{"RDATE", "VEVENT DTSTART:20250101T100000 RDATE:20260101T100000", "2026-01-01", "", in},
		{"RDATE in a list", "VEVENT DTSTART;VALUE=DATE:20250101 RDATE;VALUE=DATE:20250201,20260101", "2026-01-01", "", in},
		{"RDATE with a period", "VEVENT DTSTART:20250101T100000 RDATE;VALUE=PERIOD:20251231T230000/PT2H", "2026-01-01", "", in},
		{"RDATE with both ends", "VEVENT DTSTART:20250101T100000 RDATE;VALUE=PERIOD:20251231T220000/20251231T230000", "2026-01-01", "", out},
		{"override moves an occurrence in", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;COUNT=3 | VEVENT RECURRENCE-ID:20250102T100000 DTSTART:20260105T100000", "2026-01-01", "", in},
		{"override moves the occurrence out", "VEVENT DTSTART:20250110T100000 RRULE:FREQ=YEARLY;COUNT=2 | VEVENT RECURRENCE-ID:20260110T100000 DTSTART:20250111T100000", "2026-01-01", "", out},
		{"override of what follows", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;COUNT=3 | VEVENT RECURRENCE-ID;RANGE=THISANDFUTURE:20250102T100000 DTSTART:20250102T110000", "2026-01-01", "", in},
		{"override without its series", "VEVENT RECURRENCE-ID:20250102T100000 DTSTART:20250102T110000", "2026-01-01", "", out},

		{"hourly", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=HOURLY;COUNT=2", "2026-01-01", "", in},
		{"unknown rule", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=FORTNIGHTLY", "2026-01-01", "2026-01-02", in},
		{"RSCALE", "VEVENT DTSTART:20250101T100000 RRULE:RSCALE=HEBREW;FREQ=YEARLY;COUNT=2", "2030-01-01", "", in},
		{"empty rule", "VEVENT DTSTART:20250101T100000 RRULE:", "2026-01-01", "", in},
		{"rule that panics in the library", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY;BYDAY=-53MO;BYMONTH=2", "2026-01-01", "2026-01-02", in},
		{"rule that never occurs", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "2026-01-01", "2026-12-31", out},
		{"huge interval", "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY;INTERVAL=9223372036854775807", "2026-01-01", "2026-12-31", in},
		{"no DTSTART", "VEVENT SUMMARY:x", "2026-01-01", "", in},
		{"DTSTART that is none", "VEVENT DTSTART:2025-01-01", "2026-01-01", "", in},
		{"31 February", "VEVENT DTSTART:20250231T100000", "2026-01-01", "", in},
		{"two DTSTARTs", "VEVENT DTSTART:20250101T100000 DTSTART:20250102T100000", "2026-01-01", "", in},
		{"rule without DTSTART", "VTODO DUE:20250101T100000 RRULE:FREQ=DAILY;COUNT=1", "2026-01-01", "", in},
		{"DURATION that is none", "VEVENT DTSTART:20250101T100000 DURATION:1H", "2026-01-01", "", in},
		{"unknown component", "X-FOO DTSTART:20250101T100000", "2026-01-01", "", in},
		{"availability", "VAVAILABILITY DTSTART:20250101T100000 DTEND:20250101T110000", "2026-01-01", "", in},
		{"one of two", "VEVENT DTSTART:20250101T100000 | VEVENT DTSTART:20260101T100000", "2026-01-01", "", in},

		{"to-do without dates", "VTODO SUMMARY:x", "2026-01-01", "2026-01-31", in},
		{"to-do created later", "VTODO CREATED:20270101T100000Z", "2026-01-01", "2026-01-31", in},
		{"to-do due", "VTODO DUE:20260105T100000", "2026-01-01", "2026-01-31", in},
		{"to-do due before", "VTODO DUE:20251231T100000", "2026-01-01", "2026-01-31", out},
		{"to-do due as the first day begins", "VTODO DUE:20260101T000000", "2026-01-01", "2026-01-31", in},
		{"to-do due as the last day ends", "VTODO DUE:20260201T000000", "2026-01-01", "2026-01-31", in},
		{"to-do due on a day", "VTODO DUE;VALUE=DATE:20260131", "2026-01-01", "2026-01-31", in},
		{"to-do due the day before", "VTODO DUE;VALUE=DATE:20251231", "2026-01-01", "2026-01-31", out},
		{"to-do due the day after", "VTODO DUE;VALUE=DATE:20260201", "2026-01-01", "2026-01-31", out},
		{"to-do from to", "VTODO DTSTART:20251201T100000 DUE:20260301T100000", "2026-01-01", "2026-01-31", in},
		{"to-do with DURATION", "VTODO DTSTART:20251231T100000 DURATION:P1D", "2026-01-01", "2026-01-31", in},
		{"to-do that starts only", "VTODO DTSTART:20251231T100000", "2026-01-01", "2026-01-31", out},
		{"to-do done", "VTODO COMPLETED:20251231T100000Z", "2026-01-01", "2026-01-31", out},
		{"to-do created and done", "VTODO CREATED:20251201T100000Z COMPLETED:20260201T100000Z", "2026-01-01", "2026-01-31", in},
		{"recurring to-do", "VTODO DTSTART:20250101T100000 DUE:20250101T110000 RRULE:FREQ=MONTHLY", "2026-01-01", "2026-01-01", in},
		{"journal on a day", "VJOURNAL DTSTART;VALUE=DATE:20260131", "2026-01-01", "2026-01-31", in},
		{"journal before", "VJOURNAL DTSTART:20251231T100000", "2026-01-01", "2026-01-31", out},
		{"journal without date", "VJOURNAL SUMMARY:x", "2026-01-01", "2026-01-31", in},
		{"free-busy", "VFREEBUSY DTSTART:20260101T000000Z DTEND:20260102T000000Z", "2026-01-01", "2026-01-31", in},
		{"free-busy before", "VFREEBUSY DTSTART:20250101T000000Z DTEND:20250102T000000Z", "2026-01-01", "2026-01-31", out},
		{"free-busy by its periods", "VFREEBUSY FREEBUSY:20250101T000000Z/PT1H,20260105T000000Z/PT1H", "2026-01-01", "2026-01-31", in},
		{"free-busy by its periods, before", "VFREEBUSY FREEBUSY:20250101T000000Z/PT1H,20250105T000000Z/20250105T010000Z", "2026-01-01", "2026-01-31", out},
		{"free-busy without dates", "VFREEBUSY COMMENT:x", "2026-01-01", "2026-01-31", in},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Overlaps(dav.Calendar, []byte(object(tt.spec)), day(tt.from), day(tt.to)); got != tt.want {
				t.Errorf("got %v, want %v\n%s", got, tt.want, object(tt.spec))
			}
		})
	}
}

func TestOverlapsOtherData(t *testing.T) {
	from, to := day("2026-01-01"), day("2026-01-31")
	old := object("VEVENT DTSTART:20250101T100000")
	for name, data := range map[string]string{
		"empty":         "",
		"HTML":          "<html>",
		"no component":  "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
		"zone only":     "BEGIN:VCALENDAR\n" + berlin + "END:VCALENDAR\n",
		"truncated":     strings.TrimSuffix(old, "END:VCALENDAR\n"),
		"END of it cut": strings.Replace(old, "END:VEVENT\n", "", 1),
	} {
		if !Overlaps(dav.Calendar, []byte(data), from, to) {
			t.Errorf("%s is out", name)
		}
	}
	if !Overlaps(dav.AddressBook, []byte(old), from, to) {
		t.Error("a contact is out")
	}
	if !Overlaps(dav.Calendar, []byte(old), time.Time{}, time.Time{}) {
		t.Error("out of a span without ends")
	}
	if Overlaps(dav.Calendar, []byte(strings.TrimSuffix(strings.TrimPrefix(old, "BEGIN:VCALENDAR\nVERSION:2.0\n"), "END:VCALENDAR\n")), from, to) {
		t.Error("a component without VCALENDAR is not looked at")
	}
}

// TestOverlapsIsBounded holds expansion to a bounded time, however much is to be expanded.
func TestOverlapsIsBounded(t *testing.T) {
	for name, spec := range map[string]string{
		"many rules":             "VEVENT DTSTART:20250101T100000" + strings.Repeat(" RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", 10_000),
		"many series":            "VEVENT DTSTART:19000101T100000 RRULE:FREQ=MONTHLY;BYDAY=6MO" + strings.Repeat("|VEVENT DTSTART:19000101T100000 RRULE:FREQ=MONTHLY;BYDAY=6MO", 10_000),
		"long COUNT":             "VEVENT DTSTART:00010101T000000 RRULE:FREQ=DAILY;COUNT=999999999",
		"all times of every day": "VEVENT DTSTART:20250101T100000 RRULE:FREQ=YEARLY;BYHOUR=1,2,3,4,5,6,7,8;BYMINUTE=1,2,3,4,5,6,7,8;BYSECOND=0;BYDAY=MO;BYSETPOS=366",
		"dates without number":   "VEVENT DTSTART:20250101T100000 RDATE:20250101T100000" + strings.Repeat(",20250101T100000", 100_000),
	} {
		start := time.Now()
		Overlaps(dav.Calendar, []byte(object(spec)), day("2026-01-01"), day("2026-01-31"))
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func TestParseSpan(t *testing.T) {
	for value, want := range map[string]string{
		"PT15M": "{false 0 900}", "-P1D": "{true 1 0}", "+P1W": "{false 7 0}", "P1DT2H3M4S": "{false 1 7384}", "-P0DT0H15M0S": "{true 0 900}", "pt1h": "{false 0 3600}",
		"P1W2D": "{false 9 0}", "P": "", "PT": "{false 0 0}", "1H": "", "PT1": "", "P1H": "", "PT1D": "", "PTT1H": "", "P-1D": "", "P99999999999D": "", "": "",
	} {
		s, ok := parseSpan([]byte(value))
		if got := fmt.Sprint(s); ok != (want != "") || ok && got != want {
			t.Errorf("%q: got %s %v, want %s", value, got, ok, want)
		}
	}
}

func FuzzOverlaps(f *testing.F) {
	for _, data := range objects(f) {
		f.Add(data, uint16(56), uint16(30))
	}
	f.Add([]byte(object("BERLIN | VTODO DTSTART:20250101T100000 DUE:20250102T100000Z RRULE:FREQ=WEEKLY;BYDAY=1MO,-1SU;BYSETPOS=-1;COUNT=9 EXDATE:20250101 RDATE:20250101/P1W")), uint16(55), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, years, days uint16) {
		from := time.Date(1970+int(years), 1, 1, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 0, int(days))
		start := time.Now()
		in := Overlaps(dav.Calendar, data, from, to)
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("took %v", d)
		}
		// What is in a span is in every span around it.
		if in && !(Overlaps(dav.Calendar, data, from, time.Time{}) && Overlaps(dav.Calendar, data, time.Time{}, to)) {
			t.Error("in a span, but not in a longer one")
		}
	})
}

func BenchmarkOverlaps(b *testing.B) {
	b.SetBytes(int64(len(realistic)))
	from, to := day("2026-06-01"), day("2026-06-30")
	for b.Loop() {
		if !Overlaps(dav.Calendar, realistic, from, to) {
			b.Fatal("out")
		}
	}
}
