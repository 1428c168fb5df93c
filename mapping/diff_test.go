package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

// wrap puts lines, separated by "|", into an event of a calendar, or into a card.
func wrap(k dav.Kind, lines string) []byte {
	body := strings.ReplaceAll(lines, "|", "\r\n")
	if body != "" {
		body += "\r\n"
	}
	if k == dav.AddressBook {
		return []byte("BEGIN:VCARD\r\n" + body + "END:VCARD\r\n")
	}
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n" + body + "END:VEVENT\r\nEND:VCALENDAR\r\n")
}

// TestCompareEquivalent lists what is not a difference, and by which rules.
func TestCompareEquivalent(t *testing.T) {
	const cal, card = dav.Calendar, dav.AddressBook
	tests := []struct {
		name  string
		kind  dav.Kind
		a, b  string
		rules string
	}{
		{"order of properties", cal, "SUMMARY:a|LOCATION:b", "LOCATION:b|SUMMARY:a", "order"},
		{"order of parameters", cal, "ATTENDEE;CN=a;PARTSTAT=ACCEPTED:mailto:x", "ATTENDEE;PARTSTAT=ACCEPTED;CN=a:mailto:x", "order"},
		{"order of rule parts", cal, "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=3", "RRULE:COUNT=3;BYDAY=TU,MO;FREQ=WEEKLY", "rule-parts"},
		{"defaults of a rule", cal, "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY;INTERVAL=1;WKST=MO", "rule-parts"},
		{"folding", cal, "SUMMARY:abc", "SUMMARY:a| bc", "folding"},
		{"folding in another place", cal, "SUMMARY:ab| c", "SUMMARY:a| bc", "folding"},
		{"names in lower case", cal, "summary:a|dtstart;tzid=X:20260101T100000", "SUMMARY:a|DTSTART;TZID=X:20260101T100000", "name-case"},
		{"keywords in lower case", cal, "STATUS:confirmed|ATTENDEE;PARTSTAT=accepted:x:y", "STATUS:CONFIRMED|ATTENDEE;PARTSTAT=ACCEPTED:x:y", "value-case"},
		{"MAILTO", cal, "ORGANIZER:MAILTO:a@b", "ORGANIZER:mailto:a@b", "value-case"},
		{"quotes not needed", cal, `ATTENDEE;CN="Bob":mailto:b`, "ATTENDEE;CN=Bob:mailto:b", "quotes"},
		{"RFC 6868", cal, "X-A;P=^x:1", "X-A;P=^^x:1", ""},
		{"list of a parameter", cal, `ATTENDEE;MEMBER="x:1","x:2":x:3`, `ATTENDEE;MEMBER="x:2";MEMBER="x:1":x:3`, "order"},
		{"text escapes", cal, `SUMMARY:a\Nb, c`, `SUMMARY:a\nb\, c`, "text-escapes"},
		{"text escapes in an unknown property", cal, `X-NOTE:a, b`, `X-NOTE:a\, b`, "text-escapes"},
		{"EXDATE split", cal, "EXDATE;TZID=X:20260101T100000,20260102T100000", "EXDATE;TZID=X:20260102T100000|EXDATE;TZID=X:20260101T100000", "lists"},
		{"CATEGORIES joined", cal, `CATEGORIES:a|CATEGORIES:b\,c`, `CATEGORIES:b\,c,a`, "lists"},
		{"DURATION", cal, "DURATION:PT60M|X-A:1", "DURATION:PT1H|X-A:1", "duration-format"},
		{"TRIGGER in weeks", cal, "BEGIN:VALARM|TRIGGER:-P1W|END:VALARM", "BEGIN:VALARM|TRIGGER:-P7D|END:VALARM", "duration-format"},
		{"zero duration", cal, "BEGIN:VALARM|TRIGGER:PT0S|END:VALARM", "BEGIN:VALARM|TRIGGER:-P0DT0H0M0S|END:VALARM", "duration-format"},
		{"GEO", cal, "GEO:48.2;16.30", "GEO:48.200000;16.3", "number-format"},
		{"UTC", cal, "DTSTART;TZID=UTC:20260101T100000", "DTSTART:20260101T100000Z", "utc-format"},
		{"bookkeeping", cal, "DTSTAMP:20260101T100000Z|LAST-MODIFIED:20260101T100000Z", "DTSTAMP:20270101T100000Z", "bookkeeping"},
		{"CREATED added", cal, "", "CREATED:20270101T100000Z", "created-added"},
		{"defaults", cal, "TRANSP:OPAQUE|PRIORITY:0", "CLASS:PUBLIC|SEQUENCE:0", "default-value"},
		{"default parameters", cal, "ATTENDEE;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:a", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a", "default-value"},
		{"default type", cal, "DTSTART;VALUE=DATE-TIME:20260101T100000", "DTSTART:20260101T100000", "default-value"},
		{"empty text", cal, "DESCRIPTION:", "", "empty-property"},
		{"base64", cal, "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAEC| Aw==", "ATTACH;VALUE=BINARY;ENCODING=BASE64:AAECAw==", "folding"},
		{"alarms in another order", cal, "BEGIN:VALARM|TRIGGER:-PT5M|END:VALARM|BEGIN:VALARM|TRIGGER:-PT9M|END:VALARM",
			"BEGIN:VALARM|TRIGGER:-PT9M|END:VALARM|BEGIN:VALARM|TRIGGER:-PT5M|END:VALARM", "order"},
		{"Radicale", cal, "CREATED:20181119T183919", "CREATED;X-VOBJ-FLOATINGTIME-ALLOWED=TRUE:20181119T183919|X-RADICALE-NAME:a.ics", "server-property"},

		{"card in another order", card, "VERSION:3.0|FN:a|N:b;;;;", "VERSION:3.0|N:b;;;;|FN:a", "order"},
		{"empty parts", card, "N:Doe;J|ORG:ACME;", "N:Doe;J;;;|ORG:ACME", "empty-parts"},
		{"types in one or several", card, "TEL;TYPE=HOME,VOICE:1", "TEL;TYPE=voice;TYPE=home:1", "order value-case"},
		{"bare types", card, "TEL;HOME:1", "TEL;TYPE=HOME:1", "bare-parameters"},
		{"groups in another case", card, "item1.TEL:1|item1.X-ABLabel:x", "ITEM1.TEL:1|ITEM1.X-ABLABEL:x", "name-case"},
		{"b and BASE64", card, "PHOTO;ENCODING=b;TYPE=PNG:AAEC", "PHOTO;ENCODING=BASE64;TYPE=png:AAEC", "value-case base64"},
		{"padding", card, "KEY;ENCODING=b:QQ==", "KEY;ENCODING=b:QQ", "base64"},
		{"quoted-printable", card, "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:M=C3=BC=0D=0Ax", `NOTE:Mü\nx`, "quoted-printable default-value"},
		{"REV and PRODID", card, "REV:1|PRODID:x", "REV:2", "bookkeeping"},
		{"VERSION added", card, "FN:a", "VERSION:3.0|FN:a", "version-added"},
		{"semicolon in a URI", card, "URL:https://example.org/a;b,c", `URL:https://example.org/a\;b\,c`, "uri-escapes"},
		{"empty N", card, "FN:a|N:;;;;", "FN:a", "empty-property"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, swapped := range []bool{false, true} {
				a, b := wrap(tt.kind, tt.a), wrap(tt.kind, tt.b)
				if swapped && strings.Contains(tt.rules, "-added") {
					continue
				}
				if swapped {
					a, b = b, a
				}
				c := Compare(tt.kind, a, b)
				if tt.name == "RFC 6868" { // ^x and ^^x both are ^x
					tt.rules = ruleNames(c.Allowed)
				}
				if !c.Equivalent() || c.Identical {
					t.Errorf("swapped %v: %+v", swapped, c)
				}
				if got := ruleNames(c.Allowed); got != tt.rules && !strings.HasPrefix(got, "order ") && !strings.Contains(got, tt.rules) {
					t.Errorf("swapped %v: rules %q, want %q", swapped, got, tt.rules)
				}
				if oneWay := strings.Contains(tt.rules, "-added"); Digest(tt.kind, a) != Digest(tt.kind, b) && !oneWay {
					t.Errorf("the digest sees a difference")
				}
				if err := CrossCheck(tt.kind, a, b); err != nil {
					t.Errorf("swapped %v: cross-check: %v", swapped, err)
				}
			}
		})
	}
}

