package lab_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"davferry/internal/lab"
	"davferry/mapping/tz"
)

// readers are programs for Python that read a VTIMEZONE each in calendars, and print every instant at which that has
// another offset than they are told.
var readers = map[string]string{
	// icalendar 4.0.3, which Xandikos depends on. Its to_tz hands UNTIL to dateutil as it stands, which since version 2.7
	// refuses UTC beside a local DTSTART: it is given local times. Offsets it rounds to minutes.
	"icalendar": `
import datetime, json, sys
from icalendar import Calendar
for zone in json.load(sys.stdin):
    calendar = Calendar.from_ical(zone["Calendar"])
    errors = [e for c in calendar.walk() for e in c.errors]
    if errors:
        print(zone["Name"], errors)
    for c in calendar.walk("STANDARD") + calendar.walk("DAYLIGHT"):
        if "UNTIL" in c.get("RRULE", {}):
            c["RRULE"]["UNTIL"] = [u.replace(tzinfo=None) + c["TZOFFSETFROM"].td for u in c["RRULE"]["UNTIL"]]
    tz = calendar.walk("VTIMEZONE")[0].to_tz()
    for instant, want in zone["Offsets"]:
        at = datetime.datetime.fromtimestamp(instant, datetime.timezone.utc).astimezone(tz)
        if at.utcoffset().total_seconds() != (want + 30) // 60 * 60:
            print(zone["Name"], at.isoformat(), "not", want)
`,
	// libical 3.0, which Cyrus and many desktop programs read calendars with.
	"libical": `
import ctypes, datetime, json, sys
class Time(ctypes.Structure):
    _fields_ = [(f, ctypes.c_int) for f in "year month day hour minute second is_date is_daylight".split()] + [("zone", ctypes.c_void_p)]
ical = ctypes.CDLL("libical.so.3")
pointer = ctypes.c_void_p
for name, result, arguments in [
    ("icalparser_parse_string", pointer, [ctypes.c_char_p]),
    ("icalcomponent_count_errors", ctypes.c_int, [pointer]),
    ("icalcomponent_get_timezone", pointer, [pointer, ctypes.c_char_p]),
    ("icaltimezone_get_utc_offset_of_utc_time", ctypes.c_int, [pointer, ctypes.POINTER(Time), ctypes.POINTER(ctypes.c_int)]),
]:
    function = getattr(ical, name)
    function.restype, function.argtypes = result, arguments
for zone in json.load(sys.stdin):
    calendar = ical.icalparser_parse_string(zone["Calendar"].encode())
    if not calendar or ical.icalcomponent_count_errors(calendar):
        print(zone["Name"], "is not read")
        continue
    tz = ical.icalcomponent_get_timezone(calendar, zone["Name"].encode())
    for instant, want in zone["Offsets"]:
        at = datetime.datetime.fromtimestamp(instant, datetime.timezone.utc)
        time = Time(at.year, at.month, at.day, at.hour, at.minute, at.second)
        got = ical.icaltimezone_get_utc_offset_of_utc_time(tz, ctypes.byref(time), None)
        if got != want:
            print(zone["Name"], at.isoformat(), got, "not", want)
`,
}

// zoneFor is what the readers are told of a zone.
type zoneFor struct {
	Name, Calendar string
	Offsets        [][2]int64 // instants and seconds east of UTC
}

// TestTimezonesAreRead has other programs read the VTIMEZONEs that take the place of others, of all zones.
func TestTimezonesAreRead(t *testing.T) {
	lab.Need(t, "xandikos", "cyrus") // whose packages depend on the two libraries
	var zones []zoneFor
	for _, name := range tz.Names() {
		zones = append(zones, zoneOf(t, name))
	}
	text, err := json.Marshal(zones)
	if err != nil {
		t.Fatal(err)
	}
	for name, reader := range readers {
		t.Run(name, func(t *testing.T) {
			python := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", reader)
			python.Stdin = bytes.NewReader(text)
			out, err := python.CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// zoneOf writes a zone for all of 1970 to 2037, with an hour before and behind each change of its clock, and noon of the
// middle of each month.
func zoneOf(t *testing.T, name string) zoneFor {
	t.Helper()
	zone, ok := tz.Load(name)
	if !ok {
		t.Fatalf("there is no zone %s", name)
	}
	lines := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.test//lab//EN"}
	lines = append(append(lines, zone.VTimezone(0, tz.Horizon-1)...), "END:VCALENDAR", "")
	z := zoneFor{Name: name, Calendar: strings.Join(lines, "\r\n")}
	add := func(at time.Time) {
		_, offset := at.In(zone.Location()).Zone()
		z.Offsets = append(z.Offsets, [2]int64{at.Unix(), int64(offset)})
	}
	before := time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := before; at.Year() < 2038; at = at.Add(time.Hour * 24) {
		_, was := before.In(zone.Location()).Zone()
		if _, is := at.In(zone.Location()).Zone(); was != is {
			change, _ := at.In(zone.Location()).ZoneBounds()
			add(change.Add(-time.Hour))
			add(change.Add(time.Hour))
		}
		if at.Day() == 15 {
			add(at.Add(12 * time.Hour))
		}
		before = at
	}
	return z
}
