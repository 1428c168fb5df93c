package mapping

import (
	"cmp"
	"slices"

	"davferry/mapping/tz"
)

// edit names and defines the zones that were found.
func (o *tzObject) edit(z *Zones, e *Editor) {
	for _, u := range o.uses {
		for _, l := range u.lines {
			u.rename(e, l)
		}
		for _, r := range u.rules {
			u.endRule(e, r)
		}
	}
	for _, c := range o.calendars {
		o.define(z, e, c)
	}
}

// rename writes the zone into a property.
func (u *tzUse) rename(e *Editor, l Line) {
	text := l.Text()
	c := parseContent(text)
	if u.floating {
		at := offsetIn(text, c.Name) + len(c.Name)
		e.Replace(TimezoneFloating, l, spliced(text, []splice{{at, at, ";TZID=" + u.zone.Name}}))
		return
	}
	var splices []splice
	for p := range c.Params() {
		if equalFold(p.Name, "TZID") {
			at := offsetIn(text, p.Raw)
			splices = append(splices, splice{at, at + len(p.Raw), u.zone.Name})
		}
	}
	e.Replace(TimezoneName, l, spliced(text, splices))
}

// tzZone is what a calendar needs of a zone.
type tzZone struct {
	zone     *tz.Zone
	from, to tz.Wall
	existing []tzTimezone
}

// define sees to it that a calendar has one VTIMEZONE for each zone in use, generated for the span in which it is used.
func (o *tzObject) define(z *Zones, e *Editor, c *tzCalendar) {
	for _, n := range o.needs(c) {
		want := n.zone.VTimezone(n.from, n.to)
		if len(n.existing) == 0 {
			e.insertBlock(TimezoneDefinition, c.first(), z.block(want))
			continue
		}
		if t := n.existing[0]; !slices.Equal(t.lines, want) {
			e.replaceBlock(TimezoneDefinition, t.component.begin, t.component.end, t.shown, z.block(want))
		}
		for _, double := range n.existing[1:] {
			e.replaceBlock(TimezoneDefinition, double.component.begin, double.component.end, double.shown, block{})
		}
	}
}

// block returns the lines of a generated VTIMEZONE for an edit. Of one zone and span they are always the same slice.
func (z *Zones) block(lines []string) block {
	z.mu.Lock()
	defer z.mu.Unlock()
	b, ok := z.blocks[&lines[0]]
	if !ok {
		b = newBlock(lines)
		z.blocks[&lines[0]] = b
	}
	return b
}

// needs lists the zones that a calendar uses, in the order in which they first appear, with the VTIMEZONEs that they
// take the place of: several TZIDs may have meant one zone, and an unused VTIMEZONE may have the zone's name.
func (o *tzObject) needs(c *tzCalendar) []tzZone {
	var all []tzZone
	for _, u := range o.uses {
		if u.calendar != c {
			continue
		}
		i := slices.IndexFunc(all, func(n tzZone) bool { return n.zone == u.zone })
		if i < 0 {
			i = len(all)
			all = append(all, tzZone{zone: u.zone, from: tz.End, to: tz.Beginning, existing: c.named(u.zone.Name)})
		}
		n := &all[i]
		if from, to, ok := u.extent(); ok {
			n.from, n.to = min(n.from, from), max(n.to, to)
		}
		if u.tzid != u.zone.Name {
			n.existing = append(n.existing, c.named(u.tzid)...)
		}
	}
	for i := range all {
		all[i].complete()
	}
	return all
}

// complete sets the span of a zone that is named beside no time, and brings the VTIMEZONEs into order.
func (n *tzZone) complete() {
	if n.from > n.to {
		n.from, n.to = 0, 0
	}
	slices.SortFunc(n.existing, func(a, b tzTimezone) int { return cmp.Compare(a.component.begin.Start, b.component.begin.Start) })
}

// first returns the line before which VTIMEZONEs are put in.
func (c *tzCalendar) first() Line {
	first := c.component.end
	for _, child := range c.component.children {
		if child.begin.Start < first.Start {
			first = child.begin
		}
	}
	return first
}
