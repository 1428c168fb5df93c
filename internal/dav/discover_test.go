package dav_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

func wantServices(t *testing.T, a *dav.Account, calendars, addressBooks string) {
	t.Helper()
	for k, want := range map[dav.Kind]string{dav.Calendar: calendars, dav.AddressBook: addressBooks} {
		s := a.Services[k]
		if s == nil || !slices.Equal(s.HomeSets, []string{want}) {
			t.Errorf("%s: %+v, want the home set %s", k, s, want)
		}
	}
}

func TestOpenFromURL(t *testing.T) {
	tests := []struct {
		name   string
		quirks davtest.Quirks
		path   string // of the address
	}{
		{"the root", davtest.Quirks{}, "/"},
		{"no path", davtest.Quirks{}, ""},
		{"the principal", davtest.Quirks{}, "/principals/anna/"},
		{"a home set", davtest.Quirks{}, "/calendars/anna/"},
		{"a place without anything, Nextcloud's root", davtest.Quirks{Base: "/remote.php/dav"}, "/"},
		{"well-known 301", davtest.Quirks{Base: "/dav", WellKnownCalDAV: davtest.WellKnown{Status: 301}}, "/nothing/here"},
		{"well-known 302, absolute", davtest.Quirks{Base: "/dav", WellKnownCalDAV: davtest.WellKnown{Status: 302}, WellKnownCardDAV: davtest.WellKnown{Status: 302}}, "/x"},
		{"well-known 303", davtest.Quirks{Base: "/dav", WellKnownCalDAV: davtest.WellKnown{Status: 303}, WellKnownCardDAV: davtest.WellKnown{Status: 303}}, "/x"},
		{"well-known 307", davtest.Quirks{Base: "/dav", WellKnownCalDAV: davtest.WellKnown{Status: 307}, WellKnownCardDAV: davtest.WellKnown{Status: 307}}, "/x"},
		{"well-known 308 without slash, Baikal", davtest.Quirks{Base: "/dav.php", WellKnownCalDAV: davtest.WellKnown{Status: 308, Target: "/dav.php"}, WellKnownCardDAV: davtest.WellKnown{Status: 308, Target: "/dav.php"}}, "/x"},
		{"well-known that answers itself", davtest.Quirks{Base: "/dav", WellKnownCalDAV: davtest.WellKnown{Status: 207}, WellKnownCardDAV: davtest.WellKnown{Status: 207}}, "/x"},
		{"absolute hrefs", davtest.Quirks{AbsoluteHrefs: true}, "/"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, tt.quirks)
			address := strings.TrimSuffix(p.URL, "/") + tt.path
			a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), address, login("anna", "secret"), nil)
			if err != nil {
				t.Fatal(err)
			}
			wantServices(t, a, tt.quirks.Base+"/calendars/anna/", tt.quirks.Base+"/addressbooks/anna/")
			for _, r := range p.Requests() {
				if r.Method == http.MethodGet {
					t.Errorf("a redirect made a GET of %s", r.Path)
				}
			}
		})
	}
}

func TestOpenSameHome(t *testing.T) {
	p := newPeer(t, davtest.Quirks{SameHome: true})
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "cal"})
	p.AddCollection("anna", dav.Collection{Kind: dav.AddressBook, Path: "book"})
	a := open(t, p, dav.Settings{})
	p.ResetRequests()
	got, err := a.Collections(t.Context())
	if err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	if n := len(p.Requests()); n != 1 {
		t.Errorf("one home set was listed with %d requests", n)
	}
}

func TestOpenSeveralHomeSets(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	p.AddHome("anna", dav.Calendar, "/more/anna/")
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "one"})
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "/more/anna/two/"})
	got, err := open(t, p, dav.Settings{}).Collections(t.Context())
	if err != nil || len(got) != 2 || got[1].Path != "/more/anna/two/" {
		t.Error(got, err)
	}
}

