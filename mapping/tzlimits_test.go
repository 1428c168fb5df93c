package mapping

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

func zoneObject(t testing.TB, folder string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "zones", folder, "before.ics"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Large objects that are made to take long end soon, changed or reported, in time that grows with their size.
func TestZonesTakesLittleTime(t *testing.T) {
	const size = 2 << 20
	fill := func(text string) string { return strings.Repeat(text, size/len(text)) }
	count := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	event := func(lines string) string {
		return "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Eastern Standard Time:20100105T100000\r\n" + lines + "END:VEVENT\r\n"
	}
	old := zoneObject(t, "old-rules-hit")
	zone := old[strings.Index(old, "BEGIN:VTIMEZONE"):strings.Index(old, "BEGIN:VEVENT")]
	custom := strings.ReplaceAll(zone, "Eastern Standard Time", "Custom %d")
	object := func(parts ...string) string {
		return "BEGIN:VCALENDAR\r\n" + strings.Join(parts, "") + "END:VCALENDAR\r\n"
	}
	tests := []struct{ name, data, left string }{
		{"a photo", object(zone, event("ATTACH;VALUE=BINARY:"+fill("QUJD")+"\r\n")), ""},
		{"a folded photo", object(zone, event("ATTACH;VALUE=BINARY:"+fill("QUJD\r\n ")+"\r\n")), ""},
		{"a photo without value", object(zone, event("ATTACH;X="+fill("QUJD\r\n ")+"\r\n")), ""},
		{"a TZID of megabytes", object(event("DTEND;TZID=" + fill("A") + ":20100105T100000\r\n")), TimezoneUnknown},
		{"exceptions", object(zone, event("EXDATE;TZID=Eastern Standard Time:"+fill("20100105T100000,")+"20100105T100000\r\n")), ""},
		{"additions and alarms", object(zone, event("RDATE;TZID=Eastern Standard Time:"+fill("20100105T100000,")+"20100105T100000\r\n"+
			"BEGIN:VALARM\r\nTRIGGER:-P1D\r\nDURATION:P1D\r\nREPEAT:60\r\nEND:VALARM\r\n")), ""},
		{"alarms", object(zone, event(fill("BEGIN:VALARM\r\nTRIGGER:-P1D\r\nDURATION:P1D\r\nREPEAT:9999999\r\nEND:VALARM\r\n"))), ""},
		{"rules", object(zone, event(fill("RRULE:FREQ=SECONDLY\r\n"))), TimezoneDiffers},
		{"rules that never occur", object(zone, event(fill("RRULE:FREQ=YEARLY;BYMONTHDAY=30;BYMONTH=2\r\n"))), TimezoneDiffers},
		{"events", object(zone, fill(event("RRULE:FREQ=DAILY\r\n"))), TimezoneDiffers},
		{"VTIMEZONEs that are not used", object(zone, fill(zone), event("")), TimezoneInvalid},
		{"VTIMEZONEs that mean nothing", object(count(custom, 5_000), count(strings.ReplaceAll(event(""), "Eastern Standard Time", "Custom %d"), 5_000)), TimezoneInvalid},
		{"observances", object(strings.Replace(zone, "END:VTIMEZONE", fill("BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\n")+"END:VTIMEZONE", 1), event("")), TimezoneInvalid},
		{"nested", object(zone, event(fill("BEGIN:X\r\n"))), TimezoneInvalid},
		{"calendars", fill(object(zone, event(""))), TimezoneInvalid},
		{"more than 10 MB", object(zone, event("ATTACH:"+strings.Repeat("A", maxReadSize)+"\r\n")), TimezoneInvalid},
	}
	z := zonesFor(t, "")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			result := Rules{z}.Apply(Subject{Kind: dav.Calendar}, []byte(test.data))
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s for %d octets", took, len(test.data))
			}
			left := ""
			if len(result.Left) > 0 {
				left = result.Left[0].Rule
			}
			if left != test.left || left == "" && len(result.Changes) == 0 {
				t.Errorf("left %.300q, %d changes", result.Left, len(result.Changes))
			}
			if len(result.Left) > maxUses*2 {
				t.Errorf("%d reasons", len(result.Left))
			}
			for _, l := range result.Left {
				if len(l.Reason) > 1000 {
					t.Errorf("a reason of %d octets", len(l.Reason))
				}
			}
		})
	}
}

// BenchmarkZones applies the rule to one object of a calendar after the other, as in a run: what is known of their
// VTIMEZONE is known from the first one on.
func BenchmarkZones(b *testing.B) {
	for _, folder := range []string{"right", "windows", "customized", "definition-missing", "old-rules-not-hit", "no-zone"} {
		b.Run(folder, func(b *testing.B) {
			z, data := zonesFor(b, folder), []byte(zoneObject(b, folder))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				Rules{z}.Apply(Subject{Kind: dav.Calendar}, data)
			}
		})
	}
	// Series as old as these no zone may have had, or another one than today.
	for _, start := range []string{"19980105", "19900105"} {
		b.Run("customized since "+start, func(b *testing.B) {
			z, data := zonesFor(b, "customized"), []byte(strings.ReplaceAll(zoneObject(b, "customized"), "20240105", start))
			b.ReportAllocs()
			for b.Loop() {
				Rules{z}.Apply(Subject{Kind: dav.Calendar}, data)
			}
		})
	}
}
