package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"davferry/migrate"
)

// How much of a report a terminal shows; report.json has all of it.
const (
	maxRows  = 50 // accounts in the table
	maxShown = 20 // problems, collections left out, notes
)

// printSummary writes the result for people: a table, what needs a look, and the verdict as the last line. state is the
// state folder.
func printSummary(w io.Writer, s *migrate.Summary, state string) {
	report := reportPath(state, s.DryRun)
	problems := ownProblems(s)
	printAccounts(w, accountColumns(s), s, problems, report)
	printProblems(w, problems, report)
	printLeftOut(w, s, report)
	printNotes(w, s.Notes, report)
	if s.Verb != migrate.Rollback {
		printChanges(w, s.Changes)
		printMeetings(w, s)
	}
	fmt.Fprintf(w, "%s read, %s written in %.1f s, %s to the source, %d to the destination\n",
		size(s.Bytes.Read), size(s.Bytes.Written), s.Seconds, count(s.Requests.Source, "request"), s.Requests.Destination)
	if bad := s.Accounts.Total - s.Accounts.OK; bad > 0 && s.Stopped == "" && !s.DryRun {
		fmt.Fprintf(w, "to run again: %s (%s, passwords left out)\n", filepath.Join(state, failuresFile), count(bad, "account"))
	}
	if s.Stopped != "" {
		fmt.Fprintln(w, "the run ended early: what it did not come to counts as failed")
	}
	fmt.Fprintf(w, "report: %s\n", report)
	fmt.Fprintln(w, s.Verdict())
}

// column is a column of the table of accounts.
type column struct {
	head string
	cell func(r *migrate.AccountReport) string
	show bool
}

// printAccounts prints a line an account. where names what has them all.
func printAccounts(w io.Writer, columns []column, s *migrate.Summary, problems []migrate.Problem, where string) {
	columns = slices.DeleteFunc(columns, func(c column) bool { return !c.show })
	rows, hidden := tableRows(s, problems)
	if len(rows) > 0 {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		printRow(tw, columns, func(c column) string { return c.head })
		for _, r := range rows {
			printRow(tw, columns, func(c column) string { return printable(c.cell(r)) })
		}
		tw.Flush()
	}
	for _, line := range hidden {
		fmt.Fprintln(w, line)
	}
	if len(hidden) > 0 {
		fmt.Fprintf(w, "all accounts are in %s\n", where)
	}
}

// tableRows chooses the accounts to show: all, or of many those that need a look. What it says of the others is one
// line for each kind.
func tableRows(s *migrate.Summary, problems []migrate.Problem) (rows []*migrate.AccountReport, hidden []string) {
	if len(s.PerAccount) <= maxRows {
		return s.PerAccount, nil
	}
	look := map[string]bool{}
	for _, p := range problems {
		look[p.Account] = true
	}
	var fine, untouched int
	for _, r := range s.PerAccount {
		switch {
		case r.State == migrate.AccountOK:
			fine++
		case s.Interrupted && r.Collections.Total == 0 && !look[r.Account]:
			untouched++
		default:
			rows = append(rows, r)
		}
	}
	for _, kind := range []struct {
		n    int
		what string
	}{
		{len(rows) - maxRows, "that need a look"}, {untouched, "that the run did not come to"}, {fine, "that are ok"},
	} {
		if kind.n > 0 {
			hidden = append(hidden, "not shown: "+count(kind.n, "account")+" "+kind.what)
		}
	}
	return rows[:min(len(rows), maxRows)], hidden
}

func accountColumns(s *migrate.Summary) []column {
	number := func(head string, of func(c migrate.Counts) int, always bool) column {
		return column{head, func(r *migrate.AccountReport) string { return strconv.Itoa(of(r.Objects)) }, always || of(s.Objects) > 0}
	}
	back := s.Verb == migrate.Rollback
	return []column{
		{"ACCOUNT", func(r *migrate.AccountReport) string { return r.Account }, true},
		{"COLLECTIONS", func(r *migrate.AccountReport) string {
			return strconv.Itoa(r.Collections.Total - r.Collections.Skipped)
		}, true},
		number("OBJECTS", func(c migrate.Counts) int { return c.Listed }, !back),
		number("CREATED", func(c migrate.Counts) int { return c.Created }, !back),
		number("UPDATED", func(c migrate.Counts) int { return c.Updated }, false),
		number("UNCHANGED", func(c migrate.Counts) int { return c.Unchanged }, !back && s.Verb != migrate.Export),
		number("SKIPPED", func(c migrate.Counts) int { return c.Skipped }, false),
		number("GONE", func(c migrate.Counts) int { return c.Gone }, false),
		number("CONFLICT", func(c migrate.Counts) int { return c.Conflict }, false),
		number("REFUSED", func(c migrate.Counts) int { return c.Refused }, false),
		number("FAILED", func(c migrate.Counts) int { return c.Failed }, false),
		{"REMOVED", func(r *migrate.AccountReport) string { return strconv.Itoa(r.Deleted.Removed) }, back || s.Deleted != migrate.Deletions{}},
		{"LEFT", func(r *migrate.AccountReport) string { return strconv.Itoa(r.Deleted.Left) }, s.Deleted.Left > 0},
		{"STATE", func(r *migrate.AccountReport) string { return r.State }, true},
	}
}

func printRow(w io.Writer, columns []column, text func(column) string) {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = text(c)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// printLeftOut says what was not moved, and why: collection by collection, or of many how many for which reason.
func printLeftOut(w io.Writer, s *migrate.Summary, report string) {
	if len(s.Left) <= maxShown {
		for _, l := range s.Left {
			fmt.Fprintf(w, "left out: %s %s: %s\n", printable(l.Account), printable(l.Collection), printable(l.Reason))
		}
	} else {
		var reasons tallied
		for _, l := range s.Left {
			reasons.add(l.Reason)
		}
		reasons.print(w, "left out", "collection", report)
	}
	var reasons tallied
	for reason, objects := range s.Skipped {
		reasons.addMany(reason, objects)
	}
	reasons.print(w, "skipped", "object", "")
}

// printNotes says what else happened.
func printNotes(w io.Writer, notes []migrate.Note, report string) {
	if len(notes) <= maxShown {
		for _, n := range notes {
			place := strings.TrimSpace(n.Account + " " + n.Collection)
			fmt.Fprintf(w, "note: %s: %s\n", printable(place), printable(n.Message))
		}
		return
	}
	var messages tallied
	for _, n := range notes {
		messages.add(n.Message)
	}
	messages.print(w, "note", "collection", report)
}
