package mapping

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLines(t *testing.T) {
	tests := []struct {
		name  string
		input string
		want  []string // unfolded texts
	}{
		{"empty input", "", nil},
		{"CR LF", "A:1\r\nB:2\r\n", []string{"A:1", "B:2"}},
		{"LF", "A:1\nB:2\n", []string{"A:1", "B:2"}},
		{"bare CR", "A:1\rB:2\r", []string{"A:1", "B:2"}},
		{"bare CR and a last LF", "A:1\rB:2\r\n", []string{"A:1", "B:2"}},
		{"CR CR LF", "A:1\r\r\nB:2\r\r\n", []string{"A:1", "B:2"}},
		{"mixed CR LF and LF", "A:1\r\nB:2\nC:3\r\n", []string{"A:1", "B:2", "C:3"}},
		{"a stray CR is a byte of the value", "A:1\r\nB:x\ry\r\n", []string{"A:1", "B:x\ry"}},
		{"no last line end", "A:1\r\nB:2", []string{"A:1", "B:2"}},
		{"last line ends with CR only", "A:1\r\nB:2\r", []string{"A:1", "B:2"}},
		{"blank lines", "A:1\r\n\r\nB:2\r\n\r\n", []string{"A:1", "", "B:2", ""}},
		{"byte order mark", "\xef\xbb\xbfA:1\r\nB:2\r\n", []string{"A:1", "B:2"}},
		{"fold with space", "A:1\r\n 2\r\nB:3", []string{"A:12", "B:3"}},
		{"fold with tab", "A:1\n\t2\n\t3", []string{"A:123"}},
		{"fold keeps further white space", "A:1\r\n  2", []string{"A:1 2"}},
		{"fold in bare CR file", "A:1\r 2\rB:3\r", []string{"A:12", "B:3"}},
		{"fold with CR CR LF", "A:1\r\r\n 2\r\r\nB:3", []string{"A:12", "B:3"}},
		{"fold in a name", "DTST\r\n ART:1\r\n", []string{"DTSTART:1"}},
		{"fold directly after the colon", "A:\r\n 1\r\n", []string{"A:1"}},
		{"fold within a UTF-8 sequence", "A:\xc3\r\n \xbc\r\n", []string{"A:ü"}},
		{"empty fold at the end", "A:1\r\n \r\nB:2\r\n", []string{"A:1", "B:2"}},
		{"not UTF-8", "A:\xe9\xff\r\nB:2", []string{"A:\xe9\xff", "B:2"}},
		{"blank line before a fold", "\r\n A:1\r\nB:2", []string{"A:1", "B:2"}},
		{"quoted-printable soft break", "N;ENCODING=QUOTED-PRINTABLE:a=\r\nb=\r\nc\r\nB:2", []string{"N;ENCODING=QUOTED-PRINTABLE:abc", "B:2"}},
		{"soft break keeps white space", "N;quoted-printable:a=\n b\nB:2", []string{"N;quoted-printable:a b", "B:2"}},
		{"soft break before a blank line", "N;QUOTED-PRINTABLE:a=\r\n\r\nB:2", []string{"N;QUOTED-PRINTABLE:a", "B:2"}},
		{"soft break never swallows END", "N;QUOTED-PRINTABLE:a=\r\nEND:VCARD\r\n", []string{"N;QUOTED-PRINTABLE:a=", "END:VCARD"}},
		{"base64 padding is no soft break", "P;ENCODING=b:QQ==\r\nB:2", []string{"P;ENCODING=b:QQ==", "B:2"}},
		{"quoted-printable in a value is no encoding", "A:ENCODING=QUOTED-PRINTABLE=\r\nB:2", []string{"A:ENCODING=QUOTED-PRINTABLE=", "B:2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for l := range Lines([]byte(tt.input)) {
				got = append(got, string(l.Text()))
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("lines of %q\n got %q\nwant %q", tt.input, got, tt.want)
			}
			checkLines(t, []byte(tt.input))
		})
	}
}

