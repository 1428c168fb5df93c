package dav_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// newAdministered returns a server where root may act for anna, and bert for nobody.
func newAdministered(t *testing.T, q davtest.Quirks) *peer {
	p := newPeer(t, q)
	p.AddUser("bert", "secret")
	p.AddAdministrator("root", "secret")
	return p
}

// loginFor is a login that is meant for another user's account.
func loginFor(user, name, principal string) dav.Login {
	l := login(name, "secret")
	l.For, l.Principal = user, principal
	return l
}

func TestAdministratorReachesTheUser(t *testing.T) {
	for name, test := range map[string]struct {
		quirks           davtest.Quirks
		login            dav.Login
		path             string // of the address
		calendars, books string // the home sets
	}{
		"SOGo's superuser": {davtest.Profiles()["SOGo 5.8"], loginFor("anna", "root", "/SOGo/dav/principals/anna/"), "/SOGo/dav/",
			"/SOGo/dav/calendars/anna/", "/SOGo/dav/addressbooks/anna/"},
		"DAViCal's Admin": {davtest.Profiles()["DAViCal 1.1"], loginFor("anna", "root", "/davical/caldav.php/anna"), "/",
			"/davical/caldav.php/anna/", "/davical/caldav.php/anna/"},
		"the server in general": {davtest.Quirks{}, loginFor("anna", "root", "/principals/anna/"), "/calendars/root/",
			"/calendars/anna/", "/addressbooks/anna/"},
		"Stalwart's user%admin":        {davtest.Quirks{MasterLogin: true}, loginFor("anna", "anna%root", ""), "/", "/calendars/anna/", "/addressbooks/anna/"},
		"in another case":              {davtest.Quirks{MasterLogin: true}, loginFor("ANNA", "anna%root", ""), "/", "/calendars/anna/", "/addressbooks/anna/"},
		"a mail address":               {davtest.Quirks{}, loginFor("anna@davtest.example", "anna", ""), "/", "/calendars/anna/", "/addressbooks/anna/"},
		"the user's own login":         {davtest.Quirks{}, loginFor("anna", "anna", "/principals/anna/"), "/", "/calendars/anna/", "/addressbooks/anna/"},
		"hrefs in another spelling":    {davtest.Quirks{AbsoluteHrefs: true}, loginFor("anna", "root", "/principals/%61nna"), "/", "/calendars/anna/", "/addressbooks/anna/"},
		"a well-known URI leads there": {davtest.Quirks{Base: "/dav"}, loginFor("anna", "root", "/dav/principals/anna/"), "/x", "/dav/calendars/anna/", "/dav/addressbooks/anna/"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newAdministered(t, test.quirks)
			a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), strings.TrimSuffix(p.URL, "/")+test.path, test.login, nil)
			if err != nil {
				t.Fatal(err)
			}
			wantServices(t, a, test.calendars, test.books)
		})
	}
}

// Whoever is logged in, what is read and written is the wanted user's, or nothing is.
func TestAdministratorWhoDoesNotReachTheUser(t *testing.T) {
	for name, test := range map[string]struct {
		quirks davtest.Quirks
		login  dav.Login
		path   string
		err    string
		access bool // the error is an AccessError
	}{
		"the server logs in the administrator": {login: loginFor("anna", "root", ""),
			err: "/principals/root/ is not known to be the account of anna: the server logged in somebody of another name", access: true},
		"another person of that name": {login: loginFor("anna@example.org", "anna", ""),
			err: "/principals/anna/ is not known to be the account of anna@example.org", access: true},
		"the server does not say whose it is": {quirks: davtest.Quirks{NoOwner: true}, login: loginFor("anna", "root", "/principals/anna/"),
			err: "the server gives neither its DAV:owner nor a DAV:principal-URL to check that with", access: true},
		"the path is that of no principal": {login: loginFor("anna", "root", "/calendars/anna/"),
			err: "/calendars/anna/ at http://"},
		"a collection of somebody else": {login: loginFor("anna", "root", "/principals/anna/"), path: "/calendars/bert/work/",
			err: "/calendars/bert/work/ is not known to be the account of anna: the server says that it belongs to /principals/bert/", access: true},
		"a collection of somebody else, by the login": {quirks: davtest.Quirks{MasterLogin: true}, login: loginFor("anna", "anna%root", ""), path: "/calendars/anna/from-bert/",
			err: "the server says that it belongs to /principals/bert/", access: true},
		"no such user":                   {login: loginFor("zoe", "root", "/principals/zoe/"), err: "the principal: PROPFIND"},
		"no administrator":               {login: loginFor("anna", "bert", "/principals/anna/"), err: "403 Forbidden"},
		"no administrator, by the login": {quirks: davtest.Quirks{MasterLogin: true}, login: loginFor("anna", "anna%bert", ""), err: "401 Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newAdministered(t, test.quirks)
			p.AddCollection("bert", dav.Collection{Kind: dav.Calendar, Path: "work"})
			p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "from-bert"})
			handler := ownedByBert(p)
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			_, err := newNetwork(t, dav.Settings{}).Open(t.Context(), server.URL+test.path, test.login, nil)
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("the error is %v, want %s", err, test.err)
			}
			if _, access := errors.AsType[*dav.AccessError](err); access != test.access {
				t.Errorf("an AccessError: %v, want %v", access, test.access)
			}
		})
	}
}

// ownedByBert makes a calendar in anna's home set one of bert's, as servers show what is shared.
func ownedByBert(p *peer) http.Handler {
	return rewritten(p, func(path, body string) string {
		if path == "/calendars/anna/from-bert/" {
			return strings.ReplaceAll(body, "/principals/anna/", "/principals/bert/")
		}
		return body
	})
}

// rewritten puts a handler before a server that changes the bodies of its answers.
func rewritten(p *peer, change func(path, body string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		p.ServeHTTP(rec, r)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		body := change(r.URL.Path, rec.Body.String())
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(rec.Code)
		io.Copy(w, bytes.NewReader([]byte(body)))
	})
}

// A server may show the administrator his own home sets on whatever principal he asks for.
func TestHomeSetsOfSomebodyElse(t *testing.T) {
	p := newAdministered(t, davtest.Quirks{})
	server := httptest.NewServer(rewritten(p, func(path, body string) string {
		if path == "/principals/anna/" {
			body = strings.ReplaceAll(body, "/calendars/anna/", "/calendars/root/")
		}
		return body
	}))
	t.Cleanup(server.Close)
	_, err := newNetwork(t, dav.Settings{}).Open(t.Context(), server.URL, loginFor("anna", "root", "/principals/anna/"), nil)
	if _, ok := errors.AsType[*dav.AccessError](err); !ok || !strings.Contains(err.Error(), "/calendars/root/ is not known to be the account of anna: the server says that it belongs to /principals/root/") {
		t.Errorf("the error is %v", err)
	}
}
