package migrate_test

import (
	"fmt"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/mapping"
	"davferry/migrate"
)

// outlookEvent is a weekly meeting as Outlook writes it, of about 2 KB.
const outlookEvent = "BEGIN:VCALENDAR\r\nPRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN\r\nVERSION:2.0\r\n" +
	"BEGIN:VTIMEZONE\r\nTZID:W. Europe Standard Time\r\n" +
	"BEGIN:STANDARD\r\nDTSTART:16010101T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n" +
	"BEGIN:DAYLIGHT\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\n" +
	"END:VTIMEZONE\r\nBEGIN:VEVENT\r\nUID:%s\r\nDTSTAMP:20240101T000000Z\r\n" +
	"DTSTART;TZID=W. Europe Standard Time:20240105T100000\r\nDTEND;TZID=W. Europe Standard Time:20240105T110000\r\n" +
	"RRULE:FREQ=WEEKLY\r\nSUMMARY:Meeting\r\nDESCRIPTION:%s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

// BenchmarkMigrateZones migrates 10,000 events whose time zone is named as Windows does, with and without the rule that
// renames and defines it.
func BenchmarkMigrateZones(b *testing.B) {
	const events = 10_000
	zones, err := mapping.NewZones(false, "")
	if err != nil {
		b.Fatal(err)
	}
	for _, rules := range []mapping.Rules{nil, {zones}} {
		b.Run(map[bool]string{false: "as it is", true: "normalized"}[len(rules) > 0], func(b *testing.B) {
			w := newWorld(b, davtest.Quirks{}, davtest.Quirks{})
			w.batch = 50
			calendar, _ := w.fill("anna", 0, 0)
			text := strings.Repeat("what there is to talk about\r\n ", 40)
			for i := range events {
				uid := fmt.Sprintf("uid-e%d", i)
				w.from.PutObject(calendar+uid+".ics", []byte(fmt.Sprintf(outlookEvent, uid, text)))
			}
			w.from.SetRecording(false)
			for b.Loop() {
				b.StopTimer()
				w.to, w.toURL = startServer(b, davtest.Quirks{})
				w.to.SetRecording(false)
				w.dir = b.TempDir()
				b.StartTimer()
				job := w.job(migrate.Migrate)
				job.Rules = rules
				if s, err := w.runJob(b.Context(), job); s == nil || s.Objects.Created != events {
					b.Fatal(s, err)
				}
			}
			report(b, events)
		})
	}
}
