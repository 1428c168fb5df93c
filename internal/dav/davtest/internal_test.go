package davtest

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCanonicalPath(t *testing.T) {
	for in, want := range map[string]string{
		"/": "", "": "", "/a/b/": "/a/b", "/a//b": "/a/b", "//a": "/a", "/%61": "/a", "/a%2Fb": "/a%2Fb", "/a%2fb": "/a%2Fb",
		"/%c3%bc": "/%C3%BC", "/ü": "/%C3%BC", "/a%40b": "/a@b", "/.well-known/caldav": "/.well-known/caldav", "/a b": "/a%20b",
		"/..a/b..": "/..a/b..", "/%25": "/%25",
	} {
		if got, ok := canonicalPath(in); !ok || got != want {
			t.Errorf("%s became %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{"/a/../b", "/./a", "/%2e%2e", "/%zz", "/%", "/a%00"} {
		if got, ok := canonicalPath(in); ok {
			t.Errorf("%s became %q", in, got)
		}
	}
}

func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{"/", "/a/b/", "//%61%2F/ü", "/%c3%28", "/a b?c#d", "/..", "/%2E"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		path, ok := canonicalPath(in)
		if !ok {
			return
		}
		for _, style := range []HrefStyle{HrefPlain, HrefEscapeAll, HrefLowerHex, HrefRaw} {
			spelled := style.respell(path)
			if again, ok := canonicalPath(spelled); !ok || again != path {
				t.Errorf("%q is %q, spelled %q, which is %q", in, path, spelled, again)
			}
		}
	})
}

