package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"davferry/mapping/recur"
	"davferry/mapping/tz"
)

// tzSeries is when the occurrences of a component start, by its own clock. Occurrences that EXDATE or another component
// takes away are not left out: those are times of their own, which must not move either.
type tzSeries struct {
	use     *tzUse  // of DTSTART, nil where that depends on no TZID
	start   tz.Wall // DTSTART
	started bool
	loose   bool      // DTSTART is a UTC value with a TZID
	rules   []tzRule  // RRULE
	added   []tz.Wall // RDATE by the clock of DTSTART
	future  bool      // the component replaces all that follows (RANGE=THISANDFUTURE)
	budget  *int      // periods and occurrences that may still be looked at for the object

	bounded     bool
	first, last tz.Wall
	starts      []tz.Wall // up to followed, in order
	followed    tz.Wall
	err         error
}

// tzRule is an RRULE.
type tzRule struct {
	recur.Rule
	line  Line
	value []byte
	err   error // it cannot be read
}

// recurs says whether there may be more starts than DTSTART.
func (s *tzSeries) recurs() bool {
	return s.started && (len(s.rules) > 0 || len(s.added) > 0 || s.future)
}

// bounds returns between which times all starts are. Recurrence without end ends with tz.Horizon, as does what cannot be
// read.
func (s *tzSeries) bounds() (first, last tz.Wall) {
	if s.bounded {
		return s.first, s.last
	}
	first, last = s.start, s.start
	for _, w := range s.added {
		first, last = min(first, w), max(last, w)
	}
	if s.future {
		last = max(last, tz.Horizon-1)
	}
	for _, rule := range s.rules {
		last = max(last, rule.last())
	}
	s.bounded, s.first, s.last = true, first, last
	return first, last
}

// last returns the latest time at which a rule may occur. UNTIL may be an instant, which is up to a day later by the
// clock.
func (r tzRule) last() tz.Wall {
	if r.err != nil || r.Until.IsZero() || tz.WallOf(r.Until) >= tz.Horizon {
		return tz.Horizon - 1
	}
	return tz.WallOf(r.Until) + tzDay
}

// spans returns where the times are that follow the starts at the distance of a base and of each shift.
func (s *tzSeries) spans(b tzBase, shifts []tz.Wall) []tzSpan {
	if len(shifts) > maxShifts {
		return []tzSpan{s.span(b, shifts[0], shifts[len(shifts)-1])}
	}
	var all []tzSpan
	for _, shift := range shifts {
		all = append(all, s.span(b, shift, shift))
	}
	return all
}

// span returns where the times are that follow the starts at the distance of a base and of shifts, which are from low to
// high. One shift is followed from start to start; of many, all times from the first to the last count.
func (s *tzSeries) span(b tzBase, low, high tz.Wall) tzSpan {
	first, last := s.bounds()
	offset := b.wall - s.start
	span := tzSpan{from: first + offset + low, series: s, offset: offset + low}
	span.to = max(span.from, min(last+offset+high, tz.Horizon-1))
	if s.disputed() {
		span.from, span.to, span.series = span.from-tzDay, tz.Horizon-1, nil
	} else if low != high || b.loose || s.loose || s.future {
		span.from, span.to, span.series = span.from-tzDay, span.to+tzDay, nil
	}
	return span
}

// disputed tells whether readers do not agree where the series occurs: a yearly rule with BYMONTHDAY and without BYMONTH is in
// the month of the start for libical and in every month for others, and where the weeks of BYWEEKNO begin and end is
// understood in several ways. No time of such a series is taken for known.
func (s *tzSeries) disputed() bool {
	return slices.ContainsFunc(s.rules, func(r tzRule) bool {
		return r.err == nil && r.Frequency == recur.Yearly && (len(r.WeekNumbers) > 0 || len(r.MonthDays) > 0 && len(r.Months) == 0)
	})
}

// tzBudget is how many periods and occurrences are looked at for one object. A daily series takes 50,000 from 1970 to
// tz.Horizon, and as many before it is followed so far.
const tzBudget = 400_000

