package dataset

import (
	"fmt"
	"slices"
	"time"
)

// zone is a time zone with the rules that hold since 2008 at the latest: a VTIMEZONE (RFC 5545 section 3.6.5).
type zone struct {
	name       string
	observance []observance
}

// observance is one STANDARD or DAYLIGHT part of a zone.
type observance struct {
	kind, abbreviation string
	from, to           string // UTC offsets
	start              string // the first onset, in the local time before it
	rule               string // of the later ones, "" where there are none
}

var (
	berlin = &zone{"Europe/Berlin", []observance{
		{"DAYLIGHT", "CEST", "+0100", "+0200", "19970330T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"},
		{"STANDARD", "CET", "+0200", "+0100", "19961027T030000", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"},
	}}
	newYork = &zone{"America/New_York", []observance{
		{"DAYLIGHT", "EDT", "-0500", "-0400", "20070311T020000", "FREQ=YEARLY;BYMONTH=3;BYDAY=2SU"},
		{"STANDARD", "EST", "-0400", "-0500", "20071104T020000", "FREQ=YEARLY;BYMONTH=11;BYDAY=1SU"},
	}}
	kolkata = &zone{"Asia/Kolkata", []observance{
		{"STANDARD", "IST", "+0630", "+0530", "19451015T000000", ""},
	}}
	lordHowe = &zone{"Australia/Lord_Howe", []observance{ // the only one that moves by half an hour
		{"DAYLIGHT", "+11", "+1030", "+1100", "20081005T020000", "FREQ=YEARLY;BYMONTH=10;BYDAY=1SU"},
		{"STANDARD", "+1030", "+1100", "+1030", "20080406T020000", "FREQ=YEARLY;BYMONTH=4;BYDAY=1SU"},
	}}
	zones = []*zone{berlin, newYork, kolkata, lordHowe}
)

func (z *zone) lines() []string {
	lines := []string{"BEGIN:VTIMEZONE", "TZID:" + z.name, "X-LIC-LOCATION:" + z.name}
	for _, o := range z.observance {
		lines = append(lines, "BEGIN:"+o.kind, "TZOFFSETFROM:"+o.from, "TZOFFSETTO:"+o.to, "TZNAME:"+o.abbreviation,
			"DTSTART:"+o.start)
		if o.rule != "" {
			lines = append(lines, "RRULE:"+o.rule)
		}
		lines = append(lines, "END:"+o.kind)
	}
	return append(lines, "END:VTIMEZONE")
}

// clock says how an object writes its times. The zero value writes floating times (RFC 5545 section 3.3.5, form 1).
type clock struct {
	zone *zone // form 3
	utc  bool  // form 2
	date bool  // DATE values
}

// value writes a wall-clock time without its parameters.
func (c clock) value(t time.Time) string {
	switch {
	case c.date:
		return t.Format("20060102")
	case c.utc:
		return t.Format("20060102T150405Z")
	default:
		return t.Format("20060102T150405")
	}
}

// time writes a property with one wall-clock time or several, and notes the zone that it names.
func (d *draft) time(property string, c clock, times ...time.Time) string {
	line := property
	switch {
	case c.date:
		line += ";VALUE=DATE"
	case c.zone != nil:
		line += ";TZID=" + c.zone.name
		if !slices.Contains(d.zones, c.zone) {
			d.zones = append(d.zones, c.zone)
		}
	}
	for i, t := range times {
		separator := ","
		if i == 0 {
			separator = ":"
		}
		line += separator + c.value(t)
	}
	return line
}

// stamp writes a property with a UTC time.
func stamp(property string, t time.Time) string {
	return fmt.Sprintf("%s:%s", property, clock{utc: true}.value(t))
}
