package dav_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// web is a small internet: sites with names and addresses of their own, and the DNS that knows them.
type web struct {
	*davtest.Web
	dns *davtest.NameServer
}

// newWeb starts the sites of a replay, which know anna with the password secret, and a name server with their addresses
// and more records.
func newWeb(t testing.TB, records, replay string) *web {
	t.Helper()
	w := newSites(t)
	if err := w.Replay(replay, "anna@example.test", "secret"); err != nil {
		t.Fatal(err)
	}
	w.startDNS(t, records)
	return w
}

// newSites is newWeb with neither sites nor a name server yet.
func newSites(t testing.TB) *web {
	t.Helper()
	sites, err := davtest.NewWeb()
	if err != nil {
		t.Fatal(err)
	}
	sites.OwnAddresses = true
	t.Cleanup(func() {
		if err := sites.Close(); err != nil {
			t.Error(err)
		}
	})
	return &web{Web: sites}
}

func (w *web) serve(t testing.TB, origin string, h http.Handler) {
	t.Helper()
	if err := w.Serve(origin, h); err != nil {
		t.Fatal(err)
	}
}

func (w *web) startDNS(t testing.TB, records string) {
	t.Helper()
	var err error
	if w.dns, err = davtest.StartNameServer(records + "\n" + w.Records()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.dns.Close(); err != nil {
			t.Error(err)
		}
	})
}

// settings are those of a client that asks this DNS and trusts this authority. Names are looked up as they are without
// a test; only the ports are those where the sites really listen.
func (w *web) settings() dav.Settings {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, w.dns.Addr)
	}}
	s := dav.Settings{Resolver: &dav.Resolver{Addr: w.dns.Addr}, TLS: &tls.Config{RootCAs: w.Pool()}}
	return s.WithDial(func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		lookup, cancel := context.WithTimeout(ctx, 2*time.Second)
		defer cancel()
		addrs, err := resolver.LookupHost(lookup, host)
		if err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		return w.Dial(ctx, network, net.JoinHostPort(addrs[0], port))
	})
}

// visits returns what was asked, one request a line.
func (w *web) visits() string {
	var lines []string
	for _, v := range w.Visits() {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}

// wantNoLogin complains of credentials that went to any origin but those.
func (w *web) wantNoLogin(t testing.TB, but ...string) {
	t.Helper()
	for _, v := range w.Visits() {
		if (v.Login != "" || v.Cookie != "" || v.Certificate) && !slices.Contains(but, v.Origin) {
			t.Errorf("credentials went to %s (cookie %q)", v, v.Cookie)
		}
	}
}

// answer is one of a replay.
func answer(request string, status int, headerAndBody string) string {
	return fmt.Sprintf("=== %s\n%d\n%s\n", request, status, headerAndBody)
}

// multistatus is a body with one response.
func multistatus(href, props string) string {
	return `
<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:k="urn:ietf:params:xml:ns:carddav"><d:response><d:href>` + href +
		`</d:href><d:propstat><d:prop>` + props + `</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`
}

// principalAt is a place that names the principal, to those who log in.
func principalAt(url string) string {
	return answer("PROPFIND "+url+" login", 207, multistatus(url, `<d:current-user-principal><d:href>/p/anna/</d:href></d:current-user-principal>`))
}

// homesAt is the principal at an origin, with home sets of both kinds.
func homesAt(origin string) string {
	return answer("PROPFIND "+origin+"/p/anna/ login", 207, multistatus("/p/anna/",
		`<c:calendar-home-set><d:href>/cal/anna/</d:href></c:calendar-home-set><k:addressbook-home-set><d:href>/card/anna/</d:href></k:addressbook-home-set>`))
}

// redirect is one from a URL to a Location.
func redirect(from string, status int, location string) string {
	return answer("PROPFIND "+from, status, "Location: "+location+"\n")
}
