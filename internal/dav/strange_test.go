package dav_test

import (
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// The web server of a domain may want a login for its own pages. It says nothing about an account whose calendars were
// found, and whose login was taken, where the DNS says.
func TestLoginThatAnUnrelatedHostRefuses(t *testing.T) {
	w := newWeb(t, `_caldavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.`,
		answer("PROPFIND https://dav.example.test/.well-known/caldav login", 207, multistatus("/.well-known/caldav",
			`<d:current-user-principal><d:href>/p/anna/</d:href></d:current-user-principal>`))+
			answer("PROPFIND https://dav.example.test/p/anna/ login", 207, multistatus("/p/anna/",
				`<c:calendar-home-set><d:href>/cal/anna/</d:href></c:calendar-home-set>`))+
			answer("PROPFIND https://example.test/.well-known/carddav", 401, "WWW-Authenticate: Basic realm=\"intranet\"\n")+
			answer("PROPFIND https://example.test/", 401, "WWW-Authenticate: Basic realm=\"intranet\"\n"))
	network := newNetwork(t, w.settings())
	for range 12 { // more than the accounts in a row that close a domain
		account, err := network.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if account.Services[dav.Calendar] == nil || account.Services[dav.AddressBook] != nil {
			t.Fatalf("services: %v", account.Services)
		}
	}
	for _, user := range w.logins() {
		if user != "anna@example.test" {
			t.Errorf("logged in as %s", user)
		}
	}
}

// The same before any service was found: the web server of the domain is asked once and does not use up the account's two
// tries; and where the password is wrong, each host gets it twice at most.
func TestLoginThatAnUnrelatedHostRefusesFirst(t *testing.T) {
	const elsewhere = "https://example.test:8443"
	for known, found := range map[string]bool{"anna@example.test": true, "anna": true, "bert": false} {
		t.Run(known, func(t *testing.T) {
			server := davtest.New()
			server.AddUser(known, "secret")
			var intranet int
			w := newSites(t)
			w.serve(t, elsewhere, server)
			w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "" {
					intranet++
				}
				rw.Header().Set("WWW-Authenticate", `Basic realm="intranet"`)
				rw.WriteHeader(http.StatusUnauthorized)
			}))
			w.startDNS(t, "")
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
			if (err == nil) != found || found && len(a.Services) != 2 || !found && dav.Status(err) != http.StatusUnauthorized {
				t.Errorf("%+v, %v", a, err)
			}
			if n := refusedLogins(server); intranet > 2 || n > 2 {
				t.Errorf("the intranet was told %d passwords, the server %d wrong ones", intranet, n)
			}
			w.wantNoLogin(t, "https://example.test", elsewhere)
		})
	}
}

// A guessed host that shows to be a DAV server is the account's: what it refuses is refused, and no other host is asked.
func TestRefusalOfAServerThatShowsWhatItIs(t *testing.T) {
	shows := map[string]string{
		"a DAV header":           "DAV: 1, calendar-access\n",
		"the version of sabre":   "X-Sabre-Version: 4.4.0\n",
		"a realm":                "WWW-Authenticate: Basic realm=\"Radicale - Password Required\"\n",
		"a well-known URI ahead": "",
	}
	for name, header := range shows {
		t.Run(name, func(t *testing.T) {
			replay := answer("PROPFIND https://example.test/.well-known/caldav", 401, header)
			if header == "" {
				replay = redirect("https://example.test/.well-known/caldav", 301, "/somewhere/") + answer("PROPFIND https://example.test/somewhere/", 401, "")
			}
			w := newWeb(t, "", replay+principalAt("https://example.test:8443/.well-known/caldav"))
			_, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
			if dav.Status(err) != http.StatusUnauthorized {
				t.Errorf("error is %v", err)
			}
			if got := strings.Join(w.logins(), " "); got != "anna@example.test anna" || strings.Contains(w.visits(), ":8443") {
				t.Errorf("logged in as %s:\n%s", got, w.visits())
			}
		})
	}
}
