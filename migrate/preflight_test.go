package migrate_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// preflight runs a preflight to its end, and checks that it wrote nothing.
func (w *world) preflight(change ...func(*migrate.Job)) *migrate.Summary {
	w.t.Helper()
	job := w.job(migrate.Preflight)
	job.DryRun = true
	for _, c := range change {
		c(job)
	}
	s, err := w.runJob(w.t.Context(), job)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, server := range []*davtest.Server{w.from, w.to} {
		if n := countRequests(server, "PUT", "DELETE", "MKCALENDAR", "MKCOL", "PROPPATCH", "POST", "MOVE", "COPY"); n > 0 {
			w.t.Errorf("%d requests that write", n)
		}
	}
	return s
}

func todo(uid string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:" + uid + "\r\nDTSTAMP:20260101T000000Z\r\nEND:VTODO\r\nEND:VCALENDAR\r\n")
}

func TestPreflightOfAnnouncements(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quirks davtest.Quirks
		there  []dav.Collection // at the destination
		refuse map[string]int   // objects by condition
		takes  []string         // what the first placement says
	}{
		"nothing is announced":      {},
		"a calendar that takes all": {there: []dav.Collection{{Kind: dav.Calendar, Path: "work"}}},
		"a calendar for events": {there: []dav.Collection{{Kind: dav.Calendar, Path: "work", Components: []string{"VEVENT"}}},
			takes: []string{"VEVENT"}},
		"new calendars for events": {quirks: davtest.Quirks{ComponentSets: []string{"VEVENT"}},
			refuse: map[string]int{"supported-calendar-component": 2}, takes: []string{"VEVENT"}},
		"another calendar for events": {there: []dav.Collection{{Kind: dav.Calendar, Path: "other", Components: []string{"VEVENT"}}}},
		"new calendars for one type":  {quirks: davtest.Quirks{ComponentSets: []string{"VTODO", "VEVENT"}}, takes: []string{"VEVENT"}},
		"new calendars for more":      {quirks: davtest.Quirks{ComponentSets: []string{"VEVENT", "VEVENT VTODO VJOURNAL"}}, takes: []string{"VEVENT", "VTODO", "VJOURNAL"}},
		"an address book of a version": {there: []dav.Collection{{Kind: dav.AddressBook, Path: "friends", AddressData: []string{"3.0"}}},
			refuse: map[string]int{"supported-address-data": 1}},
		"another address book of a version": {there: []dav.Collection{{Kind: dav.AddressBook, Path: "other", AddressData: []string{"3.0"}}},
			refuse: map[string]int{"supported-address-data": 1}},
		"a size, where the collections are": {quirks: davtest.Quirks{MaxResourceSize: 300},
			there:  []dav.Collection{{Kind: dav.Calendar, Path: "work"}, {Kind: dav.AddressBook, Path: "friends", AddressData: []string{"2.1", "3.0"}}},
			refuse: map[string]int{"max-resource-size": 1}},
		"a size, where another collection is": {quirks: davtest.Quirks{MaxResourceSize: 300}, there: []dav.Collection{{Kind: dav.Calendar, Path: "other"}},
			refuse: map[string]int{"max-resource-size": 1}},
		"room for all":     {quirks: davtest.Quirks{Quota: 5000}},
		"no limit of room": {quirks: davtest.Quirks{Quota: -3}},
		"room for too few": {quirks: davtest.Quirks{Quota: 500}, refuse: map[string]int{"quota-not-exceeded": 1}},
		"invitations":      {quirks: davtest.Quirks{AutoSchedule: true, Server: "CalendarServer/9.2"}, refuse: map[string]int{"calendar-auto-schedule": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, test.quirks)
			calendar, book := w.fill("anna", 2, 2)
			for i := range 2 {
				w.from.PutObject(fmt.Sprintf("%st%d.ics", calendar, i), todo(fmt.Sprintf("uid-t%d", i)))
			}
			w.from.PutObject(calendar+"long.ics", event("uid-long", strings.Repeat("long ", 60)))
			w.from.PutObject(calendar+"meeting.ics", event("uid-meeting", "Meeting", "ORGANIZER:mailto:a@x\r\n"))
			w.from.PutObject(book+"old.vcf", []byte("BEGIN:VCARD\r\nVERSION:2.1\r\nUID:old\r\nN:Old\r\nEND:VCARD\r\n"))
			for _, c := range test.there {
				w.to.AddCollection("anna", c)
			}
			s := w.preflight()
			got := map[string]int{}
			for _, p := range s.Problems {
				if got[p.Condition]++; p.Outcome != migrate.Refused {
					t.Errorf("problem %+v", p)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(test.refuse) {
				t.Errorf("refused %v, want %v: %+v", got, test.refuse, s.Problems)
			}
			if s.Complete() != (len(test.refuse) == 0) {
				t.Errorf("complete: %v", s.Complete())
			}
			f := s.PerAccount[0].Forecast
			if f.Types != (migrate.TypeCounts{Events: 4, Todos: 2, Contacts: 3}) || f.Meetings != 1 || *s.Types != f.Types {
				t.Errorf("types %+v, meetings %d, in all %+v", f.Types, f.Meetings, s.Types)
			}
			if i := slices.IndexFunc(f.Collections, func(p migrate.Placement) bool { return p.Path == calendar }); !slices.Equal(f.Collections[i].Takes, test.takes) {
				t.Errorf("placement %+v", f.Collections[i])
			}
		})
	}
}

