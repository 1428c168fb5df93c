package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"davferry/mapping/tz"
)

// tzReader collects from the components of a calendar what depends on time zones.
type tzReader struct {
	object   *tzObject
	calendar *tzCalendar
	floating bool // times without zone get one
	floats   bool // the series of the calendar have none
}

// tzBase is a time of which a series has one with each of its starts: DTSTART, DTEND or DUE.
type tzBase struct {
	use   *tzUse
	wall  tz.Wall
	loose bool // see tzReader.note
}

// errTime says that a time cannot be read on which everything depends.
var errTime = errors.New("a time cannot be read")

// read reads a component and those in it. What belongs to its own times are the alarms; other components in it have
// times of their own (AVAILABLE of RFC 7953).
func (r *tzReader) read(c *component) {
	a := tzAppointment{tzReader: r, series: &tzSeries{budget: &r.object.budget}, floats: r.floating && floatsItself(c)}
	for _, l := range c.lines {
		if err := a.line(l); err != nil {
			r.object.refuse(lineZone(l), fmt.Errorf("%w: %s", err, excerpt(l.Text(), 80)))
		}
	}
	for _, child := range c.children {
		r.read(child)
		if child.name == "VALARM" {
			a.alarm(child)
		}
	}
	a.finish()
}

// readOwn reads the properties of the calendar itself, some of which programs give a TZID.
func (r *tzReader) readOwn() {
	a := tzAppointment{tzReader: r}
	for _, l := range r.calendar.component.lines {
		a.other(l)
	}
}

func lineZone(l Line) string {
	tzid, _ := tzidOf(l.Content())
	return tzid
}

// tzAppointment is one component.
type tzAppointment struct {
	*tzReader
	series *tzSeries
	bases  []tzBase
	added  []tzBase  // RDATE
	shifts []tz.Wall // from a start or end to the days on which it ends, or warns
	length tz.Wall   // whole days of DURATION
	future bool      // RANGE=THISANDFUTURE
	floats bool      // its times have no zone and are to get one
}

func (a *tzAppointment) line(l Line) error {
	switch name := l.Name(); {
	case equalFold(name, "DTSTART"):
		return a.times(l, func(b tzBase) { a.start(b); a.bases = append(a.bases, b) })
	case equalFold(name, "DTEND"), equalFold(name, "DUE"):
		return a.times(l, func(b tzBase) { a.bases = append(a.bases, b) })
	case equalFold(name, "RDATE"):
		return a.times(l, func(b tzBase) { a.added = append(a.added, b) })
	case equalFold(name, "EXDATE"):
		return a.times(l, func(tzBase) {})
	case equalFold(name, "RECURRENCE-ID"):
		_, a.future = l.Content().Param("RANGE")
		return a.times(l, func(tzBase) {})
	case equalFold(name, "RRULE"):
		a.series.rules = append(a.series.rules, newRule(l))
	case equalFold(name, "DURATION"):
		s, _ := parseSpan(l.Content().Value)
		a.length = s.wholeDays()
	default:
		a.other(l)
	}
	return nil
}

func (a *tzAppointment) start(b tzBase) {
	if !a.series.started {
		a.series.start, a.series.started = b.wall, true
		a.series.use, a.series.loose = b.use, b.loose
	}
}

// times reads the times of a property and gives them to each, also those that depend on no TZID.
func (a *tzAppointment) times(l Line, each func(tzBase)) error {
	c := l.Content()
	tzid, zoned := tzidOf(c)
	var use *tzUse
	if zoned {
		use = a.object.use(a.calendar, tzid)
		use.lines = append(use.lines, l)
	}
	floated := false
	for value := range bytes.SplitSeq(c.Value, []byte(",")) {
		start, end, _ := bytes.Cut(value, []byte("/"))
		m, ok := parseMoment(start, "")
		switch {
		case !ok && zoned && len(bytes.TrimSpace(c.Value)) > 0:
			return errTime
		case !ok || m.date:
			continue
		}
		u := use
		if !zoned && m.zone == "" && a.toFloat(l) {
			u = a.object.floating(a.calendar)
			if !floated {
				u.lines, floated = append(u.lines, l), true
			}
		}
		each(a.note(u, m))
		a.noteEnd(u, m, end)
	}
	return nil
}

// toFloat says whether a time without zone of a property gets one. What names an occurrence has the zone of the series.
func (a *tzAppointment) toFloat(l Line) bool {
	if l.Is("RECURRENCE-ID") {
		return a.tzReader.floats && a.floating
	}
	return a.floats
}

// note notes a time that depends on a TZID. A UTC value beside a TZID is read by some as UTC and by others as a time of
// the zone: every time round it counts.
func (a *tzAppointment) note(u *tzUse, m moment) tzBase {
	b := tzBase{use: u, wall: tz.WallOf(m.at), loose: m.zone == "Z"}
	switch {
	case u == nil:
	case b.loose:
		u.spans = append(u.spans, tzSpan{from: b.wall - tzDay, to: b.wall + tzDay})
	default:
		u.walls = append(u.walls, b.wall)
	}
	return b
}

const tzDay = tz.Wall(24 * 60 * 60)

