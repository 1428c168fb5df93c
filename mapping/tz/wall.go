package tz

import "time"

// Wall is what a clock on the wall shows: seconds since 1970-01-01T00:00:00 of the same clock. In a Zone it is an instant.
type Wall int64

// Ends of what can be asked for. Recurrence is followed up to Horizon, since a series has no last date; single dates are
// looked at wherever they are.
const (
	Beginning Wall = -1 << 63
	Horizon   Wall = 2145916800   // 2038-01-01T00:00:00
	End       Wall = 253402300800 // 10000-01-01T00:00:00
)

// WallOf returns what t shows, in whichever location it is.
func WallOf(t time.Time) Wall {
	_, offset := t.Zone()
	return Wall(t.Unix() + int64(offset))
}

// Time returns the clock's date and time, in time.UTC.
func (w Wall) Time() time.Time { return time.Unix(int64(w), 0).UTC() }

// String returns the clock's date and time as in 2024-03-31T02:30:00.
func (w Wall) String() string { return w.Time().Format("2006-01-02T15:04:05") }
