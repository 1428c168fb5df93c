package davtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
)

// sync sends a sync-collection with a limit, 0 for none.
func (f *fixture) sync(path, token string, limit int) reply {
	f.t.Helper()
	body := `<d:sync-collection ` + namespaces + `><d:sync-token>` + token + `</d:sync-token><d:sync-level>1</d:sync-level>`
	if limit > 0 {
		body += fmt.Sprintf("<d:limit><d:nresults>%d</d:nresults></d:limit>", limit)
	}
	return f.do("REPORT", path, body+`<d:prop><d:getetag/></d:prop></d:sync-collection>`)
}

func TestMultigetAnswersEveryHref(t *testing.T) {
	f := start(t, davtest.Quirks{})
	etag := f.PutObject(f.work+"one.ics", []byte(event))
	for name, test := range map[string]struct {
		href, answered string
		found          bool
	}{
		"as listed":             {f.work + "one.ics", f.work + "one.ics", true},
		"a whole URL":           {f.url + f.work + "one.ics", f.work + "one.ics", true},
		"a URL of another host": {"https://other.example" + f.work + "one.ics", f.work + "one.ics", true},
		"relative":              {"one.ics", f.work + "one.ics", true},
		"escaped more":          {f.work + "%6Fne.ics", f.work + "one.ics", true},
		"with space around":     {"\n\t" + f.work + "one.ics ", f.work + "one.ics", true},
		"missing":               {f.work + "none.ics", f.work + "none.ics", false},
		"a collection":          {f.work, strings.TrimSuffix(f.work, "/"), false},
		"another user's":        {"/calendars/bob/x/one.ics", "/calendars/bob/x/one.ics", false},
		"badly escaped":         {"/%zz", "/%zz", false},
		"empty":                 {"", strings.TrimSuffix(f.work, "/"), false},
	} {
		t.Run(name, func(t *testing.T) {
			m := f.read(f.multiget(f.work, test.href))
			if !slices.Equal(m.hrefs(), []string{test.answered}) {
				t.Fatalf("answered %q", m.hrefs())
			}
			r := m.Responses[0]
			if !test.found {
				if r.Status != "HTTP/1.1 404 Not Found" || len(r.Propstats) != 0 {
					t.Errorf("answered %+v", r)
				}
				return
			}
			if prop := r.Propstats[0].Prop; prop.ETag != etag || prop.CalendarData != strings.ReplaceAll(event, "\r", "") {
				t.Errorf("answered %+v", prop)
			}
		})
	}
	if m := f.read(f.multiget(f.work)); len(m.Responses) != 0 {
		t.Errorf("without hrefs: %+v", m)
	}
}

func TestMultigetOfCards(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.PutObject(f.people+"ada.vcf", []byte(card))
	m := f.read(f.multiget(f.people, f.people+"ada.vcf"))
	if got := m.Responses[0].Propstats[0].Prop.AddressData; got != strings.ReplaceAll(card, "\r", "") {
		t.Errorf("got %q", got)
	}
	if requests := f.Requests(); requests[len(requests)-1].Hrefs != 1 {
		t.Errorf("recorded %+v", requests)
	}
}

func TestQueryFindsAllOfAComponent(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.PutObject(f.work+"event.ics", []byte(event))
	f.PutObject(f.work+"task.ics", []byte(strings.ReplaceAll(event, "VEVENT", "VTODO")))
	f.PutObject(f.people+"ada.vcf", []byte(card))
	query := func(filter string) string {
		return `<c:calendar-query ` + namespaces + `><d:prop><d:getetag/></d:prop>` + filter + `</c:calendar-query>`
	}
	for name, test := range map[string]struct {
		path, body string
		want       []string
	}{
		"no filter":  {f.work, query(""), []string{f.work + "event.ics", f.work + "task.ics"}},
		"calendars":  {f.work, query(`<c:filter><c:comp-filter name="VCALENDAR"/></c:filter>`), []string{f.work + "event.ics", f.work + "task.ics"}},
		"tasks":      {f.work, query(`<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VTODO"/></c:comp-filter></c:filter>`), []string{f.work + "task.ics"}},
		"journals":   {f.work, query(`<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VJOURNAL"/></c:comp-filter></c:filter>`), nil},
		"any person": {f.people, `<a:addressbook-query ` + namespaces + `><d:prop><d:getetag/></d:prop><a:filter/></a:addressbook-query>`, []string{f.people + "ada.vcf"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := f.read(f.do("REPORT", test.path, test.body, "Depth", "1")).hrefs(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestSyncTellsWhatChanged(t *testing.T) {
	f := start(t, davtest.Quirks{})
	a, b, c := f.work+"a.ics", f.work+"b.ics", f.work+"c.ics"
	f.PutObject(a, []byte(withUID("a")))
	f.PutObject(b, []byte(withUID("b")))
	first := f.read(f.sync(f.work, "", 0))
	if !slices.Equal(first.hrefs(), []string{a, b}) {
		t.Fatalf("first %q", first.hrefs())
	}
	if again := f.read(f.sync(f.work, first.SyncToken, 0)); len(again.Responses) != 0 || again.SyncToken != first.SyncToken {
		t.Errorf("nothing changed, and yet %+v", again)
	}
	f.PutObject(c, []byte(withUID("c")))
	f.DeleteObject(b)
	f.PutObject(a, []byte(withUID("a2")))
	next := f.read(f.sync(f.work, first.SyncToken, 0))
	if !slices.Equal(next.hrefs(), []string{c, b, a}) || next.Responses[1].Status != "HTTP/1.1 404 Not Found" || next.Responses[0].Status != "" {
		t.Errorf("changed %+v", next.Responses)
	}
	if whole := f.read(f.sync(f.work, "", 0)); !slices.Equal(whole.hrefs(), []string{c, a}) {
		t.Errorf("the whole is %q", whole.hrefs())
	}
	f.PutObject(b, []byte(withUID("b")))
	if back := f.read(f.sync(f.work, next.SyncToken, 0)); !slices.Equal(back.hrefs(), []string{b}) || back.Responses[0].Status != "" {
		t.Errorf("made anew: %+v", back.Responses)
	}
	for _, token := range []string{"nonsense", first.SyncToken + "9", "http://davferry.invalid/sync/other/1"} {
		f.want(f.sync(f.work, token, 0), http.StatusForbidden, "<valid-sync-token/>")
	}
}

func TestSyncGoesOnWhereALimitCutIt(t *testing.T) {
	f := start(t, davtest.Quirks{})
	var want, got []string
	for i := range 7 {
		want = append(want, fmt.Sprintf("%s%d.ics", f.work, i))
		f.PutObject(want[i], []byte(withUID(fmt.Sprint(i))))
	}
	token, pages := "", 0
	for cut := true; cut; pages++ {
		m := f.read(f.sync(f.work, token, 3))
		cut = false
		for _, r := range m.Responses {
			if r.Href == f.work && r.Status == "HTTP/1.1 507 Insufficient Storage" {
				cut = true
			} else {
				got = append(got, r.Href)
			}
		}
		token = m.SyncToken
	}
	if pages != 3 || !slices.Equal(got, want) {
		t.Errorf("%d pages: %q", pages, got)
	}
}
