package dav_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// A redirect keeps method, body and headers, however its Location is spelled.
func TestRedirects(t *testing.T) {
	tests := []struct {
		name, location string
		want           string // "" where it is not followed
	}{
		{"absolute", "https://example.test/new/", "/new/"},
		{"a path", "/new/", "/new/"},
		{"relative", "../new/", "/new/"},
		{"without a scheme", "//example.test/new/", "/new/"},
		{"raw spaces and umlauts", "/new hömé/", "/new%20h%C3%B6m%C3%A9/"},
		{"white space around it", "  /new/ ", "/new/"},
		{"with user info and fragment", "https://mallory:x@example.test/new/#x", "/new/"},
		{"doubled slashes", "/new//home/", "/new//home/"},
		{"a percent that is none", "/new%/", "/new%25/"},
		{"capitals in scheme and host", "HTTPS://EXAMPLE.TEST/new/", "/new/"},
		{"to itself", "/old/", ""},
		{"no web address", "ftp://example.test/", ""},
		{"not a URL", "https://[::1/", ""},
	}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, tt := range tests {
			t.Run(fmt.Sprint(status, " ", tt.name), func(t *testing.T) {
				var asked []string
				w := newSites(t)
				w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					switch {
					case r.Method != "PROPFIND" || !strings.Contains(string(body), "current-user-principal") || r.Header.Get("Depth") != "0":
						t.Errorf("%s %s with %q", r.Method, r.URL, body)
					case r.URL.Path == "/old/":
						rw.Header()["Location"] = []string{tt.location}
						rw.WriteHeader(status)
						return
					case strings.HasPrefix(r.URL.Path, "/new"):
						asked = append(asked, r.URL.EscapedPath())
						rw.WriteHeader(http.StatusMultiStatus)
						fmt.Fprint(rw, multistatus(r.URL.EscapedPath(), `<c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set><k:addressbook-home-set><d:href>/card/</d:href></k:addressbook-home-set>`))
						return
					}
					http.NotFound(rw, r)
				}))
				w.startDNS(t, "")
				_, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/old/", login("anna", "secret"), nil)
				if tt.want == "" {
					if err == nil || !strings.Contains(err.Error(), "redirect not followed") {
						t.Errorf("error is %v", err)
					}
					return
				}
				if err != nil || len(asked) == 0 || asked[0] != tt.want {
					t.Errorf("asked %q, want %q; error is %v", asked, tt.want, err)
				}
			})
		}
	}
}

func TestRedirectsHaveAnEnd(t *testing.T) {
	for steps, followed := range map[int]bool{5: true, 6: false} {
		w := newSites(t)
		w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			switch n := strings.Count(r.URL.Path, "x"); {
			case strings.Trim(r.URL.Path, "/x") != "" || n == 0:
				http.NotFound(rw, r)
				return
			case n <= steps:
				http.Redirect(rw, r, r.URL.Path+"x", http.StatusFound)
				return
			}
			rw.WriteHeader(http.StatusMultiStatus)
			fmt.Fprint(rw, multistatus(r.URL.Path, `<c:calendar-home-set><d:href>/cal/</d:href></c:calendar-home-set>`))
		}))
		w.startDNS(t, "")
		_, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/x", login("anna", "secret"), nil)
		if (err == nil) != followed {
			t.Fatalf("%d redirects: %v", steps, err)
		}
		if !followed && (!strings.Contains(err.Error(), "more than 5 in a row") || !strings.Contains(err.Error(), "give the URL where the redirects are meant to end")) {
			t.Errorf("error is %v", err)
		}
	}
}

// movedServer passes on what is below /calendars/ only under /moved/calendars/, and redirects the rest there.
func movedServer(s *davtest.Server, status int) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rest, moved := strings.CutPrefix(r.URL.Path, "/moved")
		if !moved && strings.HasPrefix(r.URL.Path, "/calendars/") {
			rw.Header().Set("Location", "/moved"+r.URL.EscapedPath())
			rw.WriteHeader(status)
			return
		}
		r.URL.Path, r.URL.RawPath = rest, ""
		if !moved {
			r.URL.Path = "/" + strings.TrimPrefix(rest, "/")
		}
		s.ServeHTTP(rw, r)
	})
}

// A home set and a collection that moved are asked at their new place: one redirect each, and one for all objects.
func TestMovedCollectionIsRemembered(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := davtest.New()
			s.AddUser("anna", "secret")
			work := s.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
			w := newSites(t)
			w.serve(t, "https://example.test", movedServer(s, status))
			w.startDNS(t, "")
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", login("anna", "secret"), nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range 10 {
				if _, err := a.Put(t.Context(), dav.Calendar, fmt.Sprintf("%se%d.ics", work, i), event(fmt.Sprint("e", i), "x"), "", true); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				if members, err := a.Members(t.Context(), dav.Collection{Kind: dav.Calendar, Path: work}); err != nil || len(members) != 10 {
					t.Fatal(members, err)
				}
				if _, err := a.Collections(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			var redirects []string
			for _, v := range w.Visits() {
				if strings.HasPrefix(v.URL, "https://example.test/calendars/") {
					redirects = append(redirects, v.String())
				}
			}
			if len(redirects) != 3 {
				t.Errorf("redirected requests:\n%s", strings.Join(redirects, "\n"))
			}
		})
	}
}

// What was remembered is forgotten when it is not there any more: the old place is asked again.
func TestMoveThatIsTakenBack(t *testing.T) {
	s := davtest.New()
	s.AddUser("anna", "secret")
	work := s.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	moved := movedServer(s, http.StatusMovedPermanently)
	back := false
	w := newSites(t)
	w.serve(t, "https://example.test", http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if back {
			s.ServeHTTP(rw, r)
			return
		}
		moved.ServeHTTP(rw, r)
	}))
	w.startDNS(t, "")
	a, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string) {
		t.Helper()
		if _, err := a.Put(t.Context(), dav.Calendar, work+name+".ics", event(name, "x"), "", true); err != nil {
			t.Error(err)
		}
	}
	put("a")
	put("b")
	back = true
	put("c")
	if n := len(s.Objects(work)); n != 3 {
		t.Errorf("%d objects", n)
	}
}
