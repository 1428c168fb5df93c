package tz

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"
)

// extent is how much of a zone a VTIMEZONE holds.
type extent struct {
	from    int64 // the first transition
	initial Wall  // onset of a STANDARD before all transitions; End for none
	far     bool  // all transitions that the database lists, not only those up to Horizon
}

// VTimezone returns the zone as the lines of a VTIMEZONE (RFC 5545 section 3.6.5), unfolded and without line ends. It is
// complete for all times by the clock from from to to, and in RRULEs for as long as the zone's rules live. It is the same
// for all spans that begin under the same rules: what was before is left out in whole rules. It must not be written to.
func (z *Zone) VTimezone(from, to Wall) []string {
	e, offset := z.extent(from, to)
	z.mu.Lock()
	defer z.mu.Unlock()
	lines, ok := z.written[e]
	if !ok {
		lines = z.write(e, offset)
		z.written[e] = lines
	}
	return lines
}

// extent returns what a VTIMEZONE has to hold, and what is in force before its first transition.
func (z *Zone) extent(from, to Wall) (extent, transition) {
	initial, all := z.history().initial, z.history().all
	i := sort.Search(len(all), func(i int) bool { return all[i].change().seen() > from })
	e := extent{from: int64(Beginning), initial: End, far: to >= Horizon}
	if i > 0 {
		initial = all[i-1]
		e.from = initial.at
	}
	if i == 0 || from >= 0 && initial.at < 0 && !z.ruled(initial) {
		// What began in the days of sundials, with an offset in seconds, is written as if it began in 1970.
		e.initial = initialOnset(from)
		e.from++
	}
	return e, initial
}

// initialOnset returns a time not after from at which to begin a zone. Windows begins in 1601.
func initialOnset(from Wall) Wall {
	for _, year := range []int{1970, 1601} {
		if w := WallOf(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)); w <= from {
			return w
		}
	}
	return WallOf(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))
}

// ruled says whether a VTIMEZONE states a transition by a rule, because others of it follow.
func (z *Zone) ruled(t transition) bool {
	return slices.ContainsFunc(z.groups(), func(g group) bool {
		return g.rule != "" && t.at < g.until() && slices.Contains(g.all, t)
	})
}

// write writes the groups of which a transition is within the extent.
func (z *Zone) write(e extent, offset transition) []string {
	var groups []group
	if e.initial != End {
		offset.at, offset.from, offset.daylight = int64(e.initial)-int64(offset.to), offset.to, false
		groups = append(groups, group{kind: offset.kind(), all: []transition{offset}})
	}
	for _, g := range z.groups() {
		if g = g.within(e); len(g.all) > 0 {
			groups = append(groups, g)
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.all[0].at, b.all[0].at) })
	lines := []string{"BEGIN:VTIMEZONE", "TZID:" + z.Name}
	for _, g := range groups {
		lines = append(lines, g.lines()...)
	}
	return append(lines, "END:VTIMEZONE")
}

// within returns what of the group a VTIMEZONE of an extent holds: of a rule all or nothing, or its end, if that is
// all that is still felt.
func (g group) within(e extent) group {
	switch last := len(g.all) - 1; {
	case g.living, g.rule != "" && g.until() > e.from:
		return g
	case g.rule != "":
		g.rule, g.all = "", g.all[last:]
	}
	var all []transition
	for _, t := range g.all {
		if t.at >= e.from && (e.far || t.wall() < Horizon) {
			all = append(all, t)
		}
	}
	g.all = all
	return g
}

// lines writes one STANDARD or DAYLIGHT.
func (g group) lines() []string {
	name := "STANDARD"
	if g.daylight {
		name = "DAYLIGHT"
	}
	lines := []string{
		"BEGIN:" + name,
		"TZNAME:" + g.name,
		"TZOFFSETFROM:" + formatOffset(g.from),
		"TZOFFSETTO:" + formatOffset(g.to),
		"DTSTART:" + formatWall(g.all[0].wall()),
	}
	switch {
	case g.living:
		lines = append(lines, "RRULE:"+g.rule)
	case g.rule != "":
		lines = append(lines, "RRULE:"+g.rule+";UNTIL="+formatWall(Wall(g.until()))+"Z")
	default:
		for _, t := range g.all[1:] {
			lines = append(lines, "RDATE:"+formatWall(t.wall()))
		}
	}
	return append(lines, "END:"+name)
}

func formatWall(w Wall) string { return w.Time().Format("20060102T150405") }

// formatOffset writes a UTC-OFFSET (RFC 5545 section 3.3.14).
func formatOffset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf("%02d", seconds%60)
	}
	return text
}
