package dataset

import "strings"

const (
	meetUTC    = "DTSTART:20260304T100000Z\nDTEND:20260304T110000Z\n"
	meetBerlin = "DTSTART;TZID=Europe/Berlin:20260304T100000\nDTEND;TZID=Europe/Berlin:20260304T110000\n"
)

// eventSamples show the properties of events (RFC 5545 section 3.8, RFC 7986) and their alarms.
var eventSamples = []sample{
	{"event-minimal", "DTSTART:20260304T100000Z"},
	{"event-summary-escapes", meetUTC + `SUMMARY:One\, two\; three \\ four\nfive`},
	{"event-summary-language", meetUTC + "SUMMARY;LANGUAGE=de:Mittagessen"},
	{"event-summary-empty", meetUTC + "SUMMARY:"},
	{"event-scripts", meetUTC + "SUMMARY:会議 · совещание · اجتماع · פגישה · बैठक · 👩🏿‍🚀 e\u0301"},
	{"event-description-long", meetUTC + "SUMMARY:Long\nDESCRIPTION:" + strings.Repeat("Größe – 日程\\, \\n", 300)},
	{"event-description-html", meetUTC + "SUMMARY:HTML\nDESCRIPTION:Bold\nX-ALT-DESC;FMTTYPE=text/html:<html><body><b>Bold</b>\\, &amp\\; more</body></html>"},
	{"event-description-altrep", meetUTC + "SUMMARY:Alt\nDESCRIPTION;ALTREP=\"cid:part1.0001@example.test\":Text"},
	{"event-location-altrep", meetUTC + "SUMMARY:Place\nLOCATION;ALTREP=\"https://example.test/room;1,2\":Room 3\\, Building B"},
	{"event-geo", meetUTC + "SUMMARY:Geo\nGEO:48.208174;16.373819"},
	{"event-apple-location", meetUTC + "SUMMARY:Apple\nLOCATION:Café\nX-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=70;X-TITLE=Café:geo:48.20,16.37"},
	{"event-categories", meetUTC + "SUMMARY:Categories\nCATEGORIES:Work,Urgent\\, really,日程\nCATEGORIES;LANGUAGE=fr:Réunion"},
	{"event-comments", meetUTC + "SUMMARY:Comments\nCOMMENT:first\nCOMMENT:second"},
	{"event-contact-url", meetUTC + "SUMMARY:Contact\nCONTACT;ALTREP=\"ldap://example.test/cn=a\":Anna\\, ext. 12\nURL:https://example.test/?a=1&b=2;c=3,d#e"},
	{"event-resources", meetUTC + "SUMMARY:Resources\nRESOURCES:Projector,Room\\, large"},
	{"event-related", meetUTC + "SUMMARY:Related\nRELATED-TO;RELTYPE=SIBLING:event-minimal\nRELATED-TO:event-geo"},
	{"event-private", meetUTC + "SUMMARY:Private\nCLASS:PRIVATE"},
	{"event-confidential", meetUTC + "SUMMARY:Confidential\nCLASS:CONFIDENTIAL\nPRIORITY:1"},
	{"event-transparent", meetUTC + "SUMMARY:Free\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:FREE"},
	{"event-tentative", meetUTC + "SUMMARY:Tentative\nSTATUS:TENTATIVE"},
	{"event-cancelled", meetUTC + "SUMMARY:Cancelled\nSTATUS:CANCELLED\nSEQUENCE:3"},
	{"event-history", meetUTC + "SUMMARY:History\nCREATED:20200101T000000Z\nLAST-MODIFIED:20240102T030405Z\nSEQUENCE:7"},
	{"event-attach-uri", meetUTC + "SUMMARY:Link\nATTACH;FMTTYPE=application/pdf;FILENAME=\"agenda, v2.pdf\":https://example.test/agenda.pdf"},
	{"event-attach-binary", meetUTC + "SUMMARY:File\nATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=dot.png:{png}"},
	{"event-attach-large", meetUTC + "SUMMARY:40 KB\nATTACH;FMTTYPE=application/octet-stream;ENCODING=BASE64;VALUE=BINARY:{octets}"},
	{"event-rfc7986", meetUTC + "SUMMARY:RFC 7986\nCOLOR:turquoise\nIMAGE;VALUE=URI;DISPLAY=BADGE;FMTTYPE=image/png:https://example.test/i.png\n" +
		"CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=Call:https://meet.example.test/abc"},
	{"event-x-properties", meetUTC + "SUMMARY:X\nX-CUSTOM;X-PARAM=\"a,b;c:d\":value\\, with\\; all\nX-MOZ-GENERATION:4\nX-GOOGLE-CONFERENCE:https://meet.example.test/x"},
	{"event-iana-property", meetUTC + "SUMMARY:Unknown\nSTRUCTURED-DATA;VALUE=TEXT;FMTTYPE=application/ld+json:{\"a\": \"b\"}"},
	{"event-parameter-carets", meetUTC + "SUMMARY:Carets\nX-NOTE;X-BY=\"Anna ^'Ann^' Müller^nBerlin ^^\":text"},
	{"event-alarm-display", meetUTC + "SUMMARY:Display\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:Now\nEND:VALARM"},
	{"event-alarm-email", meetUTC + "SUMMARY:Mail\nBEGIN:VALARM\nACTION:EMAIL\nTRIGGER;RELATED=END:PT0S\nSUMMARY:Over\nDESCRIPTION:It is over\nATTENDEE:mailto:me@example.org\nEND:VALARM"},
	{"event-alarm-audio", meetUTC + "SUMMARY:Audio\nBEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-P1DT2H\nATTACH;VALUE=URI:Basso\nEND:VALARM"},
	{"event-alarm-absolute", meetUTC + "SUMMARY:Absolute\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260304T080000Z\nREPEAT:3\nDURATION:PT5M\nDESCRIPTION:Now\nEND:VALARM"},
	{"event-alarm-rfc9074", meetUTC + "SUMMARY:Acknowledged\nBEGIN:VALARM\nUID:alarm-1\nX-WR-ALARMUID:alarm-1\nACTION:DISPLAY\nTRIGGER:-PT5M\nDESCRIPTION:Now\n" +
		"ACKNOWLEDGED:20260304T095600Z\nEND:VALARM\nBEGIN:VALARM\nUID:alarm-2\nACTION:DISPLAY\nTRIGGER;VALUE=DATE-TIME:20260304T100100Z\nDESCRIPTION:Now\n" +
		"RELATED-TO;RELTYPE=SNOOZE:alarm-1\nEND:VALARM"},
	{"event-alarm-snooze-mozilla", meetUTC + "SUMMARY:Snooze\nX-MOZ-LASTACK:20260304T095500Z\nX-MOZ-SNOOZE-TIME:20260304T100000Z\n" +
		"BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:Now\nEND:VALARM"},
}

