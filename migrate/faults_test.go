package migrate_test

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/internal/dav/davtest/faultproxy"
	"davferry/migrate"
	"davferry/source"
)

// mishap is what goes wrong at one side, at its server or on the way to it.
type mishap struct {
	quirks  davtest.Quirks
	server  []davtest.Fault
	way     []faultproxy.Fault
	closing int           // answers after which each connection is closed, 0 for never
	timeout time.Duration // of the client; 0 for one that nothing reaches

	// outlasted says that the first run carries everything over all the same. Else it says what it did not, and the next
	// run does.
	outlasted bool
}

// always makes faults strike from their first moment on until they are cleared.
func always(faults ...faultproxy.Fault) []faultproxy.Fault {
	for i := range faults {
		faults[i].Times = -1
	}
	return faults
}

// answered is a server's answer in the place of what was asked for.
func answered(method string, status, times int, header ...string) davtest.Fault {
	f := davtest.Fault{Method: method, Status: status, Times: times, Header: http.Header{}}
	for i := 0; i+1 < len(header); i += 2 {
		f.Header.Set(header[i], header[i+1])
	}
	return f
}

// silence is the timeout of the runs in which a server falls silent.
const silence = time.Second

// mishapsOfReading strike the source of a run.
var mishapsOfReading = map[string]mishap{
	"connections end as soon as they are made":  {way: []faultproxy.Fault{{Times: 2}}, outlasted: true},
	"connections are reset as soon as made":     {way: []faultproxy.Fault{{Action: faultproxy.Reset, Times: 2}}, outlasted: true},
	"connections end after 3 answers":           {closing: 3, outlasted: true},
	"the network is gone after 12 answers":      {closing: 12, way: always(faultproxy.Fault{Skip: 1})},
	"discovery is cut":                          {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "PROPFIND", Octets: 90}}, outlasted: true},
	"a listing ends within its answer":          {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "PROPFIND", Path: work, Octets: 900}}, outlasted: true},
	"a listing is reset within its answer":      {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Action: faultproxy.Reset, Method: "PROPFIND", Path: work, Octets: 900}}, outlasted: true},
	"a listing always ends within its answer":   {way: always(faultproxy.Fault{At: faultproxy.WithinAnswer, Method: "PROPFIND", Path: work, Octets: 900})},
	"a listing stalls":                          {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Action: faultproxy.Stall, Method: "PROPFIND", Path: work, Octets: 900}}, timeout: silence, outlasted: true},
	"multigets end before their body":           {way: []faultproxy.Fault{{At: faultproxy.BeforeBody, Method: "REPORT", Times: 2}}, outlasted: true},
	"multigets end within their body":           {way: []faultproxy.Fault{{At: faultproxy.WithinBody, Method: "REPORT", Octets: 200, Times: 2}}, outlasted: true},
	"multigets end after their body":            {way: []faultproxy.Fault{{At: faultproxy.AfterBody, Method: "REPORT", Times: 2}}, outlasted: true},
	"multigets end before their answer":         {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "REPORT", Times: 2}}, outlasted: true},
	"multigets end within their answer":         {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "REPORT", Octets: 1500, Times: 3}}, outlasted: true},
	"multigets are reset within their answer":   {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Action: faultproxy.Reset, Method: "REPORT", Octets: 1500, Times: 3}}, outlasted: true},
	"multigets always end within their answer":  {way: always(faultproxy.Fault{At: faultproxy.WithinAnswer, Method: "REPORT", Octets: 1500}), outlasted: true},
	"multigets end behind their answer":         {way: always(faultproxy.Fault{At: faultproxy.AfterAnswer, Method: "REPORT"}), outlasted: true},
	"a multiget stalls before its answer":       {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Action: faultproxy.Stall, Method: "REPORT"}}, timeout: silence, outlasted: true},
	"a multiget stalls within its answer":       {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Action: faultproxy.Stall, Method: "REPORT", Octets: 1500}}, timeout: silence, outlasted: true},
	"a multiget stalls for less than a timeout": {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Action: faultproxy.Stall, Method: "REPORT", Octets: 1500, Delay: silence / 4}}, timeout: silence, outlasted: true},
	"429 to everything":                         {server: []davtest.Fault{answered("", 429, 3, "Retry-After", "0")}, outlasted: true},
	"503 to some multigets":                     {server: []davtest.Fault{answered("REPORT", 503, 2)}, outlasted: true},
	"503 with a time to wait":                   {server: []davtest.Fault{answered("REPORT", 503, 1, "Retry-After", "1")}, outlasted: true},
	"500 to some multigets":                     {server: []davtest.Fault{answered("REPORT", 500, 4)}, outlasted: true},
	"500 to all multigets":                      {server: []davtest.Fault{answered("REPORT", 500, -1)}, outlasted: true},
	"502 to some multigets":                     {server: []davtest.Fault{answered("REPORT", 502, 3)}, outlasted: true},
	"413 to some multigets":                     {server: []davtest.Fault{answered("REPORT", 413, 2)}, outlasted: true},
	"hrefs are left out and made up":            {quirks: davtest.Quirks{LyingMultiget: true}, outlasted: true},
	"hrefs are answered twice":                  {quirks: davtest.Quirks{DuplicateHrefs: true}, outlasted: true},
	"multigets are capped":                      {quirks: davtest.Quirks{MultigetCap: 3}, outlasted: true},
	"multigets are capped, GETs end early": {quirks: davtest.Quirks{MultigetCap: 3}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "GET", Octets: 50, Times: 4}}},
	"answers of HTTP/1.0 end early": {quirks: davtest.Quirks{HTTP10: true}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "REPORT", Octets: 1500, Times: 2}, {At: faultproxy.WithinAnswer, Method: "PROPFIND", Path: work, Octets: 900}}},
}

