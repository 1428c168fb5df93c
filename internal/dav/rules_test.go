package dav

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestKey(t *testing.T) {
	same := [][]string{
		{"/u/c/a@b.ics", "/u/c/a%40b.ics", "http://h:1/u/c/a%40b.ics", "https://h/u/c/a@b.ics?x#y"},
		{"/u/c/b%C3%BC.ics", "/u/c/b%c3%bc.ics", "/u/c/bü.ics"},
		{"/u/c/a b.ics", "/u/c/a%20b.ics"},
		{"/u/c/a%zz.ics"},
		{"/u/c%2Fa.ics", "/u/c%2fa.ics"},
		{"/u/c/a.ics"},
		{"/", "http://h"},
	}
	keys := map[string]int{}
	for i, group := range same {
		for _, href := range group {
			key := Key(href)
			if j, ok := keys[key]; ok && j != i {
				t.Errorf("%q is the same as %q", href, same[j][0])
			}
			keys[key] = i
			if key != Key(group[0]) {
				t.Errorf("%q and %q differ: %q, %q", href, group[0], key, Key(group[0]))
			}
			if Key(key) != key {
				t.Errorf("the key of %q is not its own key", href)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"/a/b%20c", "http://h/%zz", "//h/x", "a:b", "", "/%2F%2f?#"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://h/base/")
	f.Fuzz(func(t *testing.T, href string) {
		if key := Key(href); Key(key) != key && !strings.ContainsAny(href, "?#:") {
			t.Errorf("%q has the key %q, which has the key %q", href, key, Key(key))
		}
		if u, err := resolve(base, href); err == nil && u.User != nil {
			t.Errorf("%q resolves with user info", href)
		}
		LastSegment(href)
	})
}

func TestResolve(t *testing.T) {
	base, _ := url.Parse("https://h:8443/u/c/")
	for href, want := range map[string]string{
		"/u/c/a.ics":       "https://h:8443/u/c/a.ics",
		"a.ics":            "https://h:8443/u/c/a.ics",
		"a:b.ics":          "https://h:8443/u/c/a:b.ics",
		"https://o/x":      "https://o/x",
		"http://me:pw@h/x": "http://h/x",
		"//user003/cal/":   "https://h:8443/user003/cal/",
		" /u/c/a b.ics\n":  "https://h:8443/u/c/a%20b.ics",
		"/u/c/100%.ics":    "https://h:8443/u/c/100%25.ics",
		"/u/c/b%c3%bc.ics": "https://h:8443/u/c/b%c3%bc.ics",
	} {
		got, err := resolve(base, href)
		if err != nil || got.String() != want {
			t.Errorf("%q is %v, %v; want %s", href, got, err, want)
		}
	}
}

func TestTrust(t *testing.T) {
	tests := []struct {
		named, url string
		plaintext  bool
		want       bool
	}{
		{"example.org", "https://example.org/", false, true},
		{"example.org", "https://dav.example.org:8443/", false, true},
		{"caldav.icloud.com", "https://p07-caldav.icloud.com/", false, true},
		{"example.co.uk", "https://other.co.uk/", false, false},
		{"example.org", "https://example.org.evil.test/", false, false},
		{"example.org", "http://example.org/", false, false},
		{"example.org", "http://example.org/", true, true},
		{"example.org", "http://dav.example.org/", true, true},
		{"example.org", "http://dav.example.org/", false, false},
		{"example.org", "http://example.org.evil.test/", true, false},
		{"a.github.io", "https://b.github.io/", false, false},
		{"127.0.0.1", "http://127.0.0.1:5232/", false, true},
		{"localhost", "http://localhost:5232/", false, true},
		{"127.0.0.1", "http://127.0.0.2/", false, false},
		{"192.0.2.1", "https://192.0.2.2/", false, false},
		{"example.org", "https://vouched.test/", false, true},
		{"example.org", "http://vouched.test/", false, false},
	}
	for _, tt := range tests {
		u, _ := url.Parse(tt.url)
		err := trust{named: []string{tt.named}, hosts: []string{"Vouched.test"}, allowPlaintext: tt.plaintext}.check(u)
		if (err == nil) != tt.want {
			t.Errorf("%s of %s: %v", tt.url, tt.named, err)
		}
	}
}

func TestRetryTable(t *testing.T) {
	answers := []struct {
		method  string
		status  int
		attempt int
		want    bool
	}{
		{"PROPFIND", 503, 1, true}, {"PUT", 503, 1, true}, {"PUT", 429, 5, true}, {"PUT", 429, 6, false},
		{"PUT", 502, 1, false}, {"REPORT", 502, 1, true}, {"REPORT", 500, 1, true}, {"REPORT", 500, 2, false},
		{"PUT", 500, 1, false}, {"GET", 404, 1, false}, {"PUT", 412, 1, false}, {"PUT", 423, 2, true}, {"PUT", 423, 3, false},
		{"PROPFIND", 401, 1, false}, {"MKCALENDAR", 504, 1, false}, {"PUT", 507, 1, false},
	}
	for _, tt := range answers {
		if got := retryAnswer(tt.method, tt.status, tt.attempt, 5); got != tt.want {
			t.Errorf("%s %d after attempt %d: %v", tt.method, tt.status, tt.attempt, got)
		}
	}
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	broken := &net.OpError{Op: "read", Err: errors.New("connection reset")}
	errs := []struct {
		method string
		err    error
		want   bool
	}{
		{"GET", broken, true}, {"PROPPATCH", broken, true}, {"PUT", broken, false}, {"PUT", fmt.Errorf("wrapped: %w", dial), true},
		{"GET", &net.DNSError{IsNotFound: true}, false}, {"GET", &net.DNSError{IsTemporary: true}, true},
		{"GET", &TrustError{}, false}, {"GET", errRedirect, false},
	}
	for _, tt := range errs {
		if got := retryError(t.Context(), tt.method, tt.err, 1, 5); got != tt.want {
			t.Errorf("%s after %v: %v", tt.method, tt.err, got)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if retryError(ended, "GET", broken, 1, 5) {
		t.Error("asked again although the run has ended")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, "120": 2 * time.Minute, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Thu, 01 Jan 2026 03:05:05 GMT": 0,
		"": -1, "soon": -1, "-5": -1, "99999999999999999999": -1,
	} {
		got, ok := retryAfter(http.Header{"Retry-After": {value}}, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %v, want %v", value, got, want)
		}
	}
}

func TestBackoffGrowsWithinBounds(t *testing.T) {
	for attempt := 1; attempt < 80; attempt++ {
		if d := backoff(attempt); d < firstBackoff/2 || d > maxBackoff {
			t.Errorf("%v after attempt %d", d, attempt)
		}
	}
}

func TestReadError(t *testing.T) {
	tests := []struct{ name, body, condition, excerpt string }{
		{"a precondition", `<?xml version="1.0"?><D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict><D:href>/u/a.ics</D:href></C:no-uid-conflict></D:error>`, "no-uid-conflict", "/u/a.ics"},
		{"sabre/dav", `<d:error xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><s:sabredav-version>4.7</s:sabredav-version><s:exception>Sabre\DAV\Exception\UnsupportedMediaType</s:exception><s:message>Validation error in iCalendar</s:message></d:error>`, "", `4.7 Sabre\DAV\Exception\UnsupportedMediaType Validation error in iCalendar`},
		{"SOGo's namespace", `<D:error xmlns:D="DAV"><D:resource-must-be-null/></D:error>`, "resource-must-be-null", ""},
		{"plain text", "Bad Request\n", "", "Bad Request"},
		{"a page", "<html><head><style>x{}</style></head><body><h1>502</h1>\n<p>Bad gateway</p></body></html>", "", "502 Bad gateway"},
		{"nothing", "", "", ""},
		{"terminal tricks", "a\x1b[31mb", "", "a [31mb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			condition, excerpt := readError([]byte(tt.body))
			if condition != tt.condition || excerpt != tt.excerpt {
				t.Errorf("got %q, %q", condition, excerpt)
			}
		})
	}
}