// checkLines checks what holds for the lines of any input.
func checkLines(t *testing.T, data []byte) {
	t.Helper()
	pos := len(data) - len(bytes.TrimPrefix(data, []byte(byteOrderMark)))
	for l := range Lines(data) {
		if l.Start != pos || l.End <= l.Start || !bytes.Equal(l.Raw(), data[l.Start:l.End]) {
			t.Fatalf("line [%d:%d] does not follow on %d", l.Start, l.End, pos)
		}
		pos = l.End
		text := l.Text()
		if len(text) > len(l.Raw()) {
			t.Fatalf("text %q is longer than its line %q", text, l.Raw())
		}
		if got := l.AppendText([]byte("=")); !bytes.Equal(got[1:], text) || got[0] != '=' {
			t.Fatalf("AppendText gave %q, Text %q", got, text)
		}
		checkContent(t, text, l)
		// Unfolding takes away line ends, white space and soft breaks, and nothing else.
		if got, want := visible(text), visible(l.Raw()); got != want {
			t.Fatalf("unfolding %q lost something: %q", l.Raw(), text)
		}
	}
	if pos != len(data) {
		t.Fatalf("the lines end at %d of %d", pos, len(data))
	}
}

func checkContent(t *testing.T, text []byte, l Line) {
	t.Helper()
	c := l.Content()
	if !bytes.Equal(c.Name, l.Name()) {
		t.Fatalf("%q: Content has the name %q, Name %q", text, c.Name, l.Name())
	}
	if c.Valid && !bytes.HasSuffix(text, append([]byte(":"), c.Value...)) {
		t.Fatalf("%q: value %q", text, c.Value)
	}
	for p := range c.Params() {
		if len(p.Name)+len(p.Raw) == 0 && !bytes.Contains(text, []byte("=")) {
			t.Fatalf("%q: an empty parameter", text)
		}
		for range p.Values() {
		}
	}
}

func visible(b []byte) string {
	var kept []byte
	for _, c := range b {
		if strings.IndexByte("\r\n\t =", c) < 0 {
			kept = append(kept, c)
		}
	}
	return string(kept)
}

func TestContent(t *testing.T) {
	tests := []struct {
		input  string
		group  string
		name   string
		params string // as fmt prints pairs of name and values
		value  string
		valid  bool
	}{
		{"SUMMARY:a:b;c", "", "SUMMARY", "", "a:b;c", true},
		{"item1.X-ABLabel:x", "item1", "X-ABLabel", "", "x", true},
		{`ATTENDEE;CN="Doe; J: x, y";RSVP=TRUE:mailto:a@b`, "", "ATTENDEE", `CN=[Doe; J: x, y] RSVP=[TRUE]`, "mailto:a@b", true},
		{`A;P="x","y",z:1`, "", "A", `P=[x y z]`, "1", true},
		{`A;P=^^n^'q^'^x:1`, "", "A", `P=[^n"q"^x]`, "1", true},
		{"A;P=a^nb:1", "", "A", "P=[a\nb]", "1", true},
		{"TEL;HOME;VOICE:1", "", "TEL", `=[HOME] =[VOICE]`, "1", true},
		{`A;CN="open:mailto:x`, "", "A", `CN=["open]`, "mailto:x", true},
		{"A;;P=1;:v", "", "A", `P=[1]`, "v", true},
		{"DTSTART;TZID=Europe/Paris", "", "DTSTART", `TZID=[Europe/Paris]`, "", false},
		{"no content line", "", "no content line", "", "", false},
		{":v", "", "", "", "v", false},
		{"A:", "", "A", "", "", true},
		{"A;P=:", "", "A", "P=[]", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.input, func(t *testing.T) {
			c := parseContent([]byte(tt.input))
			var params []string
			for p := range c.Params() {
				var values []string
				for v := range p.Values() {
					values = append(values, v)
				}
				params = append(params, fmt.Sprintf("%s=%v", p.Name, values))
			}
			got := fmt.Sprintf("%q %q %q %q %v", c.Group, c.Name, strings.Join(params, " "), c.Value, c.Valid)
			want := fmt.Sprintf("%q %q %q %q %v", tt.group, tt.name, tt.params, tt.value, tt.valid)
			if got != want {
				t.Errorf(" got %s\nwant %s", got, want)
			}
		})
	}
}

func TestLineFoldedHead(t *testing.T) {
	for _, input := range []string{"DTST\r\n ART;TZ\r\n ID=\"Eur\r\n ope/Paris\":2026\r\n", "DTSTART;TZID=Europe/Paris\r\n :2026\r\n"} {
		for l := range Lines([]byte(input)) {
			c := l.Content()
			tzid, ok := c.Param("TZID")
			if !l.Is("DTSTART") || !ok || tzid != "Europe/Paris" || string(c.Value) != "2026" {
				t.Errorf("%q: name %q, TZID %q, value %q", input, l.Name(), tzid, c.Value)
			}
		}
	}
}

