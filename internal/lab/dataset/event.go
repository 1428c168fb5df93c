package dataset

import (
	"fmt"
	"time"
)

// eventShapes are what the events of a calendar look like, in turn, so that a small calendar holds some of each.
var eventShapes = []func(*draft){
	timed, allDay, weekly, meeting, moved, inUTC, severalDays, attached,
	floating, monthly, extraDates, linked, yearly, structured, masterLast, thisAndFuture,
	lasting, flight, parameters, hidden, reminders, workdays, halfHour, novel,
}

// event makes one member of a calendar: an event, and in every 45th place of the calendar that takes them a journal
// entry.
func event(d *draft) {
	if d.collection != calendarSamples[0].Name && d.number%45 == 44 {
		journal(d)
		return
	}
	eventShapes[d.number%len(eventShapes)](d)
}

// begin writes what every component starts with.
func (d *draft) begin(component string) {
	created := d.day()
	d.add("BEGIN:"+component, "UID:"+escape(d.uid), stamp("DTSTAMP", created.Add(90*time.Second)),
		stamp("CREATED", created), stamp("LAST-MODIFIED", created.Add(time.Hour)))
	d.addf("SUMMARY:%s", escape(d.title()))
	if d.chance(40) {
		d.addf("LOCATION:%s", escape(pick(d, places...)))
	}
	if d.chance(35) {
		d.addf("DESCRIPTION:%s", escape(d.prose(20+d.IntN(300))))
	}
	if d.chance(20) {
		d.addf("CATEGORIES:%s,%s", pick(d, categories...), pick(d, categories...))
		d.has("categories")
	}
	if d.chance(50) {
		d.addf("SEQUENCE:%d", d.IntN(8))
	}
}

// span writes a start and an end.
func (d *draft) span(c clock, start time.Time, length time.Duration) {
	d.add(d.time("DTSTART", c, start), d.time("DTEND", c, start.Add(length)))
}

func (d *draft) anyZone() clock { return clock{zone: pick(d, zones...)} }

func (d *draft) length() time.Duration {
	return pick(d, 15*time.Minute, 30*time.Minute, time.Hour, 90*time.Minute, 8*time.Hour)
}

func timed(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.alarm("-PT15M")
	d.add("END:VEVENT")
	d.has("timed")
}

func allDay(d *draft) {
	d.begin("VEVENT")
	d.span(clock{date: true}, d.day(), 24*time.Hour)
	d.add("TRANSP:TRANSPARENT", "END:VEVENT")
	d.has("all-day")
}

