package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"davferry/migrate"
)

// maxListed is how many problems, collections left out and notes a page lists each. Browsers are slow with more.
const maxListed = 10_000

//go:embed reporthtml.tmpl
var reportPage string

var reportTemplate = template.Must(template.New("report").Funcs(template.FuncMap{
	"printable": printable,
	"size":      size,
	"count":     count[int],
	"count64":   count[int64],
	"clock":     func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") },
}).Parse(reportPage))

// page is what the template shows.
type page struct {
	*migrate.Summary
	Title    string
	File     string // name of the accounts file
	Ended    time.Time
	Took     string
	Good     bool
	Back     bool // a rollback, which counts what it removed
	Outcomes []outcomeRow
	Reasons  []reasonRow
	Trouble  []migrate.Problem
	LeftOut  []migrate.LeftOut
	Remarks  []migrate.Note
	Advice   []string
	More     map[string]int // how many problems, collections and notes are not listed
}

// outcomeRow is how many objects ended in an outcome, and what that means.
type outcomeRow struct {
	Outcome migrate.Outcome
	Objects int
	Meaning string
}

// reasonRow is how many objects were left out for a reason.
type reasonRow struct {
	Reason  string
	Objects int
}

var pageTitles = map[string]string{
	migrate.Migrate: "Migration of calendars and contacts", migrate.Export: "Export of calendars and contacts",
	migrate.Import: "Import of calendars and contacts", migrate.Rollback: "Rollback of a migration of calendars and contacts",
}

// printReportHTML writes the report as one page that needs nothing else.
func printReportHTML(w io.Writer, s *migrate.Summary, accountsFile string) error {
	if err := reportTemplate.Execute(w, newPage(s, accountsFile)); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func newPage(s *migrate.Summary, accountsFile string) page {
	took := time.Duration(s.Seconds * float64(time.Second))
	p := page{Summary: s, Title: pageTitles[s.Verb], File: filepath.Base(accountsFile), Ended: s.Started.Add(took), Took: elapsed(took),
		Good: s.Complete() && !s.DryRun, Back: s.Verb == migrate.Rollback, Outcomes: outcomeRows(s), More: map[string]int{}}
	if p.Title == "" {
		p.Title = "Report of davferry " + s.Verb
	}
	if s.DryRun {
		p.Title += " (dry run: nothing was written)"
	}
	problems := ownProblems(s)
	p.Advice = advice(problems)
	p.Trouble, p.More["problems"] = first(problems)
	p.LeftOut, p.More["collections"] = first(s.Left)
	p.Remarks, p.More["notes"] = first(s.Notes)
	for _, reason := range slices.Sorted(maps.Keys(s.Skipped)) {
		p.Reasons = append(p.Reasons, reasonRow{reason, s.Skipped[reason]})
	}
	return p
}

// first returns as many as a page lists, and how many more there are.
func first[T any](all []T) ([]T, int) {
	n := min(len(all), maxListed)
	return all[:n], len(all) - n
}

func outcomeRows(s *migrate.Summary) []outcomeRow {
	o := s.Objects
	there := "at the destination"
	if s.Verb == migrate.Export {
		there = "in the archive"
	}
	return []outcomeRow{
		{migrate.Created, o.Created, "newly made, now " + there},
		{migrate.Updated, o.Updated, "replaced by the source's version, now " + there},
		{migrate.Unchanged, o.Unchanged, "was " + there + " already"},
		{migrate.Skipped, o.Skipped, "left out because a setting of this run said so"},
		{migrate.Gone, o.Gone, "deleted at the source while the run was going on"},
		{migrate.Conflict, o.Conflict, "not moved: the destination holds another version, which was left as it is"},
		{migrate.Refused, o.Refused, "not moved: the destination does not accept it"},
		{migrate.Failed, o.Failed, "not moved: it did not work, even after several tries"},
	}
}
