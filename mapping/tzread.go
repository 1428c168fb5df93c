package mapping

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"davferry/mapping/recur"
	"davferry/mapping/tz"
)

// tzDefinition is what is known of a VTIMEZONE. What is not asked for often is found out when it is.
type tzDefinition struct {
	tzid  string
	hints []string // further names: X-LIC-LOCATION, TZURL
	lines []string // unfolded, without blank lines
	shown []string // all lines as a Change shows them
	names []string // TZNAMEs

	definition tz.Definition
	problem    error // it cannot be read

	near, far func() (tz.Steps, error) // up to tz.Horizon and tz.End

	mu    sync.Mutex
	diffs map[tzPair]tz.Differences
}

// tzPair names what a definition is compared with.
type tzPair struct {
	zone  string
	until tz.Wall
}

// Bounds of what is kept of VTIMEZONEs. A calendar has a handful of them, thousands of accounts have some hundreds.
const (
	maxKnown     = 500
	maxKnownSize = 64 << 10
	maxKnownName = 256
	maxCompared  = 20 // with all zones; the differences take up to 2 MB
)

// define returns what is known of a VTIMEZONE of data.
func (z *Zones) define(data []byte, c *component) *tzDefinition {
	text := data[c.begin.Start:c.end.End]
	z.mu.Lock()
	defer z.mu.Unlock()
	if d, ok := z.known[string(text)]; ok {
		return d
	}
	d := readTimezone(data, c)
	if len(z.known) == maxKnown {
		clear(z.known)
	}
	if len(text) <= maxKnownSize {
		z.known[string(text)] = d
	}
	return d
}

// readTimezone reads a VTIMEZONE of data (RFC 5545 section 3.6.5), of which c needs to hold no more than where it is.
func readTimezone(data []byte, c *component) *tzDefinition {
	c = parseLines(c.scanner(data)).children[0]
	d := &tzDefinition{tzid: tzName(unescapeString(c.value("TZID"))), diffs: make(map[tzPair]tz.Differences)}
	d.near = sync.OnceValues(func() (tz.Steps, error) { return d.steps(tz.Horizon) })
	d.far = sync.OnceValues(func() (tz.Steps, error) { return d.steps(tz.End - 1) })
	for s := c.scanner(data); s.next(); {
		if !s.line.Blank() {
			d.lines = append(d.lines, string(s.line.Text()))
		}
		d.shown = append(d.shown, changeText(s.line.Text()))
	}
	for _, name := range []string{"X-LIC-LOCATION", "TZURL"} {
		if hint := tzName(unescapeString(c.value(name))); hint != "" {
			d.hints = append(d.hints, hint)
		}
	}
	for _, child := range c.children {
		if child.name != "STANDARD" && child.name != "DAYLIGHT" {
			continue
		}
		o, err := readObservance(child)
		if err != nil {
			d.problem = err
			return d
		}
		d.names = append(d.names, o.Name)
		d.definition.Observances = append(d.definition.Observances, o)
	}
	return d
}

// scanner returns one that reads all lines of a component of data that has an end, blank ones included.
func (c *component) scanner(data []byte) scanner {
	return scanner{data: data[:c.end.End], pos: c.begin.Start, bareCR: c.begin.bareCR}
}

// tzName returns a TZID as it is compared: programs write quotes into the property as well.
func tzName(tzid string) string { return strings.Trim(strings.TrimSpace(tzid), `"`) }

// readObservance reads a STANDARD or DAYLIGHT. All that its times depend on must be there once and be legal.
func readObservance(c *component) (o tz.Observance, err error) {
	var start, from, to bool
	for _, l := range c.lines {
		switch name, value := l.Name(), bytes.TrimSpace(l.Content().Value); {
		case equalFold(name, "DTSTART"):
			err = once(&start, l, func() bool { return readWall(&o.Start, value) })
		case equalFold(name, "TZOFFSETFROM"):
			err = once(&from, l, func() bool { return readOffset(&o.From, value) })
		case equalFold(name, "TZOFFSETTO"):
			err = once(&to, l, func() bool { return readOffset(&o.To, value) })
		case equalFold(name, "RRULE"):
			err = readRule(&o, value)
		case equalFold(name, "RDATE"):
			err = readDatesOf(&o, value)
		case equalFold(name, "EXDATE"), equalFold(name, "EXRULE"):
			err = fmt.Errorf("%s in a VTIMEZONE", name)
		case equalFold(name, "TZNAME"):
			o.Name = unescapeString(value)
		}
		if err != nil {
			return tz.Observance{}, err
		}
	}
	if !start || !from || !to {
		return tz.Observance{}, fmt.Errorf("a %s without DTSTART, TZOFFSETFROM or TZOFFSETTO", c.name)
	}
	return o, nil
}