// TestLongLines holds the reader to linear time: each of these is quadratic for a reader that looks back or starts again.
func TestLongLines(t *testing.T) {
	const size = 10 << 20
	inputs := map[string]string{
		"one value":             "A:" + strings.Repeat("x", size),
		"no separator":          strings.Repeat("x", size),
		"folds":                 "A:" + strings.Repeat("\n x", size/3),
		"empty folds":           strings.Repeat("\n ", size/2),
		"folded name":           strings.Repeat("\n A", size/3) + ":1",
		"soft breaks":           "A;QUOTED-PRINTABLE:" + strings.Repeat("=\n", size/2),
		"padding":               "A;B=b:" + strings.Repeat("=\n ", size/3),
		"CRs":                   strings.Repeat("\r", size),
		"CRs and one LF":        "A:1\n" + strings.Repeat("\r", size) + "\n",
		"semicolons":            "A" + strings.Repeat(";", size) + ":1",
		"quotes":                "A;" + strings.Repeat(`";`, size/2) + ":1",
		"open quote":            `A;P="` + strings.Repeat(";x=,", size/4) + ":1",
		"commas in a parameter": "A;P=" + strings.Repeat(",", size) + ":1",
		"carets":                "A;P=" + strings.Repeat("^", size) + ":1",
		"dots":                  strings.Repeat(".", size) + ":1",
		"BEGIN":                 strings.Repeat("BEGIN:A\n", size/8),
		"END":                   strings.Repeat("END:A\n", size/6),
	}
	for name, input := range inputs {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			for l := range Lines([]byte(input)) {
				for p := range l.Content().Params() {
					for range p.Values() {
					}
				}
			}
			parse([]byte(input))
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// objects returns the objects of testdata by their file names.
func objects(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	all := make(map[string][]byte)
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.ToSlash(f)] = data
	}
	return all
}

func FuzzLines(f *testing.F) {
	for _, data := range objects(f) {
		f.Add(data)
	}
	f.Add([]byte("\xef\xbb\xbfA;B=\"c\r\n d\";Q=1:e=\r\nf\r\r\n\r\n g"))
	f.Add([]byte("A;QUOTED-PRINTABLE:x==\r\n\r\n y\rz"))
	f.Add([]byte("A:1\r\rB:\r 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkLines(t, data)
		parse(data)
	})
}

// realistic is an event like those of real calendars, with a folded description.
var realistic = []byte(strings.ReplaceAll(`BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example Corp.//Calendar 1.0//EN
CALSCALE:GREGORIAN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:7b3c2a34-5f0e-4a53-9a47-0c4f5d9f8c11
DTSTAMP:20260105T101500Z
CREATED:20251201T080000Z
LAST-MODIFIED:20260105T101500Z
SUMMARY:Réunion d’équipe\, salle 3
DESCRIPTION:Merci de confirmer votre présence avant vendredi.\nDial-in: +49
  30 1234567\, PIN 9876#.\nSee https://example.com/path?a=1&b=2 for the deta
 ils.
LOCATION:Café Central\; Herrengasse 14\, 1010 Wien
DTSTART;TZID=Europe/Berlin:20260112T140000
DTEND;TZID=Europe/Berlin:20260112T150000
RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260630T120000Z
EXDATE;TZID=Europe/Berlin:20260119T140000,20260202T140000
ORGANIZER;CN="Müller, Jürgen":mailto:juergen@example.org
ATTENDEE;CN=Anna;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:anna@example.org
ATTENDEE;CN=Chloé;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:chloe@example.net
CATEGORIES:Work,Projekt\, intern
SEQUENCE:2
BEGIN:VALARM
ACTION:DISPLAY
DESCRIPTION:Reminder
TRIGGER:-PT15M
END:VALARM
END:VEVENT
END:VCALENDAR
`, "\n", "\r\n"))

func BenchmarkLinesNames(b *testing.B) {
	b.SetBytes(int64(len(realistic)))
	for b.Loop() {
		n := 0
		for l := range Lines(realistic) {
			if l.Is("UID") {
				n++
			}
		}
		if n != 1 {
			b.Fatal(n)
		}
	}
}

func BenchmarkLinesLongFolded(b *testing.B) {
	data := []byte("BEGIN:VCARD\r\nPHOTO;ENCODING=b:" + strings.Repeat("\r\n "+strings.Repeat("A", 74), 10_000) + "\r\nEND:VCARD\r\n")
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		for l := range Lines(data) {
			_ = l.Is("UID")
		}
	}
}
