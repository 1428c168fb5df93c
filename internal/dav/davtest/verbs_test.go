package davtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// verb is a request to a server without quirks, and what it answers. In paths and texts WORK is the calendar, PEOPLE the
// address book and ETAG that of one.ics in the calendar; the calendar tasks takes VTODO only.
type verb struct {
	name, method, path, body string
	headers                  []string
	status                   int
	texts                    []string
}

var verbs = []verb{
	{"options", "OPTIONS", "WORK", "", nil, 200, nil},
	{"no login", "PROPFIND", "/", "", []string{"Authorization", ""}, 401, nil},
	{"a wrong password", "PROPFIND", "/", "", []string{"Authorization", "Basic YWxpY2U6d3Jvbmc="}, 401, nil},
	{"another login scheme", "PROPFIND", "/", "", []string{"Authorization", "Bearer secret"}, 401, nil},
	{"an unknown method", "LOCK", "WORK", "", nil, 405, nil},
	{"a path that climbs", "PROPFIND", "/calendars/%2e%2e/x", "", []string{"Depth", "0"}, 400, nil},
	{"a foreign home", "PROPFIND", "/calendars/bob/", "", []string{"Depth", "1"}, 403, []string{"<need-privileges/>"}},
	{"a foreign object", "GET", "/calendars/bob/x/y.ics", "", nil, 404, nil},

	{"propfind without depth", "PROPFIND", "WORK", "", nil, 403, []string{"<propfind-finite-depth/>"}},
	{"propfind of infinite depth", "PROPFIND", "WORK", "", []string{"Depth", "infinity"}, 403, []string{"<propfind-finite-depth/>"}},
	{"propfind of nothing", "PROPFIND", "/calendars/alice/none/", "", []string{"Depth", "0"}, 404, nil},
	{"propfind with bad XML", "PROPFIND", "WORK", "<d:propfind", []string{"Depth", "0"}, 400, nil},
	{"propfind with another root", "PROPFIND", "WORK", mkcalendar(""), []string{"Depth", "0"}, 400, nil},
	{"propfind without last slash", "PROPFIND", "/calendars/alice/work", "", []string{"Depth", "0"}, 207, []string{"<href>WORK</href>"}},
	{"propfind with a doubled slash", "PROPFIND", "//calendars//alice/work/", "", []string{"Depth", "0"}, 207, []string{"<href>WORK</href>"}},
	{"propfind of an object", "PROPFIND", "WORKone.ics", "", []string{"Depth", "1"}, 207, []string{"<href>WORKone.ics</href>", "<resourcetype></resourcetype>"}},

	{"get", "GET", "WORKone.ics", "", nil, 200, []string{event}},
	{"get under another spelling", "GET", "/calendars/alice/w%6frk/one%2Eics", "", nil, 200, []string{event}},
	{"head", "HEAD", "WORKone.ics", "", nil, 200, nil},
	{"get of nothing", "GET", "WORKnone.ics", "", nil, 404, nil},
	{"get of a collection", "GET", "WORK", "", nil, 405, nil},

	{"put", "PUT", "WORKtwo.ics", withUID("two"), nil, 201, nil},
	{"put over", "PUT", "WORKone.ics", event, nil, 204, nil},
	{"put if none, new", "PUT", "WORKtwo.ics", event, []string{"If-None-Match", "*"}, 201, nil},
	{"put if none, there", "PUT", "WORKone.ics", event, []string{"If-None-Match", "*"}, 412, nil},
	{"put if match, same", "PUT", "WORKone.ics", event, []string{"If-Match", "ETAG"}, 204, nil},
	{"put if match, other", "PUT", "WORKone.ics", event, []string{"If-Match", `"other"`}, 412, nil},
	{"put if match, nothing there", "PUT", "WORKtwo.ics", event, []string{"If-Match", "*"}, 412, nil},
	{"put of a doubled UID", "PUT", "WORKtwo.ics", event, nil, 201, nil},
	{"put of nothing", "PUT", "WORKtwo.ics", "", nil, 403, []string{"<C:valid-calendar-data/>"}},
	{"put of garbage", "PUT", "WORKtwo.ics", "hello", nil, 403, []string{"<C:valid-calendar-data/>"}},
	{"put of half an object", "PUT", "WORKtwo.ics", event[:len(event)-20], nil, 403, []string{"<C:valid-calendar-data/>"}},
	{"put of two objects", "PUT", "WORKtwo.ics", event + event, nil, 403, []string{"<C:valid-calendar-data/>"}},
	{"put of a card into a calendar", "PUT", "WORKtwo.ics", card, nil, 403, []string{"<C:valid-calendar-data/>"}},
	{"put of an event into a book", "PUT", "PEOPLEone.vcf", event, nil, 403, []string{"<CR:valid-address-data/>"}},
	{"put of a card", "PUT", "PEOPLEada.vcf", card, []string{"Content-Type", "text/vcard; charset=utf-8"}, 201, nil},
	{"put of a card under its old type", "PUT", "PEOPLEada.vcf", card, []string{"Content-Type", "text/x-vcard"}, 201, nil},
	{"put of another type", "PUT", "WORKtwo.ics", event, []string{"Content-Type", "text/plain"}, 403, []string{"<C:supported-calendar-data/>"}},
	{"put of an unwanted component", "PUT", "/calendars/alice/tasks/x.ics", event, nil, 403, []string{"<C:supported-calendar-component/>"}},
	{"put of a wanted component", "PUT", "/calendars/alice/tasks/x.ics", strings.ReplaceAll(event, "VEVENT", "VTODO"), nil, 201, nil},
	{"put without parent", "PUT", "/calendars/alice/none/x.ics", event, nil, 409, nil},
	{"put into a home", "PUT", "/calendars/alice/x.ics", event, nil, 403, nil},
	{"put onto a collection", "PUT", "WORK", event, nil, 405, nil},
	{"put into a foreign home", "PUT", "/calendars/bob/x.ics", event, nil, 403, []string{"<need-privileges/>"}},

	{"delete", "DELETE", "WORKone.ics", "", nil, 204, nil},
	{"delete if match, other", "DELETE", "WORKone.ics", "", []string{"If-Match", `"other"`}, 412, nil},
	{"delete of nothing", "DELETE", "WORKnone.ics", "", nil, 404, nil},
	{"delete of a collection", "DELETE", "WORK", "", nil, 204, nil},
	{"delete of a home", "DELETE", "/calendars/alice/", "", nil, 403, nil},

	{"mkcalendar without body", "MKCALENDAR", "/calendars/alice/new/", "", nil, 201, nil},
	{"mkcalendar", "MKCALENDAR", "/calendars/alice/new", mkcalendar(`<d:displayname>New</d:displayname>`), nil, 201, nil},
	{"mkcalendar with an odd name", "MKCALENDAR", "/calendars/alice/n%C3%A9w%20one/", "", nil, 201, nil},
	{"mkcalendar, there", "MKCALENDAR", "WORK", "", nil, 403, []string{"<resource-must-be-null/>"}},
	{"mkcalendar without parent", "MKCALENDAR", "/calendars/alice/none/new/", "", nil, 409, nil},
	{"mkcalendar in a calendar", "MKCALENDAR", "WORKnew/", "", nil, 403, []string{"<C:calendar-collection-location-ok/>"}},
	{"mkcalendar among the books", "MKCALENDAR", "/addressbooks/alice/new/", "", nil, 403, []string{"<C:calendar-collection-location-ok/>"}},
	{"mkcalendar at another user's", "MKCALENDAR", "/calendars/bob/new/", "", nil, 403, []string{"<need-privileges/>"}},
	{"mkcalendar with a protected property", "MKCALENDAR", "/calendars/alice/new/", mkcalendar(`<s:getctag>1</s:getctag>`), nil, 403, []string{"<cannot-modify-protected-property/>"}},
	{"mkcalendar with another root", "MKCALENDAR", "/calendars/alice/new/", mkcol(""), nil, 415, nil},
	{"mkcol of a book", "MKCOL", "/addressbooks/alice/new/", mkcol(`<d:collection/><a:addressbook/>`), nil, 201, nil},
	{"mkcol of a calendar", "MKCOL", "/calendars/alice/new/", mkcol(`<d:collection/><c:calendar/>`), nil, 201, nil},
	{"mkcol, there", "MKCOL", "PEOPLE", mkcol(`<d:collection/><a:addressbook/>`), nil, 405, nil},
	{"mkcol among the calendars", "MKCOL", "/calendars/alice/new/", mkcol(`<d:collection/><a:addressbook/>`), nil, 403, []string{"<CR:addressbook-collection-location-ok/>"}},
	{"mkcol of a plain collection", "MKCOL", "/calendars/alice/new/", "", nil, 403, []string{"<valid-resourcetype/>"}},
	{"mkcol without DAV:collection", "MKCOL", "/addressbooks/alice/new/", mkcol(`<a:addressbook/>`), nil, 403, []string{"<valid-resourcetype/>"}},

	{"proppatch", "PROPPATCH", "WORK", propertyupdate(`<d:set><d:prop><i:calendar-color>#112233</i:calendar-color></d:prop></d:set>`), nil, 207, []string{"<ICAL:calendar-color/>", "200 OK"}},
	{"proppatch of a protected property", "PROPPATCH", "WORK", propertyupdate(`<d:set><d:prop><d:getetag>1</d:getetag><d:displayname>x</d:displayname></d:prop></d:set>`), nil, 207, []string{"403 Forbidden", "424 Failed Dependency"}},
	{"proppatch of the component set", "PROPPATCH", "WORK", propertyupdate(`<d:set><d:prop><c:supported-calendar-component-set/></d:prop></d:set>`), nil, 207, []string{"403 Forbidden"}},
	{"proppatch of an object", "PROPPATCH", "WORKone.ics", propertyupdate(""), nil, 403, nil},
	{"proppatch without body", "PROPPATCH", "WORK", "", nil, 400, nil},

	{"report without body", "REPORT", "WORK", "", nil, 400, nil},
	{"an unknown report", "REPORT", "WORK", `<d:expand-property xmlns:d="DAV:"/>`, nil, 403, []string{"<supported-report/>"}},
	{"the other kind's report", "REPORT", "PEOPLE", `<c:calendar-multiget ` + namespaces + `/>`, nil, 403, []string{"<supported-report/>"}},
	{"a report on a home", "REPORT", "/calendars/alice/", `<c:calendar-multiget ` + namespaces + `/>`, nil, 403, []string{"<supported-report/>"}},
}

