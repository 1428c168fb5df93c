package tz

import (
	"cmp"
	"slices"
)

// group is a group of a zone's transitions that a VTIMEZONE can state at once: by an RRULE, or by RDATEs.
type group struct {
	kind
	all    []transition // in order; of a living rule up to livingUntil
	rule   string       // RRULE without UNTIL, "" for RDATEs
	living bool         // the rule goes on for ever
}

// until returns the instant of the last transition.
func (g *group) until() int64 { return g.all[len(g.all)-1].at }

// Years for which transitions are looked at. All that the database lists one by one have ended by livingFrom (Morocco's
// end in 2087); what happens from then on follows the rule in force for ever, and 28 years show every date that it can
// fall on.
const (
	livingFrom  = 2101
	livingUntil = livingFrom + 28
	minYears    = 3 // that make a rule; shorter ones are RDATEs
)

// split splits the zone's transitions into groups: the living rules as far back as they hold, then the rules of
// former times, then the rest one by one.
func (z *Zone) split() []group {
	rest := z.history().all
	var all []group
	for _, p := range livingPatterns(rest) {
		var g group
		g, rest = p.takeBackwards(rest)
		all = append(all, g)
	}
	former, rest := formerRules(rest)
	all = append(append(all, former...), single(rest)...)
	slices.SortStableFunc(all, func(a, b group) int { return cmp.Compare(a.all[0].at, b.all[0].at) })
	return all
}

// labelled decides what is daylight saving time. The database knows zones whose standard time is that of the summer, from
// which winter takes an hour (Dublin), or from which Ramadan does (Casablanca, El_Aaiun). In a VTIMEZONE the later clock
// is DAYLIGHT, as all programs expect: a pair of them is swapped.
func labelled(all []transition) []transition {
	swapped := slices.Clone(all)
	for i := range all {
		negative := all[i].daylight && all[i].to < all[i].from && (i == 0 || !all[i-1].daylight)
		if !negative {
			continue
		}
		swapped[i].daylight = false
		if i > 0 && !all[i-1].daylight {
			swapped[i-1].daylight = true
		}
		if i+1 < len(all) && !all[i+1].daylight {
			swapped[i+1].daylight = true
		}
	}
	return swapped
}

// kind is what the transitions of one group have in common.
type kind struct {
	from, to int
	name     string
	daylight bool
}

func (t transition) kind() kind { return kind{t.from, t.to, t.name, t.daylight} }