func TestReadFacts(t *testing.T) {
	alarm := "BEGIN:VALARM\nUID:alarm\nEND:VALARM\n"
	for name, test := range map[string]struct {
		in   string
		want facts
	}{
		"event":           {"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\nEND:VEVENT\nEND:VCALENDAR\n", facts{"a", "VEVENT", "2.0", true, "VCALENDAR"}},
		"after a zone":    {"BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nEND:VTIMEZONE\nBEGIN:VTODO\nUID;X=\"a:b\":a:b\nEND:VTODO\nEND:VCALENDAR\n", facts{"a:b", "VTODO", "", true, "VCALENDAR"}},
		"alarm's UID":     {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + alarm + "UID:a\nEND:VEVENT\nEND:VCALENDAR\n", facts{"a", "VEVENT", "", true, "VCALENDAR"}},
		"folded":          {"begin:vcard\r\nU\r\n ID:a\r\n b\r\nVERSION:4.0\r\nend:vcard", facts{"ab", "", "4.0", true, "VCARD"}},
		"grouped":         {"BEGIN:VCARD\nitem1.UID:a\nEND:VCARD\n\n", facts{"a", "", "", true, "VCARD"}},
		"empty":           {"", facts{}},
		"cut":             {"BEGIN:VCARD\nUID:a", facts{"a", "", "", false, "VCARD"}},
		"two":             {"BEGIN:VCARD\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD\n", facts{outer: "VCARD"}},
		"crossed":         {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\nEND:VEVENT\n", facts{component: "VEVENT", outer: "VCALENDAR"}},
		"text around":     {"hello\nBEGIN:VCARD\nEND:VCARD\n", facts{outer: "VCARD"}},
		"byte order mark": {"\uFEFFBEGIN:VCARD\nEND:VCARD\n", facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := readFacts([]byte(test.in)); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// FuzzObject reads, rewrites and converts anything.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		"BEGIN:VCARD\r\nVERSION:4.0\r\nPHOTO:data:image/png;base64,AA\r\n AA\r\nKIND:group\r\nEND:VCARD\r\n",
		"BEGIN:VCALENDAR\nbegin:vevent\nATTENDEE;CN=\"a:b\";X=y:mailto:a@b\n  c\nEND:VEVENT\nEND:VCALENDAR", "\n \n", ":;\r\r\n", " x",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var joined []byte
		for line := range contentLines(data) {
			joined = append(joined, line.raw...)
			head, _ := splitLine(line.text())
			_ = parameter(head, "CN")
		}
		if !bytes.Equal(joined, data) {
			t.Errorf("the lines are %q", joined)
		}
		facts := readFacts(data)
		out := rewrite(data)
		if again := readFacts(out); facts.balanced && again.component != facts.component {
			t.Errorf("rewritten from %+v to %+v", facts, again)
		}
		_, _ = convertVCard(data, facts.version, ""), convertVCard(data, facts.version, "4.0")
		if replaced := replaceUnfit(data); !fitsXML(replaced) {
			t.Errorf("%q does not fit", replaced)
		}
	})
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(`<d:propfind xmlns:d="DAV:"><d:prop><x:y xmlns:x="u" a="1">t<z/></x:y></d:prop></d:propfind>`))
	f.Add([]byte(strings.Repeat("<a>", maxNesting+1)))
	f.Add([]byte(`<A:0 A:0=""><x:y A:0=""><A/></x:y></A:0>`)) // a name that cannot lose its prefix
	f.Add([]byte(`<a b="1" x:b="2" b="3"/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := parseXML(data)
		if err != nil || root == nil {
			return
		}
		for _, style := range []PrefixStyle{PrefixDefault, PrefixAll, PrefixNumbered, PrefixNone} {
			w := newXMLWriter(nil, &Quirks{Prefixes: style})
			w.start(nameProp)
			w.start(root.name)
			w.inside(root)
			w.end(root.name)
			w.end(nameProp)
			if _, err := parseXML(w.buf); err != nil {
				t.Errorf("%q became %q: %v", data, w.buf, err)
			}
		}
	})
}

func TestNestingIsBounded(t *testing.T) {
	deep := strings.Repeat("<a>", maxNesting) + strings.Repeat("</a>", maxNesting)
	if _, err := parseXML([]byte(deep)); err != nil {
		t.Error(err)
	}
	if _, err := parseXML([]byte("<a>" + deep + "</a>")); !errors.Is(err, errNesting) {
		t.Errorf("got %v", err)
	}
	if _, err := parseXML([]byte("<a/><b/>")); err == nil {
		t.Error("two roots are taken")
	}
}

// TestHugeObjectsTakeLinearTime fails by the test's time limit where it is not so: each input has some megabytes.
func TestHugeObjectsTakeLinearTime(t *testing.T) {
	const n = 300_000
	for name, data := range map[string]string{
		"nested":        strings.Repeat("BEGIN:A\n", n) + strings.Repeat("END:A\n", n),
		"folds":         "BEGIN:VCARD\nPHOTO:" + strings.Repeat("x\n ", n) + "\nEND:VCARD\n",
		"a folded name": "BEGIN:VCARD\nP" + strings.Repeat("\n x", n) + ":y\nEND:VCARD\n",
		"parameters":    "BEGIN:VCALENDAR\nATTENDEE" + strings.Repeat(";A=b", n) + ":y\nEND:VCALENDAR\n",
		"lines":         "BEGIN:VCARD\n" + strings.Repeat("A:b\n", n) + "END:VCARD\n",
	} {
		t.Run(name, func(t *testing.T) {
			o := newObject("x", []byte(data))
			rewritten := rewrite(o.data)
			if same := string(rewritten) == data; same != (name == "nested") {
				t.Errorf("stays as it is: %v", same)
			}
			_ = convertVCard(o.data, "4.0", "")
			x := exchange{user: &user{name: "alice"}, q: &Quirks{}}
			_ = x.invitation(x.user, o)
		})
	}
}

func TestMembersStayInOrderWhenCompacted(t *testing.T) {
	m := newMembers()
	for i := range 300 {
		m.put(&object{name: fmt.Sprint(i), facts: facts{uid: fmt.Sprint(i % 2)}})
	}
	for i := range 200 {
		m.remove(m.get(fmt.Sprint(i)), uint64(i+1))
	}
	list := m.list()
	if len(list) != 100 || len(m.slots) >= 200 || m.get("0") != nil || m.gone["7"] != 8 {
		t.Fatalf("%d listed in %d slots", len(list), len(m.slots))
	}
	for i, o := range list {
		if o.name != fmt.Sprint(200+i) || m.get(o.name) != o {
			t.Errorf("%d is %s", i, o.name)
		}
	}
	if got := m.holder("0", "200"); got != "202" {
		t.Errorf("the UID is %q's", got)
	}
}

func TestFoldNeverSplitsACharacter(t *testing.T) {
	for n := range 80 {
		var out bytes.Buffer
		line := strings.Repeat("x", n) + strings.Repeat("🎉ü", 40)
		fold(&out, line)
		for piece := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\r\n"), "\r\n") {
			if len(piece) > 75 || !utf8.ValidString(piece) {
				t.Errorf("piece %q", piece)
			}
		}
		if got := strings.ReplaceAll(strings.TrimSuffix(out.String(), "\r\n"), "\r\n ", ""); got != line {
			t.Errorf("unfolded %q", got)
		}
	}
}
