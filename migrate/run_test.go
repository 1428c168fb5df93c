package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
	"davferry/migrate"
	"davferry/sink"
	"davferry/source"
)

func event(uid, summary string, more ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:" + uid +
		"\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:20260105T100000Z\r\nSUMMARY:" + summary + "\r\n" + strings.Join(more, "") + "END:VEVENT\r\nEND:VCALENDAR\r\n")
}

func card(uid, name string) []byte {
	return []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nEND:VCARD\r\n")
}

// world is a source server and a destination server with the users anna and bert, and a state folder.
type world struct {
	t          testing.TB
	from, to   *davtest.Server
	fromURL    string
	toURL      string
	dir        string
	retries    int
	timeout    time.Duration
	passwords  map[string]string
	selection  migrate.Selection
	batch      int
	dryRun     bool
	overwrite  bool
	rules      mapping.Rules
	accountCSV string
	forgetful  bool // the journal keeps no objects
}

func newWorld(t testing.TB, from, to davtest.Quirks) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), retries: 3, timeout: 5 * time.Second, batch: 10}
	w.from, w.fromURL = startServer(t, from)
	w.to, w.toURL = startServer(t, to)
	w.accountCSV = "account,source_user,source_password,destination_user,destination_password\nanna,anna,pw-anna,anna,pw-anna\n"
	return w
}

