package dav_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// event returns a small event with CR LF line ends.
func event(uid, summary string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:" + uid +
		"\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:" + summary + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

func card(uid, name string) []byte {
	return []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nEND:VCARD\r\n")
}

// peer is a davtest server with the user anna.
type peer struct {
	*davtest.Server
	URL string
}

func newPeer(t testing.TB, q davtest.Quirks) *peer {
	t.Helper()
	s := davtest.New()
	s.SetQuirks(q)
	s.AddUser("anna", "secret")
	l, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &peer{s, l.URL}
}

func newNetwork(t testing.TB, s dav.Settings) *dav.Network {
	s.UserAgent = "davferry/test"
	if s.Timeout == 0 {
		s.Timeout = 10 * time.Second
	}
	n := dav.NewNetwork(s)
	t.Cleanup(n.Close)
	return n
}

func login(user, password string) dav.Login {
	return dav.Login{User: user, Auth: dav.Basic, Secret: func(context.Context, string) (string, error) { return password, nil }}
}

func open(t testing.TB, p *peer, s dav.Settings) *dav.Account {
	t.Helper()
	a, err := newNetwork(t, s).Open(t.Context(), p.URL, login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fill adds a calendar with events and returns the bytes by path.
func (p *peer) fill(t testing.TB, n int) (dav.Collection, map[string][]byte) {
	t.Helper()
	path := p.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"})
	for i := range n {
		p.PutObject(fmt.Sprintf("%se%d.ics", path, i), event(fmt.Sprintf("e%d", i), "Größe & <x> "+strings.Repeat("z", i%40)))
	}
	return dav.Collection{Kind: dav.Calendar, Path: path}, p.Objects(path)
}

// fetch lists and fetches a collection.
func fetch(t testing.TB, a *dav.Account, c dav.Collection, batch int) (objects map[string][]byte, failed map[string]error) {
	t.Helper()
	members, err := a.Members(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	objects, failed = map[string][]byte{}, map[string]error{}
	for o, err := range a.Objects(t.Context(), c, members, batch) {
		switch key := dav.Key(o.Path); {
		case o.Path == "":
			t.Fatal(err)
		case objects[key] != nil || failed[key] != nil:
			t.Errorf("%s came twice", o.Path)
		case err != nil:
			failed[key] = err
		default:
			objects[key] = o.Data
		}
	}
	return objects, failed
}

func wantObjects(t testing.TB, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d objects, want %d", len(got), len(want))
	}
	for path, data := range want {
		if g, ok := got[dav.Key(path)]; !ok || string(g) != string(data) {
			t.Errorf("%s is %q, want %q", path, g, data)
		}
	}
}

// Whatever a server does to the XML around an object, the object arrives as a GET returns it.
func TestObjectsArriveByteForByte(t *testing.T) {
	quirks := map[string]davtest.Quirks{
		"none":                         {},
		"Radicale":                     {SameHome: true, HTTP10: true, Hrefs: davtest.HrefEscapeAll, UniqueUID: 409},
		"sabre/dav 1.8":                {Data: davtest.DataStripCR, Hrefs: davtest.HrefLowerHex, Prefixes: davtest.PrefixAll, NoSyncToken: true},
		"CR left out and no length":    {Data: davtest.DataStripCR, NoContentLength: true},
		"CR as references":             {Data: davtest.DataCharRef},
		"CDATA":                        {Data: davtest.DataCDATA, Prefixes: davtest.PrefixNone},
		"every href twice":             {DuplicateHrefs: true},
		"absolute hrefs":               {AbsoluteHrefs: true},
		"blanks in hrefs":              {Hrefs: davtest.HrefRaw},
		"capped multiget":              {MultigetCap: 7},
		"a multiget that lies":         {LyingMultiget: true},
		"Depth 0 multiget is the self": {DepthZeroMultiget: true},
		"ill-formed XML":               {Unfit: davtest.UnfitRaw},
		"500 for the batch":            {Unfit: davtest.UnfitFails},
		"characters replaced":          {Unfit: davtest.UnfitReplaced},
		"cut at the character":         {Unfit: davtest.UnfitCut},
		"cut, and no length":           {Unfit: davtest.UnfitCut, NoContentLength: true},
		"weak ETags":                   {WeakETags: true},
	}
	for name, q := range quirks {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, q)
			c, _ := p.fill(t, 40)
			for name, data := range awkwardObjects() {
				p.PutObject(c.Path+name, data)
			}
			got, failed := fetch(t, open(t, p, dav.Settings{}), c, 10)
			if len(failed) > 0 {
				t.Error(failed)
			}
			wantObjects(t, got, p.Objects(c.Path))
		})
	}
}

