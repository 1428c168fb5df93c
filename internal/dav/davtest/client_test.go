package davtest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"
	"github.com/emersion/go-webdav"
	"github.com/emersion/go-webdav/caldav"
	"github.com/emersion/go-webdav/carddav"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// TestIndependentCalDAVClient walks through CalDAV with a client that shares no code with this project.
func TestIndependentCalDAVClient(t *testing.T) {
	quirks := davtest.Profiles()
	quirks["a server in Go"] = davtest.Quirks{Prefixes: davtest.PrefixNone, Data: davtest.DataCDATA}
	for name, q := range quirks {
		t.Run(name, func(t *testing.T) { walkCalDAV(t, start(t, q)) })
	}
}

func walkCalDAV(t *testing.T, f *fixture) {
	ctx := t.Context()
	f.AddCollection("alice", dav.Collection{
		Kind: dav.Calendar, Path: "tasks@home ü", DisplayName: "Tasks é", Description: "to do", Components: []string{"VTODO"},
	})
	c, err := caldav.NewClient(webdav.HTTPClientWithBasicAuth(f.client, "alice", "secret"), f.url+f.Quirks().Base)
	if err != nil {
		t.Fatal(err)
	}
	principal, err := c.FindCurrentUserPrincipal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	home, err := c.FindCalendarHomeSet(ctx, principal)
	if err != nil {
		t.Fatal(err)
	}
	calendars, err := c.FindCalendars(ctx, home)
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string) caldav.Calendar {
		i := slices.IndexFunc(calendars, func(c caldav.Calendar) bool { return c.Path == path })
		if i < 0 {
			t.Fatalf("%s is not among %+v", path, calendars)
		}
		return calendars[i]
	}
	if tasks := at(home + "tasks@home ü/"); tasks.Name != "Tasks é" || tasks.Description != "to do" ||
		!slices.Equal(tasks.SupportedComponentSet, []string{"VTODO"}) {
		t.Errorf("tasks are %+v", tasks)
	}
	work := at(f.work)
	parsed, err := ical.NewDecoder(strings.NewReader(event)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	path := work.Path + "first one.ics"
	put, err := c.PutCalendarObject(ctx, path, parsed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.MultiGetCalendar(ctx, work.Path, &caldav.CalendarMultiGet{Paths: []string{path}})
	if err != nil || len(got) != 1 {
		t.Fatalf("multiget %+v, %v", got, err)
	}
	if got[0].ETag != put.ETag && put.ETag != "" || got[0].Path != path {
		t.Errorf("multiget %+v, put %+v", got[0], put)
	}
	if summary, err := got[0].Data.Events()[0].Props.Text("SUMMARY"); err != nil || summary != "Tea & <cakes>" {
		t.Errorf("SUMMARY %q, %v", summary, err)
	}
	query := caldav.CalendarQuery{CompFilter: caldav.CompFilter{Name: "VCALENDAR", Comps: []caldav.CompFilter{{Name: "VEVENT"}}}}
	if found, err := c.QueryCalendar(ctx, work.Path, &query); err != nil || len(found) != 1 {
		t.Errorf("query %+v, %v", found, err)
	}
	if one, err := c.GetCalendarObject(ctx, path); err != nil || one.ETag != got[0].ETag {
		t.Errorf("get %+v, %v", one, err)
	}
	if err := c.RemoveAll(ctx, path); err != nil {
		t.Error(err)
	}
	if objects := f.Objects(work.Path); len(objects) != 0 {
		t.Errorf("left over: %v", objects)
	}
}

// TestIndependentCardDAVClient walks through CardDAV in the same way.
func TestIndependentCardDAVClient(t *testing.T) {
	ctx := t.Context()
	f := start(t, davtest.Quirks{})
	c, err := carddav.NewClient(webdav.HTTPClientWithBasicAuth(f.client, "alice", "secret"), f.url)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.HasSupport(ctx); err != nil {
		t.Error(err)
	}
	principal, err := c.FindCurrentUserPrincipal(ctx)
	if err != nil {
		t.Fatal(err)
	}
	home, err := c.FindAddressBookHomeSet(ctx, principal)
	if err != nil {
		t.Fatal(err)
	}
	books, err := c.FindAddressBooks(ctx, home)
	if err != nil || len(books) != 1 || books[0].Path != f.people || books[0].Name != "People" ||
		!books[0].SupportsAddressData("text/vcard", "4.0") {
		t.Fatalf("books %+v, %v", books, err)
	}
	parsed, err := vcard.NewDecoder(strings.NewReader(card)).Decode()
	if err != nil {
		t.Fatal(err)
	}
	put, err := c.PutAddressObject(ctx, f.people+"ada.vcf", parsed)
	if err != nil {
		t.Fatal(err)
	}
	all := carddav.AddressDataRequest{AllProp: true}
	got, err := c.MultiGetAddressBook(ctx, f.people, &carddav.AddressBookMultiGet{Paths: []string{f.people + "ada.vcf"}, DataRequest: all})
	if err != nil || len(got) != 1 || got[0].Card.PreferredValue("FN") != "Ada Lovelace" || got[0].ETag != put.ETag {
		t.Fatalf("multiget %+v, %v", got, err)
	}
	if found, err := c.QueryAddressBook(ctx, f.people, &carddav.AddressBookQuery{DataRequest: all}); err != nil || len(found) != 1 {
		t.Errorf("query %+v, %v", found, err)
	}
	first, err := c.SyncCollection(ctx, f.people, &carddav.SyncQuery{})
	if err != nil || len(first.Updated) != 1 {
		t.Fatalf("sync %+v, %v", first, err)
	}
	f.DeleteObject(f.people + "ada.vcf")
	next, err := c.SyncCollection(ctx, f.people, &carddav.SyncQuery{SyncToken: first.SyncToken})
	if err != nil || len(next.Updated) != 0 || !slices.Equal(next.Deleted, []string{f.people + "ada.vcf"}) {
		t.Errorf("second sync %+v, %v", next, err)
	}
}

// TestIndependentFileClient lists and reads with plain WebDAV.
func TestIndependentFileClient(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.PutObject(f.work+"a.ics", []byte(event))
	c, err := webdav.NewClient(webdav.HTTPClientWithBasicAuth(f.client, "alice", "secret"), f.url)
	if err != nil {
		t.Fatal(err)
	}
	infos, err := c.ReadDir(t.Context(), f.work, false)
	if err != nil || len(infos) != 2 || infos[1].Path != f.work+"a.ics" || infos[1].Size != int64(len(event)) {
		t.Fatalf("list %+v, %v", infos, err)
	}
	body, err := c.Open(t.Context(), f.work+"a.ics")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	var data bytes.Buffer
	if _, err := data.ReadFrom(body); err != nil || data.String() != event {
		t.Errorf("read %q, %v", data.String(), err)
	}
}