func startServer(t testing.TB, q davtest.Quirks) (*davtest.Server, string) {
	t.Helper()
	s := davtest.New()
	s.SetQuirks(q)
	s.AddUser("anna", "pw-anna")
	s.AddUser("bert", "pw-bert")
	l, err := s.Start("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return s, l.URL
}

// fill gives a user of the source a calendar with events and an address book with contacts.
func (w *world) fill(user string, events, contacts int) (calendar, book string) {
	calendar = w.from.AddCollection(user, dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work", Color: "#FF2968FF", Components: []string{"VEVENT", "VTODO"}})
	book = w.from.AddCollection(user, dav.Collection{Kind: dav.AddressBook, Path: "friends", DisplayName: "Friends"})
	for i := range events {
		w.from.PutObject(fmt.Sprintf("%se%d.ics", calendar, i), event(fmt.Sprintf("uid-e%d", i), "Event"))
	}
	for i := range contacts {
		w.from.PutObject(fmt.Sprintf("%sc%d.vcf", book, i), card(fmt.Sprintf("uid-c%d", i), "Contact"))
	}
	return calendar, book
}

// job is a run that only lacks its verb's archive.
func (w *world) job(verb string) *migrate.Job {
	w.t.Helper()
	accounts, err := migrate.ReadAccounts(strings.NewReader(w.accountCSV), "accounts.csv", migrate.Defaults{
		Source: w.fromURL, Destination: w.toURL, NeedSource: verb != migrate.Import, NeedDestination: verb != migrate.Export})
	if err != nil {
		w.t.Fatal(err)
	}
	network := dav.NewNetwork(dav.Settings{UserAgent: "davferry/test", Retries: w.retries, Timeout: w.timeout})
	w.t.Cleanup(network.Close)
	return &migrate.Job{Verb: verb, Accounts: accounts, Network: network, Workers: 2, Connections: 4, Batch: w.batch,
		DryRun: w.dryRun, Overwrite: w.overwrite, Selection: w.selection, Rules: w.rules, Progress: &migrate.Progress{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// runJob runs a job with the world's journal.
func (w *world) runJob(ctx context.Context, job *migrate.Job) (*migrate.Summary, error) {
	w.t.Helper()
	journal, err := migrate.OpenJournal(ctx, filepath.Join(w.dir, "state"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := journal.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	if w.forgetful {
		if err := journal.RecordNothing(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	job.Journal = journal
	return job.Run(ctx)
}

// migrate runs migrate to its end.
func (w *world) migrate() *migrate.Summary {
	w.t.Helper()
	s, err := w.runJob(w.t.Context(), w.job(migrate.Migrate))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) want(s *migrate.Summary, want migrate.Counts) {
	w.t.Helper()
	if s.Objects != want {
		w.t.Errorf("objects are %+v\nwant %+v\nproblems %+v", s.Objects, want, s.Problems)
	}
}

// sameObjects checks that a collection of the destination holds the objects of one of the source, byte for byte.
func (w *world) sameObjects(collection string) {
	w.t.Helper()
	values := func(m map[string][]byte) []string {
		var out []string
		for v := range maps.Values(m) {
			out = append(out, string(v))
		}
		slices.Sort(out)
		return out
	}
	if from, to := values(w.from.Objects(collection)), values(w.to.Objects(collection)); !slices.Equal(from, to) {
		w.t.Errorf("%s: %d objects at the source, %d at the destination, or they differ", collection, len(from), len(to))
	}
}

func countRequests(s *davtest.Server, methods ...string) int {
	n := 0
	for _, r := range s.Requests() {
		if slices.Contains(methods, r.Method) {
			n++
		}
	}
	return n
}

func TestMigrateAndMigrateAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 60, 30)
	w.from.AddSpecial("anna", davtest.Inbox)
	first := w.migrate()
	w.want(first, migrate.Counts{Listed: 90, Created: 90})
	w.sameObjects(calendar)
	w.sameObjects(book)
	if first.Collections != (migrate.CollectionCounts{Total: 3, Created: 2, Skipped: 1}) || !first.Complete() || len(first.Left) != 1 {
		t.Errorf("collections %+v, left out %+v", first.Collections, first.Left)
	}
	if puts := countRequests(w.to, "PUT"); puts != 90 || first.Requests.Destination > 90*11/10+10 {
		t.Errorf("%d PUTs, %d requests", puts, first.Requests.Destination)
	}
	if got := w.to.Collections("anna"); len(got) != 2 || got[0].DisplayName != "Work" || got[0].Color != "#FF2968FF" {
		t.Errorf("collections at the destination: %+v", got)
	}
	if v := first.Verdict(); v != "90 of 90 objects are at the destination" {
		t.Errorf("verdict: %s", v)
	}

	w.from.ResetRequests()
	w.to.ResetRequests()
	second := w.migrate()
	w.want(second, migrate.Counts{Listed: 90, Unchanged: 90})
	if n := countRequests(w.to, "PUT", "MKCALENDAR", "MKCOL", "PROPPATCH", "DELETE", "REPORT"); n != 0 {
		t.Errorf("%d requests that write or read at the destination", n)
	}
	if n := countRequests(w.from, "REPORT", "GET"); n != 0 {
		t.Errorf("%d requests that fetch from the source", n)
	}
}

// Without the journal the destination itself says what is there.
func TestMigrateWithoutTheJournalOfTheFirstRun(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]davtest.Quirks{
		"kept as sent": {}, "rewritten": {RewriteOnPut: true}, "no ETag on PUT": {NoETagOnPut: true}, "conditions ignored": {IgnoreIfNoneMatch: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, q)
			w.fill("anna", 25, 10)
			w.migrate()
			w.dir = t.TempDir()
			w.to.ResetRequests()
			w.want(w.migrate(), migrate.Counts{Listed: 35, Unchanged: 35})
			if n := countRequests(w.to, "PUT"); n != 0 {
				t.Errorf("%d PUTs", n)
			}
			w.to.ResetRequests()
			w.want(w.migrate(), migrate.Counts{Listed: 35, Unchanged: 35})
			if n := countRequests(w.to, "PUT", "REPORT"); n != 0 {
				t.Errorf("the journal was not made good: %d requests", n)
			}
		})
	}
}

func TestChangesAreCarriedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 10, 0)
	w.migrate()
	w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed at the source"))
	w.from.PutObject(calendar+"new.ics", event("uid-new", "New"))
	w.from.DeleteObject(calendar + "e2.ics")
	w.to.PutObject(calendar+"uid-e3.ics", event("uid-e3", "Changed at the destination"))
	w.from.PutObject(calendar+"e4.ics", event("uid-e4", "Changed at both, the source"))
	w.to.PutObject(calendar+"uid-e4.ics", event("uid-e4", "Changed at both, the destination"))
	w.to.DeleteObject(calendar + "uid-e5.ics")
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 10, Created: 2, Updated: 1, Unchanged: 5, Conflict: 2})
	for name, want := range map[string]string{"uid-e1.ics": "Changed at the source", "uid-e3.ics": "Changed at the destination",
		"uid-e4.ics": "Changed at both, the destination", "uid-e2.ics": "Event", "uid-e5.ics": "Event"} {
		if data, _, _ := w.to.Object(calendar + name); !strings.Contains(string(data), want) {
			t.Errorf("%s is %q, want %q in it", name, data, want)
		}
	}
	if s.Complete() || len(s.Problems) != 2 || s.Problems[0].UID != "uid-e3" || !strings.Contains(s.Problems[0].Message, "SUMMARY") {
		t.Errorf("problems are %+v", s.Problems)
	}
	w.want(w.migrate(), migrate.Counts{Listed: 10, Unchanged: 8, Conflict: 2})
	w.overwrite = true
	w.want(w.migrate(), migrate.Counts{Listed: 10, Unchanged: 8, Updated: 2})
	w.want(w.migrate(), migrate.Counts{Listed: 10, Unchanged: 10})
}

