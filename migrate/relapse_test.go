package migrate_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// PUT says that it is there, GET that it is not: put and compare called each other until the stack was full, which
// ends the whole program.
func TestObjectThatIsThereForPutAndNotForGetIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 1, 0)
	w.migrate()
	w.to.PutObject(calendar+"uid-e0.ics", event("uid-e0", "Somebody else's"))
	for _, method := range []string{"REPORT", "GET"} {
		w.to.Inject(davtest.Fault{Method: method, Status: http.StatusNotFound, Times: -1})
	}
	defer time.AfterFunc(3*time.Second, w.to.ClearFaults).Stop() // so that the test ends
	w.to.ResetRequests()
	s := w.migrate()
	if n := countRequests(w.to, "PUT"); n > 2 || s.Complete() {
		t.Errorf("%d PUTs; %+v", n, s.Objects)
	}
}

// An error page that is no HTML was stored.
func TestErrorPageOfAnotherTypeIsNeverStored(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]davtest.Quirks{"length listed": {}, "no length": {NoContentLength: true}} {
		for _, mediaType := range []string{"application/json", "application/xhtml+xml", "text/plain", "application/xml"} {
			t.Run(name+", "+mediaType, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, quirks, davtest.Quirks{})
				calendar, _ := w.fill("anna", 20, 0)
				fault := davtest.Fault{Method: "REPORT", Path: calendar, Status: http.StatusOK, Times: -1,
					Text: `{"error":"the session has expired"}`, Header: http.Header{"Content-Type": {mediaType}}}
				w.from.Inject(fault)
				fault.Method = "GET"
				w.from.Inject(fault)
				path := filepath.Join(t.TempDir(), "archive")
				s := w.export(t, t.Context(), path)
				if s.Complete() || s.Objects.AtDestination() > 0 || len(archived(t, path, "work")) > 0 {
					t.Errorf("%s; %+v", s.Verdict(), s.Objects)
				}
			})
		}
	}
}

// A destination that asks to be left alone for an hour got a PUT for each object.
func TestDestinationThatAsksToBeLeftAloneIsLeftAlone(t *testing.T) {
	t.Parallel()
	for _, code := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fill("anna", 40, 0)
			w.to.Inject(davtest.Fault{Method: "PUT", Status: code, Times: -1, Header: http.Header{"Retry-After": {"3600"}}})
			w.migrate()
			if n := countRequests(w.to, "PUT"); n > 8 {
				t.Errorf("%d PUTs", n)
			}
		})
	}
}

// GETs that get no answer, or a page, were never too many.
func TestSourceThatAnswersNoGetIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]davtest.Fault{
		"dropped":    {Action: davtest.DropBeforeBody},
		"login page": {Status: http.StatusOK, Text: loginPage, Header: http.Header{"Content-Type": {"text/html"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 0
			calendar, _ := w.fill("anna", 300, 0)
			w.from.Inject(davtest.Fault{Method: "REPORT", Path: calendar, Status: http.StatusNotImplemented, Times: -1})
			fault.Method, fault.Path, fault.Times = "GET", calendar, -1
			w.from.Inject(fault)
			s := w.migrate()
			if n := countRequests(w.from, "GET"); n > 30 || s.Complete() {
				t.Errorf("%d GETs, %+v", n, s.Objects)
			}
		})
	}
}

// An update whose answer was lost was a conflict with "somebody else's", which is davferry's own.
func TestUpdateWhoseAnswerIsLostIsAnUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 3, 0)
	w.migrate()
	w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed"))
	w.to.Inject(davtest.Fault{Method: "PUT", Action: davtest.DropAnswer})
	w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 2, Updated: 1})
	w.sameObjects(calendar)
}

// Objects that exchange their paths were refused in every run by a server that takes one object a UID.
func TestObjectsThatExchangeTheirPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{UniqueUID: 409})
	calendar, _ := w.fill("anna", 2, 0)
	w.migrate()
	w.from.PutObject(calendar+"e0.ics", event("uid-e1", "Changed"))
	w.from.PutObject(calendar+"e1.ics", event("uid-e0", "Changed"))
	w.want(w.migrate(), migrate.Counts{Listed: 2, Updated: 2})
	w.sameObjects(calendar)
	w.holds(calendar, "uid-e0.ics", "UID:uid-e0")
}