func mkcalendar(props string) string {
	return `<c:mkcalendar ` + namespaces + `><d:set><d:prop>` + props + `</d:prop></d:set></c:mkcalendar>`
}

func mkcol(types string) string {
	return `<d:mkcol ` + namespaces + `><d:set><d:prop><d:resourcetype>` + types + `</d:resourcetype></d:prop></d:set></d:mkcol>`
}

func propertyupdate(inner string) string {
	return `<d:propertyupdate ` + namespaces + `>` + inner + `</d:propertyupdate>`
}

func TestVerbs(t *testing.T) {
	for _, test := range verbs {
		t.Run(test.name, func(t *testing.T) {
			f := start(t, davtest.Quirks{})
			etag := f.PutObject(f.work+"one.ics", []byte(event))
			f.AddCollection("alice", dav.Collection{Kind: dav.Calendar, Path: "tasks", Components: []string{"VTODO"}})
			names := strings.NewReplacer("WORK", f.work, "PEOPLE", f.people, "ETAG", etag)
			headers := slices.Clone(test.headers)
			for i := range headers {
				headers[i] = names.Replace(headers[i])
			}
			r := f.do(test.method, names.Replace(test.path), test.body, headers...)
			var texts []string
			for _, text := range test.texts {
				texts = append(texts, names.Replace(text))
			}
			f.want(r, test.status, texts...)
		})
	}
}

