package recur

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxLength is how many octets of a rule are read. The longest that make sense, with every minute of an hour and every
// day of a year, stay below it.
const maxLength = 4096

// part is one name of the grammar.
type part struct {
	name string
	read func(r *Rule, value string) error
}

// parts is the grammar of RFC 5545 section 3.3.10. FREQ is the first, see Parse.
var parts = []part{
	{"FREQ", (*Rule).readFrequency},
	{"UNTIL", (*Rule).readUntil},
	{"COUNT", func(r *Rule, v string) (err error) { r.Count, err = number(v, 1, 1<<31-1); return err }},
	{"INTERVAL", func(r *Rule, v string) (err error) { r.Interval, err = number(v, 1, 1<<31-1); return err }},
	{"WKST", func(r *Rule, v string) (err error) { r.WeekStart, err = weekday(v); return err }},
	{"BYSECOND", func(r *Rule, v string) (err error) { r.Seconds, err = numbers(v, 0, 60); return err }},
	{"BYMINUTE", func(r *Rule, v string) (err error) { r.Minutes, err = numbers(v, 0, 59); return err }},
	{"BYHOUR", func(r *Rule, v string) (err error) { r.Hours, err = numbers(v, 0, 23); return err }},
	{"BYDAY", (*Rule).readDays},
	{"BYMONTHDAY", func(r *Rule, v string) (err error) { r.MonthDays, err = positions(v, 31); return err }},
	{"BYYEARDAY", func(r *Rule, v string) (err error) { r.YearDays, err = positions(v, 366); return err }},
	{"BYWEEKNO", func(r *Rule, v string) (err error) { r.WeekNumbers, err = positions(v, 53); return err }},
	{"BYMONTH", func(r *Rule, v string) (err error) { r.Months, err = numbers(v, 1, 12); return err }},
	{"BYSETPOS", func(r *Rule, v string) (err error) { r.Place, err = positions(v, 366); return err }},
}

// Parse reads a RECUR value. It takes lower case, spaces round the parts and an empty last part, which programs write,
// and nothing else that the grammar does not know: what a part means that it does not know cannot be told.
func Parse(value string) (Rule, error) {
	if len(value) > maxLength {
		return Rule{}, fmt.Errorf("recurrence rule of %d octets, %d are read at most", len(value), maxLength)
	}
	r := Rule{Interval: 1, WeekStart: time.Monday}
	var seen uint // parts, by bits
	for text := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(value)), ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		name, v, _ := strings.Cut(text, "=")
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == name })
		if i < 0 || seen&(1<<i) != 0 {
			return Rule{}, fmt.Errorf("recurrence rule %.200q: %.40q is unknown or stands there twice", value, name)
		}
		seen |= 1 << i
		if err := parts[i].read(&r, v); err != nil {
			return Rule{}, fmt.Errorf("recurrence rule %.200q: %s: %w", value, name, err)
		}
	}
	if err := r.check(seen&1 != 0); err != nil {
		return Rule{}, fmt.Errorf("recurrence rule %.200q: %w", value, err)
	}
	return r, nil
}

// check refuses the combinations that the RFC excludes and that have no meaning.
func (r *Rule) check(frequency bool) error {
	nth := slices.ContainsFunc(r.Days, func(d Weekday) bool { return d.N != 0 })
	switch {
	case !frequency:
		return fmt.Errorf("no FREQ")
	case nth && r.Frequency < Monthly:
		return fmt.Errorf("BYDAY with a number needs FREQ=MONTHLY or YEARLY")
	case nth && len(r.WeekNumbers) > 0:
		return fmt.Errorf("BYDAY with a number beside BYWEEKNO")
	case len(r.WeekNumbers) > 0 && r.Frequency != Yearly:
		return fmt.Errorf("BYWEEKNO needs FREQ=YEARLY")
	case len(r.YearDays) > 0 && r.Frequency > Hourly && r.Frequency < Yearly:
		return fmt.Errorf("BYYEARDAY beside FREQ=DAILY, WEEKLY or MONTHLY")
	case len(r.MonthDays) > 0 && r.Frequency == Weekly:
		return fmt.Errorf("BYMONTHDAY beside FREQ=WEEKLY")
	}
	return nil
}

var frequencies = []string{"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}

func (r *Rule) readFrequency(v string) error {
	i := slices.Index(frequencies, v)
	if i < 0 {
		return fmt.Errorf("unknown frequency %.40q", v)
	}
	r.Frequency = Frequency(i)
	return nil
}

func (r *Rule) readUntil(v string) (err error) {
	switch {
	case len(v) == len("20060102"):
		r.Until, err = time.Parse("20060102", v)
		r.Until = r.Until.AddDate(0, 0, 1).Add(-time.Second)
	case strings.HasSuffix(v, "Z"):
		r.Until, err = time.Parse("20060102T150405Z", v)
		r.UntilUTC = true
	default:
		r.Until, err = time.Parse("20060102T150405", v)
	}
	return err
}

func (r *Rule) readDays(v string) error {
	for text := range strings.SplitSeq(v, ",") {
		if len(text) < 2 {
			return fmt.Errorf("no day of the week: %q", text)
		}
		day, err := weekday(text[len(text)-2:])
		if err != nil {
			return err
		}
		d := Weekday{Day: day}
		if nth := text[:len(text)-2]; nth != "" {
			if d.N, err = position(nth, 53); err != nil {
				return err
			}
		}
		r.Days = append(r.Days, d)
	}
	return nil
}

var weekdays = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

func weekday(v string) (time.Weekday, error) {
	i := slices.Index(weekdays, v)
	if i < 0 {
		return 0, fmt.Errorf("no day of the week: %.40q", v)
	}
	return time.Weekday(i), nil
}

func number(v string, low, high int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%.40q is no number from %d to %d", v, low, high)
	}
	return n, nil
}

// position reads a number that counts from the end where it is negative. There is no 0th.
func position(v string, limit int) (int, error) {
	n, err := number(v, -limit, limit)
	if err == nil && n == 0 {
		err = fmt.Errorf("there is no 0th")
	}
	return n, err
}

func numbers(v string, low, high int) ([]int, error) {
	return list(v, func(v string) (int, error) { return number(v, low, high) })
}

func positions(v string, limit int) ([]int, error) {
	return list(v, func(v string) (int, error) { return position(v, limit) })
}

func list(v string, read func(string) (int, error)) ([]int, error) {
	var all []int
	for text := range strings.SplitSeq(v, ",") {
		n, err := read(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
