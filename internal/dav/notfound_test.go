package dav_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// Where nothing is found, one line says why and what to do next, and it says so soon.
func TestOpenWhereNothingIs(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>")
	})
	circle := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	})
	nobody := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, multistatus(r.URL.Path, `<d:resourcetype/>`))
	})
	tests := []struct {
		name, address, records string
		site                   http.Handler // at https://dav.example.test
		certificate            string       // for another name
		form                   davtest.AnswerForm
		want                   []string
	}{
		{name: "a domain that does not exist", address: "anna@nowhere.test",
			want: []string{"no CalDAV and no CardDAV service found for nowhere.test", "no such host", "there is no such name: correct the address"}},
		{name: "a resolver that does not answer", address: "anna@example.test", form: davtest.AnswerSilent,
			want: []string{"DNS SRV _caldavs._tcp.example.test: no answer from the resolver 127.0.0.1:", "within 300ms", "name another resolver with --dns"}},
		{name: "a resolver that fails", address: "anna@example.test", form: davtest.AnswerFails,
			want: []string{"DNS SRV _caldavs._tcp.example.test", "server misbehaving", "give the URL"}},
		{name: "SRV to nowhere", address: "anna@example.test", records: "_caldavs._tcp.example.test. IN SRV 0 0 443 gone.example.test.",
			want: []string{"looking for the caldav service of example.test", "https://gone.example.test/", "no such host", "there is no such name"}},
		{name: "SRV to a port where nobody listens", address: "anna@example.test", records: "_caldavs._tcp.example.test. IN SRV 0 0 4443 dav.example.test.", site: nobody,
			want: []string{"https://dav.example.test:4443/", "connection refused", "give the URL"}},
		{name: "a page to log in", address: "https://dav.example.test/", site: page,
			want: []string{"no multistatus but <html>", "a web page answers there, maybe to log in: give the URL of the server's CalDAV or CardDAV service"}},
		{name: "redirects without end", address: "https://dav.example.test/", site: circle,
			want: []string{"more than 5 in a row", "give the URL where the redirects are meant to end"}},
		{name: "a certificate for another name", address: "https://dav.example.test/", site: nobody, certificate: "www.other.test",
			want: []string{"certificate is valid for www.other.test, not dav.example.test", "a name that its certificate is for"}},
		{name: "a multistatus without a principal", address: "https://dav.example.test/", site: nobody,
			want: []string{"the answer names no principal, no home set and no collection", "give the URL of the account's home or of one of its collections"}},
		{name: "a port where nothing listens", address: "http://127.0.0.1:1/", want: []string{"connection refused", "give the URL"}},
		{name: "a host that does not exist", address: "https://nowhere.invalid/", want: []string{"nowhere.invalid", "there is no such name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newSites(t)
			if tt.site != nil {
				name := tt.certificate
				if name == "" {
					name = "dav.example.test"
				}
				if err := w.ServeAs("https://dav.example.test", name, tt.site); err != nil {
					t.Fatal(err)
				}
			}
			w.startDNS(t, tt.records)
			w.dns.SetForm(tt.form)
			settings := w.settings()
			settings.Resolver.Timeout = 300 * time.Millisecond
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := newNetwork(t, settings).Open(ctx, tt.address, login("anna", "secret"), nil)
			if err == nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 700 {
				t.Fatalf("error is %v", err)
			}
			for _, text := range tt.want {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("error is %v, want %q in it", err, text)
				}
			}
			if d := time.Since(start); d > 30*time.Second {
				t.Errorf("it took %v", d)
			}
			if tt.site == nil {
				w.wantNoLogin(t)
			}
		})
	}
}

// The absence of one service at a host that fails is not known, even where the host was only guessed: its other service
// shows that it is the right one.
func TestServiceThatFailsAtAGuessedHostIsNotDropped(t *testing.T) {
	w := newWeb(t, "", principalAt("https://example.test/.well-known/caldav")+
		answer("PROPFIND https://example.test/p/anna/ login", 207, multistatus("/p/anna/", `<c:calendar-home-set><d:href>/cal/anna/</d:href></c:calendar-home-set>`))+
		answer("PROPFIND https://example.test/.well-known/carddav", 503, ""))
	a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
	if err == nil || !strings.Contains(err.Error(), "looking for the carddav service of example.test") || dav.Status(err) != http.StatusServiceUnavailable {
		t.Errorf("error is %v, account %+v", err, a)
	}
}

// A TXT record that does not fit into a datagram is asked for over TCP.
func TestLongAnswersOfTheDNS(t *testing.T) {
	w := newWeb(t, `
_caldavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.
_caldavs._tcp.example.test. IN TXT "path=/calendars"`,
		principalAt("https://dav.example.test/calendars")+homesAt("https://dav.example.test"))
	w.dns.SetForm(davtest.AnswerByTCP)
	if _, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil); err != nil {
		t.Error(err)
	}
	if asked := strings.Join(w.dns.Queries(), "\n"); !strings.Contains(asked, "TXT _caldavs._tcp.example.test. tcp") {
		t.Errorf("asked:\n%s", asked)
	}
}
