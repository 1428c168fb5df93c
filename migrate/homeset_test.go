package migrate_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// The pieces of a multistatus.
func response(href, inside string) string {
	return "<d:response><d:href>" + href + "</d:href>" + inside + "</d:response>"
}

func status(status string) string { return "<d:status>HTTP/1.1 " + status + "</d:status>" }

func propstat(code, props string) string {
	return "<d:propstat><d:prop>" + props + "</d:prop>" + status(code) + "</d:propstat>"
}

func folder(href string) string {
	return response(href, propstat("200 OK", "<d:resourcetype><d:collection/></d:resourcetype>"))
}

func calendarAt(href string) string {
	return response(href, propstat("200 OK", "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"))
}

func multistatus(w http.ResponseWriter, responses string) {
	w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	w.WriteHeader(http.StatusMultiStatus)
	fmt.Fprint(w, `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:k="urn:ietf:params:xml:ns:carddav">`+responses+`</d:multistatus>`)
}

// scripted is a server with the principal /p/, which has the calendar home set /h/. It answers a PROPFIND with the
// responses of that path, else as an empty folder, and other methods as the handler does.
func scripted(t *testing.T, responses map[string]string, others http.HandlerFunc) string {
	t.Helper()
	answers := map[string]string{
		"/":   response("/", propstat("200 OK", "<d:current-user-principal><d:href>/p/</d:href></d:current-user-principal>")),
		"/p/": response("/p/", propstat("200 OK", "<c:calendar-home-set><d:href>/h/</d:href></c:calendar-home-set>")),
	}
	maps.Copy(answers, responses)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, known := answers[r.URL.Path]
		switch {
		case r.Method == "PROPFIND" && known:
			multistatus(w, answer)
		case r.Method == "PROPFIND":
			multistatus(w, folder(r.URL.Path))
		case others != nil:
			others(w, r)
		default:
			w.WriteHeader(http.StatusMethodNotAllowed)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// wantFailedAccount checks that nothing of the one account is said to be done, and that the reason is told.
func wantFailedAccount(t *testing.T, s *migrate.Summary, reasons ...string) {
	t.Helper()
	if s.Accounts.OK != 0 || s.Complete() {
		t.Errorf("accounts %+v: %s", s.Accounts, s.Verdict())
	}
	all := fmt.Sprintf("%+v", s.Problems)
	for _, reason := range reasons {
		if !strings.Contains(all, reason) {
			t.Errorf("the problems do not say %q: %s", reason, all)
		}
	}
}

// A service that could not be looked for was a service that the account did not have.
func TestServiceThatCannotBeLookedForFailsTheAccount(t *testing.T) {
	t.Parallel()
	t.Run("the principal answers 503 for one of them", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		w.retries = 0
		w.fill("anna", 5, 5)
		w.from.Inject(davtest.Fault{Method: "PROPFIND", Path: "/principals/anna/", Status: http.StatusServiceUnavailable, Times: 2})
		wantFailedAccount(t, w.migrate(), "503")
		if unused := w.from.UnusedFaults(); len(unused) > 0 { // the other service would have met none
			t.Errorf("unused: %+v", unused)
		}
		w.want(w.migrate(), migrate.Counts{Listed: 10, Created: 10})
	})
	for _, status := range []string{"503 Service Unavailable", "403 Forbidden"} {
		t.Run("the home set stands among what failed: "+status, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fromURL = scripted(t, map[string]string{
				"/p/": response("/p/", propstat("200 OK", "<k:addressbook-home-set><d:href>/k/</d:href></k:addressbook-home-set>")+
					propstat(status, "<c:calendar-home-set/>")),
			}, nil)
			wantFailedAccount(t, w.migrate(), "calendar-home-set", status[:3])
		})
	}
}

// What the server did not say was taken for what it does not have.
func TestHomeSetThatIsNotListedWholeFailsTheAccount(t *testing.T) {
	t.Parallel()
	for name, home := range map[string]struct{ responses, reason string }{
		"a response with 500":  {calendarAt("/h/a/") + response("/h/b/", status("500 Internal Server Error")), "/h/b/: 500"},
		"a propstat with 500":  {calendarAt("/h/a/") + response("/h/b/", propstat("500 Internal Server Error", "<d:resourcetype/>")), "/h/b/: 500"},
		"507 after the first":  {calendarAt("/h/a/") + response("/h/", status("507 Insufficient Storage")), "/h/: 507"},
		"507 before the first": {response("/h/", status("507 Insufficient Storage")) + calendarAt("/h/a/"), "/h/: 507"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fromURL = scripted(t, map[string]string{"/h/": home.responses}, nil)
			wantFailedAccount(t, w.migrate(), home.reason)
		})
	}
}

// A collection that the server lists and does not show was dropped without a word.
func TestCollectionThatIsNotShownIsListedAmongTheLeftOut(t *testing.T) {
	t.Parallel()
	for name, inside := range map[string]string{"response": status("403 Forbidden"), "propstat": propstat("403 Forbidden", "<d:resourcetype/>")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fromURL = scripted(t, map[string]string{"/h/": folder("/h/") + calendarAt("/h/a/") + response("/h/b/", inside)}, nil)
			s := w.migrate()
			if len(s.Left) != 1 || s.Left[0].Collection != "/h/b/" || !strings.Contains(s.Left[0].Reason, "403") {
				t.Errorf("left out: %+v", s.Left)
			}
			if s.Collections != (migrate.CollectionCounts{Total: 2, Created: 1, Skipped: 1}) {
				t.Errorf("collections are %+v", s.Collections)
			}
		})
	}
}

// RFC 4791 section 4.2 lets calendars lie below folders of the home set; only the first level was looked at.
func TestCalendarsBelowFolders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fromURL = scripted(t, map[string]string{
		"/h/":       folder("/h/") + calendarAt("/h/one/") + folder("/h/f/") + folder("/h/empty/"),
		"/h/f/":     folder("/h/f/") + calendarAt("/h/f/two/") + folder("/h/f/g/"),
		"/h/f/g/":   folder("/h/f/g/") + folder("/h/f/g/i/"),
		"/h/f/g/i/": folder("/h/f/g/i/") + calendarAt("/h/f/g/i/three/"),
	}, nil)
	s := w.migrate()
	var names []string
	for _, c := range w.to.Collections("anna") {
		names = append(names, dav.LastSegment(c.Path))
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"one", "three", "two"}) || !s.Complete() {
		t.Errorf("collections at the destination are %v, problems %+v", names, s.Problems)
	}
}

// Servers spell one collection in several ways, and the same one is not moved twice.
func TestTwoSpellingsOfACollectionAreOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fromURL = scripted(t, map[string]string{
		"/h/": calendarAt("/h/a%40b/") + calendarAt("/h/a@b/") + calendarAt("/h/a@b") + calendarAt("/h/%c3%bc/") + calendarAt("/h/%C3%BC/"),
	}, nil)
	s := w.migrate()
	if s.Collections != (migrate.CollectionCounts{Total: 2, Created: 2}) || !s.Complete() {
		t.Errorf("collections are %+v, problems %+v", s.Collections, s.Problems)
	}
}
