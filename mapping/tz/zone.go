package tz

import (
	"sync"
	"time"
)

// Zone is a time zone of the IANA database. It is safe for concurrent use.
type Zone struct {
	Name string

	location *time.Location
	near     func() Steps // up to Horizon
	far      func() Steps // up to End
	history  func() history
	groups   func() []group // of history

	mu      sync.Mutex
	written map[extent][]string
}

func newZone(name string, location *time.Location) *Zone {
	z := &Zone{Name: name, location: location, written: make(map[extent][]string)}
	z.near = sync.OnceValue(func() Steps { return z.steps(Horizon) })
	z.far = sync.OnceValue(func() Steps { return z.steps(End) })
	z.history = sync.OnceValue(z.read)
	z.groups = sync.OnceValue(z.split)
	return z
}

// Location returns the zone for package time.
func (z *Zone) Location() *time.Location { return z.location }

// Steps returns how the zone's clock changes, up to the time to at least.
func (z *Zone) Steps(to Wall) Steps {
	if to < Horizon {
		return z.near()
	}
	return z.far()
}

func (z *Zone) steps(to Wall) Steps {
	initial, transitions := z.transitions(to)
	changes := make([]change, len(transitions))
	for i, t := range transitions {
		changes[i] = t.change()
	}
	return newSteps(initial.to, changes)
}

// history is all that the database says of a zone, and some years of the rule that lives on.
type history struct {
	initial transition // what holds before the first of all
	all     []transition
}

// read reads the zone's history up to livingUntil, with what is daylight saving time as a VTIMEZONE calls it.
func (z *Zone) read() history {
	end := time.Date(livingUntil, 1, 1, 0, 0, 0, 0, time.UTC)
	initial, all := z.transitions(WallOf(end) - 2*24*60*60)
	return history{initial, labelled(all)}
}

// transition is a change of a zone's offset, its abbreviation, or whether it counts as daylight saving time.
type transition struct {
	at       int64 // UTC
	from, to int
	name     string
	daylight bool
}

func (t transition) wall() Wall { return Wall(t.at + int64(t.from)) }

func (t transition) change() change { return change{at: t.wall(), from: t.from, to: t.to} }

// transitions returns what a zone is in the beginning, and all that changes up to the time to.
func (z *Zone) transitions(to Wall) (initial transition, all []transition) {
	t := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).In(z.location) // no zone has a transition before 1800
	initial.name, initial.to = t.Zone()
	initial.from = initial.to
	for last := initial; ; {
		_, end := t.ZoneBounds()
		if end.IsZero() || WallOf(end.UTC()) > to+24*60*60 {
			return initial, all
		}
		// Where the rule that lives on gives the offset, Go 1.26 also takes the end of a year for a bound, and does not
		// get over that of a leap year.
		if !end.After(t) {
			t = t.Add(24 * time.Hour)
			continue
		}
		t = end
		next := transition{at: end.Unix(), from: last.to, daylight: end.IsDST()}
		next.name, next.to = end.Zone()
		if next.to != last.to || next.name != last.name || next.daylight != last.daylight {
			all = append(all, next)
			last = next
		}
	}
}
