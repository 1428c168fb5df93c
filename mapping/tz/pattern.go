package tz

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// pattern is a yearly rule: in one month, the one day of the week that falls on one of up to seven days.
type pattern struct {
	kind
	clock       Wall // seconds of the day
	month       time.Month
	weekday     time.Weekday
	first, last int  // days of the month
	exact       bool // not in every year: on these days, not on those of the whole week
}

// patternOf returns the pattern of a single transition.
func patternOf(t transition) pattern {
	at := t.wall().Time()
	clock := Wall(at.Hour()*3600 + at.Minute()*60 + at.Second())
	return pattern{t.kind(), clock, at.Month(), at.Weekday(), at.Day(), at.Day(), false}
}

// widened returns the pattern that also covers t, if one can.
func (p pattern) widened(t transition) (pattern, bool) {
	q := patternOf(t)
	day := q.first
	q.first, q.last = p.first, p.last
	if q != p {
		return p, false
	}
	p.first, p.last = min(p.first, day), max(p.last, day)
	return p, p.last-p.first < 7
}

// in returns the wall clock time at which the pattern occurs in a year, if it does.
func (p pattern) in(year int) (Wall, bool) {
	first := time.Date(year, p.month, p.first, 0, 0, 0, 0, time.UTC)
	day := p.first + (int(p.weekday)-int(first.Weekday())+7)%7
	return WallOf(time.Date(year, p.month, day, 0, 0, 0, 0, time.UTC)) + p.clock, day <= p.last
}

var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// rule writes the pattern as RRULE, in the common form where there is one: the second Sunday rather than the Sunday among
// the days from the 8th to the 14th.
func (p pattern) rule() string {
	day := weekdays[p.weekday]
	lastWeek := time.Date(2000, p.month+1, 0, 0, 0, 0, 0, time.UTC).Day() - 6
	nth := (p.first-1)/7 + 1
	switch {
	case !p.exact && p.first >= lastWeek:
		day = "-1" + day
	case !p.exact && p.last <= 7*nth:
		day = fmt.Sprint(nth, day)
	default:
		return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYMONTHDAY=%s;BYDAY=%s", p.month, p.days(), day)
	}
	return fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=%s", p.month, day)
}

func (p pattern) days() string {
	var days []string
	for d := p.first; d <= p.last; d++ {
		days = append(days, fmt.Sprint(d))
	}
	return strings.Join(days, ",")
}

// livingPatterns returns the rules that transitions follow once the database no longer lists them one by one.
//
// A rule whose day crosses the end of a month is two: Egypt leaves summer time in the first hour of the Friday after the
// last Thursday of October, which is the Friday from 26 to 31 October in some years, and 1 November in the others.
func livingPatterns(all []transition) []pattern {
	var patterns []pattern
	var years []int
next:
	for _, t := range all {
		if t.wall().Time().Year() < livingFrom {
			continue
		}
		for i, p := range patterns {
			if wider, ok := p.widened(t); ok {
				patterns[i] = wider
				years[i]++
				continue next
			}
		}
		patterns = append(patterns, patternOf(t))
		years = append(years, 1)
	}
	for i := range patterns {
		patterns[i].exact = years[i] < livingUntil-livingFrom
	}
	return patterns
}

// takeBackwards takes the transitions that follow the pattern out of all, from the end back to where they no longer do.
func (p pattern) takeBackwards(all []transition) (taken group, rest []transition) {
	at := make(map[Wall]int)
	for i, t := range all {
		if t.kind() == p.kind {
			at[t.wall()] = i
		}
	}
	var indexes []int
	for year := livingUntil - 1; ; year-- {
		w, ok := p.in(year)
		if !ok {
			continue
		}
		i, ok := at[w]
		if !ok {
			break
		}
		indexes = append(indexes, i)
	}
	slices.Reverse(indexes)
	taken = group{kind: p.kind, rule: p.rule(), living: true}
	for _, i := range indexes {
		taken.all = append(taken.all, all[i])
	}
	return taken, without(all, indexes)
}

// without returns all but those of the indexes, which are in order.
func without(all []transition, indexes []int) []transition {
	var rest []transition
	for i, t := range all {
		if len(indexes) > 0 && indexes[0] == i {
			indexes = indexes[1:]
			continue
		}
		rest = append(rest, t)
	}
	return rest
}

// formerRules finds the rules of former times: patterns that hold for some years without a break.
func formerRules(all []transition) (rules []group, rest []transition) {
	var runs []run
next:
	for i, t := range all {
		for j := range runs {
			if runs[j].extend(i, t) {
				continue next
			}
		}
		runs = append(runs, run{patternOf(t), []int{i}, t.wall().Time().Year()})
	}
	var indexes []int
	for _, r := range runs {
		if len(r.indexes) < minYears {
			continue
		}
		g := group{kind: r.pattern.kind, rule: r.pattern.rule()}
		for _, i := range r.indexes {
			g.all = append(g.all, all[i])
		}
		rules = append(rules, g)
		indexes = append(indexes, r.indexes...)
	}
	slices.Sort(indexes)
	return rules, without(all, indexes)
}

// run is a pattern that held up to a year.
type run struct {
	pattern pattern
	indexes []int
	year    int
}

func (r *run) extend(i int, t transition) bool {
	wider, ok := r.pattern.widened(t)
	if !ok || t.wall().Time().Year() != r.year+1 {
		return false
	}
	r.pattern, r.year = wider, r.year+1
	r.indexes = append(r.indexes, i)
	return true
}

// single groups what follows no rule by what it changes.
func single(all []transition) []group {
	var groups []group
next:
	for _, t := range all {
		for i := range groups {
			if groups[i].kind == t.kind() {
				groups[i].all = append(groups[i].all, t)
				continue next
			}
		}
		groups = append(groups, group{kind: t.kind(), all: []transition{t}})
	}
	return groups
}