// mishapsOfWriting strike the destination of a run.
var mishapsOfWriting = map[string]mishap{
	"connections end as soon as they are made": {way: []faultproxy.Fault{{Times: 2}}, outlasted: true},
	"connections end after 3 answers":          {closing: 3, outlasted: true},
	"the network is gone after 12 answers":     {closing: 12, way: always(faultproxy.Fault{Skip: 4})},
	"PUTs end before their body":               {way: []faultproxy.Fault{{At: faultproxy.BeforeBody, Method: "PUT", Times: 4}}, outlasted: true},
	"PUTs end within their body":               {way: []faultproxy.Fault{{At: faultproxy.WithinBody, Method: "PUT", Octets: 60, Times: 4}}, outlasted: true},
	"PUTs are reset within their body":         {way: []faultproxy.Fault{{At: faultproxy.WithinBody, Action: faultproxy.Reset, Method: "PUT", Octets: 60, Times: 4}}, outlasted: true},
	"PUTs end after their body":                {way: []faultproxy.Fault{{At: faultproxy.AfterBody, Method: "PUT", Times: 4}}, outlasted: true},
	"PUTs end before their answer":             {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Times: 4}}, outlasted: true},
	"PUTs are reset before their answer":       {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Action: faultproxy.Reset, Method: "PUT", Times: 4}}, outlasted: true},
	"PUTs end behind their answer":             {way: always(faultproxy.Fault{At: faultproxy.AfterAnswer, Method: "PUT"}), outlasted: true},
	"no PUT is ever answered":                  {way: always(faultproxy.Fault{At: faultproxy.BeforeAnswer, Method: "PUT"}), outlasted: true},
	"no PUT ever arrives":                      {way: always(faultproxy.Fault{At: faultproxy.BeforeBody, Method: "PUT"})},
	"a PUT stalls within its body":             {way: []faultproxy.Fault{{At: faultproxy.WithinBody, Action: faultproxy.Stall, Method: "PUT", Octets: 60}}, timeout: silence, outlasted: true},
	"a PUT that was stored stalls":             {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Action: faultproxy.Stall, Method: "PUT"}}, timeout: silence, outlasted: true},
	"PUTs and the looks after them are lost": {outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Path: work, Times: 3}, {At: faultproxy.BeforeAnswer, Method: "PROPFIND", Path: work + "uid-", Times: 2}}},
	"MKCALENDAR ends before its body":         {way: []faultproxy.Fault{{At: faultproxy.BeforeBody, Method: "MKCALENDAR"}}, outlasted: true},
	"MKCALENDAR never arrives":                {way: always(faultproxy.Fault{At: faultproxy.BeforeBody, Method: "MKCALENDAR"})},
	"MKCALENDAR ends before its answer":       {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "MKCALENDAR"}}, outlasted: true},
	"MKCOL ends before its answer":            {way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "MKCOL"}}, outlasted: true},
	"PROPPATCH ends before its answer":        {quirks: davtest.Quirks{KeepsAtCreation: []string{}}, way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PROPPATCH"}}, outlasted: true},
	"a listing ends within its answer":        {way: []faultproxy.Fault{{At: faultproxy.WithinAnswer, Method: "PROPFIND", Path: work, Octets: 300}}, outlasted: true},
	"a listing always ends within its answer": {way: always(faultproxy.Fault{At: faultproxy.WithinAnswer, Method: "PROPFIND", Path: work, Octets: 300})},
	"429 to some PUTs":                        {server: []davtest.Fault{answered("PUT", 429, 3, "Retry-After", "0")}, outlasted: true},
	"503 to some PUTs":                        {server: []davtest.Fault{answered("PUT", 503, 3, "Retry-After", "0")}, outlasted: true},
	"503 to all PUTs":                         {server: []davtest.Fault{answered("PUT", 503, -1, "Retry-After", "3600")}},
	"500 to some PUTs":                        {server: []davtest.Fault{answered("PUT", 500, 3)}, outlasted: true},
	"500 to all PUTs":                         {server: []davtest.Fault{answered("PUT", 500, -1)}},
	"502 to some PUTs":                        {server: []davtest.Fault{answered("PUT", 502, 3)}, outlasted: true},
	"507 to some PUTs":                        {server: []davtest.Fault{answered("PUT", 507, 3)}},
	"answers are lost, no ETag is said": {quirks: davtest.Quirks{NoETagOnPut: true}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Times: 4}}},
	"answers are lost, conditions are ignored": {quirks: davtest.Quirks{IgnoreIfNoneMatch: true}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Times: 4}}},
	"answers are lost, a UID is taken once": {quirks: davtest.Quirks{UniqueUID: http.StatusPreconditionFailed, RefusePutWith207: true}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Times: 4}}},
	"answers are lost, objects are rewritten": {quirks: davtest.Quirks{RewriteOnPut: true}, outlasted: true,
		way: []faultproxy.Fault{{At: faultproxy.BeforeAnswer, Method: "PUT", Times: 4}}},
}