// What somebody else put at the destination is recognised by its UID, under whatever name.
func TestObjectsThatCameFromElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 3, 0)
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	w.to.PutObject(calendar+"other-name.ics", event("uid-e0", "Event"))
	w.to.PutObject(calendar+"another.ics", event("uid-e1", "Another version"))
	w.to.PutObject(calendar+"foreign.ics", event("uid-foreign", "Nobody asked for it"))
	w.want(w.migrate(), migrate.Counts{Listed: 3, Created: 1, Unchanged: 1, Conflict: 1})
	if n := len(w.to.Objects(calendar)); n != 4 {
		t.Errorf("%d objects at the destination", n)
	}
}

func TestTwoObjectsOfOneUID(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quirks davtest.Quirks
		want   migrate.Counts
	}{
		"the destination takes both":     {davtest.Quirks{}, migrate.Counts{Listed: 2, Created: 2}},
		"the destination takes only one": {davtest.Quirks{UniqueUID: 409}, migrate.Counts{Listed: 2, Created: 1, Conflict: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, tt.quirks)
			calendar, _ := w.fill("anna", 0, 0)
			w.from.PutObject(calendar+"a.ics", event("same", "One"))
			w.from.PutObject(calendar+"b.ics", event("same", "Two"))
			s := w.migrate()
			w.want(s, tt.want)
			if tt.want.Conflict == 1 && (s.Problems[0].Condition != "no-uid-conflict" || s.Problems[0].Path != calendar+"b.ics") {
				t.Errorf("problems are %+v", s.Problems)
			}
		})
	}
}

