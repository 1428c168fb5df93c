package dav_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// Software that has neither well-known URIs nor anything at "/" is found where it usually is, from a mail address too: at
// the targets of the SRV records, else at the domain itself.
func TestProductsOfADomain(t *testing.T) {
	const srv = "_caldavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 1 5 8443 dav.example.test."
	tests := []struct {
		name, base, site, records string
		found                     bool
	}{
		{"Nextcloud at the domain", "/remote.php/dav", "https://example.test", "", true},
		{"SOGo at the SRV target", "/SOGo/dav", "https://dav.example.test:8443", srv, true},
		{"DAViCal at the SRV target, whose TXT path is old", "/caldav.php", "https://dav.example.test:8443",
			srv + "\n_caldavs._tcp.example.test. IN TXT \"path=/old\"", true},
		{"at the domain, where the DNS leads elsewhere", "/remote.php/dav", "https://example.test", srv, false},
		{"at the domain, which says that it has none", "/remote.php/dav", "https://example.test",
			"_caldavs._tcp.example.test. IN SRV 0 0 0 .\n_carddavs._tcp.example.test. IN SRV 0 0 0 .", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			none := davtest.WellKnown{Status: http.StatusNotFound}
			server := davtest.New()
			server.SetQuirks(davtest.Quirks{Base: tt.base, WellKnownCalDAV: none, WellKnownCardDAV: none})
			server.AddUser("anna@example.test", "secret")
			w := newSites(t)
			w.serve(t, tt.site, openTo(server, tt.base))
			w.startDNS(t, tt.records)
			var steps []string
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), func(s dav.Step) { steps = append(steps, s.Question) })
			if (err == nil) != tt.found || tt.found && len(a.Services) != 2 {
				t.Errorf("%+v, %v", a, err)
			}
			if text := strings.Join(steps, "\n"); tt.found && !strings.Contains(text, tt.base+"/ (where ") {
				t.Errorf("the steps do not say it:\n%s", text)
			}
			w.wantNoLogin(t, tt.site)
			first := slices.IndexFunc(w.Visits(), func(v davtest.Visit) bool { return v.Login != "" })
			if first >= 0 && !strings.Contains(w.Visits()[first].URL, tt.base) {
				t.Errorf("the password went out before anything asked for it:\n%s", w.visits())
			}
		})
	}
}

// openTo answers 404 to everybody where a server has nothing, as web servers do with software in a folder.
func openTo(server http.Handler, base string) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, base) {
			http.NotFound(rw, r)
			return
		}
		server.ServeHTTP(rw, r)
	})
}

// A web server that has nothing of the kind is asked few times, and once for all accounts of the domain.
func TestProductsAreLookedForOnce(t *testing.T) {
	w := newSites(t)
	w.serve(t, "https://example.test", http.NotFoundHandler())
	w.startDNS(t, "")
	n := newNetwork(t, w.settings())
	for range 20 {
		if a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil); err == nil {
			t.Errorf("found %+v", a)
		}
	}
	if most := len(dav.Products) + 10; len(w.Visits()) > most {
		t.Errorf("asked %d times, want no more than %d:\n%s", len(w.Visits()), most, w.visits())
	}
	w.wantNoLogin(t)
}

// A well-known URI that leads where the login may not go does not hide a server that is at its usual place.
func TestProductBesideAWellKnownThatLeadsAstray(t *testing.T) {
	astray := davtest.WellKnown{Target: "http://127.0.0.1:20000/SOGo/dav"}
	server := davtest.New()
	server.SetQuirks(davtest.Quirks{Base: "/SOGo/dav", WellKnownCalDAV: astray, WellKnownCardDAV: astray})
	server.AddUser("anna@example.test", "secret")
	w := newSites(t)
	w.serve(t, "https://dav.example.test", server)
	w.startDNS(t, "_caldavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 1 5 443 dav.example.test.")
	a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
	if err != nil || len(a.Services) != 2 {
		t.Fatal(a, err)
	}
	w.wantNoLogin(t, "https://dav.example.test")
}

// A host that does not answer is not asked for each of them, nor does discover say so of each.
func TestProductsOfADeadHost(t *testing.T) {
	w := newWeb(t, "", "")
	var steps []string
	a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@nowhere.test", login("anna@nowhere.test", "secret"), func(s dav.Step) { steps = append(steps, s.Question) })
	if err == nil || strings.Contains(strings.Join(steps, "\n"), "(where ") {
		t.Errorf("%+v, %v:\n%s", a, err, strings.Join(steps, "\n"))
	}
}
