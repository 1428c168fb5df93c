package dataset

import (
	"strings"

	"davferry/internal/dav"
)

// Answer is what a server says to the PUT of an awkward object.
type Answer struct {
	Status    int      // 201 takes it; Xandikos refuses with 207
	Condition string   // the precondition that the body of the answer names, "" where it names none
	Damage    []string // how an object that is taken differs afterwards, as of Compare; none where it stays as it is
}

// Taken says whether the server has the object afterwards.
func (a Answer) Taken() bool { return a.Status == 201 }

// AwkwardObject is an object that real accounts hold and that not every server takes, or keeps.
type AwkwardObject struct {
	Object
	Kind    dav.Kind
	Why     string            // it is awkward
	Answers map[string]Answer // by lab.Server.Name, as seen of Radicale 3.1.8 and Xandikos 0.2.8
}

var (
	taken      = Answer{Status: 201}
	badRequest = Answer{Status: 400}
	invalid    = Answer{Status: 207, Condition: "valid-calendar-data"} // said of cards too
)

func damaged(how ...string) Answer { return Answer{Status: 201, Damage: how} }

// Awkward returns one object of each sort. Each has a UID of its own (or none), so that they do not stand in each
// other's way in one collection.
func Awkward() []AwkwardObject {
	return append(awkwardEvents(), awkwardCards()...)
}

// both gives the answers of Radicale and Xandikos.
func both(radicale, xandikos Answer) map[string]Answer {
	return map[string]Answer{"radicale": radicale, "xandikos": xandikos}
}

func awkwardEvents() []AwkwardObject {
	times := "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n"
	return []AwkwardObject{
		awkwardEvent("override-alone", "an override without its master, as invitations to one occurrence leave behind",
			"DTSTART:20260112T120000Z\nRECURRENCE-ID:20260112T100000Z\n", both(badRequest, taken)),
		awkwardEvent("no-start", "no DTSTART", "DURATION:PT1H\n", both(badRequest, taken)),
		awkwardEvent("end-and-duration", "DTEND and DURATION", times+"DURATION:PT1H\n", both(badRequest, taken)),
		awkwardEvent("bad-rule", "a recurrence rule of a frequency that does not exist", times+"RRULE:FREQ=SOMETIMES\n",
			both(badRequest, damaged("- VCALENDAR#0/VEVENT#0/RRULE:FREQ=SOMETIMES", "+ VCALENDAR#0/VEVENT#0/RRULE:None"))),
		awkwardEvent("bad-date", "a date as people write it", "DTSTART:2026-01-05 10:00\n",
			both(badRequest, damaged("- VCALENDAR#0/VEVENT#0/DTSTART:2026-01-05 10:00", "+ VCALENDAR#0/VEVENT#0/DTSTART:None"))),
		awkwardEvent("no-colon", "a line without a colon", times+"this is no content line\n",
			both(badRequest, damaged("- VCALENDAR#0/VEVENT#0/THIS IS NO CONTENT LINE:"))),
		awkwardEvent("control-character", "control characters, which no XML can carry", times+"DESCRIPTION:bell\x07 and \x01 tab\x0b\n",
			both(taken, invalid)),
		awkwardEvent("not-utf8", "Latin-1 in place of UTF-8", times+"LOCATION:B\xfcro\n",
			both(damaged("- VCALENDAR#0/VEVENT#0/LOCATION:B\xfcro", "+ VCALENDAR#0/VEVENT#0/LOCATION:Büro"),
				damaged("- VCALENDAR#0/VEVENT#0/LOCATION:B\xfcro", "+ VCALENDAR#0/VEVENT#0/LOCATION:B\ufffdro"))),
		awkward(dav.Calendar, "no-uid", "no UID", "", wrapEvent(times), both(badRequest, taken)),
		awkward(dav.Calendar, "byte-order-mark", "a byte order mark before the first line", "byte-order-mark",
			"\ufeff"+wrapEvent("UID:byte-order-mark\n"+times), both(badRequest, invalid)),
		awkward(dav.Calendar, "two-uids", "events of two UIDs in one object", "two-uids-a",
			wrapEvent("UID:two-uids-a\n"+times+"END:VEVENT\nBEGIN:VEVENT\nUID:two-uids-b\nDTSTAMP:20260101T000000Z\n"+times),
			both(badRequest, taken)),
		awkward(dav.Calendar, "zone-only", "a time zone and nothing else; Radicale takes one such object a calendar", "",
			"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\n"+strings.Join(kolkata.lines(), "\n")+"\nEND:VCALENDAR\n",
			both(taken, taken)),
		awkward(dav.Calendar, "empty", "no bytes at all", "", "", both(badRequest, invalid)),
		awkward(dav.Calendar, "cut-off", "cut off in the middle", "cut-off",
			wrapEvent("UID:cut-off\n" + times)[:90], both(badRequest, invalid)),
		awkward(dav.Calendar, "web-page", "an error page that somebody stored", "",
			"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n", both(badRequest, invalid)),
	}
}