// The path of the larger collection, at every server of the table, and how many objects there are in it and in all.
const (
	work       = "/calendars/anna/work/"
	workEvents = 24
	allObjects = 32
)

// trial is a world in which something goes wrong with one verb.
type trial struct {
	*world
	verb    string
	archive string
	server  *davtest.Server   // of the side that has the mishap
	way     *faultproxy.Proxy // to it
}

// TestFaults runs each verb into each mishap of a side that it has. Whatever happened, the first run ends in time, tells
// what it could not do, and the run after it finishes: every object is there once and as it was, and the journal says so.
func TestFaults(t *testing.T) {
	trials := map[string]func(*testing.T){}
	for _, side := range []struct {
		name    string
		verbs   []string
		mishaps map[string]mishap
	}{
		{"reading", []string{migrate.Migrate, migrate.Export}, mishapsOfReading},
		{"writing", []string{migrate.Migrate, migrate.Import}, mishapsOfWriting},
	} {
		for name, m := range side.mishaps {
			for _, verb := range side.verbs {
				trials[verb+", "+side.name+": "+name] = func(t *testing.T) { newTrial(t, verb, side.name == "writing", m).run(m) }
			}
		}
	}
	sideBySide(t, trials)
}

func newTrial(t *testing.T, verb string, writing bool, m mishap) *trial {
	var from, to davtest.Quirks
	if writing {
		to = m.quirks
	} else {
		from = m.quirks
	}
	r := &trial{world: newWorld(t, from, to), verb: verb, archive: filepath.Join(t.TempDir(), "archive")}
	r.batch = 6
	r.fill("anna", workEvents, allObjects-workEvents)
	if verb == migrate.Import {
		r.export(t, t.Context(), r.archive)
	}
	url := &r.fromURL
	r.server = r.from
	if writing {
		url, r.server = &r.toURL, r.to
	}
	way, err := faultproxy.Start(*url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { way.Close() })
	*url, r.way = way.URL, way
	return r
}

