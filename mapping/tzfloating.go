package mapping

import (
	"bytes"
	"time"

	"davferry/mapping/tz"
)

// floatsItself says whether the times of a component have no zone: its start, or where it has none the time at which it
// is due.
func floatsItself(c *component) bool {
	if c.name != "VEVENT" && c.name != "VTODO" && c.name != "VJOURNAL" {
		return false
	}
	for _, name := range []string{"DTSTART", "DUE"} {
		for _, l := range c.lines {
			if l.Is(name) {
				return isFloating(l.Content())
			}
		}
	}
	return false
}

func isFloating(c Content) bool {
	_, zoned := tzidOf(c)
	m, ok := parseMoment(c.Value, "")
	return ok && !zoned && !m.date && m.zone == ""
}

// seriesFloat says whether the series of a calendar have no zone, as far as can be told: where the object holds only
// changed occurrences of a series, that of the series is not known.
func seriesFloat(calendar *component) bool {
	masters, floating := 0, 0
	for _, c := range calendar.children {
		if c.name == "VTIMEZONE" || c.value("RECURRENCE-ID") != nil {
			continue
		}
		masters++
		if floatsItself(c) {
			floating++
		}
	}
	return masters == floating
}

// endRule writes the UNTIL of a rule as the instant that it is in the zone which the start of the series gets: a series
// with a zone ends at a UTC time (RFC 5545 section 3.3.10).
func (u *tzUse) endRule(e *Editor, r tzRule) {
	if r.err != nil || r.Until.IsZero() || r.UntilUTC {
		return
	}
	text := r.line.Text()
	c := parseContent(text)
	at, end, ok := untilPart(c.Value)
	if !ok {
		return
	}
	base := offsetIn(text, c.Value)
	until := u.instant(tz.WallOf(r.Until)).Format("20060102T150405Z")
	e.Replace(TimezoneFloating, r.line, spliced(text, []splice{{base + at, base + end, until}}))
}

// instant returns the UTC time at which the zone's clock shows a time.
func (u *tzUse) instant(w tz.Wall) time.Time {
	offset, _ := u.zone.Steps(w).At(w)
	return (w - tz.Wall(offset)).Time()
}

// untilPart returns where the time of UNTIL stands in a rule, if that is a DATE-TIME.
func untilPart(rule []byte) (at, end int, ok bool) {
	for part := range bytes.SplitSeq(rule, []byte(";")) {
		end = at + len(part)
		if name, value, _ := bytes.Cut(part, []byte("=")); equalFold(bytes.TrimSpace(name), "UNTIL") {
			return end - len(value), end, len(value) == len("20060102T150405")
		}
		at = end + 1
	}
	return 0, 0, false
}
