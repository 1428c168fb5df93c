package dataset

import "time"

const week = 7 * 24 * time.Hour

// weekday returns the two letters that RRULE has for the weekday of t.
func weekday(t time.Time) string {
	return [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}[t.Weekday()]
}

// master writes the master of a series up to its RRULE; the caller goes on with what is special and ends it.
func (d *draft) master(c clock, start time.Time, length time.Duration, rule string) {
	d.begin("VEVENT")
	d.span(c, start, length)
	d.add("RRULE:" + rule)
	d.has("rrule")
}

// override writes a component that replaces the occurrence at the given time (RFC 5545 section 3.8.4.4).
// suffix follows the name of RECURRENCE-ID.
func (d *draft) override(c clock, occurrence, start time.Time, length time.Duration, suffix string) {
	d.begin("VEVENT")
	d.add(d.time("RECURRENCE-ID"+suffix, c, occurrence))
	d.span(c, start, length)
	d.add("END:VEVENT")
	d.has("override")
}

func weekly(d *draft) {
	c, start := d.anyZone(), d.hour()
	d.master(c, start, time.Hour, "FREQ=WEEKLY;BYDAY="+weekday(start)+";COUNT=20")
	d.add(d.time("EXDATE", c, start.Add(2*week)), d.time("EXDATE", c, start.Add(4*week), start.Add(5*week)))
	d.alarm("-PT30M")
	d.add("END:VEVENT")
	d.has("exdate")
}

// moved has overrides, one of them in the place of the first occurrence, in all sorts of times.
func moved(d *draft) {
	start, length := d.hour(), time.Hour
	c := pick(d, d.anyZone(), d.anyZone(), clock{utc: true}, clock{date: true})
	if c.date {
		start, length = d.day(), 24*time.Hour
		d.has("all-day")
	}
	d.master(c, start, length, "FREQ=WEEKLY;WKST=SU;COUNT=12")
	d.add(d.time("EXDATE", c, start.Add(3*week)), "END:VEVENT")
	d.override(c, start, start.Add(24*time.Hour), length, "")
	d.override(c, start.Add(2*week), start.Add(2*week+48*time.Hour), length, "")
	d.has("exdate")
}

// monthly ends at a time, which has to be in UTC where the start is not (RFC 5545 section 3.3.10).
func monthly(d *draft) {
	start := d.hour()
	until := clock{utc: true}.value(start.AddDate(3, 0, 0))
	d.master(clock{zone: newYork}, start, d.length(), "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2;UNTIL="+until)
	d.invite(2)
	d.add("END:VEVENT")
}

func yearly(d *draft) {
	d.master(clock{date: true}, d.day(), 24*time.Hour, "FREQ=YEARLY")
	d.add("CLASS:PUBLIC", "TRANSP:TRANSPARENT", "END:VEVENT")
	d.has("all-day", "endless")
}

func extraDates(d *draft) {
	c, start := clock{zone: lordHowe}, d.hour()
	d.master(c, start, time.Hour, "FREQ=DAILY;INTERVAL=3;COUNT=5")
	d.add(d.time("RDATE", c, start.Add(24*time.Hour), start.Add(40*24*time.Hour)), "END:VEVENT")
	d.has("rdate")
}

// masterLast has its overrides before its master, as some clients write them.
func masterLast(d *draft) {
	c, start := clock{zone: berlin}, d.hour()
	d.override(c, start.Add(week), start.Add(week+time.Hour), time.Hour, "")
	d.override(c, start.Add(3*week), start.Add(3*week-time.Hour), time.Hour, "")
	d.master(c, start, time.Hour, "FREQ=WEEKLY;COUNT=8")
	d.add("END:VEVENT")
	d.has("master-last")
}

func thisAndFuture(d *draft) {
	c, start := d.anyZone(), d.hour()
	d.master(c, start, time.Hour, "FREQ=WEEKLY;COUNT=16")
	d.invite(3)
	d.add("END:VEVENT")
	d.override(c, start.Add(8*week), start.Add(8*week+30*time.Minute), time.Hour, ";RANGE=THISANDFUTURE")
	d.has("this-and-future")
}

func workdays(d *draft) {
	c, start := clock{zone: kolkata}, d.hour()
	d.master(c, start, 15*time.Minute, "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=24")
	d.add("END:VEVENT")
}

// halfHour crosses the change of Lord Howe's clocks, which is by half an hour.
func halfHour(d *draft) {
	c := clock{zone: lordHowe}
	start := time.Date(2017+d.IntN(8), 3, 25, 1, 45, 0, 0, time.UTC)
	d.master(c, start, time.Hour, "FREQ=DAILY;COUNT=14")
	d.add(d.time("EXDATE", c, start.AddDate(0, 0, 2)), "END:VEVENT")
	d.has("exdate")
}
