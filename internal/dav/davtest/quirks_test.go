package davtest_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

func TestWellKnown(t *testing.T) {
	for name, test := range map[string]struct {
		quirks   davtest.Quirks
		path     string
		status   int
		location string
	}{
		"plain":        {davtest.Quirks{}, "/.well-known/caldav", 301, "/"},
		"with a slash": {davtest.Quirks{}, "/.well-known/carddav/", 301, "/"},
		"context path": {davtest.Quirks{Base: "/remote.php/dav"}, "/.well-known/caldav", 301, "/remote.php/dav/"},
		"308, absolute": {
			davtest.Quirks{WellKnownCalDAV: davtest.WellKnown{Status: 308, Target: "https://dav.example/x"}},
			"/.well-known/caldav", 308, "https://dav.example/x",
		},
		"303, relative": {
			davtest.Quirks{WellKnownCardDAV: davtest.WellKnown{Status: 303, Target: "../"}}, "/.well-known/carddav", 303, "../",
		},
		"the other kind": {davtest.Quirks{WellKnownCardDAV: davtest.WellKnown{Status: 303}}, "/.well-known/caldav", 301, "/"},
		"none":           {davtest.Quirks{WellKnownCalDAV: davtest.WellKnown{Status: 404}}, "/.well-known/caldav", 404, ""},
		"itself":         {davtest.Quirks{WellKnownCalDAV: davtest.WellKnown{Status: 207}}, "/.well-known/caldav", 207, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, test.quirks)
			login := ""
			if test.status == 207 {
				login = "Basic YWxpY2U6c2VjcmV0"
			}
			r := f.do("PROPFIND", test.path, "", "Depth", "0", "Authorization", login)
			f.want(r, test.status)
			if got := r.header.Get("Location"); got != test.location {
				t.Errorf("Location: %s", got)
			}
		})
	}
}

func TestBaseMovesTheTree(t *testing.T) {
	f := start(t, davtest.Quirks{Base: "/remote.php/dav/"})
	if f.work != "/remote.php/dav/calendars/alice/work/" {
		t.Errorf("the calendar is at %s", f.work)
	}
	f.want(f.propfind("/", "0", "<d:current-user-principal/>"), http.StatusNotFound)
	f.want(f.propfind("/remote.php/dav", "0", "<d:current-user-principal/>"), 207, "<href>/remote.php/dav/principals/alice/</href>")
}

func TestSameHome(t *testing.T) {
	f := start(t, davtest.Quirks{SameHome: true})
	f.want(f.propfind("/", "0", "<d:current-user-principal/>"), 207, "<href>/alice/</href>")
	f.want(f.propfind("/alice/", "0", "<c:calendar-home-set/><a:addressbook-home-set/>"), 207,
		"<C:calendar-home-set><href>/alice/</href></C:calendar-home-set><CR:addressbook-home-set><href>/alice/</href></CR:addressbook-home-set>")
	if got := f.read(f.propfind("/alice/", "1", "<d:resourcetype/>")).hrefs(); !slices.Equal(got, []string{"/alice/", "/alice/work/", "/alice/people/"}) {
		t.Errorf("listed %q", got)
	}
	if n := len(f.Collections("alice")); n != 2 {
		t.Errorf("%d collections", n)
	}
	f.want(f.do("MKCALENDAR", "/alice/new/", ""), http.StatusCreated)
}

func TestLoginQuirks(t *testing.T) {
	f := start(t, davtest.Quirks{Unauthenticated: true})
	f.want(f.do("PROPFIND", "/", "", "Depth", "0", "Authorization", ""), 207, "<current-user-principal><unauthenticated/></current-user-principal>")
	f.want(f.do("PROPFIND", "/", "", "Depth", "0", "Authorization", "Basic eDp5"), 401)
	f.want(f.do("GET", f.work, "", "Authorization", ""), 401)
	f.SetQuirks(davtest.Quirks{HTMLLogin: true})
	r := f.do("PROPFIND", "/", "", "Depth", "0")
	f.want(r, 200, "<title>Log in</title>")
	if got := r.header.Get("Content-Type"); got != "text/html; charset=utf-8" {
		t.Errorf("Content-Type: %s", got)
	}
}