// What is at the destination already is not refused again.
func TestPreflightAfterAMigration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 3, 2)
	w.migrate()
	w.to.ResetRequests()
	w.to.SetQuirks(davtest.Quirks{MaxResourceSize: 10})
	s := w.preflight()
	w.want(s, migrate.Counts{Listed: 5, Unchanged: 5})
	if s.PerAccount[0].Forecast.Types != (migrate.TypeCounts{Events: 3, Contacts: 2}) || s.PerAccount[0].Forecast.ToWrite != 0 || !s.Complete() {
		t.Errorf("%+v, problems %+v", s.PerAccount[0].Forecast, s.Problems)
	}
}

func TestPreflightThatOnlyLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{MaxResourceSize: 300})
	calendar, _ := w.fill("anna", 3, 2)
	w.from.PutObject(calendar+"long.ics", event("uid-long", strings.Repeat("long ", 60)))
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	s := w.preflight(func(j *migrate.Job) { j.Quick = true })
	w.want(s, migrate.Counts{Listed: 6, Skipped: 5, Refused: 1})
	if n := countRequests(w.from, "REPORT", "GET"); n > 0 || s.Collections.Existing != 1 || s.Collections.Created != 1 || s.PerAccount[0].Forecast.ToWrite == 0 {
		t.Errorf("%d objects were read, %+v, %+v", n, s.Collections, s.PerAccount[0].Forecast)
	}
}

// The file may spell one account in several ways; the servers tell.
func TestPreflightOfTwins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.accountCSV = "account,source,source_user,source_password,destination,destination_user,destination_password\n" +
		"a,SOURCE,anna,pw-anna,DEST,anna,pw-anna\n" +
		"b,SOURCE,bert,pw-bert,DEST/calendars/anna/,anna,pw-anna\n" +
		"c,SOURCE/principals/bert/,bert,pw-bert,SOURCE/principals/,bert,pw-bert\n" +
		"d,DEST,bert,pw-bert,SOURCE/x,anna,pw-anna\n"
	w.accountCSV = strings.NewReplacer("SOURCE", strings.TrimSuffix(w.fromURL, "/"), "DEST", strings.TrimSuffix(w.toURL, "/")).Replace(w.accountCSV)
	s := w.preflight()
	var got []string
	for _, p := range s.Problems {
		got = append(got, p.Account+": "+p.Message)
		if p.Outcome != migrate.Conflict {
			t.Errorf("problem %+v", p)
		}
	}
	want := []string{
		"b: it is written to the same account as a: their objects would be mixed",
		"c: the source and the destination are the same account",
		"d: it is written to the account that a is read from: what is moved depends on who comes first",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	if len(s.Notes) != 1 || s.Notes[0].Message != "it is read from the same account as b" || s.Accounts.OK != 1 {
		t.Errorf("notes %+v, accounts %+v", s.Notes, s.Accounts)
	}
}

// A login that may only read, at the destination: nothing is made and nothing is put.
func TestPreflightWithoutRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 2, 1)
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	w.behind(readOnly)
	s := w.preflight()
	w.want(s, migrate.Counts{Listed: 3, Refused: 2, Failed: 1})
	var conditions []string
	for _, p := range s.Problems {
		conditions = append(conditions, p.Condition)
	}
	if !slices.Equal(conditions, []string{"need-privileges", "need-privileges", "need-privileges"}) ||
		!strings.Contains(s.Problems[0].Message, "making the collection friends at the destination: the login may not make collections in /addressbooks/anna/: it is granted read") {
		t.Errorf("problems %+v", s.Problems)
	}
}

