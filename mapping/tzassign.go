package mapping

import (
	"fmt"
	"slices"
	"strings"

	"davferry/mapping/tz"
)

// assign finds the zone of each TZID of an object. Where that cannot be it returns why, for all of them.
func (z *Zones) assign(o *tzObject) []Left {
	left := o.problems
	if o.refused[""] {
		return left // of the object as a whole
	}
	for _, u := range o.uses {
		if u.floating {
			u.zone = z.floating
			continue
		}
		if o.refused[u.tzid] {
			continue
		}
		zone, why := z.zoneOf(u, o.definitions(u.calendar, u.tzid))
		if why.Rule != "" {
			why.Reason = tzReason(u.tzid, why.Reason)
			left = append(left, why)
		}
		u.zone = zone
	}
	return left
}

// zoneOf finds the zone that a TZID means, and proves that it gives the same times. Where it cannot, it says why.
func (z *Zones) zoneOf(u *tzUse, definitions []tzTimezone) (*tz.Zone, Left) {
	if u.tzid == "" {
		return nil, Left{TimezoneUnknown, "a TZID is empty"}
	}
	var d *tzDefinition
	names := []string{u.tzid}
	switch len(definitions) {
	case 0:
	case 1:
		d = definitions[0].tzDefinition
		names = append(names, d.hints...)
	default:
		return nil, Left{TimezoneInvalid, "the object has two VTIMEZONEs for it"}
	}
	for _, name := range names {
		if zone := z.resolve(name); zone != "" {
			return z.named(u, d, zone)
		}
	}
	if d == nil {
		return nil, Left{TimezoneUnknown, "no zone has this name, and the object has no VTIMEZONE for it"}
	}
	return z.matched(u, d)
}

// resolve returns the zone that a name means, "" where it names none.
func (z *Zones) resolve(name string) string {
	z.mu.Lock()
	defer z.mu.Unlock()
	zone, known := z.resolved[name]
	if !known {
		zone, _ = tz.Resolve(name)
		if len(z.resolved) == maxKnown {
			clear(z.resolved)
		}
		if len(name) <= maxKnownName {
			z.resolved[strings.Clone(name)] = zone
		}
	}
	return zone
}

// named proves that a zone that a TZID means by its name gives the times that its VTIMEZONE gives, if it has one.
func (z *Zones) named(u *tzUse, d *tzDefinition, name string) (*tz.Zone, Left) {
	zone, _ := tz.Load(name)
	current := zone
	if z.currentNames {
		current, _ = tz.Load(tz.Current(name))
	}
	_, to, _ := u.extent()
	until := tzUntil(to)
	var diffs tz.Differences
	var err error
	switch {
	case d != nil:
		diffs, err = d.differences(current, until)
	case current != zone:
		diffs = zone.Steps(until-1).Differences(current.Steps(until-1), until)
	}
	return u.prove(current, diffs, err)
}

// tzUntil returns up to where clocks are compared for times up to to.
func tzUntil(to tz.Wall) tz.Wall {
	if to < tz.Horizon {
		return tz.Horizon
	}
	return tz.End
}

// prove returns the zone if no time of the use falls into the differences.
func (u *tzUse) prove(zone *tz.Zone, diffs tz.Differences, err error) (*tz.Zone, Left) {
	if err != nil {
		return nil, Left{TimezoneInvalid, "its VTIMEZONE cannot be used: " + err.Error()}
	}
	hit, found, err := u.firstHit(diffs)
	switch {
	case err != nil:
		return nil, Left{TimezoneDiffers, fmt.Sprintf("this is %s, but %s, and there may be more: %v", zone.Name, hit.in(zone), err)}
	case found:
		return nil, Left{TimezoneDiffers, fmt.Sprintf("this is %s, but %s", zone.Name, hit.in(zone))}
	}
	return zone, Left{}
}

// in says how a time differs in a zone.
func (h tzHit) in(zone *tz.Zone) string {
	if h.A == tz.Unknown {
		return fmt.Sprintf("%s is %s there, and cannot be told from its VTIMEZONE, which contradicts itself", h.at, utc(h.B))
	}
	return fmt.Sprintf("%s is %s by its VTIMEZONE and %s in %s", h.at, utc(h.A), utc(h.B), zone.Name)
}

// utc writes an offset as UTC+01:00.
func utc(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	text := fmt.Sprintf("UTC%c%02d:%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		text += fmt.Sprintf(":%02d", seconds%60)
	}
	return text
}

// matched finds a zone for a TZID whose name says nothing: one that has the same times.
func (z *Zones) matched(u *tzUse, d *tzDefinition) (*tz.Zone, Left) {
	from, to, _ := u.extent()
	candidates, err := z.candidates(d, from)
	if err != nil {
		return nil, Left{TimezoneInvalid, "its VTIMEZONE cannot be used: " + err.Error()}
	}
	i := slices.IndexFunc(candidates, func(c tz.Candidate) bool { return u.unmoved(c.Differences) })
	if i < 0 {
		return nil, Left{TimezoneUnknown, "no zone has this name, and none has the times of its VTIMEZONE" + u.nearest(candidates[0], from)}
	}
	diffs, err := d.differences(candidates[i].Zone, tzUntil(to))
	return u.prove(candidates[i].Zone, diffs, err)
}

// nearest says where the zone that comes closest differs, if it does so for less than a month a year.
func (u *tzUse) nearest(nearest tz.Candidate, from tz.Wall) string {
	from = min(from, tz.Horizon)
	if nearest.Differences.Within(from, tz.Horizon) >= int64(tz.Horizon-from)/12 {
		return ""
	}
	hit, found, err := u.firstHit(nearest.Differences)
	if !found || err != nil {
		return ""
	}
	return fmt.Sprintf(": %s comes nearest, but %s", nearest.Zone.Name, hit.in(nearest.Zone))
}
