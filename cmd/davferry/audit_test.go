package main

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// A run whose sums are not right ends with 1 and says so, whatever the objects' outcomes are.
func TestSumsThatAreNotRight(t *testing.T) {
	s := newCrashSite(t, crashCommand{verb: "migrate", flags: []string{"--dry-run"}}, newCrashSource())
	s.finish(t)
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "accounts.davferry", "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `CREATE TRIGGER lose AFTER INSERT ON objects WHEN NEW.path LIKE '%/anna/work/7.ics'
		BEGIN DELETE FROM objects WHERE path = NEW.path; END`)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	s.command = s.command[:len(s.command)-1]
	cmd, output := s.program(t)
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v\n%s", err, output)
	}
	if !strings.Contains(output.String(), "davferry's own error: the journal's sums are not right: /calendars/anna/work/ of anna: 45 objects listed, 44 with an outcome") {
		t.Errorf("it says\n%s", output)
	}
}
