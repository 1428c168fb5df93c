package dav_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// Where the password may go, and what is said where it may not. None of these sends it to a host that nobody named.
func TestCredentialSafety(t *testing.T) {
	const foreignSRV = "_caldavs._tcp.example.test. IN SRV 1 5 443 dav.elsewhere.test."
	elsewhere := principalAt("https://dav.elsewhere.test/") + homesAt("https://dav.elsewhere.test")
	tests := []struct {
		name, address, records, replay string
		trust                          []string
		plaintext                      bool
		want                           []string // in the error; none for success
		login                          []string // origins that may see the login
	}{
		{name: "the DNS leads to another domain", address: "anna@example.test", records: foreignSRV, replay: elsewhere,
			want: []string{"the password was not sent to https://dav.elsewhere.test:443", "does not belong to example.test", "--trust-host dav.elsewhere.test"}},
		{name: "which is vouched for", address: "anna@example.test", records: foreignSRV, replay: elsewhere,
			trust: []string{"dav.elsewhere.test"}, login: []string{"https://dav.elsewhere.test"}},
		{name: "a redirect leads to another domain", address: "https://example.test/",
			replay: redirect("https://example.test/", 301, "https://dav.elsewhere.test/") + elsewhere,
			want:   []string{"--trust-host dav.elsewhere.test"}, login: []string{"https://example.test"}},
		{name: "the same address with another port", address: "https://example.test/",
			replay: redirect("https://example.test/", 301, "https://example.test:8443/") + principalAt("https://example.test:8443/") + homesAt("https://example.test:8443"),
			login:  []string{"https://example.test", "https://example.test:8443"}},
		{name: "a redirect leads out of TLS", address: "https://example.test/",
			replay: redirect("https://example.test/", 301, "http://example.test/") + principalAt("http://example.test/") + homesAt("http://example.test"),
			want:   []string{"http://example.test:80", "redirects to it without encryption", "--allow-plaintext"}, login: []string{"https://example.test"}},
		{name: "which is allowed", address: "https://example.test/", plaintext: true,
			replay: redirect("https://example.test/", 301, "http://example.test/") + principalAt("http://example.test/") + homesAt("http://example.test"),
			login:  []string{"https://example.test", "http://example.test"}},
		{name: "the principal is at another domain", address: "https://example.test/",
			replay: answer("PROPFIND https://example.test/ login", 207, multistatus("/", `<d:current-user-principal><d:href>https://dav.elsewhere.test/p/anna/</d:href></d:current-user-principal>`)) + elsewhere,
			want:   []string{"--trust-host dav.elsewhere.test"}, login: []string{"https://example.test"}},
		{name: "a site of another customer under a public suffix", address: "https://anna.github.io/",
			replay: redirect("https://anna.github.io/", 301, "https://mallory.github.io/") + principalAt("https://mallory.github.io/") + homesAt("https://mallory.github.io"),
			want:   []string{"--trust-host mallory.github.io"}, login: []string{"https://anna.github.io"}},
		{name: "a host of the same domain", address: "https://example.test/",
			replay: redirect("https://example.test/", 301, "https://dav.example.test/") + principalAt("https://dav.example.test/") + homesAt("https://dav.example.test"),
			login:  []string{"https://example.test", "https://dav.example.test"}},
		{name: "a web server of the domain that has no DAV", address: "anna@example.test",
			replay: answer("PROPFIND https://example.test/", 405, "") + principalAt("https://example.test:8443/") + homesAt("https://example.test:8443"),
			login:  []string{"https://example.test:8443"}},
		{name: "a provider's host", address: "https://caldav.icloud.com/",
			replay: answer("PROPFIND https://caldav.icloud.com/ login", 207, multistatus("/", `<d:current-user-principal><d:href>/p/anna/</d:href></d:current-user-principal>`)) +
				answer("PROPFIND https://caldav.icloud.com/p/anna/ login", 207, multistatus("/", `<c:calendar-home-set><d:href>https://p42-caldav.icloud.com:443/1/</d:href></c:calendar-home-set>`)),
			login: []string{"https://caldav.icloud.com"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, tt.records, tt.replay)
			settings := w.settings()
			settings.TrustHosts, settings.AllowPlaintext = tt.trust, tt.plaintext
			_, err := newNetwork(t, settings).Open(t.Context(), tt.address, login("anna@example.test", "secret"), nil)
			if (err == nil) != (len(tt.want) == 0) {
				t.Errorf("error is %v", err)
			}
			for _, text := range tt.want {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("error is %v, want %q in it", err, text)
				}
			}
			if _, is := errors.AsType[*dav.TrustError](err); is != (len(tt.want) > 0) {
				t.Errorf("error is %T", err)
			}
			w.wantNoLogin(t, tt.login...)
			if len(tt.login) > 0 && !strings.Contains(w.visits(), " "+tt.login[len(tt.login)-1]+"/") {
				t.Errorf("%s was not asked:\n%s", tt.login, w.visits())
			}
		})
	}
}

// A host that the DNS chose is asked without the login first, once in a run.
func TestHostOfTheDNSIsGreetedWithoutTheLogin(t *testing.T) {
	w := newWeb(t, "_caldavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.",
		principalAt("https://dav.example.test/")+homesAt("https://dav.example.test"))
	n := newNetwork(t, w.settings())
	for range 3 {
		if _, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil); err != nil {
			t.Fatal(err)
		}
	}
	first := w.Visits()[0]
	if first.Login != "" {
		t.Errorf("the first request is %s", first)
	}
	var anonymous int
	for _, v := range w.Visits() {
		if v.Login == "" && v.URL == "https://dav.example.test/" {
			anonymous++
		}
	}
	if anonymous != 1 {
		t.Errorf("asked %d times without the login:\n%s", anonymous, w.visits())
	}
}

