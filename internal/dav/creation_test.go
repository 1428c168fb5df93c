package dav_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// What servers say beforehand of making collections, and what is made of it.
func TestCannotCreate(t *testing.T) {
	tests := []struct {
		name     string
		quirks   davtest.Quirks
		options  func(rw http.ResponseWriter, r *http.Request, server http.Handler) // answers OPTIONS
		calendar string                                                             // "" where one can be made
		book     string
	}{
		{name: "the home set names the requests"},
		{name: "only a place where nothing is does", quirks: davtest.Quirks{AllowsWhereNothingIs: true}},
		{name: "nobody does", quirks: davtest.Quirks{MakesNone: true},
			calendar: "the server says of URL/calendars/anna/ that it takes neither MKCALENDAR nor MKCOL, only DELETE, GET, HEAD, OPTIONS, PROPFIND, PROPPATCH, PUT, REPORT",
			book:     "the server says of URL/addressbooks/anna/ that it takes no MKCOL, only "},
		{name: "nobody does, nor of a place where nothing is", quirks: davtest.Quirks{MakesNone: true, AllowsWhereNothingIs: true},
			calendar: "takes neither", book: "takes no MKCOL"},
		{name: "calendars alone can be made", options: says("OPTIONS, PROPFIND, REPORT, MKCALENDAR"), book: "takes no MKCOL, only MKCALENDAR, OPTIONS, PROPFIND, REPORT"},
		{name: "the web server in front speaks of its pages", options: says("GET, HEAD, OPTIONS")},
		{name: "no Allow", options: says("")},
		{name: "OPTIONS is refused", options: func(rw http.ResponseWriter, r *http.Request, _ http.Handler) { rw.WriteHeader(http.StatusNotFound) }},
		{name: "OPTIONS is not answered", options: func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, tt.quirks)
			s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodOptions && tt.options != nil {
					tt.options(rw, r, p)
					return
				}
				p.ServeHTTP(rw, r)
			}))
			defer s.Close()
			a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), s.URL, login("anna", "secret"), nil)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range map[dav.Kind]string{dav.Calendar: tt.calendar, dav.AddressBook: tt.book} {
				got, err := a.CannotCreate(t.Context(), k)
				want = strings.ReplaceAll(want, "URL", s.URL)
				if err != nil || (got == "") != (want == "") || !strings.Contains(got, want) {
					t.Errorf("%s: %q, want %q; error is %v", k, got, want, err)
				}
			}
			for _, r := range p.Requests() {
				if r.Method != "PROPFIND" && r.Method != http.MethodOptions {
					t.Errorf("%s %s was sent", r.Method, r.Path)
				}
			}
		})
	}
}

// says answers OPTIONS with an Allow header.
func says(allow string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
		if allow != "" {
			rw.Header().Set("Allow", allow)
		}
		rw.Header().Set("DAV", "1, calendar-access, addressbook")
	}
}

// The table of providers knows who makes no collections, by the host that discovery ended at, and nothing is asked then.
func TestProviderThatMakesNoCollections(t *testing.T) {
	const google = "https://apidata.googleusercontent.com"
	w := newWeb(t, "", answer("PROPFIND "+google+"/caldav/v2/anna@example.test/user", 207,
		multistatus("/caldav/v2/anna@example.test/user", `<c:calendar-home-set><d:href>/caldav/v2/anna@example.test/</d:href></c:calendar-home-set>`)))
	a, err := newNetwork(t, w.settings()).Open(t.Context(), google+"/caldav/v2/anna@example.test/user", login("anna@example.test", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if reason, err := a.CannotCreate(t.Context(), dav.Calendar); err != nil || !strings.HasPrefix(reason, "Google lets no client make one") {
		t.Errorf("%q, %v", reason, err)
	}
	if reason, err := a.CannotCreate(t.Context(), dav.AddressBook); err != nil || !strings.Contains(reason, "the account has no CardDAV service") {
		t.Errorf("%q, %v", reason, err)
	}
	if strings.Contains(w.visits(), "OPTIONS") {
		t.Errorf("it was asked:\n%s", w.visits())
	}
}
