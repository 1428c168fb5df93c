package recur

import (
	"iter"
	"slices"
	"time"
)

// Occurrences yields the times at which the rule occurs, in order, from start (DTSTART) to before end. Both are wall
// clock times, given in time.UTC, and so is what it yields. start itself is yielded only where the rule gives it.
//
// It ends with COUNT and, compared by the wall clock, with UNTIL: who knows the time zone and wants UNTIL compared as
// an instant clears Until before, and compares.
//
// Each period that is looked at takes one from steps. Where nothing is left the sequence ends, and steps is below 0.
func (r Rule) Occurrences(start, end time.Time, steps *int) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		e := newExpander(r, start)
		for count := 0; e.at.Before(end); e.advance() {
			if *steps--; *steps < 0 {
				return
			}
			for t := range e.period() {
				switch {
				case t.Before(start):
					continue
				case !t.Before(end), !r.Until.IsZero() && t.After(r.Until):
					return
				case !yield(t):
					return
				}
				if count++; count == r.Count {
					return
				}
			}
		}
	}
}

// expander walks over the periods of a rule.
type expander struct {
	rule  Rule
	at    time.Time       // where the period begins
	times []time.Duration // occurrences within a day, or for the frequencies below within an hour or a minute
	days  []day           // of the period; kept to save its allocation
}

// newExpander fills in what the rule takes from its start (RFC 5545 section 3.3.10: "Information, not contained in the
// rule, necessary to determine the various recurrence instance start time and dates are derived from the Start Time").
func newExpander(r Rule, start time.Time) *expander {
	e := &expander{rule: r}
	e.inherit(start)
	e.at = e.rule.periodStart(start)
	e.times = e.rule.times(start)
	return e
}

func (e *expander) inherit(start time.Time) {
	r := &e.rule
	byDay := len(r.Days)+len(r.YearDays)+len(r.MonthDays) > 0
	switch {
	case r.Frequency == Weekly && !byDay, len(r.WeekNumbers) > 0 && !byDay:
		r.Days = []Weekday{{Day: start.Weekday()}}
	case r.Frequency >= Monthly && !byDay:
		r.MonthDays = []int{start.Day()}
	}
	// In a yearly rule without BYMONTH a day of the month is one of the start's month: so libical reads it, and python-dateutil
	// does where BYMONTHDAY is missing too.
	if r.Frequency == Yearly && len(r.MonthDays) > 0 && len(r.Months)+len(r.WeekNumbers)+len(r.YearDays) == 0 {
		r.Months = []int{int(start.Month())}
	}
}

// periodStart returns where the period in which a series starts begins.
func (r *Rule) periodStart(start time.Time) time.Time {
	midnight := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, time.UTC)
	switch r.Frequency {
	case Yearly:
		if len(r.WeekNumbers) > 0 {
			return r.firstWeekYear(midnight)
		}
		return time.Date(start.Year(), time.January, 1, 0, 0, 0, 0, time.UTC)
	case Monthly:
		return midnight.AddDate(0, 0, 1-start.Day())
	case Weekly:
		return midnight.AddDate(0, 0, -r.daysIntoWeek(midnight))
	case Daily:
		return midnight
	}
	return start.Truncate(r.Frequency.unit())
}

// firstWeekYear returns the first day of the year, in whole weeks, from which INTERVAL counts: that of the week in which
// the series starts. A start that is none of the rule's days counts by the calendar, as with libical; the RFC leaves
// such a start undefined.
func (r *Rule) firstWeekYear(start time.Time) time.Time {
	if r.matches(dayOf(start)) {
		return r.weekYear(r.weekYearOf(start))
	}
	return r.weekYear(start.Year())
}

// unit returns the length of a period, for the frequencies that have one.
func (f Frequency) unit() time.Duration {
	switch f {
	case Hourly:
		return time.Hour
	case Minutely:
		return time.Minute
	}
	return time.Second
}

// times returns the times within a period: of the day, or of the hour or minute for those frequencies.
func (r *Rule) times(start time.Time) []time.Duration {
	hours := expandable(r.Hours, start.Hour(), r.Frequency > Hourly)
	minutes := expandable(r.Minutes, start.Minute(), r.Frequency > Minutely)
	seconds := expandable(r.Seconds, start.Second(), r.Frequency > Secondly)
	all := make([]time.Duration, 0, len(hours)*len(minutes)*len(seconds))
	for _, h := range hours {
		for _, m := range minutes {
			for _, s := range seconds {
				if s < 60 { // 60 is a leap second, which no clock here has
					all = append(all, time.Duration(h)*time.Hour+time.Duration(m)*time.Minute+time.Duration(s)*time.Second)
				}
			}
		}
	}
	return all
}

// expandable returns the values of a BY part of times where it adds occurrences to a period, else that of the start. A
// part that only lets periods pass is looked at in advance.
func expandable(list []int, start int, expands bool) []int {
	switch {
	case !expands:
		return []int{0}
	case len(list) > 0:
		return list
	}
	return []int{start}
}

