package davtest_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// event is an object that a plain XML parser does not leave as it is: CR LF, markup, a fold inside a word.
const event = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:one\r\n" +
	"DTSTAMP:20260101T000000Z\r\nDTSTART:20260102T100000Z\r\nSUMMARY:Tea & <cakes>\r\n" +
	"DESCRIPTION:a long li\r\n ne\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

const card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nEND:VCARD\r\n"

// withUID returns the event under another UID.
func withUID(uid string) string { return strings.Replace(event, "UID:one", "UID:"+uid, 1) }

// fixture is a running server with two users, and a calendar and an address book of the first.
type fixture struct {
	*davtest.Server
	t      testing.TB
	url    string // without the last slash
	client *http.Client
	work   string // path of the calendar
	people string // path of the address book
}

func start(t testing.TB, q davtest.Quirks) *fixture {
	t.Helper()
	s := davtest.New()
	s.SetQuirks(q)
	s.AddUser("alice", "secret")
	s.AddUser("bob", "hidden")
	l, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{
		Server: s, t: t, url: strings.TrimSuffix(l.URL, "/"),
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	f.work = s.AddCollection("alice", dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work"})
	f.people = s.AddCollection("alice", dav.Collection{Kind: dav.AddressBook, Path: "people", DisplayName: "People"})
	return f
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends a request as alice, with headers given as name, value, name, value.
func (f *fixture) do(method, path, body string, headers ...string) reply {
	f.t.Helper()
	r, err := f.try(method, path, body, headers...)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// try is do for requests that may fail.
func (f *fixture) try(method, path, body string, headers ...string) (reply, error) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	req.SetBasicAuth("alice", "secret")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(data)}, err
}

// want fails the test where the answer has another status, or lacks one of the texts.
func (f *fixture) want(r reply, status int, texts ...string) {
	f.t.Helper()
	if r.status != status {
		f.t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			f.t.Errorf("the answer lacks %q:\n%s", text, r.body)
		}
	}
}

// lacks fails the test where the answer holds one of the texts.
func (f *fixture) lacks(r reply, texts ...string) {
	f.t.Helper()
	for _, text := range texts {
		if strings.Contains(r.body, text) {
			f.t.Errorf("the answer holds %q:\n%s", text, r.body)
		}
	}
}

// multistatus is an answer as encoding/xml reads it, apart from both sides' own XML code.
type multistatus struct {
	XMLName   xml.Name `xml:"DAV: multistatus"`
	SyncToken string   `xml:"DAV: sync-token"`
	Responses []struct {
		Href      string `xml:"DAV: href"`
		Status    string `xml:"DAV: status"`
		Propstats []struct {
			Status string `xml:"DAV: status"`
			Prop   struct {
				ETag         string     `xml:"DAV: getetag"`
				DisplayName  string     `xml:"DAV: displayname"`
				CalendarData string     `xml:"urn:ietf:params:xml:ns:caldav calendar-data"`
				AddressData  string     `xml:"urn:ietf:params:xml:ns:carddav address-data"`
				Any          []anything `xml:",any"`
			} `xml:"DAV: prop"`
		} `xml:"DAV: propstat"`
	} `xml:"DAV: response"`
}

type anything struct {
	XMLName xml.Name
	Inner   string `xml:",innerxml"`
}

// read parses a 207.
func (f *fixture) read(r reply) multistatus {
	f.t.Helper()
	f.want(r, http.StatusMultiStatus)
	var m multistatus
	if err := xml.NewDecoder(bytes.NewReader([]byte(r.body))).Decode(&m); err != nil {
		f.t.Fatalf("%v in\n%s", err, r.body)
	}
	return m
}

// hrefs lists the hrefs of an answer in order.
func (m multistatus) hrefs() []string {
	var list []string
	for _, r := range m.Responses {
		list = append(list, r.Href)
	}
	return list
}

// propfind asks for properties, written with the prefixes d, c, a (CardDAV), s and i.
func (f *fixture) propfind(path, depth, props string, headers ...string) reply {
	f.t.Helper()
	body := `<d:propfind ` + namespaces + `><d:prop>` + props + `</d:prop></d:propfind>`
	return f.do("PROPFIND", path, body, append([]string{"Depth", depth}, headers...)...)
}

const namespaces = `xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="urn:ietf:params:xml:ns:carddav" ` +
	`xmlns:s="http://calendarserver.org/ns/" xmlns:i="http://apple.com/ns/ical/"`

// multiget asks a collection for hrefs.
func (f *fixture) multiget(path string, hrefs ...string) reply {
	f.t.Helper()
	root, data := "c:calendar-multiget", "<c:calendar-data/>"
	if strings.Contains(path, "addressbooks") {
		root, data = "a:addressbook-multiget", "<a:address-data/>"
	}
	var b strings.Builder
	for _, h := range hrefs {
		b.WriteString("<d:href>" + h + "</d:href>")
	}
	body := "<" + root + " " + namespaces + "><d:prop><d:getetag/>" + data + "</d:prop>" + b.String() + "</" + root + ">"
	return f.do("REPORT", path, body)
}