// awkwardObjects are objects that XML, or a parser, cannot take as they are.
func awkwardObjects() map[string][]byte {
	lf := strings.ReplaceAll(string(event("lf", "LF only")), "\r\n", "\n")
	mixed := strings.Replace(lf, "\n", "\r\n", 2)
	return map[string][]byte{
		"lf.ics":       []byte(lf),
		"mixed.ics":    []byte(mixed),
		"control.ics":  event("control", "a\x01b\x0bc"),
		"nul.ics":      event("nul", "a\x00b"),
		"latin1.ics":   event("latin1", "Gr\xf6\xdfe"),
		"noend.ics":    []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"),
		"empty.ics":    {},
		"html.ics":     []byte("<html>]]> &amp; </html>"),
		"blank.ics":    append([]byte("\r\n \r\n"), event("blank", "x")...),
		"b%C3%BC@.ics": event("name", "x"),
		"a%20b.ics":    event("blank-name", "x"),
	}
}

func TestObjectsOfABatchThatIsIncomplete(t *testing.T) {
	for name, q := range map[string]davtest.Quirks{
		"said so":                {},
		"left out silently":      {OmitMissingHrefs: true},
		"404 for all of a batch": {WholeMultiget404: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, q)
			c, _ := p.fill(t, 30)
			a := open(t, p, dav.Settings{})
			members, err := a.Members(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			p.DeleteObject(c.Path + "e7.ics")
			p.DeleteObject(c.Path + "e21.ics")
			var gone []string
			got := map[string][]byte{}
			for o, err := range a.Objects(t.Context(), c, members, 10) {
				if errors.Is(err, dav.ErrGone) {
					gone = append(gone, dav.LastSegment(o.Path))
				} else if err != nil {
					t.Error(o.Path, err)
				} else {
					got[o.Path] = o.Data
				}
			}
			wantObjects(t, got, p.Objects(c.Path))
			if len(gone) != 2 {
				t.Errorf("gone: %v", gone)
			}
		})
	}
}

// A server that converts cards to the version that is asked for gives each as it is stored: none loses its photo.
func TestCardsComeInTheirOwnVersion(t *testing.T) {
	p := newPeer(t, davtest.Quirks{VCard3Default: true})
	path := p.AddCollection("anna", dav.Collection{Kind: dav.AddressBook, Path: "book", AddressData: []string{"3.0", "4.0"}})
	four := []byte("BEGIN:VCARD\r\nVERSION:4.0\r\nUID:4\r\nFN:Four\r\nPHOTO:data:image/png;base64,iVBORw0KGgo=\r\nEND:VCARD\r\n")
	three := []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:3\r\nFN:Three\r\nN:Three;;;;\r\nPHOTO;ENCODING=b;TYPE=PNG:iVBORw0KGgo=\r\nEND:VCARD\r\n")
	p.PutObject(path+"4.vcf", four)
	p.PutObject(path+"3.vcf", three)
	a := open(t, p, dav.Settings{})
	collections, err := a.Collections(t.Context())
	if err != nil || len(collections) != 1 {
		t.Fatal(collections, err)
	}
	got, _ := fetch(t, a, collections[0], 10)
	wantObjects(t, got, map[string][]byte{path + "4.vcf": four, path + "3.vcf": three})
}

func TestMultigetIsNotKnown(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, want := p.fill(t, 12)
	p.Inject(davtest.Fault{Method: "REPORT", Times: -1, Status: http.StatusNotImplemented})
	got, failed := fetch(t, open(t, p, dav.Settings{}), c, 5)
	wantObjects(t, got, want)
	if len(failed) > 0 || len(p.UnusedFaults()) > 0 {
		t.Error(failed, p.UnusedFaults())
	}
}