// A destination that makes no collections: each that would have to be made is named, those that are there take what is theirs.
func TestPreflightWhereNothingCanBeMade(t *testing.T) {
	t.Parallel()
	for _, quick := range []bool{false, true} {
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{MakesNone: true})
		w.fill("anna", 2, 1)
		w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
		s := w.preflight(func(j *migrate.Job) { j.Quick = quick })
		if len(s.Problems) != 1 || s.Complete() || s.PerAccount[0].State != migrate.AccountIncomplete {
			t.Fatalf("state %s, problems %+v", s.PerAccount[0].State, s.Problems)
		}
		p := s.Problems[0]
		if p.Collection != "/addressbooks/anna/friends/" || p.Condition != "collections-not-to-add" || p.Objects != 1 ||
			!strings.Contains(p.Message, "making the collection friends at the destination: the server says of ") || !strings.Contains(p.Message, "that it takes no MKCOL") {
			t.Errorf("problem %+v", p)
		}
		if migrated := w.migrate(); migrated.Collections.Failed != 1 || migrated.Objects.Created != 2 {
			t.Errorf("the migration: %+v, %+v", migrated.Collections, migrated.Objects)
		}
	}
}

// A destination with calendars alone: what address books hold has no place, and one that holds nothing is left out.
func TestPreflightWithoutAService(t *testing.T) {
	t.Parallel()
	for contacts, refused := range map[int]bool{0: false, 3: true} {
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		w.fill("anna", 2, contacts)
		w.behind(withoutBooks)
		s := w.preflight()
		var got []string
		for _, p := range s.Problems {
			got = append(got, fmt.Sprint(p.Collection, " ", p.Objects, " ", p.Condition, " ", p.Message))
		}
		var want []string
		if refused {
			want = []string{"/addressbooks/anna/friends/ 3 no-such-service making the collection friends at the destination: " +
				"the account has no CardDAV service there, so that it has no place for address books"}
		}
		if !slices.Equal(got, want) || s.Complete() == refused {
			t.Errorf("%q, want %q", got, want)
		}
		if f := s.PerAccount[0].Forecast; !slices.Equal(f.Source.Services, []string{"caldav", "carddav"}) || !slices.Equal(f.Destination.Services, []string{"caldav"}) {
			t.Errorf("services %q, %q", f.Source.Services, f.Destination.Services)
		}
		migrated := w.migrate()
		if migrated.Complete() == refused || !refused && (len(migrated.Left) != 1 || migrated.Left[0].Reason != "it is empty, and the destination has no CardDAV service") {
			t.Errorf("the migration: %s, left out %+v", migrated.Verdict(), migrated.Left)
		}
	}
}

// A source with calendars alone, where the destination has address books: it may be that they were not found.
func TestPreflightOfASourceWithoutAService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 2, 0)
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { withoutBooks(rw, r, w.from) }))
	defer front.Close()
	w.fromURL = front.URL
	if s := w.preflight(); len(s.Notes) > 0 || !s.Complete() {
		t.Errorf("notes %+v, problems %+v", s.Notes, s.Problems)
	}
	w.to.AddCollection("anna", dav.Collection{Kind: dav.AddressBook, Path: "friends"})
	s := w.preflight()
	if len(s.Notes) != 1 || !strings.HasPrefix(s.Notes[0].Message, "the source has no CardDAV service, and the destination has address books") || !s.Complete() {
		t.Errorf("notes %+v, problems %+v", s.Notes, s.Problems)
	}
}

// withoutBooks is a server that names no home set for address books.
func withoutBooks(rw http.ResponseWriter, r *http.Request, server http.Handler) {
	rewritten(rw, r, server, func(body string) string { return strings.ReplaceAll(body, "addressbook-home-set", "no-home-set") })
}

