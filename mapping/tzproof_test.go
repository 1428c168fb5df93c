package mapping

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"
	"github.com/teambition/rrule-go"

	"davferry/internal/dav"
	"davferry/mapping/tz"
)

// The proof that no time moves, by other means than those of the rule: go-ical reads the object, rrule-go follows its
// recurrences, and each time is looked up in the VTIMEZONE one by one. After the rule package time gives the instants as
// well, from the name of the zone alone.

func TestNoTimeMoves(t *testing.T) {
	folders, err := os.ReadDir("testdata/zones")
	if err != nil {
		t.Fatal(err)
	}
	proven := 0
	for _, f := range folders {
		if strings.HasPrefix(f.Name(), "floating") {
			continue // those are meant to become instants
		}
		before, err := os.ReadFile(filepath.Join("testdata/zones", f.Name(), "before.ics"))
		if err != nil {
			t.Fatal(err)
		}
		result := Rules{zonesFor(t, f.Name())}.Apply(Subject{Kind: dav.Calendar}, before)
		if len(result.Changes) > 0 {
			proven += proveInstants(t, f.Name(), before, result.Data)
		}
	}
	if proven < 15_000 {
		t.Errorf("only %d instants compared", proven)
	}
}

// proveInstants compares the instants of an object before and after, and returns how many there are.
func proveInstants(t *testing.T, name string, before, after []byte) int {
	t.Helper()
	was, is, named := instantsOf(t, before, false), instantsOf(t, after, false), instantsOf(t, after, true)
	compare := func(how string, got []string) {
		for i := range max(len(was), len(got)) {
			if i >= len(was) || i >= len(got) || was[i] != "" && was[i] != got[i] {
				t.Errorf("%s, by %s: %d instants before, %d after; the first that differs is number %d", name, how, len(was), len(got), i)
				if i < min(len(was), len(got)) {
					t.Errorf("%s is %s", was[i], got[i])
				}
				return
			}
		}
	}
	compare("the VTIMEZONE", is)
	compare("the name", named)
	return len(was)
}

// instantsOf lists the instants of all times of an object that have a TZID, in the order of the object; "" for those that
// cannot be told because there is no VTIMEZONE. byName looks the zones up by their names.
func instantsOf(t *testing.T, data []byte, byName bool) []string {
	t.Helper()
	cal, err := ReadCalendar(data)
	if err != nil {
		t.Logf("not read by go-ical: %v", err)
		return nil
	}
	w := instantWriter{zones: make(map[string]func(time.Time) (time.Time, bool))}
	for _, c := range cal.Children {
		if tzid := textOf(c, "TZID"); c.Name == "VTIMEZONE" && !byName {
			w.zones[tzName(tzid)] = naiveZone(t, c)
		}
	}
	if byName {
		w.named = true
	}
	for _, c := range cal.Children {
		if c.Name != "VTIMEZONE" {
			w.component(c)
		}
	}
	return w.all
}

func textOf(c *ical.Component, name string) string {
	p := c.Props.Get(name)
	if p == nil {
		return ""
	}
	return unescapeString([]byte(p.Value))
}

type instantWriter struct {
	zones map[string]func(time.Time) (time.Time, bool)
	named bool
	all   []string
}

func (w *instantWriter) component(c *ical.Component) {
	names := make([]string, 0, len(c.Props))
	for name := range c.Props {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for i := range c.Props[name] {
			w.property(c, name, &c.Props[name][i])
		}
	}
	for _, child := range c.Children {
		w.component(child)
	}
}

func (w *instantWriter) property(c *ical.Component, name string, p *ical.Prop) {
	tzid := tzName(strings.Join(p.Params["TZID"], ","))
	if tzid == "" {
		return
	}
	for _, value := range strings.Split(p.Value, ",") {
		start, _, _ := strings.Cut(value, "/")
		at, err := time.Parse("20060102T150405", start)
		if err != nil {
			continue
		}
		w.add(name, tzid, at)
		if name == "DTSTART" || name == "DTEND" || name == "DUE" {
			w.series(c, name, tzid, at)
		}
	}
}

