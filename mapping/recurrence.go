package mapping

import (
	"bytes"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Bounds within which a recurrence rule is expanded. Whatever lies outside counts as occurring.
const (
	maxRule        = 1024    // octets
	maxInterval    = 1000    // INTERVAL; 100 for yearly rules
	maxTimesOfDay  = 64      // BYHOUR × BYMINUTE × BYSECOND
	maxRules       = 100     // expanded for one object
	maxOccurrences = 100_000 // looked at for one object
	maxYears       = 400     // after the first start; the Gregorian calendar repeats itself by then
)

// maxOffset is how far a wall clock may be ahead of UTC (Kiritimati).
const maxOffset = 14 * time.Hour

// budget is what is left for the rules of one object.
type budget struct{ rules, occurrences int }

// series is what a recurrence rule starts from.
type series struct {
	start moment
	ahead time.Duration // how far the wall clock of start's zone may be ahead of UTC
	from  time.Time     // occurrences that start before are of no interest
	to    time.Time     // occurrences that start at or after are of no interest; open when zero

	budget *budget
}

// occurs says whether the rule has an occurrence for which hit is true. Rules that rrule-go cannot read or that would
// take long occur: hourly and more often, absurd lengths and intervals, and what it panics on (BYDAY=-53MO in a month).
//
// rrule-go iterates up to the year 9999 before it gives up a rule that never occurs (30 February), 80 ms for a daily
// one. Expanding it in the last 400 to 800 years of that span instead gives the same days of the week and leap years
// in a twentieth of the time.
func (s series) occurs(rule []byte, hit func(time.Time) bool) (in bool) {
	defer func() {
		if recover() != nil {
			in = true
		}
	}()
	o := s.option(rule)
	s.budget.rules--
	if s.budget.rules < 0 || o == nil || o.Until.IsZero() && o.Count == 0 && s.to.IsZero() {
		return true
	}
	s.skip(o)
	if s.tooFar(o) {
		return true
	}
	shift := (9999 - maxYears - o.Dtstart.Year()) / 400 * 400
	o.Dtstart = o.Dtstart.AddDate(shift, 0, 0)
	if !o.Until.IsZero() {
		o.Until = o.Until.AddDate(shift, 0, 0)
	}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return true
	}
	next := r.Iterator()
	for ; s.budget.occurrences > 0; s.budget.occurrences-- {
		t, ok := next()
		if !ok {
			return false
		}
		t = t.AddDate(-shift, 0, 0)
		if !s.to.IsZero() && !t.Before(s.to) {
			return false
		}
		if hit(t) {
			return true
		}
	}
	return true
}

// option reads a rule for rrule-go, nil where it is to count as occurring.
func (s series) option(rule []byte) *rrule.ROption {
	if len(rule) > maxRule {
		return nil
	}
	o, err := rrule.StrToROption(strings.ToUpper(string(bytes.TrimSpace(rule))))
	if err != nil || o.Freq >= rrule.HOURLY || o.Count < 0 || o.Interval > maxInterval || o.Freq == rrule.YEARLY && o.Interval > maxInterval/10 {
		return nil
	}
	if s.start.date {
		o.Byhour, o.Byminute, o.Bysecond = nil, nil, nil // RFC 5545 section 3.3.10: ignored for a DATE
	}
	if max(1, len(o.Byhour))*max(1, len(o.Byminute))*max(1, len(o.Bysecond)) > maxTimesOfDay {
		return nil
	}
	o.Dtstart = s.start.at
	o.Until = s.until(rule)
	return o
}

// until returns the last time by the wall clock at which the rule may occur, zero for none. UNTIL of a series in a time
// zone is a UTC value (RFC 5545 section 3.3.10): the wall clock is at most s.ahead of it. A UNTIL without time means its
// whole day.
func (s series) until(rule []byte) time.Time {
	for part := range bytes.SplitSeq(bytes.ToUpper(rule), []byte(";")) {
		value, ok := bytes.CutPrefix(bytes.TrimSpace(part), []byte("UNTIL="))
		if !ok {
			continue
		}
		m, ok := parseMoment(value, s.start.zone)
		switch {
		case !ok:
			return time.Time{}
		case m.date:
			return m.at.AddDate(0, 0, 1).Add(-time.Second)
		case m.zone != s.start.zone:
			return m.at.Add(s.ahead)
		}
		return m.at
	}
	return time.Time{}
}

// skip moves the start of a daily or weekly rule without COUNT to shortly before what is of interest, by whole
// intervals, so that a daily rule which began in 1980 costs no more than one of this year.
func (s series) skip(o *rrule.ROption) {
	days := max(1, o.Interval)
	switch {
	case o.Count > 0 || o.Freq != rrule.DAILY && o.Freq != rrule.WEEKLY:
		return
	case o.Freq == rrule.WEEKLY:
		days *= 7
	}
	between := int(s.from.Sub(o.Dtstart).Hours() / 24)
	if n := between/days - 1; n > 0 {
		o.Dtstart = o.Dtstart.AddDate(0, 0, n*days)
	}
}

// tooFar says whether what is of interest ends so long after the start that the years which are expanded may not reach
// it.
func (s series) tooFar(o *rrule.ROption) bool {
	year := o.Dtstart.Year()
	if year < 1 || year > 9999-maxYears {
		return true
	}
	end := s.from.Year()
	switch {
	case !s.to.IsZero():
		end = s.to.Year()
	case !o.Until.IsZero():
		end = o.Until.Year()
	}
	return end-year > maxYears
}
