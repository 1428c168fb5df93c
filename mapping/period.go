package mapping

import (
	"bytes"
	"time"

	"davferry/internal/dav"
)

// Overlaps says whether an object falls into the days from to to, both inclusive. Of from and to only year, month and
// day count; a zero time leaves that end open.
//
// An object is in when any of its occurrences is, and in doubt it is in: contacts, undated to-dos and journals,
// components of unknown types, dates that cannot be read, truncated objects, rules that are too long to expand.
// Times are compared by the wall clock that is written in the object: local and all-day values and those of a time zone
// as they stand, UTC values by their UTC date. No time zone database is asked, and a VTIMEZONE only for how far UNTIL,
// a UTC value, may be from the wall clock.
//
// The end of a VEVENT is its DTEND or DURATION, else that of its day or its start; to-dos, journals and free-busy times
// follow RFC 4791 section 9.9.
func Overlaps(k dav.Kind, data []byte, from, to time.Time) (in bool) {
	if k == dav.AddressBook || from.IsZero() && to.IsZero() {
		return true
	}
	defer func() {
		if recover() != nil {
			in = true
		}
	}()
	root := parse(data)
	components := root.top()
	p := period{window: newWindow(from, to), offsets: zoneOffsets(components), budget: &budget{maxRules, maxOccurrences}}
	return damaged(root) || p.holds(components)
}

// damaged says whether a component of the object does not end, so that dates may be missing.
func damaged(root *component) bool {
	for _, c := range root.children {
		if c.open {
			return true
		}
		for _, child := range c.children {
			if child.open {
				return true
			}
		}
	}
	return false
}

// window is a span of whole days: from lo to before hi.
type window struct{ lo, hi time.Time }

func newWindow(from, to time.Time) window {
	w := window{lo: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), hi: time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}
	if !from.IsZero() {
		w.lo = time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, time.UTC)
	}
	if !to.IsZero() {
		w.hi = time.Date(to.Year(), to.Month(), to.Day()+1, 0, 0, 0, 0, time.UTC)
	}
	return w
}

// endless is a year from which on a window counts as open.
const endless = 10_000

// meets says whether the time from start to before end, or the instant start, falls into the window. An end before its
// start is one in another time zone, or an error: both times count then.
func (w window) meets(start, end time.Time) bool {
	if end.Before(start) {
		start, end = end, start.Add(time.Second)
	}
	return start.Before(w.hi) && (end.After(w.lo) || start.Equal(end) && !start.Before(w.lo))
}

// period decides about one object.
type period struct {
	window  window
	offsets map[string]time.Duration // TZID → how far its wall clock is ahead of UTC at most
	budget  *budget
}

func (p period) holds(components []*component) bool {
	dated := false
	masters := make([]dates, 0, len(components))
	overridden := make(map[occurrence]bool)
	for _, c := range components {
		if c.name == "VTIMEZONE" {
			continue
		}
		d, ok := readDates(c)
		if !ok || d.future {
			return true
		}
		dated = true
		if d.override != nil {
			overridden[occurrence{d.uid, *d.override}] = true
		}
		masters = append(masters, d)
	}
	for i := range masters {
		if p.in(&masters[i], overridden) {
			return true
		}
	}
	return !dated
}

// occurrence names one occurrence of a series.
type occurrence struct {
	uid string
	at  moment
}

// in says whether a component falls into the window: at its own time, or at one of those at which it recurs.
func (p period) in(d *dates, overridden map[occurrence]bool) bool {
	if d.kind == "VFREEBUSY" {
		return p.busy(d)
	}
	if d.undated() {
		return true
	}
	gone := func(m moment) bool { return d.excluded[m] || d.override == nil && overridden[occurrence{d.uid, m}] }
	base := d.base()
	length := d.end(base).Sub(base.at)
	at := func(t time.Time) bool {
		m := moment{at: t, date: base.date, zone: base.zone}
		return !gone(m) && p.meets(d, t, t.Add(length))
	}
	if at(base.at) {
		return true
	}
	for _, r := range d.added {
		if !gone(r.start) && p.meets(d, r.start.at, r.end(length)) {
			return true
		}
	}
	return p.recurs(d, base, length, at)
}

func (p period) recurs(d *dates, base moment, length time.Duration, at func(time.Time) bool) bool {
	ahead, known := p.offsets[base.zone]
	if !known {
		ahead = maxOffset
	}
	s := series{start: base, ahead: ahead, budget: p.budget, from: p.window.lo.Add(-max(length, 0)).AddDate(0, 0, -1)}
	if p.window.hi.Year() < endless {
		s.to = p.window.hi.Add(max(-length, 0)).AddDate(0, 0, 1)
	}
	for _, rule := range d.rules {
		if s.occurs(rule, at) {
			return true
		}
	}
	return false
}

func (p period) meets(d *dates, start, end time.Time) bool {
	if d.kind == "VTODO" {
		// RFC 4791 section 9.9 takes both ends of a to-do as part of it.
		edge := end.Equal(p.window.lo) || d.due != nil && end.Equal(p.window.hi)
		return p.window.meets(start, end) || edge && !d.wholeDays()
	}
	return p.window.meets(start, end)
}

func (p period) busy(d *dates) bool {
	if d.start != nil && d.finish != nil {
		return p.window.meets(d.start.at, d.finish.at) || d.finish.at.Equal(p.window.lo)
	}
	for _, r := range d.added {
		if p.window.meets(r.start.at, r.end(0)) {
			return true
		}
	}
	return len(d.added) == 0
}

// zoneOffsets returns how far the wall clocks of the VTIMEZONEs among components are ahead of UTC at most. A zone whose
// offsets cannot all be read is left out.
func zoneOffsets(components []*component) map[string]time.Duration {
	offsets := make(map[string]time.Duration)
	for _, c := range components {
		if c.name != "VTIMEZONE" {
			continue
		}
		if ahead, ok := zoneOffset(c); ok {
			offsets[unescapeString(bytes.TrimSpace(c.value("TZID")))] = ahead
		}
	}
	return offsets
}

func zoneOffset(zone *component) (ahead time.Duration, ok bool) {
	ahead = -maxOffset
	for _, observance := range zone.children {
		offset, valid := parseOffset(observance.value("TZOFFSETTO"))
		if !valid {
			return 0, false
		}
		ahead = max(ahead, offset)
	}
	return ahead, len(zone.children) > 0
}

// parseOffset reads a UTC-OFFSET value (RFC 5545 section 3.3.14).
func parseOffset(value []byte) (time.Duration, bool) {
	value = bytes.TrimSpace(value)
	if len(value) != 5 && len(value) != 7 || value[0] != '+' && value[0] != '-' {
		return 0, false
	}
	n, ok := digits(append(append([]byte{}, value[1:]...), "00"...)[:6])
	offset := time.Duration(n/10000)*time.Hour + time.Duration(n/100%100)*time.Minute + time.Duration(n%100)*time.Second
	if value[0] == '-' {
		offset = -offset
	}
	return offset, ok && offset.Abs() <= 24*time.Hour
}