func TestOpenOneCollection(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, want := p.fill(t, 5)
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "other"})
	a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), strings.TrimSuffix(p.URL, "/")+c.Path, login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	collections, err := a.Collections(t.Context())
	if err != nil || len(collections) != 1 || collections[0].Path != c.Path {
		t.Fatal(collections, err)
	}
	got, _ := fetch(t, a, collections[0], 10)
	wantObjects(t, got, want)
}

func TestCollectionsThatAreNotMoved(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	p.AddUser("bert", "secret")
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"})
	for _, s := range []davtest.Special{davtest.Inbox, davtest.Outbox, davtest.Notifications, davtest.Subscription, davtest.Birthdays, davtest.TrashBin, davtest.RecentContacts} {
		if p.AddSpecial("anna", s) == "" {
			t.Fatal("no special", s)
		}
	}
	p.Share(p.AddCollection("bert", dav.Collection{Kind: dav.Calendar, Path: "berts"}), "anna")
	got, err := open(t, p, dav.Settings{}).Collections(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var taken []string
	for _, c := range got {
		if c.Skip == "" {
			taken = append(taken, c.DisplayName)
		}
	}
	if !slices.Equal(taken, []string{"Work"}) || len(got) != 9 {
		t.Errorf("taken: %v of %+v", taken, got)
	}
}

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	_, err := newNetwork(t, dav.Settings{Retries: 5}).Open(t.Context(), p.URL, login("anna", "wrong"), nil)
	if dav.Status(err) != http.StatusUnauthorized {
		t.Errorf("error is %v", err)
	}
	if n := len(p.Requests()); n > 2 {
		t.Errorf("the wrong password was sent %d times", n)
	}
}

// The home set of iCloud lies on another host of its domain; a home set elsewhere gets no password.
func TestHomeSetOnAnotherHost(t *testing.T) {
	for host, trusted := range map[string]bool{"p01.example.test": true, "p01.elsewhere.test": false} {
		t.Run(host, func(t *testing.T) {
			principal, home := davtest.New(), davtest.New()
			for _, s := range []*davtest.Server{principal, home} {
				s.AddUser("anna", "secret")
			}
			home.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
			principal.AddHome("anna", dav.Calendar, "https://"+host+":443/calendars/anna/")
			w := newSites(t)
			w.serve(t, "https://dav.example.test", principal)
			w.serve(t, "https://"+host, home)
			w.startDNS(t, "")
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "https://dav.example.test/", login("anna", "secret"), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Collections(t.Context())
			if !trusted {
				if err == nil || !strings.Contains(err.Error(), "--trust-host "+host) {
					t.Errorf("error is %v", err)
				}
				w.wantNoLogin(t, "https://dav.example.test")
				return
			}
			if err != nil || len(got) != 1 || !strings.HasPrefix(got[0].Path, "https://"+host) {
				t.Fatal(got, err)
			}
			if _, err := a.Members(t.Context(), got[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

// An answer that was cut off before its root element was taken for a page that is no DAV resource: the account was opened
// without its calendars, and a run took them for deleted.
func TestAnswerThatIsCutOffDoesNotHideAService(t *testing.T) {
	for name, quirks := range map[string]davtest.Quirks{"with a length": {}, "HTTP/1.0": {HTTP10: true}} {
		for _, octets := range []int{0, 39, 50} {
			for _, times := range []int{1, 3, 4} {
				t.Run(fmt.Sprintf("%s, cut after %d octets, %d times", name, octets, times), func(t *testing.T) {
					t.Parallel()
					p := newPeer(t, quirks)
					p.Inject(davtest.Fault{Method: "PROPFIND", Action: davtest.CutAnswer, Bytes: octets, Times: times})
					a, err := newNetwork(t, dav.Settings{Retries: 1}).Open(t.Context(), p.URL, login("anna", "secret"), nil)
					if err == nil {
						wantServices(t, a, "/calendars/anna/", "/addressbooks/anna/")
					} else if times == 1 {
						t.Error(err)
					}
				})
			}
		}
	}
}
