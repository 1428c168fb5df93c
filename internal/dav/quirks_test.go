package dav_test

import (
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// What requests carry for the sake of single servers is in all of them: no server minds, and none has to be known for it.
func TestWhatRequestsCarry(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	a := open(t, p, dav.Settings{})
	c, _, err := a.CreateCollection(t.Context(), wanted, "work")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Put(t.Context(), dav.Calendar, c.Path+"x.ics", event("x", "x"), "", true); err != nil {
		t.Fatal(err)
	}
	members, err := a.Members(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range a.Objects(t.Context(), c, members, 50) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Get(t.Context(), c, c.Path+"x.ics"); err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Requests() {
		if r.Header.Get("User-Agent") == "" {
			t.Errorf("%s %s: no User-Agent, without which SOGo hides address books", r.Method, r.Path)
		}
		if r.Method == "PROPFIND" && r.Header.Get("Depth") == "" {
			t.Errorf("%s %s: no Depth, without which Xandikos walks the whole tree", r.Method, r.Path)
		}
		if (r.Method == "REPORT" || r.Method == http.MethodGet) && strings.HasPrefix(r.Path, c.Path) && r.Header.Get("CalDAV-Timezones") != "T" {
			t.Errorf("%s %s: no CalDAV-Timezones, without which Cyrus strips VTIMEZONEs", r.Method, r.Path)
		}
		if r.Method == http.MethodPut && (r.Header.Get("Schedule-Reply") != "F" || r.Header.Get("Transfer-Encoding") != "" || r.Header.Get("If-None-Match") != "*") {
			t.Errorf("PUT with %v", r.Header)
		}
	}
}

// What a server would refuse a whole request for is not in the first one.
func TestCreationLeavesOutWhatServersRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		collection dav.Collection
		refused    davtest.Fault
	}{
		"sabre/dav: an address book with a property that it does not know": {dav.Collection{Kind: dav.AddressBook, DisplayName: "Friends", Color: "#FF0000FF", Order: "1"},
			davtest.Fault{Method: "MKCOL", Contains: "calendar-color", Status: http.StatusBadRequest}},
		"sabre/dav 4: an empty DAV:prop": {dav.Collection{Kind: dav.Calendar}, davtest.Fault{Method: "MKCALENDAR", Contains: "prop", Status: http.StatusBadRequest}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, davtest.Quirks{})
			a := open(t, p, dav.Settings{})
			p.Inject(test.refused)
			if _, _, err := a.CreateCollection(t.Context(), test.collection, "new"); err != nil {
				t.Fatal(err)
			}
			if len(p.UnusedFaults()) != 1 {
				t.Error("the first request has what the server refuses")
			}
		})
	}
}

// Xandikos answers 207 with a 404 inside to a question about what is not there.
func TestAbsenceInsideAMultistatus(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	a := open(t, p, dav.Settings{})
	p.Inject(davtest.Fault{Method: "PROPFIND", Path: "/calendars/anna/gone/", Status: http.StatusMultiStatus,
		Text: `<D:multistatus xmlns:D="DAV:"><D:response><D:href>/calendars/anna/gone/</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response></D:multistatus>`})
	if gone, err := a.Gone(t.Context(), "/calendars/anna/gone/"); !gone {
		t.Errorf("it is there: %v", err)
	}
}

// sabre/dav answers 412 to the DELETE of what is not there any more, as after a DELETE whose answer was lost.
func TestDeleteThatIsSentAgain(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	a := open(t, p, dav.Settings{Retries: 2})
	calendar := p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	etag := p.PutObject(calendar+"x.ics", event("x", "x"))
	p.Inject(davtest.Fault{Method: http.MethodDelete, Action: davtest.DropAnswer})
	p.Inject(davtest.Fault{Method: http.MethodDelete, Status: http.StatusPreconditionFailed})
	if err := a.Delete(t.Context(), calendar+"x.ics", etag, true); err != nil {
		t.Error(err)
	}
}
