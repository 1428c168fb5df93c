package mapping

import (
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

const (
	viennaZone = "BEGIN:VTIMEZONE\nTZID:Europe/Vienna\nBEGIN:STANDARD\nDTSTART:19701025T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
	tokyoZone  = "BEGIN:VTIMEZONE\nTZID:Asia/Tokyo\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\nTZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n"
	eventA     = "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Vienna:20260105T100000\nSUMMARY:fol\n ded\nEND:VEVENT\n"
	overrideA  = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=\"Europe/Vienna\":20260112T100000\nEND:VEVENT\n"
	eventB     = "BEGIN:VEVENT\nUID:b\nDTSTART;TZID=Asia/Tokyo:20260105T100000\nBEGIN:VALARM\nUID:alarm\nEND:VALARM\nEND:VEVENT\n"
	taskC      = "BEGIN:VTODO\nUID:c\nSUMMARY:no zone\nEND:VTODO\n"
)

func calendarOf(inside ...string) string {
	return "BEGIN:VCALENDAR\nVERSION:2.0\n" + strings.Join(inside, "") + "X-WR-CALNAME:behind\nEND:VCALENDAR\n"
}

func TestSplit(t *testing.T) {
	cardOf := func(uid string) string { return "BEGIN:VCARD\nVERSION:3.0\nUID:" + uid + "\nFN:x\nEND:VCARD\n" }
	for _, test := range []struct {
		name string
		kind dav.Kind
		data string
		want []string // UID and text, one after the other
	}{
		{"each UID with its own time zones", dav.Calendar, calendarOf(viennaZone, tokyoZone, eventA, eventB, overrideA, taskC), []string{
			"a", calendarOf(viennaZone, eventA, overrideA), "b", calendarOf(tokyoZone, eventB), "c", calendarOf(taskC)}},
		{"line ends stay", dav.Calendar, strings.ReplaceAll(calendarOf(eventA, taskC), "\n", "\r\n"), []string{
			"a", strings.ReplaceAll(calendarOf(eventA), "\n", "\r\n"), "c", strings.ReplaceAll(calendarOf(taskC), "\n", "\r\n")}},
		{"two calendars", dav.Calendar, calendarOf(eventA) + calendarOf(taskC), []string{"a", calendarOf(eventA), "c", calendarOf(taskC)}},
		{"without the last line end", dav.Calendar, strings.TrimSuffix(calendarOf(eventA, taskC), "\n"), []string{
			"a", strings.TrimSuffix(calendarOf(eventA), "\n") + "\r\n", "c", strings.TrimSuffix(calendarOf(taskC), "\n") + "\r\n"}},
		{"one UID", dav.Calendar, calendarOf(eventA, overrideA), nil},
		{"one of two calendars has a UID of the other", dav.Calendar, calendarOf(eventA) + calendarOf(overrideA, taskC), nil},
		{"a component without UID", dav.Calendar, calendarOf(eventA, taskC, "BEGIN:VEVENT\nSUMMARY:whose?\nEND:VEVENT\n"), nil},
		{"cut off", dav.Calendar, "BEGIN:VCALENDAR\n" + eventA + taskC, nil},
		{"no object", dav.Calendar, "<html>", nil},
		{"two cards", dav.AddressBook, cardOf("a") + "\n" + cardOf("b"), []string{"a", cardOf("a"), "b", cardOf("b")}},
		{"a card twice", dav.AddressBook, cardOf("a") + cardOf("a"), nil},
		{"a card without UID", dav.AddressBook, cardOf("a") + cardOf(""), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, p := range Split(test.kind, []byte(test.data)) {
				got = append(got, p.UID, string(p.Data))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%q\nwant %q", got, test.want)
			}
		})
	}
}

func TestMethod(t *testing.T) {
	object := calendarOf("METHOD:REQU\n EST\n", eventA)
	r := Rules{Method{}}.Apply(Subject{Kind: dav.Calendar}, []byte(object))
	if string(r.Data) != calendarOf(eventA) || len(r.Changes) != 1 || r.Changes[0].Rule != MethodRemoved || r.Changes[0].Before[0] != "METHOD:REQUEST" {
		t.Errorf("%q\n%+v", r.Data, r.Changes)
	}
	inside := calendarOf("BEGIN:VEVENT\nUID:a\nMETHOD:odd\nEND:VEVENT\n")
	if r := (Rules{Method{}}).Apply(Subject{Kind: dav.Calendar}, []byte(inside)); string(r.Data) != inside {
		t.Errorf("a METHOD elsewhere was taken out: %q", r.Data)
	}
	for _, test := range []struct {
		name, from, to string
		want           bool
	}{
		{"removed", object, calendarOf(eventA), true},
		{"another", object, calendarOf("METHOD:CANCEL\n", eventA), false},
		{"removed with more", object, calendarOf(), false},
	} {
		c := Compare(dav.Calendar, []byte(test.from), []byte(test.to))
		if c.Equivalent() != test.want || test.want && !slices.Contains(c.Allowed, NoMethod) {
			t.Errorf("%s: %+v", test.name, c)
		}
		if err := CrossCheck(dav.Calendar, []byte(test.from), []byte(test.to)); test.want && err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
