package dav_test

import (
	"net/url"
	"strings"
	"testing"

	"davferry/internal/dav"
)

// Where a service is found, from anna@example.test: one step of the ladder has it, and no one before.
func TestLadder(t *testing.T) {
	const srv = `
_caldavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test.
_carddavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test.`
	tests := []struct {
		name      string
		records   string
		replay    string
		plaintext bool
		want      string // the place of CalDAV's principal, "" for none
	}{
		{"SRV, TXT path", srv + `
_caldavs._tcp.example.test. IN TXT "path=/calendars"
_carddavs._tcp.example.test. IN TXT "path=/books"`,
			principalAt("https://dav.example.test:8443/calendars") + principalAt("https://dav.example.test:8443/books") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/calendars"},
		{"TXT of several strings, the key in capitals", srv + `
_caldavs._tcp.example.test. IN TXT "txtvers=1" "PATH=/calendars" "note=x"`,
			principalAt("https://dav.example.test:8443/calendars") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/calendars"},
		{"several TXT records, one path answers with an error", srv + `
_caldavs._tcp.example.test. IN TXT "v=1"
_caldavs._tcp.example.test. IN TXT "path=/gone"
_caldavs._tcp.example.test. IN TXT "path=/calendars"`,
			answer("PROPFIND https://dav.example.test:8443/gone login", 404, "") + principalAt("https://dav.example.test:8443/calendars") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/calendars"},
		{"SRV, well-known there", srv,
			redirect("https://dav.example.test:8443/.well-known/caldav", 301, "/dav") + principalAt("https://dav.example.test:8443/dav") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/dav"},
		{"a well-known that answers 207 itself", srv,
			principalAt("https://dav.example.test:8443/.well-known/caldav") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/.well-known/caldav"},
		{"SRV, / there, after errors of the path and of well-known", srv + `
_caldavs._tcp.example.test. IN TXT "path=/calendars"`,
			answer("PROPFIND https://dav.example.test:8443/calendars", 501, "") + answer("PROPFIND https://dav.example.test:8443/.well-known/caldav", 405, "") +
				principalAt("https://dav.example.test:8443/") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/"},
		{"the next SRV target", `
_caldavs._tcp.example.test. IN SRV 1 0 8443 down.example.test.
_caldavs._tcp.example.test. IN SRV 2 0 8443 dav.example.test.
down.example.test. IN A 127.0.0.99`,
			principalAt("https://dav.example.test:8443/") + homesAt("https://dav.example.test:8443"),
			false, "https://dav.example.test:8443/"},
		{"SRV to a name that is none, the domain itself", `
_caldavs._tcp.example.test. IN SRV 1 0 443 nowhere.example.test.
_carddavs._tcp.example.test. IN SRV 1 0 443 nowhere.example.test.`,
			principalAt("https://example.test/.well-known/caldav") + principalAt("https://example.test/.well-known/carddav") + homesAt("https://example.test"),
			false, "https://example.test/.well-known/caldav"},
		{"no SRV, well-known of the domain", "",
			redirect("https://example.test/.well-known/caldav", 302, "https://dav.example.test/x/") + principalAt("https://dav.example.test/x/") + homesAt("https://dav.example.test"),
			false, "https://dav.example.test/x/"},
		{"no SRV, / of the domain", "", principalAt("https://example.test/") + homesAt("https://example.test"),
			false, "https://example.test/"},
		{"port 8443 of the domain", "", redirect("https://example.test:8443/.well-known/caldav", 301, "/") + principalAt("https://example.test:8443/") + homesAt("https://example.test:8443"),
			false, "https://example.test:8443/"},
		{"plain SRV is not asked for", `
_caldav._tcp.example.test. IN SRV 1 5 8008 dav.example.test.`,
			principalAt("http://dav.example.test:8008/") + homesAt("http://dav.example.test:8008"),
			false, ""},
		{"plain SRV where it is allowed", `
_caldav._tcp.example.test. IN SRV 1 5 8008 dav.example.test.`,
			principalAt("http://dav.example.test:8008/") + homesAt("http://dav.example.test:8008"),
			true, "http://dav.example.test:8008/"},
		{"plain SRV after the one with TLS", `
_caldav._tcp.example.test. IN SRV 1 5 8008 dav.example.test.` + srv,
			principalAt("http://dav.example.test:8008/") + homesAt("http://dav.example.test:8008") +
				principalAt("https://dav.example.test:8443/") + homesAt("https://dav.example.test:8443"),
			true, "https://dav.example.test:8443/"},
		{"port 80 where it is allowed", "", principalAt("http://example.test/.well-known/caldav") + homesAt("http://example.test"),
			true, "http://example.test/.well-known/caldav"},
		{"port 80 where it is not", "", principalAt("http://example.test/.well-known/caldav") + homesAt("http://example.test"),
			false, ""},
		{"port 8008 where it is allowed", "", principalAt("http://example.test:8008/") + homesAt("http://example.test:8008"),
			true, "http://example.test:8008/"},
		{"target . is not looked for at the domain either", `
_caldavs._tcp.example.test. IN SRV 0 0 0 .
_carddavs._tcp.example.test. IN SRV 0 0 0 .`,
			principalAt("https://example.test/") + homesAt("https://example.test"),
			false, ""},
		{"target . without TLS leaves the one with TLS", `
_caldav._tcp.example.test. IN SRV 0 0 0 .
_carddav._tcp.example.test. IN SRV 0 0 0 .` + srv,
			principalAt("https://dav.example.test:8443/") + homesAt("https://dav.example.test:8443"),
			true, "https://dav.example.test:8443/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, tt.records, tt.replay)
			settings := w.settings()
			settings.AllowPlaintext = tt.plaintext
			var steps []dav.Step
			a, err := newNetwork(t, settings).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), func(s dav.Step) { steps = append(steps, s) })
			if tt.want == "" {
				if err == nil {
					t.Fatalf("found %s", a.Principal())
				}
				w.wantNoLogin(t)
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, w.visits())
			}
			if s := a.Services[dav.Calendar]; s == nil || len(s.HomeSets) != 1 {
				t.Errorf("CalDAV is %+v", s)
			}
			if !strings.Contains(w.visits(), "PROPFIND "+tt.want+" as anna@example.test\n") {
				t.Errorf("%s was not asked:\n%s", tt.want, w.visits())
			}
			found, err := url.Parse(tt.want)
			if err != nil {
				t.Fatal(err)
			}
			w.wantNoLogin(t, found.Scheme+"://"+found.Host)
		})
	}
}
