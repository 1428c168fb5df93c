package dav_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

func TestPut(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 1)
	a := open(t, p, dav.Settings{})
	path := dav.PathIn(c, "new.ics")
	etag, err := a.Put(t.Context(), dav.Calendar, path, event("new", "1"), "", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, stored, _ := p.Object(path); stored != etag {
		t.Errorf("ETag is %q, stored is %q", etag, stored)
	}
	if _, err := a.Put(t.Context(), dav.Calendar, path, event("new", "2"), "", true); !errors.Is(err, dav.ErrPrecondition) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := a.Put(t.Context(), dav.Calendar, path, event("new", "2"), `"other"`, true); !errors.Is(err, dav.ErrPrecondition) {
		t.Errorf("over another version: %v", err)
	}
	if _, err := a.Put(t.Context(), dav.Calendar, path, event("new", "2"), etag, true); err != nil {
		t.Errorf("over the right version: %v", err)
	}
	_, err = a.Put(t.Context(), dav.Calendar, dav.PathIn(c, "card.ics"), card("x", "X"), "", true)
	if e, ok := errors.AsType[*dav.Error](err); !ok || e.Condition == "" {
		t.Errorf("a card in a calendar: %v", err)
	}
}

func TestPutIsQuiet(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 0)
	if _, err := open(t, p, dav.Settings{}).Put(t.Context(), dav.Calendar, c.Path+"x.ics", event("x", "x"), "", true); err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Requests() {
		if r.Method == http.MethodPut && (r.Header.Get("Schedule-Reply") != "F" || r.Header.Get("Scheduling-Enabled") != "F" || r.Header.Get("X-Nc-Scheduling") != "false") {
			t.Errorf("headers are %v", r.Header)
		}
	}
}

func TestPutRefused(t *testing.T) {
	for name, q := range map[string]davtest.Quirks{"403": {}, "207, Xandikos": {RefusePutWith207: true}} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, q)
			c, _ := p.fill(t, 0)
			_, err := open(t, p, dav.Settings{Retries: 3}).Put(t.Context(), dav.Calendar, c.Path+"x.ics", []byte("nonsense"), "", true)
			e, ok := errors.AsType[*dav.Error](err)
			if !ok || e.Condition != "valid-calendar-data" || e.StatusCode < 400 || errors.Is(err, dav.ErrPrecondition) {
				t.Errorf("error is %v", err)
			}
			puts := 0
			for _, r := range p.Requests() {
				if r.Method == http.MethodPut {
					puts++
				}
			}
			if puts != 1 {
				t.Errorf("a final refusal was asked for %d times", puts)
			}
		})
	}
}

// A PUT whose answer was lost is looked up before it is repeated, so that there is never a second object.
func TestPutWhoseAnswerIsLost(t *testing.T) {
	tests := []struct {
		name   string
		fault  davtest.Fault
		stored bool // by the PUT that got no answer
	}{
		{"stored, connection lost", davtest.Fault{Method: "PUT", Action: davtest.DropAnswer}, true},
		{"not stored, connection lost", davtest.Fault{Method: "PUT", Action: davtest.DropAfterBody}, false},
		{"not stored, nothing read", davtest.Fault{Method: "PUT", Action: davtest.DropBeforeBody}, false},
		{"not stored, 502", davtest.Fault{Method: "PUT", Status: 502, Times: 2}, false},
		{"not stored, 503", davtest.Fault{Method: "PUT", Status: 503, Times: 2}, false},
		{"not stored, 500 once", davtest.Fault{Method: "PUT", Status: 500}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, davtest.Quirks{})
			c, _ := p.fill(t, 0)
			a := open(t, p, dav.Settings{Retries: 3})
			p.Inject(tt.fault)
			_, err := a.Put(t.Context(), dav.Calendar, c.Path+"x.ics", event("x", "x"), "", true)
			if tt.stored != errors.Is(err, dav.ErrPrecondition) || !tt.stored && err != nil {
				t.Errorf("error is %v", err)
			}
			if data, _, ok := p.Object(c.Path + "x.ics"); !ok || string(data) != string(event("x", "x")) {
				t.Error("it is not there")
			}
			if left := p.UnusedFaults(); len(left) > 0 {
				t.Error(left)
			}
		})
	}
}

var wanted = dav.Collection{Kind: dav.Calendar, DisplayName: "Work & <Größe>", Description: "about work", Color: "#FF2968FF", Order: "3",
	Timezone: "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n", Components: []string{"VEVENT", "VTODO"}}