func ruleNames(rules []Allowance) string {
	var names []string
	for _, r := range rules {
		names = append(names, r.String())
	}
	return strings.Join(names, " ")
}

// TestCompareLineEnds compares what differs around the lines only.
func TestCompareLineEnds(t *testing.T) {
	a := wrap(dav.Calendar, "SUMMARY:a| b|DESCRIPTION:c")
	for name, b := range map[string][]byte{
		"LF":              bytes.ReplaceAll(a, []byte("\r\n"), []byte("\n")),
		"CR":              bytes.ReplaceAll(a, []byte("\r\n"), []byte("\r")),
		"CR CR LF":        bytes.ReplaceAll(a, []byte("\r\n"), []byte("\r\r\n")),
		"no last end":     bytes.TrimSpace(a),
		"byte order mark": append([]byte(byteOrderMark), a...),
		"blank lines":     append(append([]byte("\r\n"), a...), "\r\n"...),
	} {
		if c := Compare(dav.Calendar, a, b); !c.Equivalent() || ruleNames(c.Allowed) != "line-ends" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if c := Compare(dav.Calendar, a, bytes.Clone(a)); !c.Identical || len(c.Allowed) > 0 {
		t.Errorf("a copy: %+v", c)
	}
}

// TestDiff lists losses that must be seen, most of them as servers cause them.
func TestDiff(t *testing.T) {
	const cal, card = dav.Calendar, dav.AddressBook
	alarm := "BEGIN:VALARM|ACTION:DISPLAY|TRIGGER:-PT5M|END:VALARM"
	tests := []struct {
		name string
		kind dav.Kind
		a, b string
		want string // component, property: before → after; several separated by " / "
	}{
		{"DTSTART that Xandikos cannot read", cal, "DTSTART:2026-01-05 10:00", "DTSTART:None", "VEVENT 1 DTSTART: DTSTART:2026-01-05 10:00 → DTSTART:None"},
		{"attendee lost", cal, "ATTENDEE:mailto:a|ATTENDEE:mailto:b", "ATTENDEE:mailto:a", "VEVENT 1 ATTENDEE: ATTENDEE:mailto:b → "},
		{"attendee twice", cal, "ATTENDEE:mailto:a|ATTENDEE:mailto:a", "ATTENDEE:mailto:a", "VEVENT 1 ATTENDEE: ATTENDEE:mailto:a → "},
		{"answer changed", cal, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a|ATTENDEE:mailto:b", "ATTENDEE:mailto:b|ATTENDEE:mailto:a",
			"VEVENT 1 ATTENDEE: ATTENDEE;PARTSTAT=ACCEPTED:mailto:a → ATTENDEE:mailto:a"},
		{"server scheduled", cal, "ATTENDEE:mailto:a", "ATTENDEE;SCHEDULE-STATUS=1.2:mailto:a", "VEVENT 1 ATTENDEE: ATTENDEE:mailto:a → ATTENDEE;SCHEDULE-STATUS=1.2:mailto:a"},
		{"alarm lost", cal, alarm, "", "VEVENT 1 / VALARM : ACTION:DISPLAY | TRIGGER:-PT5M → "},
		{"one of two equal alarms lost", cal, alarm + "|" + alarm, alarm, "VEVENT 1 / VALARM : ACTION:DISPLAY | TRIGGER:-PT5M → "},
		{"alarm changed", cal, alarm, strings.Replace(alarm, "5M", "9M", 1), "VEVENT 1 / VALARM TRIGGER: TRIGGER:-PT5M → TRIGGER:-PT9M"},
		{"a day is not 24 hours", cal, "DURATION:P1D", "DURATION:PT24H", "VEVENT 1 DURATION: DURATION:P1D → DURATION:PT24H"},
		{"EXDATE lost from a list", cal, "EXDATE:20260101T100000,20260102T100000", "EXDATE:20260101T100000", "VEVENT 1 EXDATE: EXDATE:20260102T100000 → "},
		{"time zone changed", cal, "DTSTART;TZID=Europe/Paris:20260101T100000", "DTSTART;TZID=Europe/Berlin:20260101T100000",
			"VEVENT 1 DTSTART: DTSTART;TZID=Europe/Paris:20260101T100000 → DTSTART;TZID=Europe/Berlin:20260101T100000"},
		{"floating time pinned down", cal, "DTSTART:20260101T100000", "DTSTART;TZID=Etc/UTC:20260101T100000", "VEVENT 1 DTSTART: DTSTART:20260101T100000 → DTSTART;TZID=Etc/UTC:20260101T100000"},
		{"DATE became DATE-TIME", cal, "DTSTART;VALUE=DATE:20260101", "DTSTART:20260101T000000", "VEVENT 1 DTSTART: DTSTART;VALUE=DATE:20260101 → DTSTART:20260101T000000"},
		{"rule changed", cal, "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=DAILY", "VEVENT 1 RRULE: RRULE:FREQ=DAILY;COUNT=3 → RRULE:FREQ=DAILY"},
		{"text cut at a comma", cal, "SUMMARY:a, b", "SUMMARY:a", "VEVENT 1 SUMMARY: SUMMARY:a, b → SUMMARY:a"},
		{"category split", cal, `CATEGORIES:a\,b`, "CATEGORIES:a,b", `VEVENT 1 CATEGORIES: CATEGORIES:a\,b → CATEGORIES:a / VEVENT 1 CATEGORIES:  → CATEGORIES:b`},
		{"GEO escaped", cal, "GEO:48.2;16.3", `GEO:48.2\;16.3`, `VEVENT 1 GEO: GEO:48.2;16.3 → GEO:48.2\;16.3`},
		{"URI escaped", cal, "X-L;VALUE=URI:geo:1,2", `X-L;VALUE=URI:geo:1\,2`, `VEVENT 1 X-L: X-L;VALUE=URI:geo:1,2 → X-L;VALUE=URI:geo:1\,2`},
		{"structure of an unknown property", cal, `X-A:a\;b;c`, `X-A:a\;b\;c`, `VEVENT 1 X-A: X-A:a\;b;c → X-A:a\;b\;c`},
		{"attachment changed", cal, "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAEC", "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAED",
			"VEVENT 1 ATTACH: ATTACH;ENCODING=BASE64;VALUE=BINARY:AAEC → ATTACH;ENCODING=BASE64;VALUE=BINARY:AAED"},
		{"mojibake", cal, "SUMMARY:\xe9", "SUMMARY:é", `VEVENT 1 SUMMARY: SUMMARY:\xE9 → SUMMARY:é`},
		{"CREATED lost", cal, "CREATED:20260101T100000Z", "", "VEVENT 1 CREATED: CREATED:20260101T100000Z → "},
		{"class changed from the default", cal, "CLASS:PUBLIC", "CLASS:PRIVATE", "VEVENT 1 CLASS: CLASS:PUBLIC → CLASS:PRIVATE"},
		{"class lost", cal, "CLASS:PRIVATE", "", "VEVENT 1 CLASS: CLASS:PRIVATE → "},
		{"line that is no content line lost", cal, "hello", "", "VEVENT 1 : hello → "},
		{"unknown component lost", cal, "BEGIN:X-FOO|END:X-FOO", "", "VEVENT 1 / X-FOO : BEGIN:X-FOO → "},
		{"UID changed", cal, "", "UID:2", "VEVENT 1 UID:  → UID:2"},

		{"type lost", card, "TEL;HOME:2", "TEL:2", "VCARD TEL: TEL;HOME:2 → TEL:2"},
		{"picture lost", card, "PHOTO:data:image/png;base64,AAAA", `PHOTO:data:image/png\;base64`, `VCARD PHOTO: PHOTO:data:image/png;base64,AAAA → PHOTO:data:image/png\;base64`},
		{"data URI escaped", card, "PHOTO:data:image/png;base64,AAAA", `PHOTO:data:image/png\;base64\,AAAA`, `VCARD PHOTO: PHOTO:data:image/png;base64,AAAA → PHOTO:data:image/png\;base64\,AAAA`},
		{"part shifted", card, `N:John\;x;y`, "N:John;x;y", `VCARD N: N:John\;x;y → N:John;x;y`},
		{"list within a part joined", card, "N:Doe;J;A,B", `N:Doe;J;A\,B`, `VCARD N: N:Doe;J;A,B → N:Doe;J;A\,B`},
		{"label moved to another number", card, "a.TEL:1|b.TEL:2|a.X-ABLABEL:x", "a.TEL:2|b.TEL:1|a.X-ABLABEL:x", "VCARD A.TEL: a.TEL:1 → a.TEL:2 / VCARD B.TEL: b.TEL:2 → b.TEL:1"},
		{"version changed", card, "VERSION:4.0", "VERSION:3.0", "VCARD VERSION: VERSION:4.0 → VERSION:3.0"},
		{"nickname lost", card, "NICKNAME:a,b", "NICKNAME:a", "VCARD NICKNAME: NICKNAME:b → "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, d := range Diff(tt.kind, wrap(tt.kind, tt.a), wrap(tt.kind, tt.b)) {
				got = append(got, fmt.Sprintf("%s %s: %s → %s", d.Component, d.Property, d.Before, d.After))
			}
			if s := strings.Join(got, " / "); s != tt.want {
				t.Errorf("\n got %s\nwant %s", s, tt.want)
			}
			if Digest(tt.kind, wrap(tt.kind, tt.a)) == Digest(tt.kind, wrap(tt.kind, tt.b)) {
				t.Error("the digest sees no difference")
			}
			if len(Diff(tt.kind, wrap(tt.kind, tt.b), wrap(tt.kind, tt.a))) == 0 && tt.name != "CREATED lost" {
				t.Error("the other way round nothing is seen")
			}
		})
	}
}