func severalDays(d *draft) {
	d.begin("VEVENT")
	d.span(clock{date: true}, d.day(), time.Duration(2+d.IntN(14))*24*time.Hour)
	d.add("X-MICROSOFT-CDO-BUSYSTATUS:OOF", "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "END:VEVENT")
	d.has("all-day", "x-property")
}

func inUTC(d *draft) {
	d.begin("VEVENT")
	d.span(clock{utc: true}, d.hour(), d.length())
	d.add("STATUS:CONFIRMED", "URL;VALUE=URI:https://example.test/e/1?x=%C3%A9", "END:VEVENT")
	d.has("utc")
}

func floating(d *draft) {
	d.begin("VEVENT")
	d.span(clock{}, d.hour(), d.length())
	d.add("END:VEVENT")
	d.has("floating")
}

// lasting has a DURATION in the place of an end.
func lasting(d *draft) {
	d.begin("VEVENT")
	d.add(d.time("DTSTART", d.anyZone(), d.hour()), "DURATION:PT1H30M", "GEO:52.516275;13.377704", "PRIORITY:5", "END:VEVENT")
	d.has("duration", "geo")
}

// flight starts in one zone and ends in another.
func flight(d *draft) {
	d.begin("VEVENT")
	start := d.hour()
	d.add(d.time("DTSTART", clock{zone: berlin}, start), d.time("DTEND", clock{zone: newYork}, start.Add(3*time.Hour)),
		"X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC", "END:VEVENT")
	d.has("two-zones", "x-property")
}

func hidden(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.add("CLASS:PRIVATE", "STATUS:CANCELLED", "TRANSP:TRANSPARENT", "END:VEVENT")
	d.has("private")
}

// novel is a long text in many scripts.
func novel(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.addf("COMMENT;LANGUAGE=mul:%s", escape(d.prose(1500+d.IntN(4000))))
	d.addf("X-ALT-DESC;FMTTYPE=text/html:%s", escape("<html><body><p>"+d.prose(300)+"</p>\n</body></html>"))
	d.add("END:VEVENT")
	d.has("long-text", "x-property")
}

func attached(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.addf("ATTACH;FMTTYPE=image/png;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=%s:%s", quote("scan 1, größer.png"), d.png(20))
	d.addf("ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=application/octet-stream:%s", d.base64(200+d.IntN(2000)))
	d.add("END:VEVENT")
	d.has("attachment:inline")
}

func linked(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.addf("ATTACH;FMTTYPE=application/pdf:https://files.example.test/%d/agenda%%20v2.pdf", d.number)
	d.addf("CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL=%s:https://meet.example.test/%d", quote("Room: 1"), d.number)
	d.add("END:VEVENT")
	d.has("attachment:uri")
}

func structured(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.addf("X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-ADDRESS=%s;X-APPLE-RADIUS=49.91;X-TITLE=%s:geo:52.5162,13.3777",
		quote("Hauptstraße 14\n10115 Berlin"), quote("Café; Central, 1st floor"))
	d.add(`X-VENDOR-DATA;X-P1=plain;X-P2="a;b:c":{"k":"v\,w"}`, "X-CUSTOM-EMPTY:", "END:VEVENT")
	d.has("x-property", "rfc6868")
}

// parameters has what RFC 6868 escapes in a parameter value.
func parameters(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.addf("RESOURCES;LANGUAGE=en;ALTREP=%s:Projector,Flip chart\\, large", quote("https://example.test/r?a=1;b=2"))
	d.addf("CONTACT;X-NAME=%s:%s", quote("Line 1\nThe \"second\" line ^ up"), escape("Anna Müller; +49 30 5550123"))
	d.add("END:VEVENT")
	d.has("rfc6868")
}

// meeting has an organizer and attendees.
func meeting(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.invite(2 + d.IntN(6))
	d.add("STATUS:CONFIRMED", "END:VEVENT")
}

// invite writes an organizer and n attendees.
func (d *draft) invite(n int) {
	o := d.person()
	d.addf("ORGANIZER;CN=%s:mailto:%s", quote(o.given+" "+o.family), o.mail)
	for i := range n {
		p := people[(d.number+i)%len(people)]
		d.addf("ATTENDEE;CN=%s;CUTYPE=%s;PARTSTAT=%s;ROLE=%s;RSVP=TRUE:mailto:%s",
			quote(pick(d, p.given+" "+p.family, p.family+", "+p.given, `The "`+p.given+`"`)),
			pick(d, "INDIVIDUAL", "GROUP", "ROOM"), pick(d, "NEEDS-ACTION", "ACCEPTED", "DECLINED", "TENTATIVE"),
			pick(d, "REQ-PARTICIPANT", "OPT-PARTICIPANT", "CHAIR"), p.mail)
	}
	d.has("attendees")
}

// alarm writes a display alarm.
func (d *draft) alarm(trigger string) {
	d.add("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:"+trigger, "DESCRIPTION:"+escape(pick(d, "Reminder", "Erinnerung; bald", "通知")))
	if d.chance(30) {
		d.add("X-WR-ALARMUID:" + d.uuid())
	}
	d.add("END:VALARM")
	d.has("alarm")
}

// reminders has an alarm of each sort (RFC 5545 section 3.6.6).
func reminders(d *draft) {
	d.begin("VEVENT")
	d.span(d.anyZone(), d.hour(), d.length())
	d.alarm("-PT1H")
	d.add("BEGIN:VALARM", "ACTION:AUDIO", "TRIGGER;RELATED=END:-PT5M", "ATTACH;VALUE=URI:Basso", "REPEAT:2", "DURATION:PT5M", "END:VALARM")
	d.add("BEGIN:VALARM", "ACTION:EMAIL", "TRIGGER;VALUE=DATE-TIME:20260401T060000Z", "SUMMARY:Alarm\\, by mail",
		"DESCRIPTION:"+escape(d.prose(80)), fmt.Sprintf("ATTENDEE:mailto:%s", d.person().mail), "END:VALARM")
	d.add("END:VEVENT")
	d.has("alarm", "alarm:several")
}