// run has the mishap happen to a first run and lets a second one finish.
func (r *trial) run(m mishap) {
	r.timeout = cmp.Or(m.timeout, 30*time.Second)
	if r.retries = 1; m.outlasted {
		r.retries = 4
	}
	r.way.CloseAfter(m.closing)
	for _, f := range m.way {
		r.way.Inject(f)
	}
	for _, f := range m.server {
		r.server.Inject(f)
	}
	first := r.once()
	if unused := r.way.UnusedFaults(); len(unused) > 0 {
		r.t.Errorf("never struck: %+v", unused)
	}
	if unused := r.server.UnusedFaults(); len(unused) > 0 {
		r.t.Errorf("never struck: %+v", unused)
	}
	if first.Complete() != m.outlasted {
		r.t.Errorf("the first run: complete: %v, %s\n%+v", first.Complete(), first.Verdict(), first.Problems)
	}
	if first.Complete() {
		r.expectAll(first)
	}
	r.way.CloseAfter(0)
	r.way.ClearFaults()
	r.server.ClearFaults()
	if second := r.once(); !second.Complete() {
		r.t.Errorf("the second run: %s\n%+v", second.Verdict(), second.Problems)
	} else {
		r.expectAll(second)
	}
	r.expectNothingTwice()
	r.expectNothingToDo()
}

// inTime is how long a run may take, on a machine that has other things to do. Most take a second.
const inTime = time.Minute

// once runs the verb to its end.
func (r *trial) once() *migrate.Summary {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), inTime)
	defer cancel()
	var s *migrate.Summary
	var err error
	switch r.verb {
	case migrate.Export:
		s = r.export(r.t.(*testing.T), ctx, r.archive)
	case migrate.Import:
		archive, openErr := source.OpenArchive(r.archive)
		if openErr != nil {
			r.t.Fatal(openErr)
		}
		defer archive.Close()
		job := r.job(migrate.Import)
		job.From = archive
		s, err = r.runJob(ctx, job)
	default:
		s, err = r.runJob(ctx, r.job(migrate.Migrate))
	}
	if err != nil || ctx.Err() != nil {
		r.t.Fatalf("it ended with %v, %v", err, ctx.Err())
	}
	return s
}

// expectAll expects every object at the destination, the sums and the journal to be right.
func (r *trial) expectAll(s *migrate.Summary) {
	r.t.Helper()
	if s.Objects.Listed != allObjects || s.Objects.AtDestination() != allObjects {
		r.t.Errorf("objects are %+v", s.Objects)
	}
	books := r.sourceObjects()
	if r.verb == migrate.Export {
		r.expectArchive(books)
	} else if got := r.destinationValues(); !slices.Equal(got, slices.Sorted(maps.Values(books))) && !r.to.Quirks().RewriteOnPut || len(got) != len(books) {
		r.t.Errorf("%d objects at the source, %d at the destination, or they differ", len(books), len(got))
	}
	r.expectLedger(books)
}

// sourceObjects returns what anna has at the source, by path.
func (w *world) sourceObjects() map[string]string {
	objects := map[string]string{}
	for _, c := range w.from.Collections("anna") {
		for path, data := range w.from.Objects(c.Path) {
			objects[path] = string(data)
		}
	}
	return objects
}