func TestHTTP10(t *testing.T) {
	f := start(t, davtest.Quirks{HTTP10: true})
	f.want(f.do("PUT", f.work+"one.ics", event), http.StatusCreated)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+f.work+"one.ics", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("alice", "secret")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Proto != "HTTP/1.0" || !resp.Close {
		t.Errorf("%s, close %v", resp.Proto, resp.Close)
	}
	f.want(f.multiget(f.work, f.work+"one.ics"), 207, "Tea &amp; &lt;cakes&gt;")
	f.want(f.do("HEAD", f.work+"one.ics", ""), 200)
	f.Inject(davtest.Fault{Method: "REPORT", Action: davtest.CutAnswer, Bytes: 100})
	// Without a length or chunks the client cannot know that it was cut.
	if r, err := f.try("REPORT", f.work, `<c:calendar-query `+namespaces+`/>`); err != nil || len(r.body) != 100 {
		t.Errorf("cut answer %q, %v", r.body, err)
	}
}

func TestListingQuirks(t *testing.T) {
	const members = "<d:getetag/><d:getcontentlength/><s:getctag/><d:sync-token/><d:displayname/>"
	for name, test := range map[string]struct {
		quirks      davtest.Quirks
		wants, lack []string
	}{
		"absolute hrefs":       {davtest.Quirks{AbsoluteHrefs: true}, []string{"<href>URLWORKone.ics</href>", "<href>URLWORK</href>"}, nil},
		"no ctag":              {davtest.Quirks{NoCTag: true}, []string{"<CS:getctag/>"}, []string{"<CS:getctag>"}},
		"no sync-token":        {davtest.Quirks{NoSyncToken: true}, []string{"<sync-token/>"}, []string{"<sync-token>"}},
		"no content length":    {davtest.Quirks{NoContentLength: true}, []string{"<getcontentlength/>"}, []string{"<getcontentlength>"}},
		"weak ETags":           {davtest.Quirks{WeakETags: true}, []string{`<getetag>W/"`}, nil},
		"unquoted ETags":       {davtest.Quirks{UnquotedETags: true}, []string{"<getetag>"}, []string{`"</getetag>`}},
		"counter ETags":        {davtest.Quirks{CounterETags: true}, []string{`<getetag>"gcs00000000"</getetag>`}, nil},
		"surrogate references": {davtest.Quirks{SurrogateReferences: true}, []string{"<displayname>A &amp; B &#55356;&#57225;</displayname>"}, nil},
		"names escaped twice":  {davtest.Quirks{DoubleEscapedNames: true}, []string{"<displayname>A &amp;amp; B 🎉</displayname>"}, nil},
		"duplicate hrefs":      {davtest.Quirks{DuplicateHrefs: true}, []string{"one.ics</href>", "two.ics</href>"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, test.quirks)
			work := f.AddCollection("alice", dav.Collection{Kind: dav.Calendar, Path: "party", DisplayName: "A & B 🎉"})
			for _, uid := range []string{"one", "two"} {
				f.PutObject(work+uid+".ics", []byte(withUID(uid)))
			}
			r := f.propfind(work, "1", members)
			var wants []string
			for _, w := range test.wants {
				wants = append(wants, strings.NewReplacer("URL", f.url, "WORK", work).Replace(w))
			}
			f.want(r, 207, wants...)
			f.lacks(r, test.lack...)
			if n := strings.Count(r.body, "<response>"); (n == 5) != test.quirks.DuplicateHrefs {
				t.Errorf("%d responses", n)
			}
		})
	}
}

// TestETagQuirksAreOfOnePiece takes each spelling of an ETag back in If-Match.
func TestETagQuirksAreOfOnePiece(t *testing.T) {
	for name, q := range map[string]davtest.Quirks{
		"weak": {WeakETags: true}, "unquoted": {UnquotedETags: true}, "counter": {CounterETags: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, q)
			first := f.do("PUT", f.work+"one.ics", event).header.Get("ETag")
			if _, etag, _ := f.Object(f.work + "one.ics"); etag != first {
				t.Errorf("PUT says %s, Object %s", first, etag)
			}
			if got := f.do("GET", f.work+"one.ics", "").header.Get("ETag"); got != first {
				t.Errorf("PUT says %s, GET %s", first, got)
			}
			f.want(f.do("PUT", f.work+"one.ics", withUID("x"), "If-Match", first), 204)
			f.want(f.do("PUT", f.work+"one.ics", withUID("y"), "If-Match", first), 412)
		})
	}
}