func TestPutKeepsBytesAndTellsTheETag(t *testing.T) {
	f := start(t, davtest.Quirks{})
	odd := strings.ReplaceAll(event, "\r\n", "\n") + "\n"
	r := f.do("PUT", f.work+"odd.ics", odd)
	f.want(r, http.StatusCreated)
	data, etag, ok := f.Object(f.work + "odd.ics")
	if !ok || string(data) != odd || r.header.Get("ETag") != etag || !strings.HasPrefix(etag, `"`) {
		t.Fatalf("stored %q as %s, answered %v", data, etag, r.header)
	}
	got := f.do("GET", f.work+"odd.ics", "")
	f.want(got, http.StatusOK)
	if got.body != odd || got.header.Get("ETag") != etag || got.header.Get("Content-Type") != "text/calendar; charset=utf-8" {
		t.Errorf("got %q with %v", got.body, got.header)
	}
	f.want(f.do("GET", f.work+"odd.ics", "", "If-None-Match", etag), http.StatusNotModified)
	if other := f.PutObject(f.work+"odd.ics", []byte(event)); other == etag {
		t.Error("another version has the same ETag")
	}
}

func TestOptionsTellsWhatTheServerIs(t *testing.T) {
	f := start(t, davtest.Quirks{})
	r := f.do("OPTIONS", "/", "")
	if got := r.header.Get("DAV"); got != "1, 3, extended-mkcol, calendar-access, addressbook" {
		t.Errorf("DAV: %s", got)
	}
	if !strings.Contains(r.header.Get("Allow"), "MKCALENDAR") {
		t.Errorf("Allow: %s", r.header.Get("Allow"))
	}
}