func TestFaultsAreMendedByAskingAgain(t *testing.T) {
	faults := map[string][]davtest.Fault{
		"listing cut":         {{Method: "PROPFIND", Path: "/calendars/anna/work/", Action: davtest.CutAnswer, Bytes: 900}},
		"listing dropped":     {{Method: "PROPFIND", Path: "/calendars/anna/work/", Action: davtest.DropAnswer, Times: 2}},
		"batch cut":           {{Method: "REPORT", Action: davtest.CutAnswer, Bytes: 2000, Times: 2}},
		"batch dropped":       {{Method: "REPORT", Action: davtest.DropBeforeBody}},
		"batch 500":           {{Method: "REPORT", Status: 500, Times: 3}},
		"batch 413":           {{Method: "REPORT", Status: 413, Times: 2}},
		"busy":                {{Method: "REPORT", Status: 503, Header: http.Header{"Retry-After": {"0"}}, Times: 2}},
		"too many":            {{Method: "PROPFIND", Status: 429, Times: 1}},
		"502 from a proxy":    {{Status: 502, Skip: 1, Times: 1}},
		"GET dropped in turn": {{Method: "REPORT", Status: 501}, {Method: "GET", Action: davtest.DropAnswer}, {Method: "GET", Action: davtest.CutAnswer, Bytes: 20}},
	}
	for name, fs := range faults {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, davtest.Quirks{})
			c, want := p.fill(t, 25)
			a := open(t, p, dav.Settings{Retries: 5})
			for _, f := range fs {
				p.Inject(f)
			}
			got, failed := fetch(t, a, c, 10)
			wantObjects(t, got, want)
			if len(failed) > 0 || len(p.UnusedFaults()) > 0 {
				t.Error(failed, p.UnusedFaults())
			}
		})
	}
}

func TestListingThatTheServerCutsShortIsAnError(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 3)
	a := open(t, p, dav.Settings{})
	p.Inject(davtest.Fault{Method: "PROPFIND", Status: 207, Header: http.Header{"Content-Type": {"application/xml"}},
		Text: `<multistatus xmlns="DAV:"><response><href>` + c.Path + `e1.ics</href><propstat><prop><getetag>"1"</getetag></prop><status>HTTP/1.1 200 OK</status></propstat></response>` +
			`<response><href>` + c.Path + `</href><status>HTTP/1.1 507 Insufficient Storage</status><error><number-of-matches-within-limits/></error></response></multistatus>`})
	_, err := a.Members(t.Context(), c)
	if dav.Status(err) != 507 || !strings.Contains(err.Error(), "number-of-matches-within-limits") {
		t.Errorf("error is %v", err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 3)
	a := open(t, p, dav.Settings{Timeout: 100 * time.Millisecond, Retries: 1})
	p.Inject(davtest.Fault{Method: "PROPFIND", Times: -1, Action: davtest.Stall})
	_, err := a.Members(t.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "no sign of life") {
		t.Errorf("error is %v", err)
	}
}

func TestContextEndsEverything(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 100)
	a := open(t, p, dav.Settings{})
	members, err := a.Members(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	p.Inject(davtest.Fault{Method: "REPORT", Skip: 2, Times: -1, Action: davtest.Stall})
	stopped := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var last error
	for o, err := range a.Objects(ctx, c, members, 10) {
		if err != nil {
			last = err
		}
		if o.Path != "" {
			cancel(stopped)
		}
	}
	if !errors.Is(last, stopped) && !errors.Is(last, context.Canceled) {
		t.Errorf("the sequence ended with %v", last)
	}
}

// All accounts of a run share one limit.
func TestConnectionsPerHost(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 200)
	n := newNetwork(t, dav.Settings{Connections: 2})
	done := make(chan error)
	for range 4 {
		go func() {
			a, err := n.Open(t.Context(), p.URL, login("anna", "secret"), nil)
			if err == nil {
				fetch(t, a, c, 10)
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if p.Peak() > 2 {
		t.Errorf("%d requests at once", p.Peak())
	}
}
