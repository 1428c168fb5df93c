package mapping

import (
	"bytes"
	"slices"

	"davferry/mapping/tz"
)

// splitZones returns the VTIMEZONEs among components, and the others.
func splitZones(components []*component) (zones, others []*component) {
	for _, c := range components {
		if c.name == "VTIMEZONE" {
			zones = append(zones, c)
		} else {
			others = append(others, c)
		}
	}
	return zones, others
}

// compareZones compares the VTIMEZONEs of two versions of the calendar a. A version may hold several of one TZID, also
// such as contradict each other.
func (c *comparer) compareZones(a *component, zonesA, zonesB []*component) {
	if len(zonesA) == 0 && len(zonesB) == 0 {
		return
	}
	m := newMatcher(zonesA, zonesB)
	idsA, idsB := keys(zonesA, zoneID), keys(zonesB, zoneID)
	m.by(with(idsA, zonesA, c.zoneDigest), with(idsB, zonesB, c.zoneDigest))
	for _, p := range m.result().pairs {
		c.noteZone(p.a, p.b)
	}
	same := slices.Clone(m.pairOf)
	m.by(idsA, idsB)
	var used map[string]bool
	for i, j := range m.pairOf {
		if same[i] >= 0 {
			continue
		}
		if used == nil {
			used = usedZones(a)
		}
		if j >= 0 {
			c.differentZone(zonesA[i], zonesB[j], used)
		} else {
			c.differentZone(zonesA[i], nil, used)
		}
	}
	if slices.Contains(m.taken, false) {
		c.rules.add(ZoneAdded)
	}
}

// noteZone notes how two VTIMEZONEs that give the same times differ in writing.
func (c *comparer) noteZone(a, b *component) {
	writing := comparer{canon: c.canon, entries: c.entries, digests: c.digests}
	writing.compare("", a, b)
	c.rules |= writing.rules
	if len(writing.differences) > 0 {
		c.rules.add(ZoneDetail)
	}
}

func zoneID(zone *component) string { return unescapeString(bytes.TrimSpace(zone.value("TZID"))) }

func (c *comparer) differentZone(a, b *component, used map[string]bool) {
	switch {
	case !used[zoneID(a)]:
		c.rules.add(ZoneUnused)
	case tz.Known(zoneID(a)):
		c.rules.add(ZoneKnown)
	case b == nil:
		c.differences = append(c.differences, Difference{Component: "VTIMEZONE " + zoneID(a), Before: summary(a)})
	default:
		c.compare("VTIMEZONE "+zoneID(a), a, b)
	}
}

// usedZones returns the TZIDs that properties of a component and of those in it refer to.
func usedZones(c *component) map[string]bool {
	used := make(map[string]bool)
	stack := []*component{c}
	for len(stack) > 0 {
		c = stack[len(stack)-1]
		stack = append(stack[:len(stack)-1], c.children...)
		for _, l := range c.lines {
			if tzid, ok := l.Content().Param("TZID"); ok {
				used[tzid] = true
			}
		}
	}
	return used
}