func awkwardCards() []AwkwardObject {
	return []AwkwardObject{
		awkward(dav.AddressBook, "no-fn", "no FN", "no-fn", wrapCard("VERSION:3.0\nUID:no-fn\nN:Smith;John;;;\n"), both(badRequest, taken)),
		awkward(dav.AddressBook, "no-card-uid", "no UID", "", wrapCard("VERSION:3.0\nFN:John Smith\nN:Smith;John;;;\n"), both(badRequest, taken)),
		awkward(dav.AddressBook, "vcard21", "vCard 2.1 with quoted-printable", "vcard21",
			wrapCard("VERSION:2.1\nUID:vcard21\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\nFN:Juergen\n"),
			both(damaged("- VCARD#0/N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen",
				"+ VCARD#0/N;CHARSET=UTF-8:Müller;Jürgen;;;"), taken)),
		awkward(dav.AddressBook, "two-cards", "two cards in one object", "two-cards-a",
			wrapCard("VERSION:3.0\nUID:two-cards-a\nFN:A\nN:A;;;;\n")+wrapCard("VERSION:3.0\nUID:two-cards-b\nFN:B\nN:B;;;;\n"),
			both(badRequest, taken)),
		awkward(dav.AddressBook, "bare-type", "a parameter without its name, as vCard 2.1 has them", "bare-type",
			wrapCard("VERSION:3.0\nUID:bare-type\nFN:John Smith\nN:Smith;John;;;\nTEL;HOME:2\n"),
			both(damaged("- VCARD#0/TEL;HOME=:2", "+ VCARD#0/TEL:2"), taken)),
		awkward(dav.AddressBook, "card-control-character", "a control character, which no XML can carry", "card-control-character",
			wrapCard("VERSION:3.0\nUID:card-control-character\nFN:John\x01 Smith\nN:Smith;John;;;\n"), both(taken, taken)),
		awkward(dav.AddressBook, "cut-off-card", "cut off in the middle", "cut-off-card",
			wrapCard("VERSION:3.0\nUID:cut-off-card\nFN:John Smith\n")[:50], both(badRequest, invalid)),
	}
}

// awkwardEvent makes an event out of lines.
func awkwardEvent(name, why, lines string, answers map[string]Answer) AwkwardObject {
	return awkward(dav.Calendar, name, why, name, wrapEvent("UID:"+name+"\n"+lines), answers)
}

func awkward(k dav.Kind, name, why, uid, text string, answers map[string]Answer) AwkwardObject {
	return AwkwardObject{
		Object: Object{Name: name + k.Extension(), UID: uid, Data: []byte(strings.ReplaceAll(text, "\n", "\r\n"))},
		Kind:   k, Why: why, Answers: answers,
	}
}

func wrapEvent(lines string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\nBEGIN:VEVENT\n" +
		"DTSTAMP:20260101T000000Z\nSUMMARY:Awkward\n" + lines + "END:VEVENT\nEND:VCALENDAR\n"
}

func wrapCard(lines string) string { return "BEGIN:VCARD\n" + lines + "END:VCARD\n" }