func TestForeignTree207(t *testing.T) {
	f := start(t, davtest.Quirks{ForeignTree207: true})
	bobs := f.AddCollection("bob", dav.Collection{Kind: dav.Calendar, Path: "secret", DisplayName: "Secret"})
	r := f.propfind("/calendars/bob/", "1", "<d:displayname/>")
	f.want(r, 207, "<href>"+bobs+"</href><propstat><prop><displayname/></prop><status>HTTP/1.1 403 Forbidden</status>")
	f.lacks(r, "Secret")
	f.PutObject(bobs+"one.ics", []byte(event))
	f.lacks(f.propfind(bobs, "1", "<d:getetag/>"), "one.ics")
	f.want(f.do("GET", bobs+"one.ics", ""), 403)
}

func TestUserAgentRequired(t *testing.T) {
	f := start(t, davtest.Quirks{UserAgentRequired: true})
	f.AddCollection("alice", dav.Collection{Kind: dav.AddressBook, Path: "more"})
	for agent, want := range map[string]int{"": 2, "davferry": 3} {
		// Go's client sends its own name unless the header is there and empty.
		req, err := http.NewRequestWithContext(t.Context(), "PROPFIND", f.url+"/addressbooks/alice/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Depth": {"1"}, "User-Agent": {agent}}
		req.SetBasicAuth("alice", "secret")
		resp, err := f.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		var m multistatus
		if err := xml.NewDecoder(resp.Body).Decode(&m); err != nil || len(m.Responses) != want {
			t.Errorf("User-Agent %q: %q, %v", agent, m.hrefs(), err)
		}
		resp.Body.Close()
	}
}

func TestDataForms(t *testing.T) {
	for form, want := range []string{
		davtest.DataRaw:     "BEGIN:VCALENDAR\r\nVERSION",
		davtest.DataCharRef: "BEGIN:VCALENDAR&#13;\nVERSION",
		davtest.DataStripCR: "BEGIN:VCALENDAR\nVERSION",
		davtest.DataCDATA:   "<![CDATA[BEGIN:VCALENDAR\r\nVERSION",
	} {
		t.Run(want, func(t *testing.T) {
			f := start(t, davtest.Quirks{Data: davtest.DataForm(form)})
			data := strings.Replace(event, "<cakes>", "<cakes> ]]> &amp;", 1)
			f.PutObject(f.work+"one.ics", []byte(data))
			r := f.multiget(f.work, f.work+"one.ics")
			f.want(r, 207, want)
			if form != int(davtest.DataCharRef) {
				data = strings.ReplaceAll(data, "\r", "")
			}
			if got := f.read(r).Responses[0].Propstats[0].Prop.CalendarData; got != data {
				t.Errorf("read %q", got)
			}
		})
	}
}

// TestUnfitObjects serves one object that XML cannot carry beside one that it can.
func TestUnfitObjects(t *testing.T) {
	for damage, bad := range map[string]string{"control": "Te\x01a", "nul": "T\x00a", "latin1": "T\xe9a"} {
		data := strings.Replace(event, "Tea", bad, 1)
		for unfit, want := range []struct {
			status     int
			wellFormed bool
			text       string
		}{
			davtest.UnfitOmitted:  {207, true, "<prop><C:calendar-data/></prop><status>HTTP/1.1 404"},
			davtest.UnfitRaw:      {207, false, "SUMMARY:" + bad},
			davtest.UnfitReplaced: {207, true, "SUMMARY:T"},
			davtest.UnfitFails:    {500, false, ""},
			davtest.UnfitCut:      {207, true, "SUMMARY:T"},
		} {
			t.Run(fmt.Sprint(damage, " ", unfit), func(t *testing.T) {
				f := start(t, davtest.Quirks{Unfit: davtest.Unfit(unfit)})
				f.want(f.do("PUT", f.work+"bad.ics", data), 201)
				f.PutObject(f.work+"good.ics", []byte(event))
				r := f.multiget(f.work, f.work+"bad.ics", f.work+"good.ics")
				f.want(r, want.status, want.text)
				var m multistatus
				if err := xml.Unmarshal([]byte(r.body), &m); (err == nil) != want.wellFormed {
					t.Errorf("well-formed: %v", err)
				}
				if cut := strings.Contains(r.body, "SUMMARY:T</C:calendar-data>") || strings.Contains(r.body, "SUMMARY:Te</C:calendar-data>"); cut != (unfit == int(davtest.UnfitCut)) {
					t.Errorf("cut: %v in %s", cut, r.body)
				}
				if got := f.do("GET", f.work+"bad.ics", ""); got.body != data {
					t.Errorf("GET %q", got.body)
				}
			})
		}
	}
}

