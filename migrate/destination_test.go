package migrate_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// behind puts a handler before the destination server.
func (w *world) behind(handler func(rw http.ResponseWriter, r *http.Request, server http.Handler)) {
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler(rw, r, w.to) }))
	w.t.Cleanup(proxy.Close)
	w.toURL = proxy.URL + "/"
}

// Names that must be encoded were sent decoded, and a second object was made, or none found.
func TestNamesAtTheDestinationThatNeedEncoding(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a%23b.ics", "a%3Fb.ics", "a%2525b.ics", "a%25.ics", "a%2Fb.ics", "a%20b.ics", "a%2B+b.ics", "gr%C3%BCn.ics", "a:b.ics", "a;b=c.ics"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			calendar, _ := w.fill("anna", 1, 0)
			w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
			w.to.PutObject(calendar+name, event("uid-e0", "Event"))
			before := w.names(calendar)
			w.want(w.migrate(), migrate.Counts{Listed: 1, Unchanged: 1})
			w.from.PutObject(calendar+"e0.ics", event("uid-e0", "Changed"))
			w.want(w.migrate(), migrate.Counts{Listed: 1, Updated: 1})
			w.sameObjects(calendar)
			if after := w.names(calendar); !slices.Equal(before, after) {
				t.Errorf("the destination held %v and holds %v", before, after)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 1, Unchanged: 1})
		})
	}
}

// A collection that was made in spite of the answer was taken for one that had been there before, and got no properties.
func TestCollectionMadeInSpiteOfTheAnswerGetsItsProperties(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{KeepsAtCreation: []string{}})
			w.fill("anna", 1, 0)
			w.behind(func(rw http.ResponseWriter, r *http.Request, server http.Handler) {
				if r.Method != "MKCALENDAR" {
					server.ServeHTTP(rw, r)
					return
				}
				server.ServeHTTP(httptest.NewRecorder(), r)
				rw.WriteHeader(status)
			})
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 1, Created: 1})
			if !s.Complete() || len(s.Notes) > 0 {
				t.Errorf("problems %+v, notes %+v", s.Problems, s.Notes)
			}
			for _, c := range w.to.Collections("anna") {
				if c.Kind == dav.Calendar && (c.DisplayName != "Work" || c.Color != "#FF2968FF") {
					t.Errorf("the calendar is %+v", c)
				}
			}
		})
	}
}

// The end of OPTIONS, which nothing depends on, was the end of the account.
func TestDroppedOptionsDoNotEndTheAccount(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]davtest.Fault{
		"dropped": {Action: davtest.DropAfterBody}, "500": {Status: 500}, "405": {Status: 405}, "404": {Status: 404},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 0
			w.fill("anna", 2, 0)
			fault.Method, fault.Times = http.MethodOptions, -1
			w.to.Inject(fault)
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 2, Created: 2})
			if !s.Complete() || len(w.to.UnusedFaults()) > 0 {
				t.Errorf("problems %+v, unused %+v", s.Problems, w.to.UnusedFaults())
			}
		})
	}
}

// An object that was deleted while it was to be compared was a failure; now it is not there, and is put.
func TestObjectDeletedWhileItIsComparedIsPutAgain(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]davtest.Quirks{"said so": {}, "left out": {OmitMissingHrefs: true}, "404 for all": {WholeMultiget404: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, quirks)
			calendar, _ := w.fill("anna", 3, 0)
			var deleteNow atomic.Bool
			w.behind(func(rw http.ResponseWriter, r *http.Request, server http.Handler) {
				if deleteNow.Load() && r.Method == "REPORT" {
					w.to.DeleteObject(calendar + "uid-e1.ics")
				}
				server.ServeHTTP(rw, r)
			})
			w.migrate()
			w.to.PutObject(calendar+"uid-e1.ics", event("uid-e1", "Somebody else's"))
			deleteNow.Store(true)
			w.want(w.migrate(), migrate.Counts{Listed: 3, Created: 1, Unchanged: 2})
			w.sameObjects(calendar)
		})
	}
}
