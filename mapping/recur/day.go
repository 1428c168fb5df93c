package recur

import (
	"slices"
	"time"
)

// day is one day, with what the BY parts ask of it.
type day struct {
	date      time.Time // midnight, in time.UTC
	year      int
	month     time.Month
	monthDay  int
	yearDay   int
	weekday   time.Weekday
	monthDays int // of its month
	yearDays  int // of its year
}

func dayOf(date time.Time) day {
	d := day{date: date, weekday: date.Weekday(), yearDay: date.YearDay()}
	d.year, d.month, d.monthDay = date.Date()
	d.monthDays = time.Date(d.year, d.month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	d.yearDays = daysIn(d.year)
	return d
}

// next returns the day after d.
func (d day) next() day {
	if d.monthDay == d.monthDays {
		return dayOf(d.date.AddDate(0, 0, 1))
	}
	d.date = d.date.Add(24 * time.Hour)
	d.monthDay++
	d.yearDay++
	d.weekday = (d.weekday + 1) % 7
	return d
}

func daysIn(year int) int {
	return time.Date(year, time.December, 31, 0, 0, 0, 0, time.UTC).YearDay()
}

// matches says whether the BY parts that speak of days let d pass.
func (r *Rule) matches(d day) bool {
	return (len(r.Months) == 0 || slices.Contains(r.Months, int(d.month))) &&
		within(r.MonthDays, d.monthDay, d.monthDays) &&
		within(r.YearDays, d.yearDay, d.yearDays) &&
		r.weekMatches(d) && r.weekdayMatches(d)
}

// within says whether a list of positions, if there is one, holds the n-th of total.
func within(list []int, n, total int) bool {
	return len(list) == 0 || slices.Contains(list, n) || slices.Contains(list, n-total-1)
}

// weekdayMatches decides about BYDAY. A number counts within the month, or within the year for a yearly rule without
// BYMONTH.
func (r *Rule) weekdayMatches(d day) bool {
	if len(r.Days) == 0 {
		return true
	}
	n, total := d.monthDay, d.monthDays
	if r.Frequency == Yearly && len(r.Months) == 0 {
		n, total = d.yearDay, d.yearDays
	}
	first, last := (n-1)/7+1, -((total-n)/7 + 1)
	for _, w := range r.Days {
		if w.Day == d.weekday && (w.N == 0 || w.N == first || w.N == last) {
			return true
		}
	}
	return false
}

// weekMatches decides about BYWEEKNO. A week belongs to the year in which its fourth day lies (ISO 8601, with any day
// as the first of the week).
func (r *Rule) weekMatches(d day) bool {
	if len(r.WeekNumbers) == 0 {
		return true
	}
	year := r.weekYearOf(d.date)
	first, end := r.weekYear(year), r.weekYear(year+1)
	return within(r.WeekNumbers, weeksBetween(first, d.date)+1, weeksBetween(first, end))
}

// weekYearOf returns the year to which the week of a day belongs.
func (r *Rule) weekYearOf(date time.Time) int {
	return date.AddDate(0, 0, 3-r.daysIntoWeek(date)).Year()
}

// weekYear returns the first day of a year that consists of whole weeks: its first week is that of 4 January.
func (r *Rule) weekYear(year int) time.Time {
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC)
	return fourth.AddDate(0, 0, -r.daysIntoWeek(fourth))
}

func (r *Rule) daysIntoWeek(date time.Time) int {
	return (int(date.Weekday()) - int(r.WeekStart) + 7) % 7
}

func weeksBetween(from, to time.Time) int { return int(to.Sub(from) / (7 * 24 * time.Hour)) }