func TestMultigetQuirks(t *testing.T) {
	for name, test := range map[string]struct {
		quirks davtest.Quirks
		status int
		want   []string // resource names, "" for the collection
	}{
		"plain":         {davtest.Quirks{}, 207, []string{"one.ics", "none.ics", "two.ics"}},
		"omit missing":  {davtest.Quirks{OmitMissingHrefs: true}, 207, []string{"one.ics", "two.ics"}},
		"whole 404":     {davtest.Quirks{WholeMultiget404: true}, 404, nil},
		"cap":           {davtest.Quirks{MultigetCap: 2}, 207, []string{"one.ics", "none.ics"}},
		"a larger cap":  {davtest.Quirks{MultigetCap: 9}, 207, []string{"one.ics", "none.ics", "two.ics"}},
		"duplicates":    {davtest.Quirks{DuplicateHrefs: true}, 207, []string{"one.ics", "one.ics", "none.ics", "two.ics", "two.ics"}},
		"lies":          {davtest.Quirks{LyingMultiget: true}, 207, []string{"none.ics", "two.ics"}},
		"depth counts":  {davtest.Quirks{DepthZeroMultiget: true}, 207, []string{""}},
		"absolute URLs": {davtest.Quirks{AbsoluteHrefs: true}, 207, []string{"one.ics", "none.ics", "two.ics"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, test.quirks)
			f.PutObject(f.work+"one.ics", []byte(event))
			f.PutObject(f.work+"two.ics", []byte(withUID("two")))
			body := `<c:calendar-multiget ` + namespaces + `><d:prop><c:calendar-data/></d:prop>` +
				`<d:href>one.ics</d:href><d:href>none.ics</d:href><d:href>two.ics</d:href></c:calendar-multiget>`
			r := f.do("REPORT", f.work, body, "Depth", "0")
			f.want(r, test.status)
			if test.status != 207 {
				return
			}
			base := f.work
			if test.quirks.AbsoluteHrefs {
				base = f.url + f.work
			}
			var want []string
			for _, name := range test.want {
				want = append(want, base+name)
			}
			if got := f.read(r).hrefs(); !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestVCard3Default(t *testing.T) {
	const card4 = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:four\r\nFN:Four\r\nKIND:group\r\nPHOTO:data:image/png;base64,AA\r\n AA\r\nEND:VCARD\r\n"
	const as3 = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:four\r\nFN:Four\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nPHOTO:data:image/png\r\nEND:VCARD\r\n"
	const card3 = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:three\r\nFN:Three\r\nPHOTO;ENCODING=b;TYPE=PNG:AAAA\r\nEND:VCARD\r\n"
	const as4 = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:three\r\nFN:Three\r\nPHOTO:data:image/png;base64,AAAA\r\nEND:VCARD\r\n"
	f := start(t, davtest.Quirks{VCard3Default: true, Data: davtest.DataCharRef})
	for name, test := range map[string]struct{ stored, plain, asked4 string }{
		"four":  {card4, as3, card4},
		"three": {card3, card3, as4},
	} {
		t.Run(name, func(t *testing.T) {
			path := f.people + name + ".vcf"
			f.want(f.do("PUT", path, test.stored), 201)
			if got := f.do("GET", path, ""); got.body != test.plain {
				t.Errorf("GET %q", got.body)
			}
			if got := f.do("GET", path, "", "Accept", "text/vcard; version=4.0"); got.body != test.asked4 {
				t.Errorf("GET of 4.0 %q", got.body)
			}
			for data, want := range map[string]string{
				`<a:address-data/>`: test.plain,
				`<a:address-data content-type="text/vcard" version="3.0"/>`: test.plain,
				`<a:address-data content-type="text/vcard" version="4.0"/>`: test.asked4,
			} {
				body := `<a:addressbook-multiget ` + namespaces + `><d:prop>` + data + `</d:prop><d:href>` + path + `</d:href></a:addressbook-multiget>`
				if got := f.read(f.do("REPORT", f.people, body)).Responses[0].Propstats[0].Prop.AddressData; got != want {
					t.Errorf("%s: %q", data, got)
				}
			}
			if data, _, _ := f.Object(path); string(data) != test.stored {
				t.Errorf("stored %q", data)
			}
		})
	}
}

func TestPutQuirks(t *testing.T) {
	for name, test := range map[string]struct {
		quirks     davtest.Quirks
		path, body string
		headers    []string
		status     int
		texts      []string
	}{
		"a refusal in a 207": {
			davtest.Quirks{RefusePutWith207: true}, "two.ics", "garbage", nil, 207,
			[]string{"<status>HTTP/1.1 412 Precondition Failed</status><error><C:valid-calendar-data/></error>"},
		},
		"a refused condition is none": {davtest.Quirks{RefusePutWith207: true}, "one.ics", event, []string{"If-None-Match", "*"}, 412, nil},
		"no If-None-Match":            {davtest.Quirks{IgnoreIfNoneMatch: true}, "one.ics", event, []string{"If-None-Match", "*"}, 204, nil},
		"a UID taken, Radicale": {
			davtest.Quirks{UniqueUID: 409}, "two.ics", event, nil, 409, []string{"<C:no-uid-conflict><href>WORKone.ics</href></C:no-uid-conflict>"},
		},
		"a UID taken, Xandikos": {
			davtest.Quirks{UniqueUID: 412, RefusePutWith207: true}, "two.ics", event, nil, 207, []string{"412 Precondition Failed", "<C:no-uid-conflict>"},
		},
		"a UID of its own name":     {davtest.Quirks{UniqueUID: 409}, "one.ics", event, nil, 204, nil},
		"a free UID":                {davtest.Quirks{UniqueUID: 409}, "two.ics", withUID("two"), nil, 201, nil},
		"a UID in another calendar": {davtest.Quirks{UniqueUID: 403}, "../other/two.ics", event, nil, 201, nil},
		"a UID in another calendar, Cyrus": {
			davtest.Quirks{UniqueUID: 403, UniqueUIDPerUser: true}, "../other/two.ics", event, nil, 403,
			[]string{"<C:unique-scheduling-object-resource><href>WORKone.ics</href>"},
		},
		"too large":     {davtest.Quirks{MaxResourceSize: 10}, "two.ics", event, nil, 403, []string{"<C:max-resource-size/>"}},
		"just no chunk": {davtest.Quirks{RefuseChunked: true}, "two.ics", event, nil, 201, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, test.quirks)
			f.AddCollection("alice", dav.Collection{Kind: dav.Calendar, Path: "other"})
			f.PutObject(f.work+"one.ics", []byte(event))
			path := f.work + test.path
			if rest, ok := strings.CutPrefix(test.path, "../"); ok {
				path = "/calendars/alice/" + rest
			}
			var texts []string
			for _, text := range test.texts {
				texts = append(texts, strings.ReplaceAll(text, "WORK", f.work))
			}
			f.want(f.do("PUT", path, test.body, test.headers...), test.status, texts...)
			if _, _, ok := f.Object(path); ok != (test.status < 207 || test.path == "one.ics") {
				t.Errorf("stored: %v", ok)
			}
		})
	}
}

func TestRefuseChunked(t *testing.T) {
	f := start(t, davtest.Quirks{RefuseChunked: true})
	// A reader of unknown length makes Go's client send chunks.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, f.url+f.work+"one.ics", struct{ *strings.Reader }{strings.NewReader(event)})
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("alice", "secret")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", resp.StatusCode)
	}
}

