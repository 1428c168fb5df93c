package main

import (
	"bytes"
	"encoding/base64"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"
	"github.com/teambition/rrule-go"

	"davferry/internal/dav"
	"davferry/mapping"
)

// sampleFiles returns the sample objects with one of the endings.
func sampleFiles(t *testing.T, endings ...string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(demoFiles, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !slices.Contains(endings, path.Ext(name)) {
			return err
		}
		files[name], err = demoFiles.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func sampleKind(name string) dav.Kind {
	if path.Ext(name) == ".vcf" {
		return dav.AddressBook
	}
	return dav.Calendar
}

func TestSampleObjectsAreWellFormed(t *testing.T) {
	files := sampleFiles(t, ".ics", ".vcf")
	if len(files) != 52 {
		t.Errorf("%d objects", len(files))
	}
	owner := map[string]string{} // by account, kind and UID
	for name, data := range files {
		if !utf8.Valid(data) || bytes.Count(data, []byte("\r")) != bytes.Count(data, []byte("\r\n")) ||
			bytes.Count(data, []byte("\n")) != bytes.Count(data, []byte("\r\n")) || !bytes.HasSuffix(data, []byte("\r\n")) {
			t.Errorf("%s: not UTF-8 with CR LF", name)
		}
		for line := range bytes.Lines(data) {
			if !utf8.Valid(line) || len(line) > 75+len("\r\n") {
				t.Errorf("%s: not folded well: %q", name, line)
			}
		}
		info := mapping.Inspect(sampleKind(name), data)
		if info.Problem() != "" || !info.Whole || len(info.UIDs) != 1 {
			t.Errorf("%s: %s, UIDs %q", name, info.Problem(), info.UIDs)
		}
		key := strings.Join(strings.Split(name, "/")[:3], "/") + " " + info.UID
		if other := owner[key]; other != "" {
			t.Errorf("%s and %s have the same UID", name, other)
		}
		owner[key] = name
	}
}

var mailAddress = regexp.MustCompile(`[\w.+-]+@([\w.-]+)`)

func TestSampleAddressesBelongToNobody(t *testing.T) {
	for name, data := range sampleFiles(t, ".ics", ".vcf") {
		unfolded := bytes.ReplaceAll(data, []byte("\r\n "), nil)
		for _, m := range mailAddress.FindAllSubmatch(unfolded, -1) {
			if domain := string(m[1]); domain != "example.org" && domain != "example.com" {
				t.Errorf("%s: %s", name, m[0])
			}
		}
	}
}

func TestSamplesAreVaried(t *testing.T) {
	var all strings.Builder
	for _, data := range sampleFiles(t, ".ics", ".vcf") {
		all.Write(bytes.ReplaceAll(data, []byte("\r\n "), nil))
	}
	for _, want := range []string{
		"BEGIN:VEVENT", "BEGIN:VTODO", "BEGIN:VJOURNAL", "BEGIN:VALARM", "\nRRULE:", "\nEXDATE", "\nRDATE", "\nRECURRENCE-ID",
		"RANGE=THISANDFUTURE", "DTSTART;VALUE=DATE:", "DTSTART:20260302T080000\r\n", "Z\r\nDTEND:", "\nDURATION:",
		"\nORGANIZER", "\nATTENDEE", "ENCODING=BASE64", "RELTYPE=PARENT",
		"VERSION:3.0", "VERSION:4.0", "PHOTO;ENCODING=b;TYPE=JPEG", "PHOTO;ENCODING=b;TYPE=PNG", "PHOTO:data:image/png",
		"X-ADDRESSBOOKSERVER-KIND:group", "KIND:group", "\nitem1.X-ABLabel:", "ALTID=1", "X-PHONETIC-FIRST-NAME",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no sample holds %q", want)
		}
	}
	for _, script := range []string{"Latin", "Han", "Hiragana", "Katakana", "Cyrillic", "Arabic", "Hebrew", "Greek", "Devanagari", "Hangul"} {
		if !strings.ContainsFunc(all.String(), func(r rune) bool { return unicode.Is(unicode.Scripts[script], r) }) {
			t.Errorf("no sample is written in %s", script)
		}
	}
	if !strings.ContainsFunc(all.String(), func(r rune) bool { return r >= 0x1F300 && r < 0x1FB00 }) {
		t.Error("no sample holds an emoji")
	}
}

func TestSampleContactsCanBeRead(t *testing.T) {
	cards := sampleFiles(t, ".vcf")
	uids := map[string]bool{}
	for name, data := range cards {
		card, err := vcard.NewDecoder(bytes.NewReader(data)).Decode()
		if err != nil || card.PreferredValue(vcard.FieldFormattedName) == "" || card.Value(vcard.FieldUID) == "" {
			t.Errorf("%s: %v, %v", name, err, card)
		}
		if lines := bytes.Count(bytes.ReplaceAll(data, []byte("\r\n "), nil), []byte("\n")); fieldCount(card) != lines-2 {
			t.Errorf("%s: of %d content lines %d can be read", name, lines-2, fieldCount(card))
		}
		uids[strings.TrimPrefix(card.Value(vcard.FieldUID), "urn:uuid:")] = true
		if photo := card.Get(vcard.FieldPhoto); photo != nil {
			checkPicture(t, name, strings.TrimPrefix(photo.Value, "data:image/png;base64,"))
		}
	}
	for name, data := range cards {
		card, _ := vcard.NewDecoder(bytes.NewReader(data)).Decode()
		for _, member := range append(card[vcard.FieldMember], card["X-ADDRESSBOOKSERVER-MEMBER"]...) {
			if uid, ok := strings.CutPrefix(member.Value, "urn:uuid:"); ok && !uids[uid] {
				t.Errorf("%s: no contact is the member %s", name, uid)
			}
		}
	}
}

func fieldCount(card vcard.Card) int {
	n := 0
	for _, fields := range card {
		n += len(fields)
	}
	return n
}

func checkPicture(t *testing.T, name, text string) {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		_, _, err = image.Decode(bytes.NewReader(data))
	}
	if err != nil {
		t.Errorf("%s: the picture: %v", name, err)
	}
}