// period yields the occurrences of the period, in order, also those before the start of the series.
func (e *expander) period() iter.Seq[time.Time] {
	e.collect()
	total := len(e.days) * len(e.times)
	at := func(i int) time.Time { return e.days[i/len(e.times)].date.Add(e.times[i%len(e.times)]) }
	return func(yield func(time.Time) bool) {
		if len(e.rule.Place) == 0 {
			for i := 0; i < total && yield(at(i)); i++ {
			}
			return
		}
		for _, i := range placed(e.rule.Place, total) {
			if !yield(at(i)) {
				return
			}
		}
	}
}

// placed returns the indexes of the positions of BYSETPOS in a set of total.
func placed(place []int, total int) []int {
	var all []int
	for _, n := range place {
		if n < 0 {
			n += total + 1
		}
		if 1 <= n && n <= total {
			all = append(all, n-1)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// collect gathers the days of the period that match; for a period shorter than a day, its beginning takes the place of
// the day.
func (e *expander) collect() {
	e.days = e.days[:0]
	r := &e.rule
	switch {
	case r.Frequency == Yearly && len(r.Months) > 0 && len(r.WeekNumbers) == 0:
		for _, m := range r.Months {
			e.collectMonth(e.at.AddDate(0, m-1, 0))
		}
	case r.Frequency == Yearly:
		e.collectDays(e.at, e.yearLength())
	case r.Frequency == Monthly:
		e.collectMonth(e.at)
	case r.Frequency == Weekly:
		e.collectDays(e.at, 7)
	case r.Frequency == Daily:
		e.collectDays(e.at, 1)
	case e.blockedFor() == 0:
		e.days = append(e.days, day{date: e.at})
	}
}

func (e *expander) collectMonth(first time.Time) {
	e.collectDays(first, first.AddDate(0, 1, -1).Day())
}

func (e *expander) collectDays(first time.Time, n int) {
	for d := dayOf(first); n > 0; n-- {
		if e.rule.matches(d) {
			e.days = append(e.days, d)
		}
		d = d.next()
	}
}

// blockedFor returns for how long the BY parts of days and times that are not expanded let no period shorter than a day
// pass, 0 where this one passes.
func (e *expander) blockedFor() time.Duration {
	r, t := &e.rule, e.at
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	switch {
	case !r.matches(dayOf(midnight)):
		return midnight.Add(24 * time.Hour).Sub(t)
	case len(r.Hours) > 0 && !slices.Contains(r.Hours, t.Hour()):
		return t.Truncate(time.Hour).Add(time.Hour).Sub(t)
	case r.Frequency < Hourly && len(r.Minutes) > 0 && !slices.Contains(r.Minutes, t.Minute()):
		return t.Truncate(time.Minute).Add(time.Minute).Sub(t)
	case r.Frequency < Minutely && len(r.Seconds) > 0 && !slices.Contains(r.Seconds, t.Second()):
		return time.Second
	}
	return 0
}

// lastYear is where time ends. An INTERVAL may lead beyond it at once.
const lastYear = 9999

// advance goes to the next period.
func (e *expander) advance() {
	n := e.rule.Interval
	switch e.rule.Frequency {
	case Yearly:
		e.advanceYears(min(n, lastYear))
	case Monthly:
		e.at = e.at.AddDate(0, min(n, lastYear*12), 0)
	case Weekly:
		e.at = e.at.AddDate(0, 0, 7*min(n, lastYear*53))
	case Daily:
		e.at = e.at.AddDate(0, 0, min(n, lastYear*366))
	default:
		e.leap(n)
	}
}

// advanceYears goes to a later year; with BYWEEKNO, the years are those that consist of whole weeks.
func (e *expander) advanceYears(n int) {
	if len(e.rule.WeekNumbers) > 0 {
		e.at = e.rule.weekYear(e.rule.weekYearOf(e.at) + n)
		return
	}
	e.at = e.at.AddDate(n, 0, 0)
}

func (e *expander) yearLength() int {
	if len(e.rule.WeekNumbers) > 0 {
		next := e.rule.weekYear(e.rule.weekYearOf(e.at) + 1)
		return int(next.Sub(e.at) / (24 * time.Hour))
	}
	return daysIn(e.at.Year())
}

// maxStep is more than any object spans, and little enough to be added to a time.
const maxStep = 250 * 366 * 24 * time.Hour

// leap goes to the next period of a frequency below a day that may pass: those in between need not be looked at one by
// one.
func (e *expander) leap(interval int) {
	unit := e.rule.Frequency.unit()
	if time.Duration(interval) > maxStep/unit {
		e.at = e.at.AddDate(lastYear, 0, 0)
		return
	}
	step := time.Duration(interval) * unit
	if blocked := e.blockedFor(); blocked > step {
		step *= (blocked + step - 1) / step
	}
	e.at = e.at.Add(step)
}
