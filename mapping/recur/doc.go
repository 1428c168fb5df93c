// Package recur expands recurrence rules (RFC 5545 section 3.3.10) by the wall clock. It knows nothing of time zones: a
// rule gives wall clock times, and which instants those are is for the caller to say.
//
// It is small on purpose and reads every part of the grammar, all frequencies, BYSETPOS and negative positions included.
// Rules in other calendars (RSCALE, RFC 7529) are refused when they are parsed, never expanded as if they were
// Gregorian. Work is bounded by the caller: each period that is looked at, also an empty one, is paid for from a budget,
// so that FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30 ends.
package recur