// Another object under the path of one that the source deleted was written over that one at the destination.
func TestPathThatIsUsedAgainDeletesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 2, 0)
	w.migrate()
	w.from.PutObject(calendar+"e0.ics", event("uid-new", "New"))
	w.want(w.migrate(), migrate.Counts{Listed: 2, Created: 1, Unchanged: 1})
	w.holds(calendar, "uid-e0.ics", "UID:uid-e0")
	w.holds(calendar, "uid-new.ics", "UID:uid-new")
}

// A plain folder that the server does not show was the end of the account.
func TestFolderThatIsNotShownIsLeftOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fromURL = scripted(t, map[string]string{
		"/h/":   folder("/h/") + calendarAt("/h/a/") + folder("/h/f/"),
		"/h/f/": response("/h/f/", status("403 Forbidden")),
	}, nil)
	s := w.migrate()
	if s.Accounts.OK != 1 || len(s.Left) != 1 || s.Left[0].Collection != "/h/f/" {
		t.Errorf("accounts %+v, left out %+v, problems %+v", s.Accounts, s.Left, s.Problems)
	}
}

// A folder was walked once for each time it was listed, and a circle to the bound.
func TestFolderIsWalkedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fromURL = scripted(t, map[string]string{
		"/h/":     folder("/h/") + folder("/h/f/") + folder("/h/f/"),
		"/h/f/":   folder("/h/f/") + folder("/h/f/g/") + folder("/h/f/g/"),
		"/h/f/g/": folder("/h/f/g/") + calendarAt("/h/f/g/a/") + folder("/h/"),
	}, nil)
	s := w.migrate()
	if s.Accounts.OK != 1 || s.Collections.Created != 1 || s.Requests.Source > 8 {
		t.Errorf("accounts %+v, collections %+v, %d requests, problems %+v", s.Accounts, s.Collections, s.Requests.Source, s.Problems)
	}
}

// Two answers of 401 that came at the same time, of two private objects, were the end of the account.
func TestUnauthorizedForTwoObjectsAtOnceIsTheirOwn(t *testing.T) {
	t.Parallel()
	var both sync.WaitGroup
	both.Add(2)
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.batch = 1
	members := calendarAt("/h/a/")
	for i := range 4 {
		members += response(fmt.Sprintf("/h/a/%d.ics", i), propstat("200 OK", `<d:resourcetype/><d:getetag>"1"</d:getetag>`))
	}
	w.fromURL = scripted(t, map[string]string{"/h/": folder("/h/") + calendarAt("/h/a/"), "/h/a/": members}, func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			rw.WriteHeader(http.StatusNotImplemented)
		case strings.HasSuffix(r.URL.Path, "0.ics"), strings.HasSuffix(r.URL.Path, "1.ics"):
			both.Done()
			both.Wait()
			rw.WriteHeader(http.StatusUnauthorized)
			rw.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond) // until both have the header and neither the whole answer
		default:
			rw.Header().Set("Content-Type", "text/calendar")
			rw.Write(event("uid-"+r.URL.Path[5:6], "x"))
		}
	})
	w.want(w.migrate(), migrate.Counts{Listed: 4, Created: 2, Failed: 2})
}

// DAViCal 1.1.12 answers 412 to an object that holds no event, task or journal. The answer was taken for "it is there",
// and the report spoke of something that had gone from the destination.
func TestPreconditionThatIsAboutTheObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 1, 0)
	w.to.Inject(davtest.Fault{Method: "PUT", Status: http.StatusPreconditionFailed, Text: "No calendar content", Times: -1})
	s := w.migrate()
	if s.Objects.Refused != 1 || len(s.Problems) != 1 || s.Problems[0].Status != http.StatusPreconditionFailed ||
		!strings.Contains(s.Problems[0].Message, "No calendar content") {
		t.Errorf("%+v %+v", s.Objects, s.Problems)
	}
}
