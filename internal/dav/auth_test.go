package dav_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/icholy/digest"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// front is a server in front of a davtest server that asks for another kind of login.
func front(t *testing.T, p *peer, admit func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if admit(w, r) {
			r.SetBasicAuth("anna", "secret")
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// moves opens an account, fetches all of a collection and puts an object.
func moves(t *testing.T, address string, l dav.Login, p *peer) {
	t.Helper()
	c, want := p.fill(t, 20)
	a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), address, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, failed := fetch(t, a, c, 5)
	if len(failed) > 0 {
		t.Error(failed)
	}
	wantObjects(t, got, want)
	if _, err := a.Put(t.Context(), dav.Calendar, c.Path+"new.ics", event("new", "x"), "", true); err != nil {
		t.Error(err)
	}
}

func TestDigestLogin(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		t.Run(algorithm, func(t *testing.T) {
			p := newPeer(t, davtest.Quirks{})
			challenge := &digest.Challenge{Realm: "lab", Nonce: "abc", Algorithm: algorithm, QOP: []string{"auth"}}
			var challenges atomic.Int32
			address := front(t, p, func(w http.ResponseWriter, r *http.Request) bool {
				given, err := digest.ParseCredentials(r.Header.Get("Authorization"))
				if err == nil {
					want, err := digest.Digest(challenge, digest.Options{Method: r.Method, URI: given.URI, Username: "anna", Password: "secret", Cnonce: given.Cnonce, Count: given.Nc})
					if err == nil && want.Response == given.Response {
						return true
					}
				}
				challenges.Add(1)
				w.Header().Set("WWW-Authenticate", challenge.String())
				w.WriteHeader(http.StatusUnauthorized)
				return false
			})
			l := login("anna", "secret")
			l.Auth = dav.Digest
			moves(t, address, l, p)
			if challenges.Load() != 1 {
				t.Errorf("%d challenges", challenges.Load())
			}
		})
	}
}

// A token that has run out is fetched anew, also in the middle of a run.
func TestBearerLogin(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	var requests atomic.Int32
	address := front(t, p, func(w http.ResponseWriter, r *http.Request) bool {
		good := "Bearer first"
		if requests.Add(1) > 6 {
			good = "Bearer second"
		}
		if r.Header.Get("Authorization") == good {
			return true
		}
		w.WriteHeader(http.StatusUnauthorized)
		return false
	})
	var token atomic.Value
	token.Store("first")
	moves(t, address, dav.Login{Auth: dav.Bearer, Secret: func(_ context.Context, refused string) (string, error) {
		if refused == "first" {
			token.Store("second")
		}
		return token.Load().(string), nil
	}}, p)
}

func TestPasswordCommandThatFailsIsSaid(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	_, err := newNetwork(t, dav.Settings{}).Open(t.Context(), p.URL, dav.Login{User: "anna", Auth: dav.Basic,
		Secret: func(context.Context, string) (string, error) { return "", http.ErrNoCookie }}, nil)
	if err == nil || !strings.Contains(err.Error(), http.ErrNoCookie.Error()) || len(p.Requests()) > 0 {
		t.Errorf("error is %v after %d requests", err, len(p.Requests()))
	}
}