func TestDiffComponents(t *testing.T) {
	series := string(objects(t)["testdata/ical/series.ics"])
	i := strings.LastIndex(series, "BEGIN:VEVENT")
	override := series[i:strings.Index(series, "END:VCALENDAR")]
	without := strings.Replace(series, override, "", 1)

	first := strings.Replace(series, override, "", 1)
	first = strings.Replace(first, "BEGIN:VEVENT", override+"BEGIN:VEVENT", 1)
	if c := Compare(dav.Calendar, []byte(series), []byte(first)); !c.Equivalent() || ruleNames(c.Allowed) != "order" {
		t.Errorf("override before its series: %+v", c)
	}
	d := Diff(dav.Calendar, []byte(series), []byte(without))
	if len(d) != 1 || d[0].Component != "VEVENT 7b3c2a34-5f0e-4a53-9a47-0c4f5d9f8c11 20260126T140000" || d[0].Property != "" || d[0].After != "" {
		t.Errorf("override lost: %+v", d)
	}
	if d := Diff(dav.Calendar, []byte(series), []byte(strings.TrimSuffix(series, "END:VCALENDAR\n"))); len(d) != 1 || d[0].After != "END is missing" {
		t.Errorf("END lost: %+v", d)
	}
	if d := Diff(dav.Calendar, []byte(series), nil); len(d) != 1 || d[0].Component != "VCALENDAR" {
		t.Errorf("everything lost: %+v", d)
	}
}

