package tz

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Candidate is a zone with where it differs from a definition.
type Candidate struct {
	Zone        *Zone
	Differences Differences
}

// Candidates compares a definition with all zones of the database that are no links, up to Horizon. Those that differ
// least come first. Among zones that have the same times, that is one of a whole number of hours from UTC for a definition
// without changes, then one that uses the abbreviations of the definition, then the one that stands for the most zones in
// CLDR's table of Windows names, then the first by name.
func Candidates(s Steps, names []string) []Candidate {
	all := make([]Candidate, 0, len(places()))
	ranks := make(map[*Zone]int, len(places()))
	for _, name := range places() {
		zone, _ := Load(name)
		all = append(all, Candidate{zone, s.Differences(zone.Steps(Horizon-1), Horizon)})
		ranks[zone] = zone.rank(len(s) == 1, names)
	}
	slices.SortStableFunc(all, func(a, b Candidate) int { return cmp.Compare(ranks[b.Zone], ranks[a.Zone]) })
	byDistance(all, settled)
	return all
}

// byDistance sorts candidates by how long they differ from a time on.
func byDistance(all []Candidate, from Wall) {
	type distant struct {
		candidate Candidate
		apart     int64
	}
	sorted := make([]distant, len(all))
	for i, c := range all {
		sorted[i] = distant{c, c.Differences.Within(from, max(from, Horizon))}
	}
	slices.SortStableFunc(sorted, func(a, b distant) int { return cmp.Compare(a.apart, b.apart) })
	for i, d := range sorted {
		all[i] = d.candidate
	}
}

// rank orders zones that have the same times.
func (z *Zone) rank(fixed bool, names []string) int {
	rank := cover()[z.Name] // at most some dozens
	if z.uses(names) {
		rank += 1000
	}
	if fixed && strings.HasPrefix(z.Name, "Etc/") {
		rank += 2000
	}
	return rank
}

// settled is the time from which on zones are compared even if the object is younger: zones that agree today did not so
// some years ago, and the definition was written with one of them in mind.
const settled Wall = 1262304000 // 2010-01-01T00:00:00

// Since sorts candidates for an object that is as old as the time from: those that differ least from the beginning of its
// year on come first. A zone may have the times that one object uses, and go other ways at all others.
func Since(candidates []Candidate, from Wall) []Candidate {
	if from >= settled {
		return candidates
	}
	sorted := slices.Clone(candidates)
	byDistance(sorted, YearOf(from))
	return sorted
}

// YearOf returns the beginning of the year of a time, and that of 1970 for all times before.
func YearOf(w Wall) Wall {
	return WallOf(time.Date(max(w, 0).Time().Year(), 1, 1, 0, 0, 0, 0, time.UTC))
}

// places lists the zones that are no links, in order.
var places = sync.OnceValue(func() []string {
	return slices.DeleteFunc(Names(), func(name string) bool { return Current(name) != name })
})

// cover gives the number of zones that a zone of Windows stands for, by the current name of its zone here.
var cover = sync.OnceValue(func() map[string]int {
	all := make(map[string]int, len(windowsZones))
	for name, zone := range windowsZones {
		all[Current(zone)] += windowsCover[name]
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