func TestNoETagOnPut(t *testing.T) {
	f := start(t, davtest.Quirks{NoETagOnPut: true})
	r := f.do("PUT", f.work+"one.ics", event)
	f.want(r, 201)
	if got := r.header.Get("ETag"); got != "" {
		t.Errorf("ETag: %s", got)
	}
}

func TestRewriteOnPut(t *testing.T) {
	long := "SUMMARY:" + strings.Repeat("ü", 60)
	in := "begin:vcalendar\nversion:2.0\nPRODID:x\nBEGIN:VEVENT\nuid:one\nsummary:" + strings.Repeat("ü", 60) + "\nDTSTART;TZID=a:20260101T000000\nEND:VEVENT\nEND:VCALENDAR"
	f := start(t, davtest.Quirks{RewriteOnPut: true})
	r := f.do("PUT", f.work+"one.ics", in)
	f.want(r, 201)
	data, etag, _ := f.Object(f.work + "one.ics")
	want := "BEGIN:VCALENDAR\r\nPRODID:x\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;TZID=a:20260101T000000\r\n" +
		long[:74] + "\r\n " + long[74:] + "\r\nUID:one\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	if string(data) != want || r.header.Get("ETag") != etag {
		t.Errorf("stored %q as %s", data, etag)
	}
	f.want(f.do("PUT", f.work+"two.ics", "garbage"), 403, "valid-calendar-data")
}

