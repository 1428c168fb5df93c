package dataset

import "strings"

const (
	dailyBerlin = "DTSTART;TZID=Europe/Berlin:20260302T090000\nDURATION:PT1H\nSUMMARY:Series\n"
	firstDay    = "DTSTART;VALUE=DATE:20260302\nSUMMARY:Series\n"
)

// override begins a changed occurrence of a series whose UID is name.
func override(name, lines string) string {
	return "\nEND:VEVENT\nBEGIN:VEVENT\nUID:" + name + "\nDTSTAMP:20240102T030405Z\n" + lines
}

// seriesSamples show recurrence (RFC 5545 section 3.8.5).
var seriesSamples = []sample{
	{"series-daily-count", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10"},
	{"series-daily-until", dailyBerlin + "RRULE:FREQ=DAILY;UNTIL=20260320T080000Z"},
	{"series-until-date", firstDay + "RRULE:FREQ=DAILY;INTERVAL=2;UNTIL=20260320"},
	{"series-weekly-days", dailyBerlin + "RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=MO,WE,FR"},
	{"series-monthly-day", dailyBerlin + "RRULE:FREQ=MONTHLY;BYMONTHDAY=2,-1;COUNT=12"},
	{"series-monthly-weekday", dailyBerlin + "RRULE:FREQ=MONTHLY;BYDAY=1MO,-1FR"},
	{"series-monthly-setpos", dailyBerlin + "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"},
	{"series-yearly", firstDay + "RRULE:FREQ=YEARLY"},
	{"series-leap-day", "DTSTART;VALUE=DATE:20240229\nSUMMARY:Leap day\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"},
	{"series-yearly-weekno", dailyBerlin + "RRULE:FREQ=YEARLY;BYWEEKNO=10,20;BYDAY=MO;WKST=MO"},
	{"series-yearly-yearday", dailyBerlin + "RRULE:FREQ=YEARLY;BYYEARDAY=61,-1;COUNT=6"},
	// With BYHOUR Radicale 3.1.8 takes it or not by the hour of the day at which it is put.
	{"series-hourly", dailyBerlin + "RRULE:FREQ=HOURLY;INTERVAL=6;COUNT=20"},
	{"series-floating", "DTSTART:20260302T090000\nDURATION:PT1H\nSUMMARY:Series\nRRULE:FREQ=DAILY;COUNT=3"},
	{"series-rdate", dailyBerlin + "RDATE;TZID=Europe/Berlin:20260305T090000,20260309T100000"},
	{"series-rdate-dates", firstDay + "RDATE;VALUE=DATE:20260305,20260309"},
	{"series-rdate-period", "DTSTART:20260302T090000Z\nDURATION:PT1H\nSUMMARY:Series\nRDATE;VALUE=PERIOD:20260305T090000Z/20260305T120000Z,20260309T090000Z/PT30M"},
	{"series-exdate", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10\nEXDATE;TZID=Europe/Berlin:20260303T090000\nEXDATE;TZID=Europe/Berlin:20260304T090000"},
	{"series-exdate-list", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10\nEXDATE;TZID=Europe/Berlin:20260303T090000,20260304T090000"},
	{"series-exdate-dates", firstDay + "RRULE:FREQ=DAILY;COUNT=10\nEXDATE;VALUE=DATE:20260303,20260304"},
	{"series-all", dailyBerlin + "RRULE:FREQ=WEEKLY;COUNT=4\nRDATE;TZID=Europe/Berlin:20260305T090000\nEXDATE;TZID=Europe/Berlin:20260309T090000"},
	{"series-exrule", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10\nEXRULE:FREQ=WEEKLY;COUNT=2"},
	{"series-override", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10" +
		override("series-override", "RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000\nDTSTART;TZID=Europe/Berlin:20260303T140000\nDURATION:PT2H\nSUMMARY:Later\nSEQUENCE:1")},
	{"series-override-two", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10" +
		override("series-override-two", "RECURRENCE-ID;TZID=Europe/Berlin:20260304T090000\nDTSTART;TZID=Europe/Berlin:20260304T140000\nSUMMARY:Later") +
		override("series-override-two", "RECURRENCE-ID:20260302T080000Z\nDTSTART:20260302T100000Z\nDURATION:PT1H\nSUMMARY:In UTC")},
	{"series-override-cancelled", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10" +
		override("series-override-cancelled", "RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000\nDTSTART;TZID=Europe/Berlin:20260303T090000\nSTATUS:CANCELLED\nSUMMARY:Off")},
	{"series-override-future", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=10" +
		override("series-override-future", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260305T090000\nDTSTART;TZID=Europe/Berlin:20260305T110000\nDURATION:PT1H\nSUMMARY:From now on")},
	{"series-override-all-day", firstDay + "RRULE:FREQ=WEEKLY;COUNT=5" +
		override("series-override-all-day", "RECURRENCE-ID;VALUE=DATE:20260309\nDTSTART;VALUE=DATE:20260310\nSUMMARY:A day later")},
	{"series-override-alarm", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=3\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:All\nEND:VALARM" +
		override("series-override-alarm", "RECURRENCE-ID;TZID=Europe/Berlin:20260303T090000\nDTSTART;TZID=Europe/Berlin:20260303T090000\nSUMMARY:Two alarms\n"+
			"BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT30M\nDESCRIPTION:Early\nEND:VALARM\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:PT0S\nDESCRIPTION:Now\nEND:VALARM")},
}

// oddSamples are unusual and valid, or what clients have always written.
var oddSamples = []sample{
	{"odd-uid-with-signs", "UID:{4f2c}/a b+c?d=1&e#f@example.test\n" + meetUTC + "SUMMARY:UID"},
	{"odd-uid-unicode", "UID:größe-日程@example.test\n" + meetUTC + "SUMMARY:UID"},
	{"odd-uid-long", "UID:" + strings.Repeat("0123456789", 25) + "\n" + meetUTC + "SUMMARY:UID"},
	{"odd-lower-case", "dtstart:20260304T100000Z\nsummary:Lower case\nx-note;x-by=me:text"},
	{"odd-end-is-start", "DTSTART:20260304T100000Z\nDTEND:20260304T100000Z\nSUMMARY:No time at all"},
	{"odd-end-before-start", "DTSTART:20260304T100000Z\nDTEND:20260304T090000Z\nSUMMARY:Backwards"},
	{"odd-empty-properties", meetUTC + "SUMMARY:Empty\nDESCRIPTION:\nLOCATION:\nCATEGORIES:"},
	{"odd-count-and-until", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=5;UNTIL=20260320T080000Z"},
	{"odd-two-rules", dailyBerlin + "RRULE:FREQ=DAILY;COUNT=3\nRRULE:FREQ=WEEKLY;COUNT=3"},
	{"odd-x-component", meetUTC + "SUMMARY:Parts\nBEGIN:X-PART\nX-NAME:value\nEND:X-PART"},
	{"odd-windows-zone", "DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20260304T100000\nDURATION:PT1H\nSUMMARY:Windows\nEND:VEVENT\n" +
		"BEGIN:VTIMEZONE\nTZID:(UTC+01:00) Amsterdam\\, Berlin\nBEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n" +
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n" +
		"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\nBEGIN:VEVENT\nUID:odd-windows-zone\nDTSTAMP:20240102T030405Z\n" +
		"RECURRENCE-ID;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20260311T100000\nDTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin\":20260311T120000\nSUMMARY:Windows"},
	{"odd-own-zone", "DTSTART;TZID=Lab/Half:20260304T100000\nDURATION:PT1H\nSUMMARY:A zone of its own\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n" +
		"BEGIN:VTIMEZONE\nTZID:Lab/Half\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0330\nTZOFFSETTO:+0330\nTZNAME:LAB\nEND:STANDARD\nEND:VTIMEZONE\n" +
		"BEGIN:VEVENT\nUID:odd-own-zone\nDTSTAMP:20240102T030405Z\nRECURRENCE-ID;TZID=Lab/Half:20260305T100000\nDTSTART;TZID=Lab/Half:20260305T110000\nSUMMARY:Moved"},
}
