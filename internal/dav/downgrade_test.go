package dav_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// A server that does not know of the TLS in front of it redirects out of it. What it means is asked with TLS, at the host
// and port that answered; nothing goes to where it points.
func TestRedirectOutOfTLS(t *testing.T) {
	tests := []struct {
		name, location string // of the well-known URI of https://dav.example.test:8443, and where the service is
		refused        string // in the error, "" where the account is found
		step           string
	}{
		{name: "the usual port", location: "http://dav.example.test/own/",
			step: "redirected to http://dav.example.test/own/, asked with TLS as https://dav.example.test:8443/own/, "},
		{name: "the server's own port", location: "http://dav.example.test:5232/own/", step: "asked with TLS as https://dav.example.test:8443/own/, "},
		{name: "the port that was asked", location: "http://DAV.example.test:8443/own/", step: "asked with TLS as https://dav.example.test:8443/own/, "},
		{name: "a path that is not there with TLS", location: "http://dav.example.test/other/",
			refused: "the password was not sent to http://dav.example.test:80: https://dav.example.test:8443 redirects to it without encryption"},
		{name: "another host of the domain", location: "http://cal.example.test/own/", refused: "the password was not sent to http://cal.example.test:80"},
		{name: "another host", location: "http://dav.elsewhere.test/own/", refused: "the password was not sent to http://dav.elsewhere.test:80"},
		{name: "itself", location: "http://dav.example.test/.well-known/caldav", refused: "redirects to it without encryption"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := davtest.New()
			server.SetQuirks(davtest.Quirks{Base: "/own", WellKnownCalDAV: davtest.WellKnown{Target: tt.location}, WellKnownCardDAV: davtest.WellKnown{Target: tt.location}})
			server.AddUser("anna@example.test", "secret")
			w := newSites(t)
			w.serve(t, "https://dav.example.test:8443", server)
			for _, plain := range []string{"http://dav.example.test", "http://dav.example.test:5232", "http://cal.example.test", "http://dav.elsewhere.test"} {
				w.serve(t, plain, server)
			}
			w.startDNS(t, "_caldavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test.")
			n := newNetwork(t, w.settings())
			for range 2 { // the second goes where the first ended
				var steps []string
				a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), func(s dav.Step) { steps = append(steps, s.Answer) })
				switch _, distrusted := errors.AsType[*dav.TrustError](err); {
				case tt.refused == "" && (err != nil || len(a.Services) != 2):
					t.Errorf("%+v, %v", a, err)
				case tt.refused != "" && (!distrusted || !strings.Contains(err.Error(), tt.refused) || !strings.Contains(err.Error(), "--allow-plaintext")):
					t.Errorf("error is %v", err)
				}
				if tt.step != "" && !strings.Contains(strings.Join(steps, "\n"), tt.step) {
					t.Errorf("the steps do not say %q: %q", tt.step, steps)
				}
				tt.step = ""
			}
			for _, v := range w.Visits() {
				if strings.HasPrefix(v.Origin, "http://") {
					t.Errorf("sent without TLS: %s", v)
				}
			}
		})
	}
}

// The same for what is written: a server that redirects a PUT out of TLS gets it with TLS.
func TestWritesThatAreRedirectedOutOfTLS(t *testing.T) {
	server := davtest.New()
	server.AddUser("anna", "secret")
	work := server.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	w := newSites(t)
	w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if rest, old := strings.CutPrefix(r.URL.Path, "/old"); old {
			http.Redirect(rw, r, fmt.Sprintf("http://%s%s", r.Host, rest), http.StatusTemporaryRedirect)
			return
		}
		server.ServeHTTP(rw, r)
	}))
	w.serve(t, "http://example.test", server)
	w.startDNS(t, "")
	a, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		if _, err := a.Put(t.Context(), dav.Calendar, "/old"+work+name+".ics", event(name, "x"), "", true); err != nil {
			t.Error(err)
		}
	}
	if len(server.Objects(work)) != 2 {
		t.Errorf("%d objects", len(server.Objects(work)))
	}
	if strings.Contains(w.visits(), " http://") {
		t.Errorf("sent without TLS:\n%s", w.visits())
	}
}
