package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

func lines(l ...string) string { return strings.Join(l, "\r\n") + "\r\n" }

func TestInspect(t *testing.T) {
	event := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", "UID:a", "END:VEVENT", "END:VCALENDAR"}
	with := func(i int, l ...string) string { return lines(slices.Insert(slices.Clone(event), i, l...)...) }
	tests := []struct {
		name    string
		kind    dav.Kind
		input   string
		uids    string
		comps   string
		whole   bool
		problem string
	}{
		{"event", dav.Calendar, lines(event...), "a", "VEVENT", true, ""},
		{"lower case", dav.Calendar, "begin:vcalendar\nbegin:vevent\nuid:a\nend:vevent\nend:vcalendar", "a", "VEVENT", true, ""},
		{"card", dav.AddressBook, lines("BEGIN:VCARD", "VERSION:3.0", "UID:urn:uuid:1", "END:VCARD"), "urn:uuid:1", "VCARD", true, ""},
		{"byte order mark and blank lines", dav.Calendar, byteOrderMark + "\r\n" + lines(event...) + "\r\n", "a", "VEVENT", true, "byte order mark"},
		{"escaped UID", dav.Calendar, with(3, `UID:x\;y\,z`), "x;y,z|a", "VEVENT", true, "several UIDs (2)"},
		{"folded UID", dav.Calendar, with(3, "UI", " D:a", " b"), "ab|a", "VEVENT", true, "several UIDs (2)"},
		{"UID of an alarm, a zone or the calendar is none", dav.Calendar, lines("BEGIN:VCALENDAR", "UID:c", "BEGIN:VTIMEZONE", "TZID:z",
			"UID:z", "END:VTIMEZONE", "BEGIN:VEVENT", "BEGIN:VALARM", "UID:alarm", "END:VALARM", "END:VEVENT", "END:VCALENDAR"),
			"", "VEVENT", true, "no UID"},
		{"empty UID", dav.Calendar, strings.Replace(lines(event...), "UID:a", "UID: ", 1), "", "VEVENT", true, "no UID"},
		{"override", dav.Calendar, with(5, "BEGIN:VEVENT", "UID:a", "RECURRENCE-ID:20260101", "END:VEVENT"), "a", "VEVENT", true, ""},
		{"two UIDs, two types", dav.Calendar, with(5, "BEGIN:VTODO", "UID:b", "END:VTODO"), "a|b", "VEVENT VTODO", true, "several UIDs (2)"},
		{"one component without UID", dav.Calendar, with(5, "BEGIN:VTODO", "END:VTODO"), "a", "VEVENT VTODO", true, "1 of its components without UID"},
		{"empty", dav.Calendar, "", "", "", false, "empty"},
		{"white space", dav.Calendar, "\r\n \r\n", "", "", false, "empty"},
		{"HTML", dav.Calendar, "<!doctype HTML><p>Login", "", "", false, "an HTML page"},
		{"XML", dav.Calendar, "<?xml version='1.0'?>", "", "", false, "XML or HTML"},
		{"UTF-16", dav.AddressBook, "B\x00E\x00G\x00", "", "", false, "UTF-16 or binary data"},
		{"text", dav.Calendar, "hello", "", "", false, "does not begin with BEGIN:VCALENDAR"},
		{"card among calendars", dav.Calendar, lines("BEGIN:VCARD", "UID:a", "END:VCARD"), "a", "VCARD", false, `begins with "BEGIN:VCARD", not with BEGIN:VCALENDAR`},
		{"bare component", dav.Calendar, lines("BEGIN:VEVENT", "UID:a", "END:VEVENT"), "a", "VEVENT", false, `begins with "BEGIN:VEVENT", not with BEGIN:VCALENDAR`},
		{"truncated", dav.Calendar, lines(event[:4]...), "a", "VEVENT", false, "truncated: does not end with END:VCALENDAR"},
		{"truncated in the last line", dav.Calendar, strings.TrimSuffix(lines(event...), "DAR\r\n"), "a", "VEVENT", false,
			"truncated: does not end with END:VCALENDAR; an END that does not fit its BEGIN"},
		{"END of a component missing", dav.Calendar, lines(slices.Delete(slices.Clone(event), 4, 5)...), "a", "VEVENT", false,
			"truncated: does not end with END:VCALENDAR; an END that does not fit its BEGIN"},
		{"two calendars", dav.Calendar, lines(event...) + lines(event...), "a", "VEVENT", true, "2 VCALENDARs in one object"},
		{"no component", dav.Calendar, lines("BEGIN:VCALENDAR", "END:VCALENDAR"), "", "", true, "no component that holds data"},
		{"METHOD", dav.Calendar, with(2, "method:request"), "a", "VEVENT", true, "METHOD:REQUEST"},
		{"no content line", dav.Calendar, with(4, "hello"), "a", "VEVENT", true, "1 lines that are no content lines"},
		{"control character", dav.Calendar, with(4, "SUMMARY:\x01"), "a", "VEVENT", true, "control characters"},
		{"not UTF-8", dav.Calendar, with(4, "SUMMARY:\xe9"), "a", "VEVENT", true, "not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			info := Inspect(tt.kind, []byte(tt.input))
			got := fmt.Sprintf("%s / %s / %v / %s", strings.Join(info.UIDs, "|"), strings.Join(info.Components, " "), info.Whole, info.Problem())
			want := fmt.Sprintf("%s / %s / %v / %s", tt.uids, tt.comps, tt.whole, tt.problem)
			if got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestInspectProperties(t *testing.T) {
	info := Inspect(dav.Calendar, objects(t)["testdata/ical/series.ics"])
	if !info.Organizer || !info.Attendee || info.Version != "2.0" || info.Method != "" || len(info.UIDs) != 1 {
		t.Errorf("series.ics: %+v", info)
	}
	for file, version := range map[string]string{"v21": "2.1", "v30": "3.0", "v40": "4.0"} {
		if info := Inspect(dav.AddressBook, objects(t)["testdata/vcard/"+file+".vcf"]); info.Version != version || !info.Whole {
			t.Errorf("%s: %+v", file, info)
		}
	}
}

func TestInspectManyUIDs(t *testing.T) {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\n")
	for i := range 200_000 {
		fmt.Fprintf(&b, "BEGIN:X-%d\nUID:%d\nEND:X-%d\n", i, i%100_000, i)
	}
	b.WriteString("END:VCALENDAR\n")
	info := Inspect(dav.Calendar, []byte(b.String()))
	if len(info.UIDs) != 100_000 || len(info.Components) != 200_000 || !info.Whole {
		t.Errorf("%d UIDs, %d components, whole %v", len(info.UIDs), len(info.Components), info.Whole)
	}
}

// kindOf is the kind that the file's name says.
func kindOf(file string) dav.Kind {
	if strings.HasSuffix(file, ".vcf") {
		return dav.AddressBook
	}
	return dav.Calendar
}

func FuzzInspect(f *testing.F) {
	for _, data := range objects(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, k := range dav.Kinds {
			info := Inspect(k, data)
			if info.UID == "" && len(info.UIDs) > 0 || info.UID != "" && info.UID != info.UIDs[0] {
				t.Errorf("UID %q of %q", info.UID, info.UIDs)
			}
			if uid := UID(data); uid != info.UID {
				t.Errorf("UID %q alone, %q among all", uid, info.UID)
			}
			if !info.Whole && info.Problem() == "" {
				t.Error("not whole, and no problem")
			}
		}
	})
}

func BenchmarkInspect(b *testing.B) {
	b.SetBytes(int64(len(realistic)))
	for b.Loop() {
		if Inspect(dav.Calendar, realistic).UID == "" {
			b.Fatal("no UID")
		}
	}
}

// Wherever it stands, and whatever stands beside it, a control character is seen, and nothing else is taken for one.
func TestHasControl(t *testing.T) {
	for _, fill := range []byte{'a', ' ', '\t', '\r', '\n', '!', '~', 0x80, 0xff} {
		for c := range 256 {
			for at := range 20 {
				data := bytes.Repeat([]byte{fill}, 20)
				data[at] = byte(c)
				if got, want := hasControl(data), isControl(byte(c)); got != want {
					t.Fatalf("%#x at %d among %#x: %t", c, at, fill, got)
				}
			}
		}
	}
}
