package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"davferry/migrate"
)

// maxShown is how many problems the terminal shows; report.json has all.
const maxShown = 20

// printJSON writes the result as one JSON document.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printSummary writes the result for people: a table, what needs a look, and the verdict as the last line.
func printSummary(w io.Writer, s *migrate.Summary, reportPath string) {
	printAccounts(w, s)
	printProblems(w, s.Problems, reportPath)
	printLeftOut(w, s.Left)
	for i, n := range s.Notes {
		if i == maxShown {
			fmt.Fprintf(w, "note: and %d more notes in %s\n", len(s.Notes)-i, reportPath)
			break
		}
		fmt.Fprintf(w, "note: %s %s: %s\n", n.Account, n.Collection, n.Message)
	}
	fmt.Fprintf(w, "%s read, %s written in %.1f s, %d requests to the source, %d to the destination\n",
		size(s.Bytes.Read), size(s.Bytes.Written), s.Seconds, s.Requests.Source, s.Requests.Destination)
	if reportPath != "" {
		fmt.Fprintf(w, "report: %s\n", reportPath)
	}
	fmt.Fprintln(w, s.Verdict())
}

// column is a column of the table of accounts.
type column struct {
	head string
	cell func(r *migrate.AccountReport) string
	show bool
}

func printAccounts(w io.Writer, s *migrate.Summary) {
	number := func(head string, of func(c migrate.Counts) int, always bool) column {
		return column{head, func(r *migrate.AccountReport) string { return strconv.Itoa(of(r.Objects)) }, always || of(s.Objects) > 0}
	}
	columns := []column{
		{"ACCOUNT", func(r *migrate.AccountReport) string { return r.Account }, true},
		{"COLLECTIONS", func(r *migrate.AccountReport) string {
			return strconv.Itoa(r.Collections.Total - r.Collections.Skipped)
		}, true},
		number("OBJECTS", func(c migrate.Counts) int { return c.Listed }, true),
		number("CREATED", func(c migrate.Counts) int { return c.Created }, true),
		number("UPDATED", func(c migrate.Counts) int { return c.Updated }, false),
		number("UNCHANGED", func(c migrate.Counts) int { return c.Unchanged }, s.Verb != migrate.Export),
		number("SKIPPED", func(c migrate.Counts) int { return c.Skipped }, false),
		number("GONE", func(c migrate.Counts) int { return c.Gone }, false),
		number("CONFLICT", func(c migrate.Counts) int { return c.Conflict }, false),
		number("REFUSED", func(c migrate.Counts) int { return c.Refused }, false),
		number("FAILED", func(c migrate.Counts) int { return c.Failed }, false),
		{"STATE", func(r *migrate.AccountReport) string { return r.State }, true},
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printRow(tw, columns, func(c column) string { return c.head })
	for _, r := range s.PerAccount {
		printRow(tw, columns, func(c column) string { return c.cell(r) })
	}
	tw.Flush()
}

func printRow(w io.Writer, columns []column, text func(column) string) {
	sep := ""
	for _, c := range columns {
		if c.show {
			fmt.Fprint(w, sep, text(c))
			sep = "\t"
		}
	}
	fmt.Fprintln(w)
}

func printProblems(w io.Writer, problems []migrate.Problem, reportPath string) {
	for i, p := range problems {
		if i == maxShown {
			more := fmt.Sprintf("and %d more", len(problems)-i)
			if reportPath != "" {
				more += ", all of them in " + reportPath
			}
			fmt.Fprintln(w, more)
			return
		}
		fmt.Fprintf(w, "%s: %s", p.Outcome, p.Account)
		switch {
		case p.Path != "":
			fmt.Fprintf(w, " %s", p.Path)
		case p.Collection != "":
			fmt.Fprintf(w, " %s (%d objects)", p.Collection, p.Objects)
		}
		fmt.Fprintf(w, ": %s\n", p.Message)
	}
}

func printLeftOut(w io.Writer, left []migrate.LeftOut) {
	for i, l := range left {
		if i == maxShown {
			fmt.Fprintf(w, "left out: and %d more collections\n", len(left)-i)
			return
		}
		fmt.Fprintf(w, "left out: %s %s: %s\n", l.Account, l.Collection, l.Reason)
	}
}

// size writes a number of octets as people read it.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%.0f MB", float64(n)/(1<<20))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