func TestPropertyQuirks(t *testing.T) {
	set := `<d:set><d:prop><d:displayname>New</d:displayname><i:calendar-color>#112233</i:calendar-color><i:calendar-order>3</i:calendar-order></d:prop></d:set>`
	f := start(t, davtest.Quirks{KeepsAtCreation: []string{"displayname"}, Forgets: []string{"calendar-order"}, Unsettable: []string{"calendar-timezone"}})
	f.want(f.do("MKCALENDAR", "/calendars/alice/new/", `<c:mkcalendar `+namespaces+`>`+set+`</c:mkcalendar>`), 201,
		"<C:mkcalendar-response", "<prop><ICAL:calendar-color/><ICAL:calendar-order/></prop><status>HTTP/1.1 404 Not Found</status>")
	if c := f.collection("/calendars/alice/new/"); c.DisplayName != "New" || c.Color != "" || c.Order != "" {
		t.Errorf("made %+v", c)
	}
	r := f.do("PROPPATCH", "/calendars/alice/new/", `<d:propertyupdate `+namespaces+`>`+set+`</d:propertyupdate>`)
	f.want(r, 207, "200 OK")
	if c := f.collection("/calendars/alice/new/"); c.Color != "#112233" || c.Order != "" {
		t.Errorf("changed to %+v", c)
	}
	f.want(f.do("PROPPATCH", f.work, `<d:propertyupdate `+namespaces+`><d:set><d:prop><c:calendar-timezone>x</c:calendar-timezone>`+
		`<i:calendar-color>x</i:calendar-color></d:prop></d:set></d:propertyupdate>`), 207, "403 Forbidden", "424 Failed Dependency")
	if c := f.collection(f.work); c.Color != "" {
		t.Errorf("changed to %+v", c)
	}
}

func TestMaxResourceSizeIsAnnounced(t *testing.T) {
	f := start(t, davtest.Quirks{MaxResourceSize: 5000})
	f.want(f.propfind(f.work, "0", "<c:max-resource-size/>"), 207, "<C:max-resource-size>5000</C:max-resource-size>")
	f.want(f.propfind(f.people, "0", "<a:max-resource-size/>"), 207, "<CR:max-resource-size>5000</CR:max-resource-size>")
}

func TestNoSyncTokenMeansNoSync(t *testing.T) {
	f := start(t, davtest.Quirks{NoSyncToken: true})
	f.want(f.sync(f.work, "", 0), 403, "<supported-report/>")
	f.lacks(f.propfind(f.work, "0", "<d:supported-report-set/>"), "sync-collection")
}

func TestMakesNone(t *testing.T) {
	f := start(t, davtest.Quirks{MakesNone: true})
	for _, method := range []string{"MKCALENDAR", "MKCOL"} {
		r := f.do(method, "/calendars/alice/new/", "")
		f.want(r, http.StatusMethodNotAllowed)
		if strings.Contains(r.header.Get("Allow"), "MK") {
			t.Errorf("Allow: %s", r.header.Get("Allow"))
		}
	}
}

func TestAllowsWhereNothingIs(t *testing.T) {
	for there, quirks := range map[bool]davtest.Quirks{true: {}, false: {AllowsWhereNothingIs: true}} {
		f := start(t, quirks)
		home, below := f.do("OPTIONS", "/calendars/alice/", ""), f.do("OPTIONS", "/calendars/alice/new/", "")
		if got := strings.Contains(home.header.Get("Allow"), "MKCALENDAR"); got != there {
			t.Errorf("of the home set: %v, want %v", got, there)
		}
		if got := strings.Contains(below.header.Get("Allow"), "MKCALENDAR"); got == there || (below.status == http.StatusNotFound) != there {
			t.Errorf("of nothing: %v with %d", got, below.status)
		}
	}
}