func TestCollectionPropertiesSurviveMkcalendar(t *testing.T) {
	f := start(t, davtest.Quirks{})
	want := dav.Collection{
		Kind: dav.Calendar, Path: "/calendars/alice/new/", DisplayName: "Ünder & <over>", Description: "two\nlines",
		Color: "#11223344", Order: "7", Timezone: "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", Components: []string{"VEVENT", "VTODO"},
	}
	body := `<c:mkcalendar ` + namespaces + `><d:set><d:prop>` +
		`<d:displayname>Ünder &amp; &lt;over></d:displayname><c:calendar-description>two` + "\n" + `lines</c:calendar-description>` +
		`<i:calendar-color>#11223344</i:calendar-color><i:calendar-order>7</i:calendar-order>` +
		`<c:calendar-timezone>BEGIN:VCALENDAR&#13;` + "\n" + `END:VCALENDAR&#13;` + "\n" + `</c:calendar-timezone>` +
		`<c:supported-calendar-component-set><c:comp name="VEVENT"/><c:comp name="VTODO"/></c:supported-calendar-component-set>` +
		`<x:own xmlns:x="urn:x"><x:deep at="1">text</x:deep></x:own>` +
		`</d:prop></d:set></c:mkcalendar>`
	f.want(f.do("MKCALENDAR", "/calendars/alice/new/", body), http.StatusCreated)
	got := f.collection("/calendars/alice/new/")
	if got.CTag == "" || got.SyncToken == "" {
		t.Errorf("no CTag or sync-token in %+v", got)
	}
	got.CTag, got.SyncToken = "", ""
	if !equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	r := f.propfind("/calendars/alice/new/", "0", `<c:calendar-timezone/><d:displayname/><c:supported-calendar-component-set/><x:own xmlns:x="urn:x"/>`)
	f.want(r, http.StatusMultiStatus, "BEGIN:VCALENDAR&#13;\nEND:VCALENDAR&#13;\n", "Ünder &amp; &lt;over&gt;", `<C:comp name="VTODO">`,
		`<own xmlns="urn:x"><deep xmlns="urn:x" at="1">text</deep></own>`)
}