// destinationValues returns what anna has at the destination, sorted.
func (w *world) destinationValues() []string {
	var values []string
	for _, c := range w.to.Collections("anna") {
		for _, data := range w.to.Objects(c.Path) {
			values = append(values, string(data))
		}
	}
	slices.Sort(values)
	return values
}

func (r *trial) expectArchive(objects map[string]string) {
	r.t.Helper()
	report, err := source.VerifyArchive(r.t.Context(), r.archive)
	if err != nil || len(report.Problems) > 0 || report.Objects != int64(len(objects)) {
		r.t.Errorf("the archive: %+v, %v", report, err)
	}
	var want []string
	for path, data := range objects {
		if strings.HasPrefix(path, work) {
			want = append(want, data)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Values(archived(r.t.(*testing.T), r.archive, "work"))); !slices.Equal(got, want) {
		r.t.Errorf("the archive holds %d events, or others than the %d of the source", len(got), len(want))
	}
}

// expectLedger expects a row in the journal for each object, which says where it is and which version.
func (r *trial) expectLedger(objects map[string]string) {
	r.t.Helper()
	rows := r.ledger(r.verb, r.archive)
	if len(rows) != len(objects) {
		r.t.Errorf("the journal has %d rows of %d objects", len(rows), len(objects))
	}
	for path, data := range objects {
		row, ok := rows[path]
		switch migrate.Outcome(row.Outcome) {
		case migrate.Created, migrate.Updated, migrate.Unchanged:
		default:
			r.t.Errorf("the journal says of %s: %t, %+v", path, ok, row)
			continue
		}
		_, etag, _ := r.from.Object(path) // an archive has its own
		if row.SHA256 != migrate.Sum([]byte(data)) || row.Size != int64(len(data)) || row.ETag != etag && r.verb != migrate.Import {
			r.t.Errorf("the journal says another version of %s: %+v", path, row)
		}
		if r.verb == migrate.Export {
			continue
		}
		if _, etag, there := r.to.Object(row.DestPath); !there || etag != row.DestETag {
			r.t.Errorf("the journal says of %s that it is at %q with the ETag %s; there is one: %t, %s", path, row.DestPath, row.DestETag, there, etag)
		}
	}
}

// ledger returns what the journal says of a verb's objects, by their path at the source.
func (w *world) ledger(verb, archive string) map[string]migrate.Record {
	w.t.Helper()
	journal, err := migrate.OpenJournal(w.t.Context(), filepath.Join(w.dir, "state"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer journal.Close()
	job := w.job(verb)
	if verb == migrate.Export {
		job.Target = archive
	}
	rows := map[string]migrate.Record{}
	for _, account := range job.Accounts {
		for _, c := range w.from.Collections(account.Name) {
			objects, err := journal.Objects(w.t.Context(), job.TargetOf(account), account.Name, c.Path)
			if err != nil {
				w.t.Fatal(err)
			}
			maps.Copy(rows, objects)
		}
	}
	return rows
}

// expectNothingTwice expects that no object was written over another.
func (r *trial) expectNothingTwice() {
	r.t.Helper()
	for _, request := range r.to.Requests() {
		if request.Method == http.MethodPut && request.Status == http.StatusNoContent {
			r.t.Errorf("%s was written over", request.Path)
		}
	}
}

// expectNothingToDo expects of one more run that it finds everything done.
func (r *trial) expectNothingToDo() {
	r.t.Helper()
	r.to.ResetRequests()
	if s := r.once(); r.verb != migrate.Export && s.Objects.Unchanged != allObjects || !s.Complete() {
		r.t.Errorf("the third run: %+v", s.Objects)
	}
	if n := countRequests(r.to, "PUT", "MKCALENDAR", "MKCOL", "PROPPATCH", "DELETE", "REPORT"); n != 0 {
		r.t.Errorf("the third run sent %d requests that write or read at the destination", n)
	}
}