// What is no calendar data, or oddly so, is carried as it is or refused in the destination's words; its neighbours are not
// touched.
func TestOddObjects(t *testing.T) {
	t.Parallel()
	odd := map[string][]byte{
		"empty.ics":   {},
		"html.ics":    []byte("<html>not found</html>"),
		"control.ics": event("control", "a\x01b"),
		"latin1.ics":  event("latin1", "Gr\xf6\xdfe"),
		"nouid.ics":   []byte(strings.Replace(string(event("x", "no UID")), "UID:x\r\n", "", 1)),
		"tzid.ics":    event("tzid", "x", "DTEND;TZID=Europe/Paris\r\n"),
	}
	w := newWorld(t, davtest.Quirks{Unfit: davtest.UnfitRaw}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 20, 0)
	for name, data := range odd {
		w.from.PutObject(calendar+name, data)
	}
	s := w.migrate()
	if s.Objects.Listed != 26 || s.Objects.Created+s.Objects.Refused != 26 || s.Objects.Refused == 0 || s.Objects.Created < 20 {
		t.Errorf("objects are %+v, problems %+v", s.Objects, s.Problems)
	}
	have := map[string]bool{}
	for _, data := range w.to.Objects(calendar) {
		have[string(data)] = true
	}
	for _, p := range s.Problems {
		if p.Status < 400 || p.Message == "" || p.Outcome != migrate.Refused {
			t.Errorf("problem %+v", p)
		}
		delete(odd, dav.LastSegment(p.Path))
	}
	for name, data := range odd {
		if !have[string(data)] {
			t.Errorf("%s was said to be created and is not there as it was", name)
		}
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	tests := []struct {
		name      string
		selection migrate.Selection
		want      migrate.Counts
	}{
		{"everything", migrate.Selection{}, migrate.Counts{Listed: 9, Created: 9}},
		{"a collection by its display name", migrate.Selection{Include: []string{"wor*"}}, migrate.Counts{Listed: 9, Created: 5, Skipped: 4}},
		{"all but a collection", migrate.Selection{Exclude: []string{"WORK"}}, migrate.Counts{Listed: 9, Created: 4, Skipped: 5}},
		{"contacts", migrate.Selection{Objects: []string{"contacts"}}, migrate.Counts{Listed: 9, Created: 4, Skipped: 5}},
		{"tasks", migrate.Selection{Objects: []string{"todos"}}, migrate.Counts{Listed: 9, Created: 1, Skipped: 8}},
		{"events", migrate.Selection{Objects: []string{"events", "contacts"}}, migrate.Counts{Listed: 9, Created: 8, Skipped: 1}},
		{"from a day on", migrate.Selection{From: day("2026-01-06")}, migrate.Counts{Listed: 9, Created: 6, Skipped: 3}},
		{"up to a day", migrate.Selection{To: day("2026-01-04")}, migrate.Counts{Listed: 9, Created: 5, Skipped: 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			calendar, _ := w.fill("anna", 3, 4)
			w.from.PutObject(calendar+"daily.ics", event("daily", "Daily", "RRULE:FREQ=DAILY\r\n"))
			w.from.PutObject(calendar+"todo.ics", []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VTODO\r\nUID:todo\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Undated\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"))
			w.selection = tt.selection
			s := w.migrate()
			w.want(s, tt.want)
			reasons := 0
			for _, n := range s.Skipped {
				reasons += n
			}
			if reasons != tt.want.Skipped {
				t.Errorf("reasons: %v", s.Skipped)
			}
		})
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 20, 5)
	w.dryRun = true
	w.want(w.migrate(), migrate.Counts{Listed: 25, Created: 25})
	if n := countRequests(w.to, "PUT", "MKCALENDAR", "MKCOL", "PROPPATCH", "DELETE"); n != 0 {
		t.Errorf("%d requests that write", n)
	}
	w.dryRun = false
	w.want(w.migrate(), migrate.Counts{Listed: 25, Created: 25})
	w.from.PutObject(calendar+"e1.ics", event("uid-e1", "Changed"))
	w.dryRun = true
	w.want(w.migrate(), migrate.Counts{Listed: 25, Unchanged: 24, Updated: 1})
	w.dryRun = false
	w.want(w.migrate(), migrate.Counts{Listed: 25, Unchanged: 24, Updated: 1})
}

// One account's trouble is not another's.
func TestAccountsFailApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 10, 0)
	w.fill("bert", 10, 0)
	w.accountCSV = "account,source,source_user,source_password,destination_user,destination_password\n" +
		"anna,,anna,pw-anna,anna,pw-anna\n" +
		"wrong,,bert,not-the-password,bert,pw-bert\n" +
		"down,http://127.0.0.1:1/,carl,pw-carl,carl,pw-carl\n"
	s := w.migrate()
	if s.Accounts != (migrate.AccountCounts{Total: 3, OK: 1, Failed: 2}) || s.Objects.Created != 10 || s.Complete() {
		t.Errorf("accounts %+v, objects %+v", s.Accounts, s.Objects)
	}
	all := fmt.Sprintf("%+v", s.Problems)
	for _, want := range []string{"401 Unauthorized", "connection refused", w.fromURL} {
		if !strings.Contains(all, want) {
			t.Errorf("problems do not say %q: %s", want, all)
		}
	}
	if strings.Contains(all, "not-the-password") {
		t.Error("a password is in the report")
	}
}

func TestCollectionFailsApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	_, book := w.fill("anna", 10, 10)
	w.retries = 1
	w.from.Inject(davtest.Fault{Method: "PROPFIND", Path: book, Status: 500, Times: -1})
	s := w.migrate()
	if s.Objects != (migrate.Counts{Listed: 10, Created: 10}) || s.Collections.Failed != 1 || s.Accounts.Incomplete != 1 || s.Complete() {
		t.Errorf("%+v %+v %+v", s.Objects, s.Collections, s.Accounts)
	}
	if len(s.Problems) != 1 || s.Problems[0].Collection != book || s.Problems[0].Status != 500 {
		t.Errorf("problems are %+v", s.Problems)
	}
}

// Whatever goes wrong on the way, the first run or the next brings everything over once.
func TestFaultsAndTheRunAfterThem(t *testing.T) {
	t.Parallel()
	answer := func(method string, status, times int) davtest.Fault {
		return davtest.Fault{Method: method, Status: status, Times: times, Header: http.Header{"Retry-After": {"0"}}}
	}
	tests := map[string]struct{ from, to []davtest.Fault }{
		"answers of PUTs are lost":     {to: []davtest.Fault{{Method: "PUT", Action: davtest.DropAnswer, Skip: 3, Times: 5}}},
		"connections break under PUTs": {to: []davtest.Fault{{Method: "PUT", Action: davtest.DropAfterBody, Skip: 2, Times: 5}}},
		"503 on PUT":                   {to: []davtest.Fault{answer("PUT", 503, 4)}},
		"500 on some PUTs":             {to: []davtest.Fault{answer("PUT", 500, 3)}},
		"502 on some PUTs":             {to: []davtest.Fault{answer("PUT", 502, 3)}},
		"507 on some PUTs":             {to: []davtest.Fault{answer("PUT", 507, 3)}},
		"MKCALENDAR is lost":           {to: []davtest.Fault{{Method: "MKCALENDAR", Action: davtest.DropAnswer}}},
		"the destination goes away":    {to: []davtest.Fault{{Method: "PUT", Action: davtest.DropBeforeBody, Skip: 5, Times: 60}}},
		"multigets are cut":            {from: []davtest.Fault{{Method: "REPORT", Action: davtest.CutAnswer, Bytes: 1500, Times: 3}}},
		"multigets fail":               {from: []davtest.Fault{answer("REPORT", 500, 8)}},
		"the listing is cut":           {from: []davtest.Fault{{Method: "PROPFIND", Action: davtest.CutAnswer, Bytes: 700, Skip: 2}}},
		"429 at the source":            {from: []davtest.Fault{answer("", 429, 3)}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 2
			calendar, book := w.fill("anna", 40, 10)
			for _, f := range tt.from {
				w.from.Inject(f)
			}
			for _, f := range tt.to {
				w.to.Inject(f)
			}
			first := w.migrate()
			if first.Objects.Listed != 50 && first.Collections.Failed == 0 && first.Accounts.Failed == 0 {
				t.Errorf("objects are %+v", first.Objects)
			}
			w.from.ClearFaults()
			w.to.ClearFaults()
			w.to.ResetRequests()
			last := w.migrate()
			if last.Objects.AtDestination() != 50 || !last.Complete() {
				t.Errorf("after the second run: %+v %+v", last.Objects, last.Problems)
			}
			w.sameObjects(calendar)
			w.sameObjects(book)
		})
	}
}

