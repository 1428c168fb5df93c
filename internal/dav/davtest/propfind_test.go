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

// TestDiscoveryProperties asks each resource on the way from the root to an object for what clients ask there.
func TestDiscoveryProperties(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.AddHome("alice", dav.Calendar, "/more/alice/")
	f.AddHome("alice", dav.AddressBook, "https://books.example/alice/")
	f.PutObject(f.work+"one.ics", []byte(event))
	me := "<href>/principals/alice/</href>"
	for _, test := range []struct{ name, path, props, want string }{
		{"root", "/", `<d:current-user-principal/>`, "<current-user-principal>" + me},
		{"calendar homes", "/principals/alice/", `<c:calendar-home-set/>`, "<C:calendar-home-set><href>/calendars/alice/</href><href>/more/alice/</href></C:calendar-home-set>"},
		{"address book homes", "/principals/alice/", `<a:addressbook-home-set/>`, "<href>/addressbooks/alice/</href><href>https://books.example/alice/</href>"},
		{"addresses", "/principals/alice/", `<c:calendar-user-address-set/>`, "<href>mailto:alice@davtest.example</href>" + me},
		{"principal", "/principals/alice/", `<d:resourcetype/><d:principal-URL/><d:displayname/>`, "<resourcetype><collection/><principal/></resourcetype><principal-URL>" + me + "</principal-URL><displayname>alice</displayname>"},
		{"owner", "WORK", `<d:owner/>`, "<owner>" + me + "</owner>"},
		{"calendar", "WORK", `<d:resourcetype/><d:displayname/>`, "<resourcetype><collection/><C:calendar/></resourcetype><displayname>Work</displayname>"},
		{"address book", "PEOPLE", `<d:resourcetype/>`, "<resourcetype><collection/><CR:addressbook/></resourcetype>"},
		{"address data", "PEOPLE", `<a:supported-address-data/>`, `<CR:address-data-type content-type="text/vcard" version="4.0"/>`},
		{"calendar data", "WORK", `<c:supported-calendar-data/>`, `<C:calendar-data content-type="text/calendar" version="2.0"/>`},
		{"reports", "WORK", `<d:supported-report-set/>`, "<supported-report><report><C:calendar-multiget/></report></supported-report>"},
		{"privileges", "WORK", `<d:current-user-privilege-set/>`, "<privilege><write-content/></privilege>"},
		{"unknown property", "WORK", `<x:y xmlns:x="urn:x"/>`, `<propstat><prop><y xmlns="urn:x"/></prop><status>HTTP/1.1 404 Not Found</status></propstat>`},
		{"object", "WORKone.ics", `<d:getcontenttype/><d:getcontentlength/>`, fmt.Sprintf("<getcontenttype>text/calendar; charset=utf-8</getcontenttype><getcontentlength>%d</getcontentlength>", len(event))},
		{"no data outside of reports", "WORKone.ics", `<c:calendar-data/>`, "<prop><C:calendar-data/></prop><status>HTTP/1.1 404"},
		{"unset display name", "/calendars/alice/", `<d:sync-token/>`, "404"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := strings.NewReplacer("WORK", f.work, "PEOPLE", f.people).Replace(test.path)
			f.want(f.propfind(path, "0", test.props), http.StatusMultiStatus, test.want)
		})
	}
}

