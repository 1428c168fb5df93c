package tz

import (
	"math"
	"slices"
	"sort"
)

// Unknown is an offset that cannot be told: a VTIMEZONE contradicts itself, or programs read it in two ways.
const Unknown = math.MinInt32

// Step is the offset of a clock from one time on.
type Step struct {
	From   Wall
	Offset int // seconds east of UTC, or Unknown
}

// Steps is how the offset of a clock changes, in ascending order of From. The first step is from Beginning, and no two
// neighbours are equal.
//
// A time that the clock skips has the offset before the gap, one that it shows twice is the first of the two (RFC 5545
// section 3.3.5). So each time has one offset, and the change from offset a to b at the instant u is seen on the clock
// from u + max(a, b) on: to be equal as Steps is to have the same changes at the same instants.
type Steps []Step

// At returns the offset at a time by the clock, and whether it is known.
func (s Steps) At(w Wall) (offset int, known bool) {
	i := sort.Search(len(s), func(i int) bool { return s[i].From > w })
	if i == 0 {
		return 0, false
	}
	return s[i-1].Offset, s[i-1].Offset != Unknown
}

// change is a change of a clock's offset.
type change struct {
	at       Wall // by the clock as it was before
	from, to int
	doubtful bool // some programs know of it, others do not
}

// instant returns the UTC time of the change.
func (c change) instant() int64 { return int64(c.at) - int64(c.from) }

// seen returns the time by the clock from which on it has the new offset.
func (c change) seen() Wall { return c.at + Wall(max(0, c.to-c.from)) }

// newSteps returns the steps of a clock that has an offset in the beginning, and changes in order of their instants.
func newSteps(initial int, changes []change) Steps {
	s := Steps{{Beginning, initial}}
	for i, c := range changes {
		before := s[len(s)-1].Offset
		seen := c.seen()
		if before != Unknown && before != c.from {
			// Programs that believe TZOFFSETFROM and those that believe the change before differ by this much.
			apart := Wall(max(before-c.from, c.from-before))
			s.set(seen-apart, Unknown)
			seen += apart
		}
		to := c.to
		simultaneous := i > 0 && changes[i-1].instant() == c.instant() && changes[i-1].to != c.to
		if simultaneous || c.doubtful && before != c.to {
			to = Unknown
		}
		s.set(seen, to)
	}
	return s
}

// set adds a step. One that is to come before the last takes away what it overtakes: there nothing is known.
func (s *Steps) set(from Wall, offset int) {
	reached := from
	for len(*s) > 1 && (*s)[len(*s)-1].From >= from {
		reached = max(reached, (*s)[len(*s)-1].From)
		*s = (*s)[:len(*s)-1]
	}
	if reached > from {
		s.push(from, Unknown)
	}
	s.push(reached, offset)
}

func (s *Steps) push(from Wall, offset int) {
	if (*s)[len(*s)-1].Offset != offset {
		*s = append(*s, Step{from, offset})
	}
}

// Difference is a span of the clock, from From to before To, in which two Steps have other offsets.
type Difference struct {
	From, To Wall
	A, B     int // the offsets; Unknown differs from everything
}

// Differences returns where, up to before the time until, s and other do not have the same known offset, in order.
func (s Steps) Differences(other Steps, until Wall) Differences {
	var all Differences
	i, j := 0, 0
	for from := Beginning; from < until; {
		to := min(s.end(i), other.end(j), until)
		if a, b := s[i].Offset, other[j].Offset; a != b || a == Unknown {
			all = append(all, Difference{from, to, a, b})
		}
		if s.end(i) == to {
			i++
		}
		if other.end(j) == to {
			j++
		}
		from = to
	}
	return all
}

func (s Steps) end(i int) Wall {
	if i+1 < len(s) {
		return s[i+1].From
	}
	return End
}

// Differences is where two Steps differ.
type Differences []Difference

// First returns the first of the differences that meets the time from from to to, both inclusive, and when that is.
func (d Differences) First(from, to Wall) (Difference, Wall, bool) {
	i, _ := slices.BinarySearchFunc(d, from, func(d Difference, w Wall) int {
		if d.To <= w {
			return -1
		}
		return 1
	})
	if i == len(d) || d[i].From > to {
		return Difference{}, 0, false
	}
	return d[i], max(d[i].From, from), true
}

// Within returns for how many seconds, from from to to, there are differences.
func (d Differences) Within(from, to Wall) (seconds int64) {
	for _, d := range d {
		seconds += int64(max(0, min(d.To, to)-max(d.From, from)))
	}
	return seconds
}