// noteEnd notes the end of a PERIOD (RFC 5545 section 3.3.9).
func (a *tzAppointment) noteEnd(u *tzUse, m moment, end []byte) {
	if end, ok := parseMoment(end, ""); ok {
		a.note(u, end)
	}
	if length, ok := parseSpan(end); ok && u != nil {
		u.walls = append(u.walls, tz.WallOf(m.at)+length.wholeDays())
	}
}

// other notes a property that is none of the times of the component. Whatever it says, if it names a TZID that has to
// follow.
func (a *tzAppointment) other(l Line) {
	if !mayNameZone(l) {
		return
	}
	c := l.Content()
	tzid, zoned := tzidOf(c)
	if !zoned {
		return
	}
	use := a.object.use(a.calendar, tzid)
	use.lines = append(use.lines, l)
	for value := range bytes.SplitSeq(c.Value, []byte(",")) {
		if m, ok := parseMoment(value, ""); ok && !m.date {
			a.note(use, m)
		}
	}
}

// namesZone says whether an object has a TZID, also one with a fold in its name.
func namesZone(data []byte) bool {
	if containsFold(data, "TZID") {
		return true
	}
	for l := range Lines(data) {
		if l.Folded() && mayNameZone(l) {
			if _, zoned := tzidOf(l.Content()); zoned {
				return true
			}
		}
	}
	return false
}

// mayNameZone says whether a line may have a TZID, without unfolding it where its parameters end in its first physical
// line: photos and attachments of megabytes do.
func mayNameZone(l Line) bool {
	first := l.raw[:l.first]
	colon := valueColon(first)
	if colon < 0 || l.Folded() && bytes.IndexByte(first, '"') >= 0 {
		return true
	}
	return containsFold(first[:colon], "TZID")
}

// tzidOf returns the TZID of a property, without quotes. Programs write commas into it without quotes, such as those of
// "(GMT+01.00) Sarajevo, Skopje": all of the parameter counts. Two that differ make one name, which no zone has.
func tzidOf(c Content) (tzid string, ok bool) {
	for p := range c.Params() {
		if !equalFold(p.Name, "TZID") {
			continue
		}
		name := tzName(decodeCaret(string(p.Raw)))
		switch {
		case !ok:
			tzid, ok = name, true
		case name != tzid:
			tzid += ";" + name
		}
	}
	return tzid, ok
}

// alarm notes the days between a start or end and an alarm. Days are counted by the clock, hours are not.
func (a *tzAppointment) alarm(c *component) {
	trigger, ok := parseSpan(c.value("TRIGGER"))
	if !ok {
		return
	}
	every, _ := parseSpan(c.value("DURATION"))
	repeat, _ := digits(bytes.TrimSpace(c.value("REPEAT")))
	if every.wholeDays() == 0 {
		repeat = 0
	}
	for i := range min(repeat, maxShifts) + 1 {
		a.shifts = append(a.shifts, trigger.wholeDays()+tz.Wall(i)*every.wholeDays())
	}
}

// maxShifts bounds the alarms of a component, and the repetitions of an alarm, that are followed one by one.
const maxShifts = 64

// wholeDays returns the days of a duration, which have 23 or 25 hours when the clock changes.
func (s span) wholeDays() tz.Wall {
	days := tz.Wall(s.days) * tzDay
	if s.negative {
		return -days
	}
	return days
}

// finish notes what the component's times, durations, alarms and rules lead to, taken together.
func (a *tzAppointment) finish() {
	s := a.series
	s.future = a.future
	if len(a.bases) > 0 {
		a.start(a.bases[0]) // a to-do may have nothing but DUE
	}
	shifts := a.allShifts()
	for _, b := range a.added {
		if b.use != nil && b.use == s.use && !b.loose {
			s.added = append(s.added, b.wall)
		} else {
			b.around(shifts)
		}
	}
	for _, b := range a.bases {
		b.shifted(shifts)
		if b.use != nil && s.recurs() {
			b.use.spans = append(b.use.spans, s.spans(b, shifts)...)
		}
	}
	if a.floats {
		u := a.object.floating(a.calendar)
		u.rules = append(u.rules, s.rules...)
	}
}

// allShifts returns the distances in days from a start or end to the end and the alarms, in order and each once.
func (a *tzAppointment) allShifts() []tz.Wall {
	shifts := append([]tz.Wall{0}, a.shifts...)
	if a.length != 0 {
		for _, s := range slices.Clone(shifts) {
			shifts = append(shifts, s+a.length)
		}
	}
	slices.Sort(shifts)
	return slices.Compact(shifts)
}

// shifted notes the days to which shifts lead from a single time.
func (b tzBase) shifted(shifts []tz.Wall) {
	switch {
	case b.use == nil:
	case len(shifts) > maxShifts:
		b.around(shifts)
	default:
		for _, shift := range shifts {
			if shift != 0 {
				b.use.walls = append(b.use.walls, b.wall+shift)
			}
		}
	}
}

// around notes all of the time to which shifts lead.
func (b tzBase) around(shifts []tz.Wall) {
	if low, high := shifts[0], shifts[len(shifts)-1]; b.use != nil && low != high {
		b.use.spans = append(b.use.spans, tzSpan{from: b.wall + low, to: b.wall + high})
	}
}
