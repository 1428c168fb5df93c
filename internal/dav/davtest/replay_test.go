package davtest

import (
	"strings"
	"testing"
)

func TestParseReplay(t *testing.T) {
	sites, err := parseReplay(`
=== PROPFIND https://example.org/a%20b/ depth 1 login
207
DAV: 1, 2
Content-Type: text/xml

<multistatus>
</multistatus>

=== GET http://example.org:8008/
301
Location: https://example.org/
`)
	if err != nil {
		t.Fatal(err)
	}
	a := sites["https://example.org"][0]
	if a.method != "PROPFIND" || a.path != "/a%20b/" || a.depth != "1" || !a.login || a.status != 207 || a.header.Get("DAV") != "1, 2" || a.body != "<multistatus>\n</multistatus>" {
		t.Errorf("got %+v", a)
	}
	b := sites["http://example.org:8008"][0]
	if b.login || b.status != 301 || b.header.Get("Location") != "https://example.org/" || b.body != "" {
		t.Errorf("got %+v", b)
	}
	for text, want := range map[string]string{
		"=== PROPFIND\n207\n":            "names no request",
		"=== PROPFIND /path\n207\n":      "is no URL",
		"=== PROPFIND https://h/\nOK\n":  "invalid syntax",
		"=== GET https://h/\n200\nx y\n": "malformed MIME header",
	} {
		if _, err := parseReplay(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %q in it", text, err, want)
		}
	}
}