// The document is a contract: names, and lists that are there where they are empty.
func TestPreflightAsJSON(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	text, err := json.Marshal(w.preflight().PerAccount[0].Forecast)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"source":{"found":true,`, `"objects_by_type":{"events":0,"todos":0,"journals":0,"contacts":0,"other":0}`,
		`"meetings":0`, `"bytes_to_write":0`, `"collections":[]`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
}

// readOnly is a server that grants reading only.
func readOnly(rw http.ResponseWriter, r *http.Request, server http.Handler) {
	rewritten(rw, r, server, func(body string) string {
		for _, name := range []string{"write", "write-properties", "write-content", "bind", "unbind"} {
			body = strings.ReplaceAll(body, "<privilege><"+name+"/></privilege>", "")
		}
		return body
	})
}

// rewritten answers as the server does, with another body.
func rewritten(rw http.ResponseWriter, r *http.Request, server http.Handler, change func(body string) string) {
	rec := httptest.NewRecorder()
	server.ServeHTTP(rec, r)
	for name, values := range rec.Header() {
		rw.Header()[name] = values
	}
	rw.Header().Del("Content-Length")
	rw.WriteHeader(rec.Code)
	io.WriteString(rw, change(rec.Body.String()))
}

// What may go wrong and need not is a note, and stands in nobody's way.
func TestPreflightNotes(t *testing.T) {
	t.Parallel()
	journal := []byte(strings.ReplaceAll(string(todo("uid-j")), "VTODO", "VJOURNAL"))
	sogo := davtest.Quirks{AutoSchedule: true, DeafToScheduleReply: true, DeafToScheduleAgent: true, Server: "SOPE 4.9.37/WebDAV"}
	oneMeeting := map[string][]byte{"m.ics": event("uid-m", "Meeting", people)}
	for name, test := range map[string]struct {
		quirks  davtest.Quirks
		header  string // DAV, of all answers
		quick   bool
		mode    migrate.InvitationMode
		objects map[string][]byte
		there   []dav.Collection
		want    []string
	}{
		"nothing": {objects: map[string][]byte{"e.ics": event("uid-e", "Event")}},
		"an object that is odd": {objects: map[string][]byte{"e.ics": []byte(strings.ReplaceAll(string(event("", "Event")), "UID:\r\n", ""))},
			want: []string{"1 object: no UID"}},
		"a component that no calendar there takes": {objects: map[string][]byte{"j.ics": journal},
			there: []dav.Collection{{Kind: dav.Calendar, Path: "a", Components: []string{"VEVENT"}}, {Kind: dav.Calendar, Path: "b", Components: []string{"VTODO"}}},
			want:  []string{"1 object with a VJOURNAL for new calendars: no calendar that the destination has takes them, and a new one may not either"}},
		"a component that a calendar there may take": {objects: map[string][]byte{"j.ics": journal},
			there: []dav.Collection{{Kind: dav.Calendar, Path: "a", Components: []string{"VEVENT"}}, {Kind: dav.Calendar, Path: "b"}}},
		"meetings that were not read": {quirks: sogo, quick: true,
			want: []string{"meetings would be refused: the destination (SOGo) mails invitations and no client can keep it quiet; how many there are is not known with --quick"}},
		"meetings that are marked": {quirks: davtest.Quirks{AutoSchedule: true, Signature: "X-DAViCal-Version"}, objects: oneMeeting,
			want: []string{"the people of 1 meeting would be marked SCHEDULE-AGENT=CLIENT, so that the destination (DAViCal) tells nobody of them, now or later"}},
		"meetings that a header keeps quiet": {quirks: davtest.Quirks{AutoSchedule: true, Signature: "X-Sabre-Version"}, objects: oneMeeting},
		"meetings where nobody is told":      {objects: oneMeeting},
		"meetings without their people": {quirks: sogo, objects: oneMeeting, mode: migrate.InvitationsNeutralise,
			want: []string{"the people of 1 meeting would be taken out of effect (X-DAVFERRY-ORGANIZER, X-DAVFERRY-ATTENDEE)"}},
		"meetings whose people may be told": {quirks: sogo, objects: oneMeeting, mode: migrate.InvitationsAllow,
			want: []string{"the destination may mail the people of 1 meeting"}},
		"many calendars for Nextcloud": {header: "1, nc-calendar-search",
			want: []string{"12 collections would be made, 12 in all: Nextcloud allows a user 10 an hour and 30 in all unless its administrator sets other limits"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, test.quirks)
			calendar, _ := w.fill("anna", 0, 0)
			for name, data := range test.objects {
				w.from.PutObject(calendar+name, data)
			}
			if test.header != "" {
				for i := range 10 {
					w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: fmt.Sprintf("more%d", i)})
				}
				w.behind(func(rw http.ResponseWriter, r *http.Request, server http.Handler) {
					server.ServeHTTP(withDAV{rw, test.header}, r)
				})
			}
			for _, c := range test.there {
				w.to.AddCollection("anna", c)
			}
			s := w.preflight(func(j *migrate.Job) { j.Quick, j.Invitations = test.quick, test.mode })
			var got []string
			for _, n := range s.Notes {
				got = append(got, n.Message)
			}
			if !slices.Equal(got, test.want) || !s.Complete() {
				t.Errorf("notes %q, want %q; problems %+v", got, test.want, s.Problems)
			}
		})
	}
}

// withDAV has a server say what it can in its own way.
type withDAV struct {
	http.ResponseWriter
	dav string
}

func (w withDAV) WriteHeader(status int) {
	w.Header().Set("DAV", w.dav)
	w.ResponseWriter.WriteHeader(status)
}