func TestCreateCollection(t *testing.T) {
	tests := []struct {
		name   string
		quirks davtest.Quirks
		lost   []string
	}{
		{"a server that keeps all", davtest.Quirks{}, nil},
		{"only the name at first", davtest.Quirks{KeepsAtCreation: []string{"displayname"}}, nil},
		{"some never", davtest.Quirks{KeepsAtCreation: []string{"displayname"}, Unsettable: []string{"calendar-order"}, Forgets: []string{"calendar-color"}}, []string{`color "#FF2968FF"`, "order"}},
		{"both kinds in one home", davtest.Quirks{SameHome: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, tt.quirks)
			got, lost, err := open(t, p, dav.Settings{}).CreateCollection(t.Context(), wanted, "work")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(lost, tt.lost) || got.DisplayName != wanted.DisplayName || got.Description != wanted.Description ||
				len(got.Components) > 0 && !slices.Equal(got.Components, wanted.Components) { // none: it takes all
				t.Errorf("lost %v of %+v", lost, got)
			}
		})
	}
}

// What a server makes of a display name is told as it is, and a name that would hide the whole home set from other clients
// is not written.
func TestDisplayNames(t *testing.T) {
	sogo := davtest.Quirks{Server: "SOPE 4.9.37/WebDAV", SurrogateReferences: true, KeepsAtCreation: []string{"displayname", "calendar-color"}}
	for _, test := range []struct {
		quirks     davtest.Quirks
		name, want string
		lost       []string
	}{
		{davtest.Quirks{}, "Party 🎉", "Party 🎉", nil},
		{davtest.Quirks{DoubleEscapedNames: true}, "A & B", "A &amp; B", []string{`display name "A & B" (it became "A &amp; B")`}},
		{sogo, "Größe 日程 & mehr", "Größe 日程 & mehr", nil},
		{sogo, "Party 🎉 at 6", "Party at 6", []string{`display name "Party 🎉 at 6" (it became "Party at 6")`}},
		{sogo, "👩\u200d👧", "work", []string{`display name "👩\u200d👧"`}},
	} {
		p := newPeer(t, test.quirks)
		got, lost, err := open(t, p, dav.Settings{}).CreateCollection(t.Context(), dav.Collection{Kind: dav.Calendar, DisplayName: test.name}, "work")
		if err != nil || !slices.Equal(lost, test.lost) || got.DisplayName != test.want && got.DisplayName != "" {
			t.Errorf("%q: %q, lost %q, %v", test.name, got.DisplayName, lost, err)
		}
	}
}

func TestCreateAddressBook(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	book := dav.Collection{Kind: dav.AddressBook, DisplayName: "Freunde", Description: "d"}
	got, lost, err := open(t, p, dav.Settings{}).CreateCollection(t.Context(), book, "friends")
	if err != nil || len(lost) > 0 || got.DisplayName != "Freunde" || !strings.HasSuffix(got.Path, "/friends/") {
		t.Errorf("%+v, lost %v, %v", got, lost, err)
	}
}

func TestCreateCollectionThatIsThere(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	a := open(t, p, dav.Settings{})
	p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Mine"})
	got, lost, err := a.CreateCollection(t.Context(), wanted, "work")
	if err != nil || got.DisplayName != "Mine" || len(lost) > 0 {
		t.Errorf("%+v, lost %v, %v", got, lost, err)
	}
}

func TestCreateCollectionByOtherMeans(t *testing.T) {
	tests := map[string][]davtest.Fault{
		"MKCALENDAR is not known":  {{Method: "MKCALENDAR", Status: 405, Times: -1}},
		"it refuses some property": {{Method: "MKCALENDAR", Status: 403}},
		"the answer is lost":       {{Method: "MKCALENDAR", Action: davtest.DropAnswer}},
		"it is busy":               {{Method: "MKCALENDAR", Status: 503}},
		"the connection ends":      {{Method: "MKCALENDAR", Action: davtest.DropAfterBody, Times: 2}},
		"nobody is behind a proxy": {{Method: "MKCALENDAR", Status: 502}},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, davtest.Quirks{})
			a := open(t, p, dav.Settings{Retries: 3})
			for _, f := range faults {
				p.Inject(f)
			}
			got, lost, err := a.CreateCollection(t.Context(), wanted, "work")
			if err != nil || len(lost) > 0 || got.DisplayName != wanted.DisplayName || got.Color == "" {
				t.Errorf("%+v, lost %v, %v", got, lost, err)
			}
		})
	}
}

func TestCreateCollectionRefused(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	a := open(t, p, dav.Settings{})
	for _, method := range []string{"MKCALENDAR", "MKCOL"} {
		p.Inject(davtest.Fault{Method: method, Status: 403, Times: -1, Text: "ten calendars an hour"})
	}
	_, _, err := a.CreateCollection(t.Context(), wanted, "work")
	if dav.Status(err) != 403 || !strings.Contains(err.Error(), "ten calendars an hour") {
		t.Errorf("error is %v", err)
	}
}