func TestSampleEntriesCanBeRead(t *testing.T) {
	for name, data := range sampleFiles(t, ".ics") {
		cal, err := ical.NewDecoder(bytes.NewReader(data)).Decode()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var rewritten bytes.Buffer
		if err := ical.NewEncoder(&rewritten).Encode(cal); err != nil { // the encoder checks what each component must have
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range cal.Children {
			for _, attachment := range c.Props["ATTACH"] {
				if attachment.Params.Get("ENCODING") == "BASE64" {
					checkPicture(t, name, attachment.Value)
				}
			}
		}
		checkZones(t, name, cal)
		checkRecurrence(t, name, cal)
	}
}

// checkZones checks that an object defines the time zones that it uses, no others, and each as it is in this world.
func checkZones(t *testing.T, name string, cal *ical.Calendar) {
	t.Helper()
	used, defined := map[string]bool{}, map[string]bool{}
	for _, c := range cal.Children {
		if c.Name == ical.CompTimezone {
			id := c.Props.Get(ical.PropTimezoneID).Value
			defined[id] = true
			checkZone(t, name, id, c)
			continue
		}
		for _, props := range c.Props {
			for _, p := range props {
				if id := p.Params.Get(ical.PropTimezoneID); id != "" {
					used[id] = true
				}
			}
		}
	}
	for id := range used {
		if !defined[id] {
			t.Errorf("%s: no VTIMEZONE for %s", name, id)
		}
	}
	if len(used) != len(defined) {
		t.Errorf("%s: %d time zones used, %d defined", name, len(used), len(defined))
	}
}

// checkZone compares a VTIMEZONE with the time zone database, twice a day for a year.
func checkZone(t *testing.T, name, id string, zone *ical.Component) {
	t.Helper()
	loc, err := time.LoadLocation(id)
	if err != nil {
		t.Fatal(err)
	}
	changes := zoneChanges(t, zone)
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(12 * time.Hour) {
		after, _ := slices.BinarySearchFunc(changes, at, func(c zoneChange, at time.Time) int { return c.onset.Compare(at.Add(1)) })
		got := changes[after-1]
		wantName, seconds := at.In(loc).Zone()
		if want := time.Duration(seconds) * time.Second; got.offset != want || got.name != wantName {
			t.Errorf("%s: at %s, %s is %s, %s from UTC, not %s, %s", name, at, id, wantName, want, got.name, got.offset)
			return
		}
	}
}

// zoneChange is a moment from which a time zone has an offset and a name.
type zoneChange struct {
	onset  time.Time
	offset time.Duration
	name   string
}

// zoneChanges evaluates a VTIMEZONE until 2027 (RFC 5545 section 3.6.5): each onset is a local time before the change.
func zoneChanges(t *testing.T, zone *ical.Component) []zoneChange {
	t.Helper()
	var changes []zoneChange
	for _, observance := range zone.Children {
		text := func(name string) string { return observance.Props.Get(name).Value }
		start, err := time.Parse("20060102T150405", text(ical.PropDateTimeStart))
		if err != nil {
			t.Fatal(err)
		}
		option, err := observance.Props.RecurrenceRule()
		if err != nil {
			t.Fatal(err)
		}
		onsets := []time.Time{start}
		if option != nil {
			onsets = newRule(t, option, start).Between(start, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), true)
		}
		for _, onset := range onsets {
			onset = onset.Add(-utcOffset(t, text(ical.PropTimezoneOffsetFrom)))
			changes = append(changes, zoneChange{onset, utcOffset(t, text(ical.PropTimezoneOffsetTo)), text(ical.PropTimezoneName)})
		}
	}
	slices.SortFunc(changes, func(a, b zoneChange) int { return a.onset.Compare(b.onset) })
	return changes
}

