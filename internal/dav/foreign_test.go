package dav_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/icholy/digest"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// way is a way to log in, and how a site sees that it was used.
type way struct {
	name        string
	login       dav.Login
	certificate bool
	seen        func(v davtest.Visit) bool
}

func ways() []way {
	digested, token := login("anna", "secret"), login("anna", "secret")
	digested.Auth, token.Auth = dav.Digest, dav.Bearer
	return []way{
		{"basic", login("anna", "secret"), false, func(v davtest.Visit) bool { return v.Login == "anna" }},
		{"digest", digested, false, func(v davtest.Visit) bool { return v.Login == "Digest" }},
		{"bearer", token, false, func(v davtest.Visit) bool { return v.Login == "Bearer" }},
		{"cookie", login("anna", "secret"), false, func(v davtest.Visit) bool { return v.Cookie != "" }},
		{"client certificate", dav.Login{}, true, func(v davtest.Visit) bool { return v.Certificate && v.Login == "" }},
		{"client certificate and cookie", dav.Login{}, true, func(v davtest.Visit) bool { return v.Certificate && v.Cookie != "" }},
		{"client certificate and password", login("anna", "secret"), true, func(v davtest.Visit) bool { return v.Certificate && v.Login == "anna" }},
	}
}

// asks lets those pass who log in in any way, gives them a cookie, and asks all others for all ways.
func asks(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && (r.TLS == nil || len(r.TLS.PeerCertificates) == 0) {
			challenge := digest.Challenge{Realm: "DAV", Nonce: "abc", Algorithm: "SHA-256", QOP: []string{"auth"}}
			rw.Header()["Www-Authenticate"] = []string{challenge.String(), `Basic realm="DAV"`, `Bearer realm="DAV"`}
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.SetCookie(rw, &http.Cookie{Name: "session", Value: "secret", Path: "/", Domain: "test"})
		h.ServeHTTP(rw, r)
	})
}

// However an account logs in, nothing of it reaches a host that nobody named, whatever the account's own server says.
func TestNoCredentialsReachAForeignHost(t *testing.T) {
	const home, foreign = "https://example.test", "https://dav.elsewhere.test"
	usual := map[string]string{
		"/":          `<d:current-user-principal><d:href>/p/anna/</d:href></d:current-user-principal>`,
		"/p/anna/":   `<c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set>`,
		"/cal/":      `<d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response><d:response><d:href>/cal/work/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/><c:calendar/></d:resourcetype>`,
		"/cal/work/": `<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>`,
	}
	tests := []struct {
		name, path string
		props      string // in the place of the usual ones
		redirect   string
	}{
		{name: "a redirect of the service", path: "/", redirect: foreign + "/"},
		{name: "the principal", path: "/", props: `<d:current-user-principal><d:href>` + foreign + `/p/anna/</d:href></d:current-user-principal>`},
		{name: "the home set", path: "/p/anna/", props: `<c:calendar-home-set><d:href>` + foreign + `/cal/</d:href></c:calendar-home-set>`},
		{name: "a collection", path: "/cal/", props: strings.Replace(usual["/cal/"], "/cal/work/", foreign+"/cal/work/", 1)},
		{name: "a redirect of the home set", path: "/cal/", redirect: foreign + "/cal/"},
		{name: "a redirect of a collection", path: "/cal/work/", redirect: foreign + "/cal/work/"},
		{name: "a redirect of an object", path: "/cal/work/new.ics", redirect: foreign + "/cal/work/new.ics"},
		{name: "a redirect out of TLS", path: "/", redirect: "http://example.test/x/"},
		{name: "a redirect out of TLS to another host of the domain", path: "/cal/", redirect: "http://cal.example.test/cal/"},
	}
	for _, tt := range tests {
		for _, by := range ways() {
			t.Run(tt.name+", "+by.name, func(t *testing.T) {
				t.Parallel()
				own := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					props, known := usual[r.URL.Path]
					switch {
					case r.URL.Path == tt.path && tt.redirect != "":
						http.Redirect(rw, r, tt.redirect, http.StatusTemporaryRedirect)
						return
					case r.URL.Path == tt.path:
						props = tt.props
					case !known:
						http.NotFound(rw, r)
						return
					}
					rw.WriteHeader(http.StatusMultiStatus)
					fmt.Fprint(rw, multistatus(r.URL.Path, props))
				})
				w := newSites(t)
				w.serve(t, home, asks(own))
				for _, other := range []string{foreign, "http://example.test", "http://cal.example.test"} {
					w.serve(t, other, asks(own))
				}
				w.startDNS(t, "")
				settings := w.settings()
				if by.certificate {
					cert, err := w.Certificate("anna")
					if err != nil {
						t.Fatal(err)
					}
					settings.TLS.Certificates = []tls.Certificate{cert}
				}
				err := useAll(t, newNetwork(t, settings), home+"/", by.login)
				if _, distrusted := errors.AsType[*dav.TrustError](err); !distrusted {
					t.Errorf("error is %v", err)
				}
				w.wantNoLogin(t, home)
				if !slices.ContainsFunc(w.Visits(), by.seen) {
					t.Errorf("the account's own server did not see it:\n%s", w.visits())
				}
			})
		}
	}
}

// useAll opens an account, lists what it has, and writes an object. It returns the first error.
func useAll(t *testing.T, n *dav.Network, address string, l dav.Login) error {
	t.Helper()
	a, err := n.Open(t.Context(), address, l, nil)
	if err != nil {
		return err
	}
	collections, err := a.Collections(t.Context())
	if err != nil {
		return err
	}
	for _, c := range collections {
		if _, err := a.Members(t.Context(), c); err != nil {
			return err
		}
		if _, err := a.Put(t.Context(), dav.Calendar, c.Path+"new.ics", event("new", "x"), "", true); err != nil {
			return err
		}
	}
	return nil
}
