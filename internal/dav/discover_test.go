package dav_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

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

func TestOpenWhereNothingIs(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte("<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"))
	}))
	defer page.Close()
	circle := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
	}))
	defer circle.Close()
	tests := []struct{ name, address, want string }{
		{"a web page", page.URL, "no multistatus but <html>"},
		{"redirects without end", circle.URL, "redirect not followed"},
		{"a port where nothing listens", "http://127.0.0.1:1/", "connection refused"},
		{"a host that does not exist", "https://nowhere.invalid/", "nowhere.invalid"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := newNetwork(t, dav.Settings{}).Open(t.Context(), tt.address, login("anna", "secret"), nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error is %v, want %q in it", err, tt.want)
			}
		})
	}
}

// One walk serves all accounts of a domain.
func TestWalkOncePerDomain(t *testing.T) {
	p := newPeer(t, davtest.Quirks{Base: "/dav"})
	p.AddUser("bert", "secret")
	n := newNetwork(t, dav.Settings{})
	open := func(user string) []davtest.Request {
		p.ResetRequests()
		if _, err := n.Open(t.Context(), p.URL, login(user, "secret"), nil); err != nil {
			t.Fatal(err)
		}
		return p.Requests()
	}
	first, second := open("anna"), open("bert")
	if len(second) >= len(first) {
		t.Errorf("%d requests for the first account, %d for the second", len(first), len(second))
	}
}

// certificate makes a self-signed certificate for a name, and the pool that trusts it.
func certificate(t *testing.T, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// zone is a DNS server on loopback that answers from records in zone-file form.
func zone(t *testing.T, records ...string) *dav.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		for _, text := range records {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Error(err)
				continue
			}
			if strings.EqualFold(rr.Header().Name, question.Question[0].Name) && rr.Header().Rrtype == question.Question[0].Qtype {
				answer.Answer = append(answer.Answer, rr)
			}
		}
		if len(answer.Answer) == 0 {
			answer.Rcode = dns.RcodeNameError
		}
		w.WriteMsg(answer)
	})
	var started sync.WaitGroup
	started.Add(1)
	server := &dns.Server{PacketConn: conn, Handler: handler, NotifyStartedFunc: started.Done}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.ActivateAndServe()
	}()
	started.Wait()
	t.Cleanup(func() {
		server.Shutdown()
		<-done
	})
	return &dav.Resolver{Addr: conn.LocalAddr().String()}
}

func TestOpenFromMailAddress(t *testing.T) {
	cert, pool := certificate(t, "dav.example.test", "dav.elsewhere.test")
	tests := []struct {
		name    string
		base    string
		records []string
		trust   []string
		want    string // in the error, "" for success
	}{
		{"SRV and TXT", "/calendars-here", []string{
			"_caldavs._tcp.example.test. IN SRV 1 5 PORT dav.example.test.",
			`_caldavs._tcp.example.test. IN TXT "txtvers=1" "PATH=/calendars-here/"`,
			"_carddavs._tcp.example.test. IN SRV 1 5 PORT dav.example.test.",
			`_carddavs._tcp.example.test. IN TXT "path=/calendars-here/"`}, nil, ""},
		{"SRV and well-known", "/dav", []string{
			"_caldavs._tcp.example.test. IN SRV 1 5 PORT dav.example.test.",
			"_carddavs._tcp.example.test. IN SRV 1 5 PORT dav.example.test."}, nil, ""},
		{"the first target is down", "", []string{
			"_caldavs._tcp.example.test. IN SRV 1 5 1 dav.example.test.",
			"_caldavs._tcp.example.test. IN SRV 2 5 PORT dav.example.test.",
			"_carddavs._tcp.example.test. IN SRV 2 5 PORT dav.example.test."}, nil, ""},
		{"a target in another domain gets no password", "", []string{
			"_caldavs._tcp.example.test. IN SRV 1 5 PORT dav.elsewhere.test."}, nil, "--trust-host dav.elsewhere.test"},
		{"unless it is trusted", "", []string{
			"_caldavs._tcp.example.test. IN SRV 1 5 PORT dav.elsewhere.test.",
			"_carddavs._tcp.example.test. IN SRV 1 5 PORT dav.elsewhere.test."}, []string{"dav.elsewhere.test"}, ""},
		{"a service that is decidedly not there", "", []string{
			"_caldavs._tcp.example.test. IN SRV 0 0 0 .", "_carddavs._tcp.example.test. IN SRV 0 0 0 ."}, nil, "no CalDAV and no CardDAV service"},
		{"a domain without records", "", nil, nil, "no CalDAV and no CardDAV service"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := davtest.New()
			s.SetQuirks(davtest.Quirks{Base: tt.base})
			s.AddUser("anna@example.test", "secret")
			l, err := s.StartTLS("", cert)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			u, _ := url.Parse(l.URL)
			records := []string{"dav.example.test. IN A 127.0.0.1", "dav.elsewhere.test. IN A 127.0.0.1"}
			for _, r := range tt.records {
				records = append(records, strings.ReplaceAll(r, "PORT", u.Port()))
			}
			n := newNetwork(t, dav.Settings{Resolver: zone(t, records...), TLS: &tls.Config{RootCAs: pool}, TrustHosts: tt.trust})
			a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("error is %v", err)
			}
			if tt.want == "" && len(a.Services) != 2 {
				t.Errorf("services are %v", a.Services)
			}
			for _, r := range s.Requests() {
				if tt.want != "" && r.Authorization {
					t.Errorf("the password went to %s %s", r.Method, r.Path)
				}
			}
		})
	}
}

// The home set of iCloud lies on another host of its domain; a home set elsewhere gets no password.
func TestHomeSetOnAnotherHost(t *testing.T) {
	cert, pool := certificate(t, "dav.example.test", "p01.example.test", "p01.elsewhere.test")
	for host, trusted := range map[string]bool{"p01.example.test": true, "p01.elsewhere.test": false} {
		t.Run(host, func(t *testing.T) {
			principal, home := davtest.New(), davtest.New()
			for _, s := range []*davtest.Server{principal, home} {
				s.AddUser("anna", "secret")
			}
			home.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
			first, err := principal.StartTLS("", cert)
			if err != nil {
				t.Fatal(err)
			}
			defer first.Close()
			second, err := home.StartTLS("", cert)
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			at := func(l *davtest.Listener, host string) string {
				u, _ := url.Parse(l.URL)
				return "https://" + net.JoinHostPort(host, u.Port())
			}
			principal.AddHome("anna", dav.Calendar, at(second, host)+"/calendars/anna/")
			resolver := zone(t, "dav.example.test. IN A 127.0.0.1", host+". IN A 127.0.0.1")
			n := newNetwork(t, dav.Settings{Resolver: resolver, TLS: &tls.Config{RootCAs: pool}})
			a, err := n.Open(t.Context(), at(first, "dav.example.test")+"/", login("anna", "secret"), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := a.Collections(t.Context())
			if trusted && (err != nil || len(got) != 1 || !strings.HasPrefix(got[0].Path, "https://"+host)) {
				t.Fatal(got, err)
			}
			if trusted {
				if _, err := a.Members(t.Context(), got[0]); err != nil {
					t.Error(err)
				}
			} else if err == nil || !strings.Contains(err.Error(), "--trust-host "+host) {
				t.Errorf("error is %v", err)
			}
		})
	}
}