// series adds what follows from a rule: each occurrence, and the day on which an alarm of days goes off.
func (w *instantWriter) series(c *ical.Component, name, tzid string, base time.Time) {
	for _, alarm := range c.Children {
		if s, ok := parseSpan([]byte(textOf(alarm, "TRIGGER"))); ok && s.days != 0 && !s.negative {
			w.add("TRIGGER", tzid, base.AddDate(0, 0, int(s.days)))
		}
	}
	o, err := rrule.StrToROption(strings.ToUpper(textOf(c, "RRULE")))
	if err != nil || o.Freq >= rrule.HOURLY || textOf(c, "RRULE") == "" {
		return
	}
	until := o.Until
	o.Dtstart, o.Until = base, time.Time{}
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return
	}
	next := r.Iterator()
	for range 3_000 {
		at, ok := next()
		if !ok || at.Year() > 2037 {
			return
		}
		if instant, _ := w.instant(tzid, at); !until.IsZero() && instant.After(until) {
			return
		}
		w.add(name, tzid, at)
	}
}

func (w *instantWriter) add(name, tzid string, at time.Time) {
	instant, ok := w.instant(tzid, at)
	text := ""
	if ok {
		text = fmt.Sprintf("%s %s of %s", instant.Format(time.RFC3339), name, at.Format("20060102T150405"))
	}
	w.all = append(w.all, text)
}

func (w *instantWriter) instant(tzid string, at time.Time) (time.Time, bool) {
	if zone := w.zones[tzid]; zone != nil {
		return zone(at)
	}
	name, _ := tz.Resolve(tzid)
	if zone, ok := tz.Load(name); ok {
		return earliest(at, zone.Location()), w.named
	}
	return at, false
}

// earliest returns the first instant at which clocks of a location show a time; where they skip it, the one that it would
// have been without the change.
func earliest(at time.Time, location *time.Location) time.Time {
	_, before := at.Add(-36 * time.Hour).In(location).Zone()
	if _, after := at.Add(36 * time.Hour).In(location).Zone(); before == after {
		return at.Add(-time.Duration(before) * time.Second)
	}
	for hours := 36; hours >= -36; hours-- {
		u := at.Add(-time.Duration(hours) * time.Hour)
		_, offset := u.In(location).Zone()
		if guess := at.Add(-time.Duration(offset) * time.Second); sameClock(guess.In(location), at) {
			if _, earlier := guess.Add(-24 * time.Hour).In(location).Zone(); earlier != offset {
				if g := at.Add(-time.Duration(earlier) * time.Second); sameClock(g.In(location), at) {
					return g
				}
			}
			return guess
		}
	}
	return at.Add(-time.Duration(before) * time.Second)
}

func sameClock(a, b time.Time) bool {
	return a.Format("20060102T150405") == b.Format("20060102T150405")
}

// naiveZone reads a VTIMEZONE as the RFC describes it: the onset that was last decides.
func naiveZone(t *testing.T, c *ical.Component) func(time.Time) (time.Time, bool) {
	t.Helper()
	type onset struct {
		seen     time.Time
		from, to time.Duration
	}
	var all []onset
	for _, o := range c.Children {
		from, _ := parseOffset([]byte(textOf(o, "TZOFFSETFROM")))
		to, _ := parseOffset([]byte(textOf(o, "TZOFFSETTO")))
		for _, at := range naiveOnsets(t, o, from) {
			all = append(all, onset{at.Add(max(0, to-from)), from, to})
		}
	}
	slices.SortFunc(all, func(a, b onset) int { return a.seen.Compare(b.seen) })
	return func(at time.Time) (time.Time, bool) {
		if len(all) == 0 {
			return at, false
		}
		offset := all[0].from
		for _, o := range all {
			if at.Before(o.seen) {
				break
			}
			offset = o.to
		}
		return at.Add(-offset), true
	}
}

func naiveOnsets(t *testing.T, c *ical.Component, from time.Duration) []time.Time {
	t.Helper()
	start, err := time.Parse("20060102T150405", textOf(c, "DTSTART"))
	if err != nil {
		return nil
	}
	all := []time.Time{start}
	for _, p := range c.Props["RDATE"] {
		for _, value := range strings.Split(p.Value, ",") {
			if at, err := time.Parse("20060102T150405", value); err == nil {
				all = append(all, at)
			}
		}
	}
	if textOf(c, "RRULE") == "" {
		return all
	}
	o, err := rrule.StrToROption(textOf(c, "RRULE"))
	if err != nil {
		t.Fatal(err)
	}
	if !o.Until.IsZero() {
		o.Until = o.Until.Add(from)
	}
	o.Dtstart = start.AddDate(max(0, 1900-start.Year()), 0, 0) // rrule-go ends 292 years after the start
	r, err := rrule.NewRRule(*o)
	if err != nil {
		t.Fatal(err)
	}
	next := r.Iterator()
	for at, ok := next(); ok && at.Year() < 2050; at, ok = next() {
		all = append(all, at)
	}
	return all
}
