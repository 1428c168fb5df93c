package mapping

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
		before, err := os.ReadFile(filepath.Join("testdata/zones", f.Name(), "before.ics"))
		if err != nil {
			t.Fatal(err)
		}
		zones := zonesFor(t, f.Name())
		if result := (Rules{zones}).Apply(Subject{Kind: dav.Calendar}, before); len(result.Changes) > 0 {
			n, err := proveInstants(zones.floating, before, result.Data)
			if err != nil {
				t.Errorf("%s: %v", f.Name(), err)
			}
			proven += n
		}
	}
	if proven < 25_000 {
		t.Errorf("only %d instants compared", proven)
	}
}

// folder names calendars for a run of the proof by hand.
var folder = flag.String("folder", "", "prove for all .ics files below this `folder` that no time moves")

// TestFolder proves for calendars from elsewhere what TestNoTimeMoves does for those of testdata: as they are, and with
// times of no zone taken for those of Paris.
func TestFolder(t *testing.T) {
	if *folder == "" {
		return // there is nothing to prove
	}
	floating, err := NewZones(true, "Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := NewZones(false, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, zones := range map[string]*Zones{"--normalize-tz": fixed, "--normalize-tz=current --floating-tz Europe/Paris": floating} {
		counts := make(map[string]int)
		err := filepath.WalkDir(*folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.EqualFold(filepath.Ext(path), ".ics") {
				err = proveFile(t, zones, path, counts)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s: %v", name, counts)
	}
}

// proveFile proves that no time of a file moves, and counts what became of it.
func proveFile(t *testing.T, zones *Zones, path string, counts map[string]int) error {
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	counts["files"]++
	result := Rules{zones}.Apply(Subject{Kind: dav.Calendar}, before)
	for _, rule := range result.Names() {
		counts[rule]++
	}
	for _, rule := range slices.Compact(slices.Sorted(leftRules(result))) {
		counts[rule]++
	}
	if len(result.Changes) == 0 {
		return nil
	}
	counts["changed"]++
	n, err := proveInstants(zones.floating, before, result.Data)
	switch counts["instants"] += n; {
	case errors.Is(err, errUnread):
		counts["changed, and not read by go-ical"]++
	case err != nil:
		counts["changed, and not proven"]++
		t.Errorf("%s: %v", path, err)
	}
	return nil
}

func leftRules(r Result) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, l := range r.Left {
			if !yield(l.Rule) {
				return
			}
		}
	}
}

// errUnread says that go-ical does not read an object.
var errUnread = errors.New("not read by go-ical")

// proveInstants compares the instants of an object before and after, and returns how many there are. Times that name no
// zone are times of floating.
func proveInstants(floating *tz.Zone, before, after []byte) (int, error) {
	was, err := instantsOf(before, instantWriter{floating: floating})
	if err != nil {
		return 0, err
	}
	for how, w := range map[string]instantWriter{"the VTIMEZONE": {floating: floating}, "the name": {floating: floating, named: true}} {
		got, err := instantsOf(after, w)
		if err != nil {
			return 0, err
		}
		for i := range max(len(was), len(got)) {
			if i >= len(was) || i >= len(got) {
				return len(was), fmt.Errorf("by %s: %d instants before, %d after", how, len(was), len(got))
			}
			if was[i] != "" && was[i] != got[i] {
				return len(was), fmt.Errorf("by %s: %s is %s", how, was[i], got[i])
			}
		}
	}
	return len(was), nil
}

// instantsOf lists the instants of all times of an object that have a TZID, in the order of the object; "" for those that
// cannot be told because there is no VTIMEZONE.
func instantsOf(data []byte, w instantWriter) ([]string, error) {
	decoder := ical.NewDecoder(bytes.NewReader(withoutFolds(data)))
	for {
		cal, err := decoder.Decode()
		if errors.Is(err, io.EOF) {
			return w.all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUnread, err)
		}
		w.calendar(cal)
	}
}

// withoutFolds returns data without folds and blank lines, which go-ical stumbles over.
func withoutFolds(data []byte) []byte {
	var b bytes.Buffer
	for l := range Lines(data) {
		if !l.Blank() {
			b.Write(l.Text())
			b.WriteString("\r\n")
		}
	}
	return b.Bytes()
}

// calendar writes the instants of a calendar. Its VTIMEZONEs serve those behind it as well, which have none of that name.
func (w *instantWriter) calendar(cal *ical.Calendar) {
	if w.zones == nil {
		w.zones = make(map[string]func(time.Time) (time.Time, bool))
	}
	for _, c := range cal.Children {
		if tzid := textOf(c, "TZID"); c.Name == "VTIMEZONE" && !w.named {
			w.zones[tzName(tzid)] = naiveZone(c)
		}
	}
	for _, c := range cal.Children {
		if c.Name != "VTIMEZONE" {
			w.component(c)
		}
	}
}

