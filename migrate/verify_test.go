package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// verify compares, with the journal of earlier runs or without.
func (w *world) verify(sample float64, withJournal bool) (*migrate.Verification, []migrate.Finding) {
	w.t.Helper()
	job := w.job(migrate.Verify)
	if withJournal {
		journal, err := migrate.OpenJournal(w.t.Context(), filepath.Join(w.dir, "state"))
		if err != nil {
			w.t.Fatal(err)
		}
		defer journal.Close()
		job.Journal = journal
	}
	var findings []migrate.Finding
	v, err := job.Verify(w.t.Context(), sample, func(f migrate.Finding) { findings = append(findings, f) })
	if err != nil {
		w.t.Fatal(err)
	}
	return v, findings
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(w *world, calendar, book string)
		to     davtest.Quirks
		want   migrate.Verdicts
		says   string // in the findings
	}{
		"all the same": {func(*world, string, string) {}, davtest.Quirks{}, migrate.Verdicts{Listed: 30, Identical: 30}, ""},
		"rewritten by the server": {func(*world, string, string) {}, davtest.Quirks{RewriteOnPut: true},
			migrate.Verdicts{Listed: 30, Equivalent: 30}, ""},
		"changed": {func(w *world, c, b string) { w.to.PutObject(c+"uid-e3.ics", event("uid-e3", "Edited")) }, davtest.Quirks{},
			migrate.Verdicts{Listed: 30, Identical: 29, Changed: 1}, "SUMMARY"},
		"missing": {func(w *world, c, b string) { w.to.DeleteObject(b + "uid-c3.vcf") }, davtest.Quirks{},
			migrate.Verdicts{Listed: 30, Identical: 29, Missing: 1}, "uid-c3"},
		"extra": {func(w *world, c, b string) { w.to.PutObject(c+"more.ics", event("more", "More")) }, davtest.Quirks{},
			migrate.Verdicts{Listed: 30, Identical: 30, Extra: 1}, "more.ics"},
		"under another name": {func(w *world, c, b string) {
			w.to.DeleteObject(c + "uid-e3.ics")
			w.to.PutObject(c+"renamed.ics", event("uid-e3", "Event"))
		}, davtest.Quirks{}, migrate.Verdicts{Listed: 30, Identical: 30}, ""},
		"a collection is missing": {func(w *world, c, b string) {
			for path := range w.to.Objects(b) {
				w.to.DeleteObject(path)
			}
		}, davtest.Quirks{}, migrate.Verdicts{Listed: 30, Identical: 20, Missing: 10}, "uid-c9"},
		"unreadable": {func(w *world, c, b string) {
			w.to.Inject(davtest.Fault{Method: "REPORT", Path: b, Status: 403, Times: -1})
			w.to.Inject(davtest.Fault{Method: "GET", Path: b, Status: 403, Times: -1})
		}, davtest.Quirks{}, migrate.Verdicts{Listed: 30, Identical: 20, Unread: 10}, "403"},
		"the source is unreadable": {func(w *world, c, b string) {
			w.from.Inject(davtest.Fault{Method: "PROPFIND", Path: b, Status: 403, Times: -1})
		}, davtest.Quirks{}, migrate.Verdicts{Listed: 20, Identical: 20}, ""},
	} {
		for _, withJournal := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, with the journal %v", name, withJournal), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, davtest.Quirks{}, tt.to)
				calendar, book := w.fill("anna", 20, 10)
				w.migrate()
				w.to.ResetRequests()
				tt.change(w, calendar, book)
				v, findings := w.verify(100, withJournal)
				if v.Objects != tt.want {
					t.Errorf("%+v, not %+v; %+v", v.Objects, tt.want, v.Problems)
				}
				if said := fmt.Sprintf("%+v", v.Findings); !strings.Contains(said, tt.says) {
					t.Errorf("findings: %s", said)
				}
				if n := tt.want.Listed + tt.want.Extra; len(findings) != n {
					t.Errorf("%d lines for %d objects", len(findings), n)
				}
				if same := tt.want.Changed+tt.want.Missing+tt.want.Unread == 0 && tt.want.Listed == 30; v.Same() != same {
					t.Errorf("the same: %v", v.Same())
				}
				if n := countRequests(w.to, "PUT", "DELETE", "MKCALENDAR", "MKCOL", "PROPPATCH"); n > 0 {
					t.Errorf("%d requests that write", n)
				}
			})
		}
	}
}

func TestVerifyWithoutTheDestinationsCollection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 4, 4)
	v, _ := w.verify(100, false)
	if want := (migrate.Verdicts{Listed: 8, Missing: 8}); v.Objects != want {
		t.Errorf("%+v", v.Objects)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "state")); err == nil {
		t.Error("a state folder was made")
	}
}

// Two objects of one UID are each compared with their own counterpart.
func TestVerifyTwins(t *testing.T) {
	t.Parallel()
	for _, withJournal := range []bool{true, false} {
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		calendar := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
		for i := range 4 {
			w.from.PutObject(fmt.Sprintf("%s%d.ics", calendar, i), event("twin", fmt.Sprint("Twin ", i)))
		}
		w.from.PutObject(calendar+"none.ics", []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"))
		w.want(w.migrate(), migrate.Counts{Listed: 5, Created: 5})
		if v, findings := w.verify(100, withJournal); v.Objects != (migrate.Verdicts{Listed: 5, Identical: 5}) {
			t.Errorf("with the journal %v: %+v", withJournal, findings)
		}
	}
}

func TestVerifySample(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 600, 0)
	w.migrate()
	w.to.PutObject("/calendars/anna/work/more.ics", event("more", "More"))
	v, first := w.verify(20, true)
	if n := v.Objects.Identical; n < 60 || n > 180 || v.Objects.Identical+v.Objects.Skipped != 600 || v.Objects.Extra != 0 {
		t.Errorf("%+v", v.Objects)
	}
	paths := func(findings []migrate.Finding) (paths []string) {
		for _, f := range findings {
			paths = append(paths, f.Path)
		}
		slices.Sort(paths)
		return paths
	}
	if _, second := w.verify(20, true); !slices.Equal(paths(first), paths(second)) {
		t.Error("another sample")
	}
}
