package mapping

import (
	"fmt"
	"slices"
	"strings"

	"davferry/mapping/tz"
)

// tzObject is a calendar object as Zones sees it.
type tzObject struct {
	calendars []*tzCalendar
	uses      []*tzUse // in the order in which they first appear
	problems  []Left
	refused   map[string]bool // the TZIDs of problems
	budget    int             // see tzBudget
	byName    map[tzUseName]*tzUse
}

// tzUseName names a TZID in a calendar, or, with floating, the zone that times without one get.
type tzUseName struct {
	calendar *tzCalendar
	tzid     string
	floating bool
}

// tzCalendar is a VCALENDAR. Each has its own VTIMEZONEs.
type tzCalendar struct {
	component *component
	zones     []tzTimezone
}

// tzTimezone is a VTIMEZONE of an object.
type tzTimezone struct {
	*tzDefinition
	component *component
}

// readObject reads what of an object has to do with time zones.
func (z *Zones) readObject(data []byte) *tzObject {
	o := &tzObject{budget: tzBudget}
	if len(data) > maxReadSize {
		o.refuse("", fmt.Errorf("%w: %d octets", ErrTooLarge, len(data)))
		return o
	}
	root := parseSome(newScanner(data), "VTIMEZONE", matters) // most objects have one that the object before had too
	for _, c := range root.children {
		if c.name == "VCALENDAR" {
			o.calendars = append(o.calendars, z.readCalendar(data, c))
		}
	}
	for _, c := range o.calendars {
		r := tzReader{object: o, calendar: c, floating: z.floating != nil}
		r.floats = r.floating && seriesFloat(c.component)
		r.readOwn()
		for _, child := range c.component.children {
			if child.name != "VTIMEZONE" {
				r.read(child)
			}
		}
	}
	if len(o.uses) > 0 && slices.ContainsFunc(root.children, unfinished) {
		o.refuse(o.uses[0].tzid, fmt.Errorf("a component of the object does not end"))
	}
	return o
}

// matters says whether a line may have to do with time zones: the names of those that have times or make them begin with one
// of a few letters, and all others name a zone.
func matters(l Line) bool {
	if name := l.Name(); len(name) > 0 && strings.IndexByte("DERT", upperByte(name[0])) >= 0 {
		return true // DTSTART, DTEND, DUE, DURATION, EXDATE, RDATE, RRULE, RECURRENCE-ID, REPEAT, TRIGGER
	}
	return mayNameZone(l)
}

// unfinished says whether the END of a component, or of one in it, is missing.
func unfinished(c *component) bool { return c.open || slices.ContainsFunc(c.children, unfinished) }

func (z *Zones) readCalendar(data []byte, c *component) *tzCalendar {
	calendar := &tzCalendar{component: c}
	for _, child := range c.children {
		if child.name == "VTIMEZONE" && !child.open {
			calendar.zones = append(calendar.zones, tzTimezone{z.define(data, child), child})
		}
	}
	return calendar
}

// refuse notes why the object cannot be changed, once for each TZID.
func (o *tzObject) refuse(tzid string, err error) {
	if o.refused[tzid] {
		return
	}
	if o.refused == nil {
		o.refused = make(map[string]bool)
	}
	o.refused[tzid] = true
	o.problems = append(o.problems, Left{TimezoneInvalid, tzReason(tzid, err.Error())})
}

// tzReason is the Reason of a Left about a TZID.
func tzReason(tzid, why string) string {
	if tzid == "" {
		return why
	}
	return fmt.Sprintf("TZID %q: %s", excerpt([]byte(tzid), 80), why)
}

// maxUses bounds the TZIDs of one object. Real ones have three at most; to compare 10,000 VTIMEZONEs with all zones would
// take minutes.
const maxUses = 100

// use returns the use of a TZID in a calendar.
func (o *tzObject) use(c *tzCalendar, tzid string) *tzUse {
	return o.useOf(tzUseName{calendar: c, tzid: tzid})
}

// floating returns the use of the zone that times without one get.
func (o *tzObject) floating(c *tzCalendar) *tzUse {
	return o.useOf(tzUseName{calendar: c, floating: true})
}

func (o *tzObject) useOf(name tzUseName) *tzUse {
	u, ok := o.byName[name]
	if ok {
		return u
	}
	u = &tzUse{tzUseName: name}
	if o.byName == nil {
		o.byName = make(map[tzUseName]*tzUse)
	}
	o.byName[name] = u
	if len(o.uses) == maxUses {
		o.refuse("", fmt.Errorf("the object has more than %d time zones", maxUses))
		return u
	}
	o.uses = append(o.uses, u)
	return u
}

// definitions returns the VTIMEZONEs for a TZID: those of the calendar, else those that another calendar of the object has.
func (o *tzObject) definitions(c *tzCalendar, tzid string) []tzTimezone {
	if own := c.named(tzid); len(own) > 0 {
		return own
	}
	for _, other := range o.calendars {
		if found := other.named(tzid); len(found) > 0 {
			return found
		}
	}
	return nil
}

func (c *tzCalendar) named(tzid string) []tzTimezone {
	var found []tzTimezone
	for _, t := range c.zones {
		if t.tzid == tzid {
			found = append(found, t)
		}
	}
	return found
}

// tzUse is all that depends on one TZID in one calendar.
type tzUse struct {
	tzUseName
	lines []Line    // that name the TZID, or are to
	rules []tzRule  // of series without zone that are to get one
	walls []tz.Wall // times, as they are written
	spans []tzSpan  // in which there are more

	zone *tz.Zone // that it means
}

// tzSpan is a span of time, both ends included, in which a series has occurrences; without one, every time of it counts.
type tzSpan struct {
	from, to tz.Wall
	series   *tzSeries
	offset   tz.Wall // from the starts of the series to the times that count
}

// extent returns the first and the last time that depends on the TZID. It is not ok where there is none.
func (u *tzUse) extent() (from, to tz.Wall, ok bool) {
	from, to = tz.End, tz.Beginning
	for _, w := range u.walls {
		from, to = min(from, w), max(to, w)
	}
	for _, s := range u.spans {
		from, to = min(from, s.from), max(to, s.to)
	}
	return from, to, from <= to
}