func TestAddCollectionKeepsAllProperties(t *testing.T) {
	f := start(t, davtest.Quirks{})
	want := dav.Collection{
		Kind: dav.AddressBook, Path: "/addressbooks/alice/caf%C3%A9%20%26/", DisplayName: "Café", Description: "d",
		AddressData: []string{"3.0"},
	}
	if path := f.AddCollection("alice", want); path != "/addressbooks/alice/caf%C3%A9%20&/" {
		t.Errorf("path %s", path)
	}
	want.Path = "/addressbooks/alice/caf%C3%A9%20&/"
	got := f.collection(want.Path)
	got.CTag, got.SyncToken = "", ""
	if !equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	f.want(f.do("PUT", want.Path+"x.vcf", strings.Replace(card, "3.0", "4.0", 1)), 403, "<CR:supported-address-data/>")
	for name, path := range map[string]string{
		"a path that is taken": f.AddCollection("alice", want),
		"an unknown user":      f.AddCollection("carol", want),
	} {
		if path != "" {
			t.Errorf("%s gave %s", name, path)
		}
	}
	if path := f.AddCollection("alice", dav.Collection{Kind: dav.Calendar, DisplayName: "Home & garden"}); path != "/calendars/alice/Home%20&%20garden/" {
		t.Errorf("path made of the display name: %s", path)
	}
}

// collection returns one of alice's by its path.
func (f *fixture) collection(path string) dav.Collection {
	f.t.Helper()
	for _, c := range f.Collections("alice") {
		if c.Path == path {
			return c
		}
	}
	f.t.Fatalf("there is no %s", path)
	return dav.Collection{}
}

func TestAddHome(t *testing.T) {
	f := start(t, davtest.Quirks{})
	if !f.AddHome("alice", dav.Calendar, "/more/alice/") || f.AddHome("alice", dav.Calendar, "/more/alice") || f.AddHome("carol", dav.Calendar, "/x/") {
		t.Fatal("homes are not added once each")
	}
	path := f.AddCollection("alice", dav.Collection{Kind: dav.Calendar, Path: "/more/alice/extra/"})
	if path != "/more/alice/extra/" || f.collection(path).Path != path {
		t.Errorf("added %q", path)
	}
	if path := f.AddCollection("alice", dav.Collection{Kind: dav.AddressBook, Path: "/more/alice/book/"}); path != "/addressbooks/alice/book/" {
		t.Errorf("the book is at %q", path)
	}
	f.want(f.do("MKCALENDAR", "/more/alice/new/", ""), http.StatusCreated)
	if got := f.read(f.propfind("/more/alice/", "1", "<d:resourcetype/>")).hrefs(); len(got) != 3 {
		t.Errorf("listed %q", got)
	}
}

func equal(a, b dav.Collection) bool {
	return a.Kind == b.Kind && a.Path == b.Path && a.DisplayName == b.DisplayName && a.Description == b.Description &&
		a.Color == b.Color && a.Order == b.Order && a.Timezone == b.Timezone && a.CTag == b.CTag && a.SyncToken == b.SyncToken &&
		slices.Equal(a.Components, b.Components) && slices.Equal(a.AddressData, b.AddressData)
}

func TestProppatchSetsAndRemoves(t *testing.T) {
	f := start(t, davtest.Quirks{})
	before := f.Collections("alice")[0]
	f.want(f.do("PROPPATCH", f.work, `<d:propertyupdate `+namespaces+`><d:set><d:prop><i:calendar-color>#ABCDEF</i:calendar-color></d:prop></d:set>`+
		`<d:remove><d:prop><d:displayname/></d:prop></d:remove></d:propertyupdate>`), http.StatusMultiStatus)
	after := f.Collections("alice")[0]
	if after.Color != "#ABCDEF" || after.DisplayName != "" || after.CTag == before.CTag {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
}

func TestDeletedCollectionIsGoneForGood(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.PutObject(f.work+"one.ics", []byte(event))
	shared := f.Share(f.work, "bob")
	token := f.Collections("alice")[0].SyncToken
	f.want(f.do("DELETE", f.work, ""), http.StatusNoContent)
	if f.Objects(f.work) != nil || f.Objects(shared) != nil || len(f.Collections("alice")) != 1 {
		t.Error("something is left")
	}
	f.want(f.do("MKCALENDAR", f.work, ""), http.StatusCreated)
	f.want(f.sync(f.work, token, 0), http.StatusForbidden, "<valid-sync-token/>")
	if n := len(f.Objects(f.work)); n != 0 {
		t.Errorf("%d objects in the new one", n)
	}
}