func TestCompareZones(t *testing.T) {
	zone := strings.TrimSuffix(strings.ReplaceAll(berlin, "\n", "|"), "|")
	at := func(tzid string) string { return "DTSTART;TZID=" + tzid + ":20260101T100000" }
	object := func(zones, start string) []byte {
		return []byte(strings.ReplaceAll("BEGIN:VCALENDAR|"+zones+"BEGIN:VEVENT|UID:1|"+start+"|END:VEVENT|END:VCALENDAR|", "|", "\r\n"))
	}
	own := strings.ReplaceAll(zone, "Europe/Berlin", "My Zone")
	tests := []struct {
		name        string
		a, b        string
		start       string
		rule        string
		differences int
	}{
		{"added", "", zone + "|", at("Europe/Berlin"), "vtimezone-added", 0},
		{"known, lost", zone + "|", "", at("Europe/Berlin"), "vtimezone-known", 0},
		{"known, rewritten", zone + "|", strings.Replace(zone, "+0200", "+0300", 2) + "|", at("Europe/Berlin"), "vtimezone-known", 0},
		{"own, lost", own + "|", "", at("My Zone"), "", 1},
		{"own, rewritten", own + "|", strings.Replace(own, "TZOFFSETTO:+0200", "TZOFFSETTO:+0300", 1) + "|", at("My Zone"), "", 1},
		{"own, not used, lost", own + "|", "", "DTSTART:20260101T100000Z", "vtimezone-unused", 0},
		{"own, details", own + "|", strings.Replace(own, "BEGIN:STANDARD|", "X-LIC-LOCATION:x|BEGIN:STANDARD|TZNAME:CET|", 1) + "|", at("My Zone"), "vtimezone-detail", 0},
		{"two of one name, in another order", own + "|" + strings.Replace(own, "+0100", "+0000", 1) + "|",
			strings.Replace(own, "+0100", "+0000", 1) + "|" + own + "|", at("My Zone"), "line-ends", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Compare(dav.Calendar, object(tt.a, tt.start), object(tt.b, tt.start))
			if same := Digest(dav.Calendar, object(tt.a, tt.start)) == Digest(dav.Calendar, object(tt.b, tt.start)); same != (tt.differences == 0) {
				t.Errorf("one digest: %v", same)
			}
			if len(c.Differences) != tt.differences || ruleNames(c.Allowed) != tt.rule {
				t.Errorf("%+v", c)
			}
		})
	}
}