// timeSamples show how events say when they are.
var timeSamples = []sample{
	{"time-zoned", meetBerlin + "SUMMARY:Berlin"},
	{"time-floating", "DTSTART:20260304T100000\nDTEND:20260304T110000\nSUMMARY:Floating"},
	{"time-all-day", "DTSTART;VALUE=DATE:20260304\nDTEND;VALUE=DATE:20260305\nSUMMARY:All day"},
	{"time-all-day-endless", "DTSTART;VALUE=DATE:20260304\nSUMMARY:All day without end"},
	{"time-days", "DTSTART;VALUE=DATE:20260304\nDTEND;VALUE=DATE:20260312\nSUMMARY:Holiday\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE"},
	{"time-duration", "DTSTART:20260304T100000Z\nDURATION:P1DT2H30M\nSUMMARY:Duration"},
	{"time-two-zones", "DTSTART;TZID=Europe/Berlin:20260304T100000\nDTEND;TZID=America/New_York:20260304T130000\nSUMMARY:Flight"},
	{"time-half-hour-zone", "DTSTART;TZID=Australia/Lord_Howe:20260304T100000\nDURATION:PT1H\nSUMMARY:Lord Howe"},
	{"time-zone-not-defined", "DTSTART;TZID=Europe/Berlin:20260304T100000\nDURATION:PT1H\nSUMMARY:No VTIMEZONE\nX-ZONE:none"},
	{"time-across-years", "DTSTART:20251231T230000Z\nDTEND:20260101T010000Z\nSUMMARY:New Year"},
	{"time-past", "DTSTART:19991231T230000Z\nDTEND:20000101T010000Z\nSUMMARY:Millennium"},
	{"time-far", "DTSTART:20970304T100000Z\nDTEND:20970304T110000Z\nSUMMARY:Far"},
}

// peopleSamples are meetings, whose people do not have accounts.
var peopleSamples = []sample{
	{"people-organizer", meetBerlin + "SUMMARY:My meeting\nORGANIZER;CN=Me:mailto:me@example.org\n" +
		"ATTENDEE;CN=\"Müller, Anna\";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:anna@example.org\n" +
		"ATTENDEE;CN=Room;CUTYPE=ROOM;ROLE=NON-PARTICIPANT;PARTSTAT=DECLINED:mailto:room@example.org"},
	{"people-attendee", meetBerlin + "SUMMARY:Their meeting\nORGANIZER;CN=Anna;SENT-BY=\"mailto:office@example.org\":mailto:anna@example.org\n" +
		"ATTENDEE;PARTSTAT=TENTATIVE;DELEGATED-FROM=\"mailto:a@example.org\",\"mailto:b@example.org\":mailto:me@example.org"},
	{"people-series", meetBerlin + "SUMMARY:Weekly\nRRULE:FREQ=WEEKLY;COUNT=5\nORGANIZER:mailto:me@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org\n" +
		"END:VEVENT\nBEGIN:VEVENT\nUID:people-series\nDTSTAMP:20240102T030405Z\nRECURRENCE-ID;TZID=Europe/Berlin:20260311T100000\n" +
		"DTSTART;TZID=Europe/Berlin:20260311T140000\nDTEND;TZID=Europe/Berlin:20260311T150000\nSUMMARY:Weekly\nORGANIZER:mailto:me@example.org\n" +
		"ATTENDEE;PARTSTAT=DECLINED:mailto:anna@example.org"},
	{"people-organizer-alone", meetUTC + "SUMMARY:Organizer alone\nORGANIZER:mailto:me@example.org"},
	{"people-attendee-alone", meetUTC + "SUMMARY:Attendee alone\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@example.org"},
}
