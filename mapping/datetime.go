package mapping

import (
	"bytes"
	"time"
)

// moment is a DATE or DATE-TIME value by its own wall clock (RFC 5545 sections 3.3.4 and 3.3.5). Moments of one zone
// can be compared; those of two can only be by what is written, which is what a span of days asks for.
type moment struct {
	at   time.Time // the date and time as written, in time.UTC
	date bool      // DATE: a whole day
	zone string    // "" floating or DATE, "Z" UTC, else the TZID
}

// parseMoment reads a DATE or DATE-TIME; tzid is its TZID parameter, "" for none.
func parseMoment(value []byte, tzid string) (moment, bool) {
	value = bytes.TrimSpace(value)
	switch {
	case len(value) == 8:
		at, ok := parseClock(value, nil)
		return moment{at: at, date: true}, ok
	case len(value) == 15 && value[8]|0x20 == 't':
		at, ok := parseClock(value[:8], value[9:])
		return moment{at: at, zone: tzid}, ok
	case len(value) == 16 && value[8]|0x20 == 't' && value[15]|0x20 == 'z':
		at, ok := parseClock(value[:8], value[9:15])
		return moment{at: at, zone: "Z"}, ok
	}
	return moment{}, false
}

// parseClock reads YYYYMMDD and HHMMSS or nothing. A leap second is taken for the second before it.
func parseClock(date, clock []byte) (time.Time, bool) {
	year, ok1 := digits(date[:4])
	month, ok2 := digits(date[4:6])
	day, ok3 := digits(date[6:8])
	var hour, minute, second int
	ok4, ok5, ok6 := true, true, true
	if clock != nil {
		hour, ok4 = digits(clock[:2])
		minute, ok5 = digits(clock[2:4])
		second, ok6 = digits(clock[4:6])
	}
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, min(second, 59), 0, time.UTC)
	return t, t.Year() == year && t.Month() == time.Month(month) && t.Day() == day
}

func digits(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// span is a DURATION value (RFC 5545 section 3.3.6). Days are nominal, they may have 23 or 25 hours, and so are never
// turned into seconds or back.
type span struct {
	negative bool
	days     int64
	seconds  int64
}

// maxSpan bounds the numbers of a duration, so that sums of them cannot overflow: about 270 years of days.
const maxSpan = 100_000

// parseSpan reads ["+" / "-"] "P" weeks, days and time. It takes weeks beside days as well,
// which the grammar does not allow and programs write.
func parseSpan(value []byte) (span, bool) {
	var s span
	value = bytes.ToUpper(bytes.TrimSpace(value))
	if len(value) > 0 && (value[0] == '+' || value[0] == '-') {
		s.negative = value[0] == '-'
		value = value[1:]
	}
	if len(value) < 2 || value[0] != 'P' {
		return span{}, false
	}
	inTime, n, has := false, int64(0), false
	for _, c := range value[1:] {
		switch {
		case c == 'T' && !inTime && !has:
			inTime = true
		case '0' <= c && c <= '9':
			if n, has = n*10+int64(c-'0'), true; n > maxSpan*86400 {
				return span{}, false
			}
		case !has || !s.add(c, n, inTime):
			return span{}, false
		default:
			n, has = 0, false
		}
	}
	return s, !has && s.days <= maxSpan && s.seconds <= maxSpan*86400
}

func (s *span) add(unit byte, n int64, inTime bool) bool {
	switch {
	case unit == 'W' && !inTime:
		s.days += 7 * n
	case unit == 'D' && !inTime:
		s.days += n
	case unit == 'H' && inTime && n <= maxSpan*24:
		s.seconds += 3600 * n
	case unit == 'M' && inTime && n <= maxSpan*1440:
		s.seconds += 60 * n
	case unit == 'S' && inTime:
		s.seconds += n
	default:
		return false
	}
	return true
}

// after returns the moment a span after t, by the wall clock.
func (s span) after(t time.Time) time.Time {
	sign := 1
	if s.negative {
		sign = -1
	}
	return t.AddDate(0, 0, sign*int(s.days)).Add(time.Duration(sign) * time.Duration(s.seconds) * time.Second)
}