func TestAllowances(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range Allowances() {
		if r.String() == "" || r.About() == "" || seen[r.String()] {
			t.Errorf("rule %d: %q, %q", r, r, r.About())
		}
		seen[r.String()] = true
	}
}

// TestCompareIsLinear holds Compare to linear time and bounded depth.
func TestCompareIsLinear(t *testing.T) {
	const n = 30_000
	var values strings.Builder
	for i := range n {
		fmt.Fprintf(&values, "EXDATE:%d\n", i)
	}
	for name, body := range map[string]string{
		"equal alarms":      strings.Repeat("BEGIN:VALARM\nEND:VALARM\n", n),
		"nested":            strings.Repeat("BEGIN:A\n", n) + strings.Repeat("END:A\n", n),
		"nested, not ended": strings.Repeat("BEGIN:A\nX:1\n", n),
		"properties":        values.String(),
		"one long list":     "EXDATE:" + strings.Repeat("20260101,", n) + "\n",
		"one long rule":     "RRULE:" + strings.Repeat("BYDAY=MO,TU;", n) + "\n",
		"parameters":        "A" + strings.Repeat(";B=c", n) + ":1\n",
		"parts":             "N:" + strings.Repeat(";,", n) + "\n",
		"backslashes":       "SUMMARY:" + strings.Repeat(`\`, n) + "\n",
		"zones":             strings.Repeat("BEGIN:VTIMEZONE\nTZID:x\nEND:VTIMEZONE\n", n),
		"UTC list":          "EXDATE;TZID=UTC:" + strings.Repeat("20260101T000000,", n) + "\n",
		"base64":            "PHOTO;ENCODING=b:" + strings.Repeat("AAAA\n ", n) + "\n",
	} {
		a := []byte("BEGIN:VCALENDAR\n" + body + "SUMMARY:a\nEND:VCALENDAR\n")
		b := []byte("BEGIN:VCALENDAR\nSUMMARY:b\n" + body + "END:VCALENDAR\n")
		start := time.Now()
		for _, k := range dav.Kinds {
			if len(Diff(k, a, b)) == 0 {
				t.Errorf("%s: no difference", name)
			}
			Diff(k, a, nil)
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: took %v", name, d)
		}
	}
}

func FuzzDiff(f *testing.F) {
	var all [][]byte
	for _, data := range objects(f) {
		all = append(all, data)
	}
	slices.SortFunc(all, bytes.Compare)
	for i, data := range all {
		f.Add(data, all[(i+1)%len(all)])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		for _, k := range dav.Kinds {
			if d := Diff(k, a, bytes.Clone(a)); len(d) > 0 {
				t.Errorf("an object differs from itself: %+v", d)
			}
			blank := append(bytes.TrimRight(bytes.Clone(a), " \t\r\n="), "\r\n\r\n"...)
			if bytes.HasSuffix(a, []byte("\n")) && !bytes.Contains(a, []byte("\r")) && bytes.Equal(bytes.TrimRight(a, " \t\r\n="), a[:len(a)-1]) {
				if c := Compare(k, a, blank); !c.Equivalent() {
					t.Errorf("a blank line is a difference: %+v", c)
				}
			}
			c := Compare(k, a, b)
			if Digest(k, a) == Digest(k, b) && !c.Equivalent() {
				t.Errorf("one digest, and differences: %+v", c.Differences)
			}
			if c.Equivalent() && !c.Identical && len(c.Allowed) == 0 {
				t.Error("equivalent by no rule")
			}
			back := Compare(k, b, a)
			if len(c.Differences) == 0 && len(back.Differences) > 0 && !slices.Contains(c.Allowed, CreatedAdded) && !slices.Contains(c.Allowed, NoMethod) &&
				!slices.Contains(c.Allowed, VersionAdded) && !slices.Contains(c.Allowed, ZoneAdded) && !slices.Contains(c.Allowed, ZoneUnused) {
				t.Errorf("equivalent one way (%v), not the other: %+v", c.Allowed, back.Differences)
			}
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	other := bytes.ReplaceAll(realistic, []byte("\r\n "), nil)
	other = bytes.Replace(other, []byte("SEQUENCE:2\r\n"), nil, 1)
	other = bytes.Replace(other, []byte("UID:7b"), []byte("SEQUENCE:2\r\nUID:7b"), 1)
	b.SetBytes(int64(len(realistic) + len(other)))
	b.ReportAllocs()
	for b.Loop() {
		if !Compare(dav.Calendar, realistic, other).Equivalent() {
			b.Fatal("different")
		}
	}
}

func BenchmarkComparePhoto(b *testing.B) {
	card := "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\nPHOTO;ENCODING=b:" + strings.Repeat("\r\n "+strings.Repeat("A", 72), 4000) + "\r\nEND:VCARD\r\n"
	other := strings.ReplaceAll(card, "\r\n ", "")
	b.SetBytes(int64(len(card) + len(other)))
	for b.Loop() {
		if !Compare(dav.AddressBook, []byte(card), []byte(other)).Equivalent() {
			b.Fatal("different")
		}
	}
}
