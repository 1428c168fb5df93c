package lab_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// discovered is what discover --json says, as far as these tests look at it.
type discovered struct {
	User   string
	CalDAV struct {
		HomeSets []string `json:"home_sets"`
		Steps    []struct{ Question, Answer, Decision string }
	}
	CardDAV struct {
		HomeSets []string `json:"home_sets"`
	}
	Collections []struct {
		Kind    string
		Objects int
		Skip    string
	}
}

// front is a web server with TLS in front of a lab server, as administrators put one there: it passes requests on as they
// are, but for the well-known URIs where a target is given.
func front(t *testing.T, s *lab.Server, wellKnown string) http.Handler {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wellKnown != "" && strings.HasPrefix(r.URL.Path, "/.well-known/") {
			http.Redirect(w, r, wellKnown, http.StatusMovedPermanently)
			return
		}
		proxy.ServeHTTP(w, r)
	})
}

// TestDiscoverBehindAWebServer finds an account from its mail address: through the DNS, the domain's web server and the
// well-known URIs, with the user name that the server knows. What a server redirects browsers to, its web page, must not
// be taken for the service.
func TestDiscoverBehindAWebServer(t *testing.T) {
	fronts := []struct {
		name      string
		records   string
		wellKnown string // of the host of the server, "" for what the server itself says
		domain    string // where the well-known URIs of the domain lead, "" where the domain has no web server
	}{
		{name: "the domain redirects", domain: "https://dav.example.test/"},
		{name: "the domain redirects to the well-known URI of the server", domain: "https://dav.example.test/.well-known/caldav"},
		{name: "the DNS leads to the server", records: "_caldavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 0 0 443 dav.example.test."},
		{name: "the well-known URI leads to the web page", records: "_caldavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.", wellKnown: "/.web/"},
	}
	// The others lead to URLs of their own, with http and a port, or have no well-known URIs.
	eachDetailed(t, 1, func(t *testing.T, s *lab.Server) {
		account := dataset.Account(1, dataset.Options{Calendars: 1, Events: 3, Books: 1, Contacts: 2})
		if err := lab.Load(t.Context(), s, s.Users[0], account); err != nil {
			t.Fatal(err)
		}
		for _, f := range fronts {
			t.Run(f.name, func(t *testing.T) {
				web, err := davtest.NewWeb()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { web.Close() })
				if err := web.Serve("https://dav.example.test", front(t, s, f.wellKnown)); err != nil {
					t.Fatal(err)
				}
				if f.domain != "" {
					if err := web.Serve("https://example.test", http.RedirectHandler(f.domain, http.StatusMovedPermanently)); err != nil {
						t.Fatal(err)
					}
				}
				got := discover(t, web, f.records, s.Users[0])
				if len(got.CalDAV.HomeSets) != 1 || len(got.CardDAV.HomeSets) != 1 || got.User != s.Users[0].Name {
					t.Errorf("got %+v", got)
				}
				objects := map[string]int{}
				for _, c := range got.Collections {
					objects[c.Kind] += c.Objects
				}
				if objects["calendar"] != 3 || objects["address book"] != 2 {
					t.Errorf("objects are %v", objects)
				}
				for _, v := range web.Visits() {
					if v.Login != "" && v.Origin != "https://dav.example.test" {
						t.Errorf("the password went to %s", v)
					}
				}
			})
		}
	})
}

// TestDiscoverBehindTLS finds each server's account through the well-known URIs that it has, behind a web server with TLS
// that it knows nothing of: what it redirects to without TLS is asked with TLS.
func TestDiscoverBehindTLS(t *testing.T) {
	for _, name := range []string{"cyrus", "davical", "radicale", "sogo", "xandikos"} { // sabre/dav has no well-known URIs
		t.Run(name, func(t *testing.T) {
			s := lab.StartFor(t, name, 1)
			web, err := davtest.NewWeb()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { web.Close() })
			if err := web.Serve("https://dav.example.test", named(front(t, s, ""), "http://dav.example.test:")); err != nil {
				t.Fatal(err)
			}
			const srv = "_caldavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.\n_carddavs._tcp.example.test. IN SRV 0 0 443 dav.example.test."
			got := discover(t, web, srv, s.Users[0])
			if len(got.CalDAV.HomeSets) == 0 || len(got.CardDAV.HomeSets) == 0 {
				t.Errorf("got %+v", got)
			}
			for _, v := range web.Visits() {
				if v.Origin != "https://dav.example.test" {
					t.Errorf("asked %s", v)
				}
			}
		})
	}
}

// named has a server redirect to the name that the world knows it by, where the lab's call themselves 127.0.0.1.
func named(h http.Handler, origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		if location := rec.Header().Get("Location"); location != "" {
			w.Header().Set("Location", strings.Replace(location, "http://127.0.0.1:", origin, 1))
		}
		w.WriteHeader(rec.Code)
		_, _ = rec.Body.WriteTo(w)
	})
}

// discover runs the verb for the mail address of a user, in that web.
func discover(t *testing.T, web *davtest.Web, records string, u lab.User) discovered {
	t.Helper()
	dns, err := davtest.StartNameServer(records)
	if err != nil {
		t.Fatal(err)
	}
	defer dns.Close()
	proxy, err := web.StartProxy()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, nil)
	if err := os.WriteFile(d.path("authority.pem"), web.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	d.env = []string{"PW=" + u.Password, "HTTPS_PROXY=" + proxy, "NO_PROXY="}
	r := d.startArgs("discover", u.Name+"@example.test", "--password-env", "PW", "--json", "--dns", dns.Addr, "--ca-cert", "authority.pem")
	if status := r.wait(); status != 0 {
		t.Fatalf("exit status %d\n%s\n%s", status, r.stdout.String(), r.stderr.String())
	}
	var got discovered
	if err := json.Unmarshal(r.stdout.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, s := range got.CalDAV.Steps {
		t.Logf("%s: %s -> %s", s.Question, s.Answer, s.Decision)
	}
	return got
}
