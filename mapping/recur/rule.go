package recur

import (
	"time"
)

// Frequency is the FREQ part of a rule.
type Frequency uint8

// The frequencies, the shortest first.
const (
	Secondly Frequency = iota
	Minutely
	Hourly
	Daily
	Weekly
	Monthly
	Yearly
)

// Weekday is one value of BYDAY: a day of the week, and which one of its month or year.
type Weekday struct {
	N   int // 1 the first, -1 the last; 0 every one
	Day time.Weekday
}

// Rule is a recurrence rule as it is written. The lists are in ascending order and without doubles, but for those that
// count from the end.
type Rule struct {
	Frequency Frequency
	Interval  int // at least 1
	Count     int // 0 for none

	// Until is the last time at which the rule may occur, zero for none. It is written as UTC, for which UntilUTC is
	// true, or by the wall clock of the series; a UNTIL without time means the last second of its day.
	Until    time.Time
	UntilUTC bool

	WeekStart time.Weekday

	Seconds, Minutes, Hours                         []int
	Days                                            []Weekday
	MonthDays, YearDays, WeekNumbers, Months, Place []int // Place is BYSETPOS
}

// WholeDays returns the rule without what it says about times of the day, which is ignored where the series starts with a
// DATE.
func (r Rule) WholeDays() Rule {
	r.Seconds, r.Minutes, r.Hours = nil, nil, nil
	return r
}