func utcOffset(t *testing.T, text string) time.Duration {
	t.Helper()
	at, err := time.Parse("-0700", text)
	if err != nil {
		t.Fatal(err)
	}
	_, seconds := at.Zone()
	return time.Duration(seconds) * time.Second
}

func newRule(t *testing.T, option *rrule.ROption, start time.Time) *rrule.RRule {
	t.Helper()
	option.Dtstart = start
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		t.Fatal(err)
	}
	return rule
}

// checkRecurrence checks that a rule begins with DTSTART, and that whatever is excepted from it is one of its occurrences.
func checkRecurrence(t *testing.T, name string, cal *ical.Calendar) {
	t.Helper()
	var rule *rrule.RRule
	for _, c := range cal.Children {
		option, err := c.Props.RecurrenceRule()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if c.Name == ical.CompTimezone || option == nil {
			continue
		}
		start := dates(t, c.Props["DTSTART"])[0]
		rule = newRule(t, option, start)
		if first := rule.After(start, true); !first.Equal(start) {
			t.Errorf("%s: it begins at %s, its rule at %s", name, start, first)
		}
	}
	for _, c := range cal.Children {
		for _, at := range append(dates(t, c.Props["EXDATE"]), dates(t, c.Props["RECURRENCE-ID"])...) {
			if rule == nil || len(rule.Between(at, at, true)) != 1 {
				t.Errorf("%s: nothing occurs at %s", name, at)
			}
		}
	}
}

// dates reads dates and times, several in a value as well, which go-ical cannot.
func dates(t *testing.T, props []ical.Prop) []time.Time {
	t.Helper()
	var all []time.Time
	for _, p := range props {
		for value := range strings.SplitSeq(p.Value, ",") {
			one := p
			one.Value = value
			at, err := one.DateTime(time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, at)
		}
	}
	return all
}