// A run that is interrupted says so, counts every object, and is finished by the same command.
func TestInterruption(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 80, 10)
	w.to.Inject(davtest.Fault{Method: "PUT", Skip: 20, Times: -1, Action: davtest.Stall})
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted by the test")
	job := w.job(migrate.Migrate)
	go func() {
		for job.Progress.Done() < 20 {
			time.Sleep(time.Millisecond)
		}
		cancel(interrupted)
	}()
	started := time.Now()
	s, err := w.runJob(ctx, job)
	if !errors.Is(err, interrupted) || time.Since(started) > 5*time.Second {
		t.Fatalf("ended with %v after %v", err, time.Since(started))
	}
	if s == nil || !s.Interrupted || s.Objects.Created < 20 || s.Objects.Listed != s.Objects.Created+s.Objects.Failed {
		t.Errorf("summary is %+v", s)
	}
	w.to.ClearFaults()
	w.to.ResetRequests()
	s = w.migrate()
	if s.Objects.AtDestination() != 90 || !s.Complete() {
		t.Errorf("after the second run: %+v", s.Objects)
	}
	if puts := countRequests(w.to, "PUT"); puts > 75 { // those that stalled may be stored late
		t.Errorf("%d PUTs in the second run", puts)
	}
	w.sameObjects(calendar)
	w.sameObjects(book)
}

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, book := w.fill("anna", 30, 10)
	w.from.PutObject(calendar+"a%20b%25.ics", event("odd name", "x"))
	w.from.PutObject(calendar+"c%23d%3F.ics", event("a name that ends early in an href", "x"))
	for _, name := range []string{"archive", "archive.zip", "archive.tar.zst"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			s := w.export(t, t.Context(), path)
			w.want(s, migrate.Counts{Listed: 42, Created: 42})
			if r, err := source.VerifyArchive(t.Context(), path); err != nil || len(r.Problems) > 0 || r.Objects != 42 {
				t.Fatalf("%+v, %v", r, err)
			}
			w.to, w.toURL = startServer(t, davtest.Quirks{})
			w.dir = t.TempDir()
			for _, want := range []migrate.Counts{{Listed: 42, Created: 42}, {Listed: 42, Unchanged: 42}} {
				from, err := source.OpenArchive(path)
				if err != nil {
					t.Fatal(err)
				}
				job := w.job(migrate.Import)
				job.From = from
				s, err := w.runJob(t.Context(), job)
				if err != nil {
					t.Fatal(err)
				}
				from.Close()
				w.want(s, want)
			}
			w.sameObjects(calendar)
			w.sameObjects(book)
		})
	}
}

// export runs export into a new archive and commits it.
func (w *world) export(t *testing.T, ctx context.Context, path string) *migrate.Summary {
	t.Helper()
	archive, err := sink.CreateArchive(path, "davferry test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	job := w.job(migrate.Export)
	job.To, job.Target = archive, path
	s, err := w.runJob(ctx, job)
	if err != nil {
		if ctx.Err() == nil {
			t.Fatal(err)
		}
		return s
	}
	if err := archive.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

// An interrupted export leaves no archive, and the next one fetches only what is missing.
func TestExportGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 100, 10)
	path := filepath.Join(t.TempDir(), "archive")
	w.from.Inject(davtest.Fault{Method: "REPORT", Path: calendar, Skip: 6, Times: -1, Action: davtest.Stall})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for countRequests(w.from, "REPORT") < 6 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond) // for what was fetched to be written
		cancel()
	}()
	w.export(t, ctx, path)
	if matches, _ := filepath.Glob(path); len(matches) > 0 {
		t.Error("an interrupted export left an archive")
	}
	w.from.ClearFaults()
	w.from.ResetRequests()
	w.want(w.export(t, t.Context(), path), migrate.Counts{Listed: 110, Created: 110})
	hrefs := 0
	for _, r := range w.from.Requests() {
		hrefs += r.Hrefs
	}
	if hrefs > 70 {
		t.Errorf("%d objects were fetched again", hrefs)
	}
	if r, err := source.VerifyArchive(t.Context(), path); err != nil || len(r.Problems) > 0 || r.Objects != 110 {
		t.Errorf("%+v, %v", r, err)
	}
}
