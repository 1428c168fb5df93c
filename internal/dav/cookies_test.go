package dav_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// sessions is a server that gives each login a session cookie.
func sessions(s *davtest.Server) http.Handler {
	var given int
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		user, _, _ := r.BasicAuth()
		if cookie, err := r.Cookie("session"); err != nil {
			given++
			http.SetCookie(rw, &http.Cookie{Name: "session", Value: fmt.Sprintf("%s-%d", user, given), Path: "/", Domain: "example.test"})
		} else if !strings.HasPrefix(cookie.Value, user+"-") {
			rw.WriteHeader(http.StatusTeapot)
			return
		}
		s.ServeHTTP(rw, r)
	})
}

// Cookies are of one account and of one server: nobody else's, and not sent to another host, port or scheme.
func TestCookies(t *testing.T) {
	s := davtest.New()
	s.AddUser("anna", "secret")
	s.AddUser("bert", "secret")
	s.AddHome("anna", dav.Calendar, "https://p01.example.test/calendars/anna/")
	s.AddHome("anna", dav.Calendar, "https://dav.example.test:8443/calendars/anna/")
	s.AddHome("anna", dav.Calendar, "http://dav.example.test/calendars/anna/")
	other := davtest.New()
	other.AddUser("anna", "secret")
	w := newSites(t)
	w.serve(t, "https://dav.example.test", sessions(s))
	for _, origin := range []string{"https://p01.example.test", "https://dav.example.test:8443", "http://dav.example.test"} {
		w.serve(t, origin, other)
	}
	w.startDNS(t, "")
	settings := w.settings()
	settings.AllowPlaintext = true
	n := newNetwork(t, settings)
	for _, user := range []string{"anna", "bert"} {
		a, err := n.Open(t.Context(), "https://dav.example.test/", login(user, "secret"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Collections(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cookies := map[string]int{}
	for _, v := range w.Visits() {
		switch {
		case v.Cookie == "":
		case !strings.HasPrefix(v.URL, "https://dav.example.test/"):
			t.Errorf("a cookie went to %s", v)
		case !strings.HasPrefix(v.Cookie, "session="+v.Login+"-"):
			t.Errorf("%s came with %s", v, v.Cookie)
		default:
			cookies[v.Login]++
		}
	}
	if cookies["anna"] == 0 || cookies["bert"] == 0 {
		t.Errorf("sessions are not kept: %v", cookies)
	}
}
