package dav_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// openMany opens accounts at once, user000@example.test and so on.
func openMany(t *testing.T, n *dav.Network, accounts int, check func(a *dav.Account, err error)) {
	t.Helper()
	var running sync.WaitGroup
	for i := range accounts {
		running.Go(func() {
			user := fmt.Sprintf("user%03d@example.test", i)
			a, err := n.Open(t.Context(), user, login(user, "secret"), nil)
			check(a, err)
		})
	}
	running.Wait()
}

// manyUsers is a server with the users that openMany opens.
func manyUsers(n int) *davtest.Server {
	s := davtest.New()
	s.SetQuirks(davtest.Quirks{Base: "/dav"})
	for i := range n {
		s.AddUser(fmt.Sprintf("user%03d@example.test", i), "secret")
	}
	return s
}

// The accounts of a domain cost one walk, also where they all begin at once: the DNS is asked once, and only the first
// meets the hosts that have nothing.
func TestAccountsOfADomainCostOneWalk(t *testing.T) {
	const accounts = 200
	w := newSites(t)
	server := manyUsers(accounts)
	w.serve(t, "https://dav.example.test:8443", server)
	w.serve(t, "https://old.example.test", http.NotFoundHandler())
	w.startDNS(t, `
_caldavs._tcp.example.test. IN SRV 1 5 443 old.example.test.
_caldavs._tcp.example.test. IN SRV 2 5 8443 dav.example.test.
_carddavs._tcp.example.test. IN SRV 1 5 443 old.example.test.
_carddavs._tcp.example.test. IN SRV 2 5 8443 dav.example.test.`)
	n := newNetwork(t, w.settings())
	openMany(t, n, accounts, func(a *dav.Account, err error) {
		if err != nil || len(a.Services) != 2 {
			t.Error(a, err)
		}
	})
	questions := map[string]int{}
	for _, q := range w.dns.Queries() {
		questions[q]++
	}
	for _, kind := range []string{"SRV", "TXT"} {
		for _, label := range []string{"_caldavs", "_carddavs"} {
			if q := kind + " " + label + "._tcp.example.test. udp"; questions[q] != 1 {
				t.Errorf("%q was asked %d times", q, questions[q])
			}
		}
	}
	var old int
	for _, v := range w.Visits() {
		if strings.HasPrefix(v.URL, "https://old.") {
			old++
		}
	}
	if old != 4 { // well-known and / for each service
		t.Errorf("the host that has nothing was asked %d times", old)
	}
	// Each asks for the context of both services and once for the principal.
	if most := accounts*3 + 10; len(w.Visits()) > most {
		t.Errorf("%d requests, want no more than %d", len(w.Visits()), most)
	}
}

// Accounts do not wait for each other where the service is known.
func TestKnownPlaceIsAskedAtOnce(t *testing.T) {
	const accounts = 8
	server := manyUsers(accounts)
	var asking, most atomic.Int32
	var gate sync.WaitGroup
	gate.Add(2)
	var open atomic.Bool
	w := newSites(t)
	w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if open.Load() && strings.HasPrefix(r.URL.Path, "/dav/") && r.Header.Get("Authorization") != "" {
			if n := asking.Add(1); n <= 2 {
				gate.Done()
				gate.Wait() // hangs until the test's end where only one account asks at a time
			}
			most.Store(max(most.Load(), asking.Load()))
		}
		server.ServeHTTP(rw, r)
	}))
	w.startDNS(t, "")
	n := newNetwork(t, w.settings())
	if _, err := n.Open(t.Context(), "user000@example.test", login("user000@example.test", "secret"), nil); err != nil {
		t.Fatal(err)
	}
	open.Store(true)
	openMany(t, n, accounts, func(_ *dav.Account, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	if most.Load() < 2 {
		t.Error("one account waited for the other")
	}
}

// What a domain does not have is looked for once, and not again for each account.
func TestServiceThatIsAbsentIsLookedForOnce(t *testing.T) {
	const accounts = 50
	w := newSites(t)
	server := manyUsers(accounts)
	w.serve(t, "https://cal.example.test", server)
	w.startDNS(t, `
_caldavs._tcp.example.test. IN SRV 1 5 443 cal.example.test.
_carddavs._tcp.example.test. IN SRV 0 0 0 .`)
	n := newNetwork(t, w.settings())
	openMany(t, n, accounts, func(a *dav.Account, err error) {
		if err != nil || len(a.Services) != 1 || a.Services[dav.Calendar] == nil {
			t.Error(a, err)
		}
	})
	var questions int
	for _, q := range w.dns.Queries() {
		if strings.HasPrefix(q, "SRV _carddavs._tcp.example.test.") {
			questions++
		}
	}
	if questions != 1 {
		t.Errorf("asked for CardDAV %d times", questions)
	}
}

// A place that has no address books for the first account may have them for the next.
func TestAbsenceForOneAccountIsNotThatForAll(t *testing.T) {
	w := newSites(t)
	w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		props := `<c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set>`
		if user, _, _ := r.BasicAuth(); user == "bert@example.test" {
			props += `<k:addressbook-home-set><d:href>/card/</d:href></k:addressbook-home-set>`
		}
		rw.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(rw, multistatus(r.URL.Path, `<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>`+props))
	}))
	w.startDNS(t, "")
	n := newNetwork(t, w.settings())
	for user, services := range map[string]int{"anna@example.test": 1, "bert@example.test": 2} {
		a, err := n.Open(t.Context(), user, login(user, "secret"), nil)
		if err != nil || len(a.Services) != services {
			t.Error(user, a, err)
		}
	}
}

// What is wrong with the first account of a domain, whose principal is gone or whose home is kept from it, is not wrong
// with the next.
func TestFailureOfOneAccountIsNotThatOfAll(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		w := newSites(t)
		w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			user, _, _ := r.BasicAuth()
			if r.URL.Path == "/p/" && user == "anna@example.test" {
				rw.WriteHeader(status)
				return
			}
			rw.WriteHeader(http.StatusMultiStatus)
			fmt.Fprint(rw, multistatus(r.URL.Path, `<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal><c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set>`))
		}))
		w.startDNS(t, "")
		n := newNetwork(t, w.settings())
		if a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil); err == nil {
			t.Errorf("%d: found %+v", status, a)
		}
		if _, err := n.Open(t.Context(), "bert@example.test", login("bert@example.test", "secret"), nil); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// The table of providers may name a place by the user: what was right for the first account is not for the next.
func TestPlaceWithTheUserInIt(t *testing.T) {
	place := func(user string) string {
		url := "https://apidata.googleusercontent.com/caldav/v2/" + user + "/user"
		return answer("PROPFIND "+url, 207, multistatus(url, `<d:current-user-principal><d:href>`+url+`</d:href></d:current-user-principal><c:calendar-home-set><d:href>/caldav/v2/`+user+`/</d:href></c:calendar-home-set>`))
	}
	w := newWeb(t, "", place("anna@gmail.com")+place("bert@gmail.com"))
	n := newNetwork(t, w.settings())
	for _, user := range []string{"anna@gmail.com", "bert@gmail.com"} {
		a, err := n.Open(t.Context(), user, login(user, "secret"), nil)
		if err != nil || !strings.Contains(a.Principal(), user) {
			t.Error(a, err)
		}
	}
}