func once(seen *bool, l Line, read func() bool) error {
	if *seen || !read() {
		return fmt.Errorf("%q stands there twice or cannot be read", excerpt(l.Text(), 60))
	}
	*seen = true
	return nil
}

// readWall reads a local DATE-TIME. A UTC one is an error in a VTIMEZONE.
func readWall(to *tz.Wall, value []byte) bool {
	m, ok := parseMoment(value, "")
	*to = tz.WallOf(m.at)
	return ok && !m.date && m.zone == ""
}

// readOffset reads a UTC-OFFSET (RFC 5545 section 3.3.14). parseOffset lets pass what only Compare needs to understand.
func readOffset(to *int, value []byte) bool {
	offset, ok := parseOffset(value)
	if !ok || offset.Abs() >= 24*time.Hour || value[3] > '5' || len(value) == 7 && value[5] > '5' {
		return false
	}
	*to = int(offset / time.Second)
	return true
}

func readRule(o *tz.Observance, value []byte) error {
	r, err := recur.Parse(string(value))
	if err != nil {
		return err
	}
	o.Rules = append(o.Rules, r)
	return nil
}

func readDatesOf(o *tz.Observance, value []byte) error {
	for v := range bytes.SplitSeq(value, []byte(",")) {
		var w tz.Wall
		if !readWall(&w, bytes.TrimSpace(v)) {
			return fmt.Errorf("RDATE %q of a VTIMEZONE cannot be read", excerpt(v, 40))
		}
		o.Dates = append(o.Dates, w)
	}
	return nil
}

// stepsTo returns how the clock of the VTIMEZONE changes up to a time.
func (d *tzDefinition) stepsTo(until tz.Wall) (tz.Steps, error) {
	if until <= tz.Horizon {
		return d.near()
	}
	return d.far()
}

func (d *tzDefinition) steps(until tz.Wall) (tz.Steps, error) {
	if d.problem != nil {
		return nil, d.problem
	}
	return d.definition.Steps(until)
}

// tzCompared is a VTIMEZONE compared with all zones: the zones in order, for objects of each year of which there were some.
type tzCompared struct {
	all   []tz.Candidate
	since map[tz.Wall][]tz.Candidate
}

// candidates compares a VTIMEZONE with all zones, for an object that is as old as a time.
func (z *Zones) candidates(d *tzDefinition, from tz.Wall) ([]tz.Candidate, error) {
	steps, err := d.near()
	if err != nil {
		return nil, err
	}
	z.comparing.Lock()
	defer z.comparing.Unlock()
	known, ok := z.compared[d]
	if !ok {
		if len(z.compared) == maxCompared {
			clear(z.compared)
		}
		known = tzCompared{tz.Candidates(steps, d.names), make(map[tz.Wall][]tz.Candidate)}
		z.compared[d] = known
	}
	year := tz.YearOf(from)
	if known.since[year] == nil {
		known.since[year] = tz.Since(known.all, from)
	}
	return known.since[year], nil
}

// differences returns where the VTIMEZONE and a zone differ before a time, which is tz.Horizon or tz.End.
func (d *tzDefinition) differences(zone *tz.Zone, until tz.Wall) (tz.Differences, error) {
	steps, err := d.stepsTo(until)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	pair := tzPair{zone.Name, until}
	diffs, ok := d.diffs[pair]
	if !ok {
		diffs = steps.Differences(zone.Steps(until-1), until)
		d.diffs[pair] = diffs
	}
	return diffs, nil
}
