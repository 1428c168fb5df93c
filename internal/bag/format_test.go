package bag

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

func TestManifestLines(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for path, want := range map[string]string{
		"data/a.ics":        sum + "  data/a.ics\n",
		"data/100%.ics":     sum + "  data/100%25.ics\n",
		"data/a\nb\rc.ics":  sum + "  data/a%0Ab%0Dc.ics\n",
		"data/%0A.ics":      sum + "  data/%250A.ics\n",
		"data/Grüße  x.ics": sum + "  data/Grüße  x.ics\n",
	} {
		line := Line{sum, path}
		if got := line.String(); got != want {
			t.Errorf("%q is written as %q", path, got)
		}
		for got, err := range ReadManifest(strings.NewReader(want), SHA256) {
			if err != nil || got != line {
				t.Errorf("%q is read as %+v, %v", want, got, err)
			}
		}
	}
}

func TestManifestLinesThatAreNone(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for name, text := range map[string]string{
		"no checksum":           "data/a.ics\n",
		"upper case":            strings.ToUpper(sum) + "  data/a.ics\n",
		"the other algorithm's": sum + sum + "  data/a.ics\n",
		"one space":             sum + " data/a.ics\n",
		"no line feed":          sum + "  data/a.ics",
		"CR LF":                 sum + "  data/a.ics\r\n",
		"another encoding":      sum + "  data/%41.ics\n",
		"lower-case encoding":   sum + "  data/%0a.ics\n",
		"a path that leads out": sum + "  ../a.ics\n",
		"an absolute path":      sum + "  /a.ics\n",
		"no path":               sum + "  \n",
		"a line without end":    strings.Repeat("a", maxLine+1),
	} {
		var last error
		for _, err := range ReadManifest(strings.NewReader(text), SHA256) {
			last = err
		}
		if last == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

var sampleInfo = Info{
	Tool: "davferry 1.2.3", Sealed: true, Oxum: Oxum{Octets: 279164409832, Files: 1198},
	Start: time.Date(2024, time.May, 1, 10, 0, 0, 0, time.UTC), End: time.Date(2024, time.May, 1, 11, 0, 0, 0, time.UTC),
	Collections: 7, Listed: 900, Stored: 890, Outcomes: map[string]int64{"created": 890, "refused": 10},
	Accounts: []Account{
		{Label: "alice", Folder: "alice", Source: "https://dav.example.org/", Principal: "https://dav.example.org/principals/alice/"},
		{Label: strings.Repeat("a long label: of an account ", 20) + "ends", Folder: "b", Source: "x"},
		{Label: strings.Repeat("ohneLeerzeichen", 20), Folder: "c"},
		{Label: "two  spaces " + strings.Repeat("and  more ", 20) + "ü", Folder: "d"},
	},
}

const sampleInfoStart = `Bag-Software-Agent: davferry 1.2.3
Bagging-Date: 2024-05-01
Payload-Oxum: 279164409832.1198
Export-Start: 2024-05-01T10:00:00Z
Export-End: 2024-05-01T11:00:00Z
Container-Seal: sha256
Accounts: 4
Collections: 7
Objects-Listed: 900
Objects-Stored: 890
Objects-Outcome: created 890
Objects-Outcome: refused 10
Account: alice
Account-Folder: alice
Source: https://dav.example.org/
Principal: https://dav.example.org/principals/alice/
Account: a long label: of an account a long label: of an account a long label:
 of an account a long label: of an account a long label: of an account a long
`

func TestInfoIsWrittenAndRead(t *testing.T) {
	var b bytes.Buffer
	n, err := sampleInfo.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes of %d, %v", n, b.Len(), err)
	}
	if !strings.HasPrefix(b.String(), sampleInfoStart) {
		t.Errorf("bag-info.txt is\n%s", b.String())
	}
	got, err := ParseInfo(&b)
	if err != nil || !reflect.DeepEqual(got, sampleInfo) {
		t.Errorf("read as\n%+v, %v, want\n%+v", got, err, sampleInfo)
	}
}

func TestInfoOfOtherTools(t *testing.T) {
	text := "Source-Organization: Somebody\r\nSource: before any account\nBag-Software-Agent: bagit.py v1.8.1\n" +
		"Payload-Oxum: 5.1\nExternal-Description: folded\n\tin two\n lines\n"
	info, err := ParseInfo(strings.NewReader(text))
	if err != nil || info.IsDavferry() || info.Oxum != (Oxum{5, 1}) {
		t.Errorf("%+v, %v", info, err)
	}
	for _, bad := range []string{"Payload-Oxum: 5\n", "Payload-Oxum: -5.1\n", "Export-Start: yesterday\n", "Objects-Outcome: x\n"} {
		if _, err := ParseInfo(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestRowsAreWrittenAndRead(t *testing.T) {
	rows := []Row{
		{Account: "alice", Collection: "/c/", Path: "/c/a.ics", ETag: `W/"1,2"`, UID: "a\nb", Bytes: 0, SHA256: strings.Repeat("0", 64), Outcome: "created", File: "data/alice/calendars/c/a.ics"},
		{Account: "alice", Collection: "/c/", Path: "/c/b.ics", ETag: "\xff", Outcome: "refused", Reason: `say "no"`},
		{Account: "bob", Collection: "/c/", Path: "/c/b.vcf", Bytes: 7, SHA256: strings.Repeat("f", 64), Outcome: "created", File: "data/bob/addressbooks/c/b.vcf"},
		{Account: "alice", Collection: "/c/", Path: "/c/z.ics", Outcome: "gone"},
	}
	var b bytes.Buffer
	b.WriteString(ObjectsHeader)
	w := NewRowWriter(&b)
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	i := 0
	for got, err := range ReadRows(bytes.NewReader(b.Bytes())) {
		if err != nil || got != rows[i] {
			t.Errorf("row %d is read as %+v, %v", i, got, err)
		}
		i++
	}
	if i != len(rows) {
		t.Errorf("%d rows", i)
	}
	index, err := IndexRows(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var got []Row
	for row, err := range index.Rows("alice", "/c/") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, row)
	}
	if want := []Row{rows[0], rows[1], rows[3]}; !reflect.DeepEqual(got, want) {
		t.Errorf("the index gives %+v", got)
	}
}

func TestRowsHaveALimit(t *testing.T) {
	text := ObjectsHeader + `alice,"` + strings.Repeat("x", 2*maxRow)
	for _, err := range ReadRows(strings.NewReader(text)) {
		if err == nil || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("error %v", err)
		}
	}
	many := ObjectsHeader + strings.Repeat("a,b,c,d,e,,,gone,,\n", maxRow/10)
	n := 0
	for _, err := range ReadRows(strings.NewReader(many)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != maxRow/10 {
		t.Errorf("%d rows", n)
	}
}

func TestVdirFiles(t *testing.T) {
	for color, want := range map[string]string{
		"#FF2968": "#ff2968", "#FF2968FF": "#ff2968", "FF2968": "#ff2968", " #0e61b9ff\n": "#0e61b9",
		"": "", "red": "", "#f00": "", "#gg0000": "", "#ff29681": "", "#FF2968; x": "",
	} {
		if got := VdirColor(dav.Collection{Kind: dav.Calendar, Color: color}); got != want {
			t.Errorf("the color of %q is %q, want %q", color, got, want)
		}
	}
	if got := VdirColor(dav.Collection{Kind: dav.AddressBook, Color: "#ff0000"}); got != "" {
		t.Errorf("an address book has the color %q", got)
	}
	if got := VdirDisplayName(dav.Collection{DisplayName: " Mein\r\nKalender "}); got != "Mein  Kalender" {
		t.Errorf("display name %q", got)
	}
}

func TestForms(t *testing.T) {
	for path, want := range map[string]Form{
		"export": Folder, "a.b/export.2024": Folder, "export.zip": Zip, "x/Export.ZIP": Zip, "export.tar.zst": TarZst,
	} {
		if got, err := FormOf(path); err != nil || got != want {
			t.Errorf("%s: %v, %v", path, got, err)
		}
	}
	for path, want := range map[string]string{"x/export.zip": "export", "export.tar.zst": "export", "export": "export", ".zip": ".zip"} {
		if got := TopFolder(path); got != want {
			t.Errorf("the top folder of %s is %s", path, got)
		}
	}
}

func TestWhereObjectsAre(t *testing.T) {
	for path, want := range map[string]bool{
		"data/alice/calendars/work/a.ics": true, "data/alice/addressbooks/work/a.vcf": true,
		"data/alice/calendars/work/color": false, "data/alice/calendars/work/collection.json": false,
		"data/alice/calendars/work/sub/a.ics": false, "data/alice/other/work/a.ics": false, "data/objects.csv": false,
		"other/alice/calendars/work/a.ics": false,
	} {
		if got := IsObject(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
