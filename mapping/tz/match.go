package tz

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Candidate is a zone with where it differs from a definition.
type Candidate struct {
	Zone        *Zone
	Differences Differences
}

// Candidates compares a definition with all zones of the database that are no links, up to Horizon. The best come
// first: among zones that have the same times, that is one of a whole number of hours from UTC for a definition without
// changes, then one that uses the abbreviations of the definition, then one that stands for a zone of Windows (and so for
// the most people), then the first by name.
func Candidates(s Steps, names []string) []Candidate {
	var all []Candidate
	for _, name := range places() {
		zone, _ := Load(name)
		all = append(all, Candidate{zone, s.Differences(zone.Steps(Horizon-1), Horizon)})
	}
	rank := func(c Candidate) int {
		fixed := len(s) == 1 && strings.HasPrefix(c.Zone.Name, "Etc/")
		return preference(fixed, c.Zone.uses(names), representative()[c.Zone.Name])
	}
	ranks := make(map[*Zone]int, len(all))
	for _, c := range all {
		ranks[c.Zone] = rank(c)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return cmp.Compare(ranks[b.Zone], ranks[a.Zone]) })
	return all
}

// preference orders its arguments, the first counting most.
func preference(reasons ...bool) (n int) {
	for _, reason := range reasons {
		n *= 2
		if reason {
			n++
		}
	}
	return n
}

// Match returns the zone, of those that accept takes, that differs least from the definition from a time up to Horizon:
// a zone may have the times that one object uses and go other ways at all others. It returns nil where accept takes none.
func Match(candidates []Candidate, from Wall, accept func(Differences) bool) *Zone {
	var best *Zone
	least := int64(0)
	for _, c := range candidates {
		if !accept(c.Differences) {
			continue
		}
		if apart := c.Differences.Within(from, max(from, Horizon)); best == nil || apart < least {
			best, least = c.Zone, apart
		}
	}
	return best
}

// places lists the zones that are no links, in order.
var places = sync.OnceValue(func() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return Current(name) != name })
})

// representative holds the zones that stand for those of Windows, by their current names.
var representative = sync.OnceValue(func() map[string]bool {
	all := make(map[string]bool, len(windowsZones))
	for _, name := range windowsZones {
		all[Current(name)] = true
	}
	return all
})

// uses says whether a zone, under the rules of its last years, has all of some abbreviations.
func (z *Zone) uses(names []string) bool {
	all := z.history().all
	current := []string{z.history().initial.name}
	for _, t := range all[max(0, len(all)-4):] {
		current = append(current, t.name)
	}
	return len(names) > 0 && !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(current, name) })
}