// until returns the starts in order, up to a time at least. It fails where a rule cannot be read, or followed so far. Of an
// old series the first years tell most zones apart, so that it is followed twice as far each time.
func (s *tzSeries) until(to tz.Wall) ([]tz.Wall, error) {
	if s.err != nil || len(s.starts) > 0 && (to <= s.followed || s.followed == tz.Horizon-1) {
		return s.starts, s.err
	}
	s.followed = min(max(to, s.start+tzYear, s.followed+(s.followed-s.start)), tz.Horizon-1)
	s.starts = append(s.starts[:0], s.start)
	s.starts = append(s.starts, s.added...)
	for _, rule := range s.rules {
		if s.err = s.expand(rule); s.err != nil {
			return nil, s.err
		}
	}
	slices.Sort(s.starts)
	return s.starts, nil
}

const tzYear = 366 * tzDay

// expand adds the occurrences of a rule. Where UNTIL is an instant, those of one more day are taken in: which of them it
// ends depends on the zone, but if none of them moves, it ends the same ones.
func (s *tzSeries) expand(rule tzRule) error {
	if rule.err != nil {
		return rule.err
	}
	r := rule.Rule
	if r.UntilUTC {
		r.Until = r.Until.AddDate(0, 0, 1)
	}
	for t := range r.Occurrences(s.start.Time(), (s.followed + 1).Time(), s.budget) {
		if *s.budget--; *s.budget < 0 {
			break
		}
		s.starts = append(s.starts, tz.WallOf(t))
	}
	if *s.budget < 0 {
		return fmt.Errorf("recurrence rule %q has more occurrences than are followed", excerpt(rule.value, 80))
	}
	return nil
}

// tzHit is a time that would be another instant.
type tzHit struct {
	tz.Difference
	at tz.Wall
}

// firstHit returns the first time of the use that falls into a difference. It fails where there may be one that cannot be
// found: then the differences begin at the time that it returns as well.
func (u *tzUse) firstHit(d tz.Differences) (hit tzHit, found bool, err error) {
	if len(d) == 0 {
		return tzHit{}, false, nil
	}
	note := func(diff tz.Difference, at tz.Wall) {
		if !found || at < hit.at {
			hit, found = tzHit{diff, at}, true
		}
	}
	for _, w := range u.walls {
		if diff, at, ok := d.First(w, w); ok {
			note(diff, at)
		}
	}
	for _, s := range u.spans {
		diff, at, ok := d.First(s.from, s.to)
		if !ok {
			continue
		}
		if s.series == nil {
			note(diff, at)
			continue
		}
		diff, at, ok, err := s.firstOf(d, diff, at)
		if err != nil {
			return tzHit{diff, at}, true, err
		}
		if ok {
			note(diff, at)
		}
	}
	return hit, found, nil
}

// unmoved says whether no time of the use falls into a difference. Most zones are out at the first time, so that series are
// followed for few.
func (u *tzUse) unmoved(d tz.Differences) bool {
	for _, w := range u.walls {
		if _, _, hit := d.First(w, w); hit {
			return false
		}
	}
	_, found, _ := u.firstHit(d)
	return !found
}

// firstOf returns the first start that, moved by the span's offset, falls into a difference. met is the first of them that
// meets the span, from at on. Where the series cannot be followed it returns the difference up to which it could.
func (s tzSpan) firstOf(d tz.Differences, met tz.Difference, at tz.Wall) (tz.Difference, tz.Wall, bool, error) {
	for _, diff := range d {
		if diff.To <= met.From || diff.From > s.to {
			continue
		}
		starts, err := s.series.until(min(diff.To-1, s.to) - s.offset)
		if err != nil {
			return met, at, false, err
		}
		from := max(diff.From, s.from)
		i := sort.Search(len(starts), func(i int) bool { return starts[i]+s.offset >= from })
		if i < len(starts) && starts[i]+s.offset < diff.To {
			return diff, starts[i] + s.offset, true, nil
		}
	}
	return tz.Difference{}, 0, false, nil
}

// newRule returns the rule of an RRULE line.
func newRule(l Line) tzRule {
	value := bytes.TrimSpace(l.Content().Value)
	r, err := recur.Parse(string(value))
	return tzRule{r, l, value, err}
}
