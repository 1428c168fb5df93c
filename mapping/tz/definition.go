package tz

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"davferry/mapping/recur"
)

// Definition is what a VTIMEZONE says.
type Definition struct {
	Observances []Observance
}

// Observance is a STANDARD or DAYLIGHT of a VTIMEZONE: from its onsets on, a clock that had the offset From has the offset
// To. Which of the two it is called changes nothing.
type Observance struct {
	Name     string // TZNAME
	Start    Wall   // DTSTART, by the clock as it was before
	From, To int    // seconds east of UTC
	Rules    []recur.Rule
	Dates    []Wall // RDATE
}

// ErrTooMany says that a VTIMEZONE has more onsets than any zone of this world.
var ErrTooMany = errors.New("too many onsets")

// errEmpty says that a VTIMEZONE has neither STANDARD nor DAYLIGHT.
var errEmpty = errors.New("neither STANDARD nor DAYLIGHT")

// How many onsets, and periods of their rules, are looked at. Two rules that begin in 1601 take 1,800 up to Horizon, two
// that begin in 1970 take 33,000 up to End.
const (
	maxOnsets    = 5_000
	maxOnsetsFar = 40_000
)

// Steps returns how the clock of the definition changes, up to the time to at least. Before the first onset its
// TZOFFSETFROM holds ("the offset that is in use prior to this time zone observance").
//
// It fails where the definition has no observance or more than any zone needs. Where it contradicts itself, or where
// programs read it in different ways, the offset is Unknown: onsets of one instant with different offsets, a
// TZOFFSETFROM that is not the offset before, a DTSTART that is no occurrence of its RRULE.
func (d Definition) Steps(to Wall) (Steps, error) {
	if len(d.Observances) == 0 {
		return nil, errEmpty
	}
	budget := maxOnsets
	if to > Horizon {
		budget = maxOnsetsFar
	}
	var changes []change
	for _, o := range d.Observances {
		onsets, err := o.onsets(to, &budget)
		if err != nil {
			return nil, err
		}
		changes = append(changes, onsets...)
	}
	slices.SortStableFunc(changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.instant(), b.instant()), cmp.Compare(a.at, b.at), cmp.Compare(a.to, b.to))
	})
	initial := changes[0].from
	for _, c := range changes[1:] {
		if c.instant() == changes[0].instant() && c.from != initial {
			initial = Unknown
		}
	}
	return newSteps(initial, changes), nil
}

// onsets returns the changes that an observance makes up to the time to. DTSTART is one of them, but where the rule does
// not give it some programs leave it out.
func (o Observance) onsets(to Wall, budget *int) ([]change, error) {
	given := len(o.Rules) == 0
	walls := slices.Clone(o.Dates)
	for _, r := range o.Rules {
		found, err := o.expand(r, to, budget)
		if err != nil {
			return nil, err
		}
		given = given || len(found) > 0 && found[0] == o.Start
		walls = append(walls, found...)
	}
	if *budget -= len(o.Dates) + 1; *budget < 0 {
		return nil, ErrTooMany
	}
	changes := []change{{at: o.Start, from: o.From, to: o.To, doubtful: !given}}
	slices.Sort(walls)
	for _, w := range slices.Compact(walls) {
		if w != o.Start {
			changes = append(changes, change{at: w, from: o.From, to: o.To})
		}
	}
	return changes, nil
}

// expand returns the times at which a rule of the observance occurs. UNTIL in UTC is an instant, to which TZOFFSETFROM
// leads (RFC 5545 section 3.6.5).
func (o Observance) expand(r recur.Rule, to Wall, budget *int) ([]Wall, error) {
	if r.UntilUTC {
		r.Until = r.Until.Add(time.Duration(o.From) * time.Second)
	}
	var all []Wall
	for t := range r.Occurrences(o.Start.Time(), (to + 1).Time(), budget) {
		if *budget--; *budget < 0 {
			break
		}
		all = append(all, WallOf(t))
	}
	if *budget < 0 {
		return nil, ErrTooMany
	}
	return all, nil
}
