package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/mapping"
	"davferry/migrate"
)

// rowsOf yields n objects that rules changed, and then an error if there is one.
func rowsOf(n int, failure error) changeRows {
	return func(yield func(migrate.ObjectChanges, error) bool) {
		for range n {
			change := mapping.Change{Rule: "address", Line: 3, Before: []string{"ATTENDEE:a"}, After: []string{"ATTENDEE:\u202eb"}}
			if !yield(migrate.ObjectChanges{Account: "anna", Path: "/a.ics", Changes: []mapping.Change{change}}, nil) {
				return
			}
		}
		if failure != nil {
			yield(migrate.ObjectChanges{}, failure)
		}
	}
}

func TestReportFile(t *testing.T) {
	broken := errors.New("the journal is broken")
	tests := []struct {
		name    string
		rows    int
		failure error
	}{{"nothing was changed", 0, nil}, {"one", 1, nil}, {"many", 1000, nil}, {"not read to the end", 2, broken}, {"not read at all", 0, broken}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.json")
			s := &migrate.Summary{Verb: migrate.Migrate, Problems: []migrate.Problem{}}
			s.Objects.Listed = 7
			if err := writeReport(path, s, rowsOf(tt.rows, tt.failure)); !errors.Is(err, tt.failure) {
				t.Errorf("writing: %v", err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var whole struct {
				Objects migrate.Counts          `json:"objects"`
				Changed []migrate.ObjectChanges `json:"changed_objects"`
			}
			if err := json.Unmarshal(text, &whole); err != nil || len(whole.Changed) != tt.rows || whole.Objects.Listed != 7 {
				t.Errorf("%v in %.300s", err, text)
			}
			if strings.Contains(string(text), "\u202e") || tt.rows == 0 && strings.Contains(string(text), changedObjects) {
				t.Errorf("the file holds %.300s", text)
			}
			if read, err := readReport(path); err != nil || read.Objects.Listed != 7 {
				t.Errorf("reading: %+v, %v", read, err)
			}
		})
	}
}

func TestChangeSpoolYieldsWhatWasPut(t *testing.T) {
	dir := t.TempDir()
	spool, err := newChangeSpool(dir)
	if err != nil {
		t.Fatal(err)
	}
	for c := range rowsOf(500, nil) {
		spool.put(c)
	}
	n := 0
	for c, err := range spool.rows {
		if n++; err != nil || c.Account != "anna" || len(c.Changes) != 1 || c.Changes[0].After[0] != "ATTENDEE:\u202eb" {
			t.Fatalf("%+v, %v", c, err)
		}
	}
	if n != 500 {
		t.Errorf("%d objects", n)
	}
	if err := spool.close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); len(left) > 0 || err != nil {
		t.Errorf("%v is left, %v", left, err)
	}
}