func TestPropfindDepthOneListsWhatIsBelow(t *testing.T) {
	f := start(t, davtest.Quirks{})
	for i := range 3 {
		f.PutObject(fmt.Sprintf("%s%d.ics", f.work, i), []byte(withUID(fmt.Sprint(i))))
	}
	f.DeleteObject(f.work + "1.ics")
	for _, test := range []struct {
		path string
		want []string
	}{
		{"/", []string{"/", "/principals/", "/calendars/", "/addressbooks/"}},
		{"/calendars/", []string{"/calendars/", "/calendars/alice/"}},
		{"/calendars/alice/", []string{"/calendars/alice/", "/calendars/alice/work/"}},
		{f.work, []string{f.work, f.work + "0.ics", f.work + "2.ics"}},
	} {
		t.Run(test.path, func(t *testing.T) {
			if got := f.read(f.propfind(test.path, "1", "<d:getetag/>")).hrefs(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAllpropAndPropname(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.do("PROPPATCH", f.work, `<d:propertyupdate `+namespaces+`><d:set><d:prop><i:calendar-color>red</i:calendar-color>`+
		`<c:calendar-timezone>zone</c:calendar-timezone></d:prop></d:set></d:propertyupdate>`)
	all := f.do("PROPFIND", f.work, `<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>`, "Depth", "0")
	f.want(all, http.StatusMultiStatus, "<ICAL:calendar-color>red</ICAL:calendar-color>", "<displayname>Work")
	f.lacks(all, "calendar-timezone", "404")
	if bare := f.do("PROPFIND", f.work, "", "Depth", "0"); bare.body != all.body {
		t.Errorf("without a body: %s", bare.body)
	}
	more := f.do("PROPFIND", f.work, `<d:propfind `+namespaces+`><d:allprop/><d:include><d:sync-token/></d:include></d:propfind>`, "Depth", "0")
	f.want(more, http.StatusMultiStatus, "<sync-token>http")
	names := f.do("PROPFIND", f.work, `<d:propfind xmlns:d="DAV:"><d:propname/></d:propfind>`, "Depth", "0")
	f.want(names, http.StatusMultiStatus, "<CS:getctag></CS:getctag>", "<C:calendar-timezone></C:calendar-timezone>")
	f.lacks(names, "red", "404", "getetag")
}

func TestStateChangesWithEveryChange(t *testing.T) {
	f := start(t, davtest.Quirks{})
	seen := map[string]bool{}
	for _, step := range []struct {
		name   string
		change func()
	}{
		{"nothing", func() {}},
		{"put", func() { f.do("PUT", f.work+"a.ics", event) }},
		{"over", func() { f.PutObject(f.work+"a.ics", []byte(withUID("b"))) }},
		{"delete", func() { f.do("DELETE", f.work+"a.ics", "") }},
	} {
		step.change()
		c := f.Collections("alice")[0]
		if seen[c.CTag] || seen[c.SyncToken] {
			t.Errorf("%s: the state is an old one: %+v", step.name, c)
		}
		seen[c.CTag], seen[c.SyncToken] = true, true
		f.want(f.propfind(f.work, "0", "<s:getctag/><d:sync-token/>"), 207,
			"<CS:getctag>"+c.CTag+"</CS:getctag>", "<sync-token>"+c.SyncToken+"</sync-token>")
	}
}

// TestNamesAreFoundUnderAnySpelling puts objects under odd names and finds them as listed, in every style.
func TestNamesAreFoundUnderAnySpelling(t *testing.T) {
	names := []string{
		"plain.ics", "with blank.ics", "a@b.ics", "ü.ics", "u\u0308.ics", "50%.ics", "50%25.ics", "a+b.ics", "a&b.ics", "a<b>.ics",
		"what?.ics", "#1.ics", "a;b,c=d.ics", "(x)'!*.ics", `quote".ics`, "🎉.ics", "sl/ash.ics", "dots..ics", "a:b.ics",
	}
	for style, want := range map[davtest.HrefStyle]string{
		davtest.HrefPlain:     "a@b.ics",
		davtest.HrefEscapeAll: "%C3%BC.ics",
		davtest.HrefLowerHex:  "%c3%bc.ics",
		davtest.HrefRaw:       "with blank.ics",
	} {
		t.Run(want, func(t *testing.T) {
			f := start(t, davtest.Quirks{Hrefs: style})
			for i, name := range names {
				f.want(f.do("PUT", f.work+escape(name), withUID(fmt.Sprint(i))), http.StatusCreated)
			}
			listed := f.read(f.propfind(f.work, "1", "<d:getetag/>")).hrefs()[1:]
			if len(listed) != len(names) || !slices.Contains(listed, f.work+want) {
				t.Fatalf("listed %q", listed)
			}
			var escaped []string
			for _, href := range listed {
				escaped = append(escaped, strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(href))
			}
			m := f.read(f.multiget(f.work, escaped...))
			if !slices.Equal(m.hrefs(), listed) {
				t.Errorf("multiget answered %q", m.hrefs())
			}
			for i, r := range m.Responses {
				if uid := fmt.Sprintf("UID:%d\n", i); r.Status != "" || !strings.Contains(r.Propstats[0].Prop.CalendarData, uid) {
					t.Errorf("%s: %+v", listed[i], r)
				}
			}
		})
	}
}

// escape is the strictest legal spelling of a name.
func escape(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestSpecialsAreListedAsRealServersDo(t *testing.T) {
	f := start(t, davtest.Quirks{})
	for kind, want := range map[davtest.Special]string{
		davtest.Inbox:          "<resourcetype><collection/><C:schedule-inbox/></resourcetype>",
		davtest.Outbox:         "<resourcetype><collection/><C:schedule-outbox/></resourcetype>",
		davtest.Notifications:  "<resourcetype><collection/><CS:notification/></resourcetype>",
		davtest.Subscription:   "<resourcetype><collection/><CS:subscribed/></resourcetype><CS:source><href>https://calendar.example/holidays.ics</href></CS:source>",
		davtest.Birthdays:      "<resourcetype><collection/><C:calendar/></resourcetype>",
		davtest.TrashBin:       "<resourcetype><collection/><NC:trash-bin/></resourcetype>",
		davtest.RecentContacts: "<resourcetype><collection/><CR:addressbook/></resourcetype>",
	} {
		path := f.AddSpecial("alice", kind)
		f.want(f.propfind(path, "0", "<d:resourcetype/><s:source/>"), http.StatusMultiStatus, want)
		if home := path[:strings.LastIndex(strings.TrimSuffix(path, "/"), "/")+1]; !slices.Contains(f.read(f.propfind(home, "1", "<d:resourcetype/>")).hrefs(), path) {
			t.Errorf("%s is not listed", path)
		}
		f.want(f.do("PUT", path+"x.ics", event), http.StatusForbidden)
	}
	if n := len(f.Collections("alice")); n != 2 {
		t.Errorf("%d collections of her own", n)
	}
	f.want(f.propfind("/principals/alice/", "0", "<c:schedule-inbox-URL/>"), 207, "<C:schedule-inbox-URL><href>/calendars/alice/inbox/</href>")
	if path := f.AddSpecial("carol", davtest.Inbox); path != "" {
		t.Errorf("an unknown user has %s", path)
	}
	if n := len(f.Objects("/calendars/alice/contact_birthdays/")); n != 1 {
		t.Errorf("%d birthdays", n)
	}
}

func TestSpecialsOfNewUsers(t *testing.T) {
	f := start(t, davtest.Quirks{Specials: []davtest.Special{davtest.Inbox, davtest.Birthdays}})
	want := []string{"/calendars/alice/", "/calendars/alice/inbox/", "/calendars/alice/contact_birthdays/", f.work}
	if got := f.read(f.propfind("/calendars/alice/", "1", "<d:resourcetype/>")).hrefs(); !slices.Equal(got, want) {
		t.Errorf("listed %q", got)
	}
}

func TestSharedCollectionsAreMarked(t *testing.T) {
	f := start(t, davtest.Quirks{})
	bobs := f.AddCollection("bob", dav.Collection{Kind: dav.Calendar, Path: "team", DisplayName: "Team"})
	f.PutObject(bobs+"one.ics", []byte(event))
	path := f.Share(bobs, "alice")
	if path != "/calendars/alice/team_shared_by_bob/" {
		t.Fatalf("path %q", path)
	}
	f.want(f.propfind(path, "0", "<d:resourcetype/><d:owner/><d:current-user-privilege-set/>"), 207,
		"<collection/><C:calendar/><CS:shared/>", "<owner><href>/principals/bob/</href></owner>",
		"<current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>")
	f.want(f.do("GET", path+"one.ics", ""), http.StatusOK, event)
	f.want(f.do("PUT", path+"two.ics", event), http.StatusForbidden)
	f.want(f.do("DELETE", path, ""), http.StatusForbidden)
	f.PutObject(bobs+"two.ics", []byte(withUID("two")))
	if n := len(f.read(f.propfind(path, "1", "<d:getetag/>")).hrefs()); n != 3 {
		t.Errorf("%d responses", n)
	}
	if f.Share("/none", "alice") != "" || f.Share(bobs, "carol") != "" {
		t.Error("shared what is not there")
	}
}

func TestEveryPrefixStyleMeansTheSame(t *testing.T) {
	for style, want := range []string{
		davtest.PrefixDefault:  `<multistatus xmlns="DAV:"`,
		davtest.PrefixAll:      `<d:multistatus xmlns:d="DAV:"`,
		davtest.PrefixNumbered: `<ns0:multistatus xmlns:ns0="DAV:"`,
		davtest.PrefixNone:     `<multistatus xmlns="DAV:"><response xmlns="DAV:">`,
	} {
		t.Run(want, func(t *testing.T) {
			f := start(t, davtest.Quirks{Prefixes: davtest.PrefixStyle(style)})
			r := f.propfind(f.work, "0", `<d:resourcetype/><d:displayname/><x:y xmlns:x="urn:&quot;x"/>`)
			f.want(r, 207, want)
			m := f.read(r)
			found, missing := m.Responses[0].Propstats[0], m.Responses[0].Propstats[1]
			if found.Prop.DisplayName != "Work" || found.Status != "HTTP/1.1 200 OK" {
				t.Errorf("found %+v", found)
			}
			if len(missing.Prop.Any) != 1 || missing.Prop.Any[0].XMLName != (xml.Name{Space: `urn:"x`, Local: "y"}) {
				t.Errorf("missing %+v", missing)
			}
			if types := found.Prop.Any; len(types) != 1 || !strings.Contains(types[0].Inner, "calendar") {
				t.Errorf("types %+v", types)
			}
		})
	}
}
