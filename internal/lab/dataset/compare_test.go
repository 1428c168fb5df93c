package dataset

import (
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	event := func(lines string) string { return "BEGIN:VEVENT\r\nUID:1\r\n" + lines + "END:VEVENT\r\n" }
	tests := []struct {
		name, a, b string
		want       []string
	}{
		{"the same", event("SUMMARY:A\r\n"), event("SUMMARY:A\r\n"), nil},
		{"order of properties", event("SUMMARY:A\r\nLOCATION:B\r\n"), event("LOCATION:B\r\nSUMMARY:A\r\n"), nil},
		{"line ends and folds", event("SUMMARY:A lo\r\n ng text\r\n"), "BEGIN:VEVENT\nUID:1\nSUMMARY:A long text\nEND:VEVENT\n", nil},
		{"parameters", event("DTSTART;TZID=\"Europe/Berlin\";VALUE=DATE-TIME:1\r\n"), event("DTSTART;value=DATE-TIME;TZID=Europe/Berlin:1\r\n"), nil},
		{"values of a parameter", event("TEL;TYPE=A,B:1\r\n"), event("TEL;TYPE=B;TYPE=A:1\r\n"), nil},
		{"case of names", event("x-Foo:A\r\n"), event("X-FOO:A\r\n"), nil},
		{"parts of a rule", event("RRULE:FREQ=DAILY;COUNT=3\r\n"), event("RRULE:COUNT=3;FREQ=DAILY\r\n"), nil},
		{"order of components", "BEGIN:A\nUID:1\nEND:A\nBEGIN:B\nUID:2\nEND:B\n", "BEGIN:B\nUID:2\nEND:B\nBEGIN:A\nUID:1\nEND:A\n", nil},
		{"overrides in another order", event("X:1\n") + event("RECURRENCE-ID:2\nX:2\n"), event("RECURRENCE-ID:2\nX:2\n") + event("X:1\n"), nil},
		{"another value", event("SUMMARY:A\r\n"), event("SUMMARY:B\r\n"), []string{"- VEVENT#0/SUMMARY:A", "+ VEVENT#0/SUMMARY:B"}},
		{"case of a value", event("SUMMARY:a\r\n"), event("SUMMARY:A\r\n"), []string{"- VEVENT#0/SUMMARY:a", "+ VEVENT#0/SUMMARY:A"}},
		{"a line less", event("SUMMARY:A\r\nSUMMARY:A\r\n"), event("SUMMARY:A\r\n"), []string{"- VEVENT#0/SUMMARY:A"}},
		{"another parameter", event("TEL;TYPE=A:1\r\n"), event("TEL:1\r\n"), []string{"- VEVENT#0/TEL;TYPE=A:1", "+ VEVENT#0/TEL:1"}},
		{"the property of another override", event("X:1\n") + event("RECURRENCE-ID:2\nX:2\n"), event("X:2\n") + event("RECURRENCE-ID:2\nX:1\n"),
			[]string{"- VEVENT#0/X:2", "- VEVENT#1/X:1", "+ VEVENT#0/X:1", "+ VEVENT#1/X:2"}},
		{"nothing there", event(""), "", []string{"- VEVENT#0/UID:1"}},
		{"what is no object", "\x00:\r\nEND:VEVENT\r\n:", "", []string{"- \x00:"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Compare([]byte(test.a), []byte(test.b)); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestUnexplained(t *testing.T) {
	differences := []string{
		"- VCARD#0/PHOTO:data:image/png;base64,AAAA", "- VCARD#0/PHOTO;ENCODING=B:AAAA", "- VCARD#0/FN:a/b",
		"+ VCALENDAR#0/VEVENT#0/RESOURCES;LANGUAGE=en:A\\,B",
	}
	tests := []struct {
		name    string
		servers []string
		want    []string
	}{
		{"no server", nil, differences},
		{"one server", []string{"radicale"}, differences[1:]},
		{"both", []string{"radicale", "xandikos"}, differences[1:3]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Unexplained(differences, test.servers...); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