func TestCertificateForAnotherNameGetsNoLogin(t *testing.T) {
	w := newSites(t)
	if err := w.ServeAs("https://dav.example.test", "www.other.test", davtest.New()); err != nil {
		t.Fatal(err)
	}
	w.startDNS(t, "")
	_, err := newNetwork(t, w.settings()).Open(t.Context(), "https://dav.example.test/", login("anna", "secret"), nil)
	if err == nil || !strings.Contains(err.Error(), "www.other.test") || !strings.Contains(err.Error(), "a name that its certificate is for") {
		t.Errorf("error is %v", err)
	}
	if len(w.Visits()) > 0 {
		t.Errorf("it was asked:\n%s", w.visits())
	}
}

// A client certificate is a credential like others, also towards a host that asks for one. A host that the DNS chose and
// that talks to nobody without a certificate is found all the same.
func TestClientCertificate(t *testing.T) {
	server := davtest.New()
	server.AddUser("anna@example.test", "secret")
	w := newSites(t)
	w.WantCertificate = true
	w.serve(t, "https://dav.example.test", server)
	w.serve(t, "https://dav.elsewhere.test", server)
	w.startDNS(t, `
_caldavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.
_carddavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.
_caldavs._tcp.other.test. IN SRV 1 5 443 dav.elsewhere.test.`)
	cert, err := w.Certificate("anna")
	if err != nil {
		t.Fatal(err)
	}
	settings := w.settings()
	settings.TLS.Certificates = []tls.Certificate{cert}
	n := newNetwork(t, settings)
	if a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil); err != nil || len(a.Services) != 2 {
		t.Error(a, err)
	}
	if a, err := n.Open(t.Context(), "anna@other.test", login("anna@other.test", "secret"), nil); err == nil {
		t.Errorf("found %+v", a)
	}
	w.wantNoLogin(t, "https://dav.example.test")
}

// The certificate alone is a login, at a server that talks to nobody without one: no Authorization is sent, and a host of
// another domain that the DNS leads to does not see it.
func TestClientCertificateAlone(t *testing.T) {
	server := davtest.New()
	server.AddUser("anna", "secret")
	certified := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Errorf("%s %s has an Authorization", r.Method, r.URL)
		}
		r.SetBasicAuth("anna", "secret") // as a web server tells the server behind it who came
		server.ServeHTTP(rw, r)
	})
	w := newSites(t)
	w.WantCertificate = true
	w.serve(t, "https://dav.example.test", certified)
	w.serve(t, "https://dav.elsewhere.test", certified)
	w.startDNS(t, `
_caldavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.
_carddavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.
_caldavs._tcp.other.test. IN SRV 1 5 443 dav.elsewhere.test.`)
	cert, err := w.Certificate("anna")
	if err != nil {
		t.Fatal(err)
	}
	settings := w.settings()
	settings.TLS.Certificates = []tls.Certificate{cert}
	n := newNetwork(t, settings)
	for _, user := range []string{"", "anna"} {
		if a, err := n.Open(t.Context(), "anna@example.test", dav.Login{User: user}, nil); err != nil || len(a.Services) != 2 {
			t.Error(a, err)
		}
	}
	_, err = n.Open(t.Context(), "anna@other.test", dav.Login{}, nil)
	if err == nil {
		t.Error("found at a host of another domain")
	}
	w.wantNoLogin(t, "https://dav.example.test")
}

// Data goes to no foreign host, and comes from none, also where the login has no secret that could be lost on the way.
func TestDataGoesToNoForeignHost(t *testing.T) {
	foreign := davtest.New()
	foreign.AddUser("anna", "secret")
	for name, l := range map[string]dav.Login{"with a password": login("anna", "secret"), "without": {}} {
		t.Run(name, func(t *testing.T) {
			w := newSites(t)
			w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				switch {
				case strings.HasPrefix(r.URL.Path, "/cal/"):
					http.Redirect(rw, r, "https://dav.elsewhere.test"+r.URL.Path, http.StatusTemporaryRedirect)
				default:
					rw.WriteHeader(http.StatusMultiStatus)
					fmt.Fprint(rw, multistatus(r.URL.Path, `<c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set>`))
				}
			}))
			w.serve(t, "https://dav.elsewhere.test", foreign)
			w.startDNS(t, "")
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", l, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := dav.Collection{Kind: dav.Calendar, Path: "/cal/work/"}
			_, put := a.Put(t.Context(), dav.Calendar, "/cal/work/new.ics", event("new", "x"), "", true)
			_, list := a.Collections(t.Context())
			_, members := a.Members(t.Context(), c)
			_, _, made := a.CreateCollection(t.Context(), c, "new")
			for what, err := range map[string]error{"PUT": put, "the listing": list, "the members": members, "MKCALENDAR": made} {
				if _, is := errors.AsType[*dav.TrustError](err); !is {
					t.Errorf("%s: error is %v", what, err)
				}
			}
			for _, v := range w.Visits() {
				if v.Origin == "https://dav.elsewhere.test" {
					t.Errorf("it was asked: %s", v)
				}
			}
		})
	}
}
