package dav_test

import (
	"testing"

	"davferry/internal/dav"
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
