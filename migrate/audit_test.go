package migrate_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// A row of the journal that is lost is an error of davferry's own: the run does not say that it is complete.
func TestSumsThatAreNotRight(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		trigger string // of the journal's database
		want    string // "" for no error
	}{
		"nothing is lost": {"", ""},
		"a row is lost": {"AFTER INSERT ON objects WHEN NEW.path LIKE '%/e1.ics' BEGIN DELETE FROM objects WHERE path = NEW.path; END",
			"/calendars/anna/work/ of anna: 5 objects listed, 4 with an outcome"},
		"all rows of a collection are lost": {"AFTER INSERT ON objects WHEN NEW.path LIKE '%.vcf' BEGIN DELETE FROM objects WHERE path = NEW.path; END",
			"/addressbooks/anna/friends/ of anna: 3 objects listed, 0 with an outcome"},
		"an object has two rows": {"AFTER INSERT ON objects WHEN NEW.path LIKE '%/e1.ics' BEGIN INSERT OR IGNORE INTO objects SELECT collection, path || '2', etag, sha256, " +
			"uid, size, outcome, reason, status, condition, dest_path, dest_etag, created, run, at, dest_size, vanished, rules, put_uid, put_size, changed, left_as_is, " +
			"source_sha256, pieces FROM objects WHERE path = NEW.path; END", "/calendars/anna/work/ of anna: 5 objects listed, 6 with an outcome"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.fill("anna", 5, 3)
			w.breakJournal(tt.trigger)
			s, err := w.runJob(t.Context(), w.job(migrate.Migrate))
			switch {
			case tt.want == "":
				if err != nil || !s.Complete() {
					t.Errorf("%+v, %v", s, err)
				}
			case err == nil || s != nil:
				t.Errorf("the run said that it had ended well: %+v", s)
			case !strings.Contains(err.Error(), "davferry's own error") || !strings.Contains(err.Error(), tt.want):
				t.Errorf("%v", err)
			}
		})
	}
}

// breakJournal makes the world's journal with a trigger that does something behind davferry's back.
func (w *world) breakJournal(trigger string) {
	w.t.Helper()
	dir := filepath.Join(w.dir, "state")
	journal, err := migrate.OpenJournal(w.t.Context(), dir)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := journal.Close(); err != nil || trigger == "" {
		return
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, migrate.JournalFile))
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = db.Exec("CREATE TRIGGER broken " + trigger)
	if err := errors.Join(err, db.Close()); err != nil {
		w.t.Fatal(err)
	}
}