func textOf(c *ical.Component, name string) string {
	p := c.Props.Get(name)
	if p == nil {
		return ""
	}
	return unescapeString([]byte(p.Value))
}

type instantWriter struct {
	zones    map[string]func(time.Time) (time.Time, bool)
	named    bool     // zones are looked up by their names
	floating *tz.Zone // of times that name none; nil where those are not looked at
	all      []string
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
	if tzid == "" && (w.floating == nil || !timeProperties[name]) {
		return
	}
	for _, value := range strings.Split(p.Value, ",") {
		start, end, _ := strings.Cut(value, "/")
		at, err := time.Parse("20060102T150405", start)
		if err != nil {
			continue
		}
		w.add(name, tzid, at)
		if at, err := time.Parse("20060102T150405", end); err == nil {
			w.add(name, tzid, at)
		}
		if name == "DTSTART" || name == "DTEND" || name == "DUE" {
			w.series(c, name, tzid, at)
		}
	}
}

// timeProperties are those whose times without a zone get one.
var timeProperties = map[string]bool{"DTSTART": true, "DTEND": true, "DUE": true, "RDATE": true, "EXDATE": true, "RECURRENCE-ID": true}

// series adds what follows from a rule: each occurrence, with the days on which it ends or its alarms go off.
func (w *instantWriter) series(c *ical.Component, name, tzid string, base time.Time) {
	days := alarmDays(c)
	w.occurrence(name, tzid, base, days)
	text := strings.ToUpper(textOf(c, "RRULE"))
	o, err := rrule.StrToROption(text)
	if err != nil || text == "" {
		return
	}
	until, local := o.Until, !strings.HasSuffix(untilOf(text), "Z")
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
		last := at
		if !local {
			last, _ = w.instant(tzid, at)
		}
		if !until.IsZero() && last.After(until) {
			return
		}
		w.occurrence(name, tzid, at, days)
	}
}

// untilOf returns the value of UNTIL in a rule.
func untilOf(rule string) string {
	_, rest, _ := strings.Cut(rule, "UNTIL=")
	value, _, _ := strings.Cut(rest, ";")
	return value
}

// alarmDays lists the distances in days, by the clock, from a start or end to what depends on it: the end that a DURATION
// leads to, each alarm before or behind that, and its repetitions.
func alarmDays(c *ical.Component) []int {
	signed := func(text string) int {
		s, _ := parseSpan([]byte(text))
		if s.negative {
			return -int(s.days)
		}
		return int(s.days)
	}
	days := []int{0}
	for _, alarm := range c.Children {
		repeat, _ := strconv.Atoi(textOf(alarm, "REPEAT"))
		for i := range min(repeat, 20) + 1 {
			days = append(days, signed(textOf(alarm, "TRIGGER"))+i*signed(textOf(alarm, "DURATION")))
		}
	}
	for _, d := range slices.Clone(days) {
		days = append(days, d+signed(textOf(c, "DURATION")))
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// occurrence adds a time and what is some days before and behind it.
func (w *instantWriter) occurrence(name, tzid string, at time.Time, days []int) {
	for _, d := range days {
		w.add(name, tzid, at.AddDate(0, 0, d))
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
	if tzid == "" {
		return earliest(at, w.floating.Location()), true
	}
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
func naiveZone(c *ical.Component) func(time.Time) (time.Time, bool) {
	type onset struct {
		seen     time.Time
		from, to time.Duration
	}
	var all []onset
	for _, o := range c.Children {
		from, _ := parseOffset([]byte(textOf(o, "TZOFFSETFROM")))
		to, _ := parseOffset([]byte(textOf(o, "TZOFFSETTO")))
		for _, at := range naiveOnsets(o, from) {
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

func naiveOnsets(c *ical.Component, from time.Duration) []time.Time {
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
		return nil // then the rule lets the object be
	}
	if !o.Until.IsZero() {
		o.Until = o.Until.Add(from)
	}
	o.Dtstart = start.AddDate(max(0, 1900-start.Year()), 0, 0) // rrule-go ends 292 years after the start
	r, err := rrule.NewRRule(*o)
	if err != nil {
		return nil
	}
	next := r.Iterator()
	for at, ok := next(); ok && at.Year() < 2050; at, ok = next() {
		all = append(all, at)
	}
	return all
}
