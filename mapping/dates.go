package mapping

import (
	"bytes"
	"time"
)

// dates is what a component says about when it is.
type dates struct {
	kind      string
	uid       string
	start     *moment // DTSTART
	finish    *moment // DTEND
	due       *moment // DUE
	completed *moment // COMPLETED
	created   *moment // CREATED
	length    *span   // DURATION
	override  *moment // RECURRENCE-ID
	future    bool    // RECURRENCE-ID;RANGE=THISANDFUTURE: moves what follows as well
	rules     [][]byte
	added     []stretch       // RDATE, FREEBUSY
	excluded  map[moment]bool // EXDATE
}

// stretch is a value of RDATE or FREEBUSY: a moment, or a PERIOD (RFC 5545 section 3.3.9).
type stretch struct {
	start  moment
	finish time.Time
	length *span
}

// end returns where the stretch ends, given how long an occurrence lasts.
func (s stretch) end(usual time.Duration) time.Time {
	switch {
	case s.length != nil:
		return s.length.after(s.start.at)
	case !s.finish.IsZero():
		return s.finish
	}
	return s.start.at.Add(usual)
}

// datedTypes are the components whose dates are understood.
var datedTypes = map[string]bool{"VEVENT": true, "VTODO": true, "VJOURNAL": true, "VFREEBUSY": true}

// readDates reads the dates of a component. It is not ok where one of them cannot be read or stands there twice, or
// where the component is of an unknown type.
func readDates(c *component) (d dates, ok bool) {
	if !datedTypes[c.name] {
		return dates{}, false
	}
	d = dates{kind: c.name, excluded: make(map[moment]bool)}
	for _, l := range c.lines {
		if !d.read(l) {
			return dates{}, false
		}
	}
	return d, true
}

func (d *dates) read(l Line) bool {
	switch name := l.Name(); {
	case equalFold(name, "DTSTART"):
		return readMoment(&d.start, l)
	case equalFold(name, "DTEND"):
		return readMoment(&d.finish, l)
	case equalFold(name, "DUE"):
		return readMoment(&d.due, l)
	case equalFold(name, "COMPLETED"):
		return readMoment(&d.completed, l)
	case equalFold(name, "CREATED"):
		return readMoment(&d.created, l)
	case equalFold(name, "DURATION"):
		return d.readLength(l)
	case equalFold(name, "RECURRENCE-ID"):
		_, d.future = l.Content().Param("RANGE")
		return readMoment(&d.override, l)
	case equalFold(name, "RRULE"):
		d.rules = append(d.rules, bytes.TrimSpace(l.Content().Value))
	case equalFold(name, "EXDATE"):
		d.exclude(l)
	case equalFold(name, "RDATE"), equalFold(name, "FREEBUSY"):
		return d.add(l)
	case equalFold(name, "UID"):
		d.uid = unescapeString(bytes.TrimSpace(l.Content().Value))
	}
	return true
}

func readMoment(to **moment, l Line) bool {
	c := l.Content()
	tzid, _ := c.Param("TZID")
	m, ok := parseMoment(c.Value, tzid)
	if !ok || *to != nil {
		return false
	}
	*to = &m
	return true
}

func (d *dates) readLength(l Line) bool {
	s, ok := parseSpan(l.Content().Value)
	if !ok || d.length != nil {
		return false
	}
	d.length = &s
	return true
}

// exclude notes the values of an EXDATE. One that cannot be read excludes nothing.
func (d *dates) exclude(l Line) {
	c := l.Content()
	tzid, _ := c.Param("TZID")
	for value := range bytes.SplitSeq(c.Value, []byte(",")) {
		if m, ok := parseMoment(value, tzid); ok {
			d.excluded[m] = true
		}
	}
}

func (d *dates) add(l Line) bool {
	c := l.Content()
	tzid, _ := c.Param("TZID")
	for value := range bytes.SplitSeq(c.Value, []byte(",")) {
		first, second, isPeriod := bytes.Cut(value, []byte("/"))
		m, ok := parseMoment(first, tzid)
		if !ok {
			return false
		}
		s := stretch{start: m}
		if isPeriod {
			if length, isLength := parseSpan(second); isLength {
				s.length = &length
			} else if end, isMoment := parseMoment(second, tzid); isMoment {
				s.finish = end.at
			} else {
				return false
			}
		}
		d.added = append(d.added, s)
	}
	return true
}

// undated says whether nothing in the component says when it is. CREATED says nothing of the kind, and to leave out the
// open to-dos that were noted down later than the span would be the opposite of what is meant. A rule without a start
// cannot be expanded.
func (d *dates) undated() bool {
	switch {
	case d.start != nil:
		return false
	case len(d.rules) > 0 || d.kind != "VTODO":
		return true
	}
	return d.due == nil && d.completed == nil
}

// base returns when the component is, or begins, at first.
func (d *dates) base() moment {
	switch {
	case d.start != nil:
		return *d.start
	case d.due != nil:
		return *d.due
	case d.created != nil && d.created.at.Before(d.completed.at):
		return *d.created
	}
	return *d.completed
}

// end returns when what begins at base ends.
func (d *dates) end(base moment) time.Time {
	switch {
	case d.kind == "VTODO" && d.start == nil && d.due == nil:
		return d.completed.at
	case d.kind == "VTODO" && d.due != nil:
		return endOf(*d.due)
	case d.kind == "VEVENT" && d.finish != nil && !d.finish.at.Equal(base.at):
		return d.finish.at
	case d.length != nil:
		return d.length.after(base.at)
	}
	return endOf(base)
}

// wholeDays says whether a to-do ends with a day and not at a time of it.
func (d *dates) wholeDays() bool {
	if d.due != nil {
		return d.due.date
	}
	return d.start != nil && d.start.date
}

// endOf returns the end of a DATE's day; a DATE-TIME is an instant.
func endOf(m moment) time.Time {
	if m.date {
		return m.at.AddDate(0, 0, 1)
	}
	return m.at
}
