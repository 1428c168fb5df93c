package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"davferry/migrate"
)

// printStatus writes the status for people: the run, a table, what needs a look, and the numbers as the last lines.
func printStatus(w io.Writer, s *migrate.Status, state string) {
	now := time.Now()
	fmt.Fprintln(w, runLine(s, now))
	if r := s.DryRun; r != nil {
		fmt.Fprintf(w, "a dry run of %s, of which the journal keeps nothing: %s\n", r.Verb, runState(r, s.Holder, now))
	}
	if s.Run == nil {
		fmt.Fprintf(w, "%s in the accounts file; state folder: %s\n", count(s.Accounts.Total, "account"), state)
		return
	}
	printAccountStates(w, s)
	printTrouble(w, s)
	fmt.Fprintln(w, accountsLine(s))
	if s.Run.Verb == migrate.Rollback {
		return
	}
	fmt.Fprintln(w, collectionsLine(s))
	fmt.Fprintln(w, objectsLine(s, now))
}

// runLine tells what goes on, or what has come to an end.
func runLine(s *migrate.Status, now time.Time) string {
	line := "nothing has run yet"
	if s.Run != nil {
		line = s.Run.Verb + ": " + runState(s.Run, s.Holder, now)
	}
	goesOn := s.Run != nil && s.Run.State == migrate.RunGoesOn || s.DryRun != nil && s.DryRun.State == migrate.RunGoesOn
	if s.Holder != nil && !goesOn {
		line += fmt.Sprintf("; %s and is about to begin, or to end", holderText(s.Holder))
	}
	return line
}

// runState tells when a run began, and when and how it ended.
func runState(r *migrate.RunStatus, h *migrate.Holder, now time.Time) string {
	switch r.State {
	case migrate.RunGoesOn:
		return fmt.Sprintf("running since %s (%s), process %d on %s", clock(r.Started), elapsed(now.Sub(r.Started)), h.PID, printable(h.Host))
	case migrate.RunKilled:
		return fmt.Sprintf("began at %s and was killed; the same command goes on from there", clock(r.Started))
	}
	return fmt.Sprintf("ended at %s after %s with exit status %d: %s", clock(r.Finished), elapsed(r.Finished.Sub(r.Started)), *r.Exit, exitMeaning(*r.Exit))
}

func holderText(h *migrate.Holder) string {
	if h.PID == 0 {
		return "a process has the state folder"
	}
	return fmt.Sprintf("process %d on %s has the state folder since %s", h.PID, printable(h.Host), clock(h.Since))
}

func exitMeaning(status int) string {
	for _, m := range exitMeanings {
		if m.status == status {
			return m.meaning
		}
	}
	return "unknown"
}

func clock(t time.Time) string { return t.Local().Format(time.DateTime) }

// elapsed writes a duration as exactly as people want to know it.
func elapsed(d time.Duration) string {
	if d < 10*time.Second {
		return max(d, 0).Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// stateColumn is a column of the table of accounts.
type stateColumn struct {
	head string
	cell func(a migrate.AccountStatus) string
	show bool
}

func stateColumns(s *migrate.Status) []stateColumn {
	counts := s.Run.Verb != migrate.Rollback // what is taken back is forgotten: there is nothing to count
	return slices.DeleteFunc([]stateColumn{
		{"ACCOUNT", func(a migrate.AccountStatus) string { return a.Account }, true},
		{"COLLECTIONS", func(a migrate.AccountStatus) string { return ofKnown(a.Collections.Done, a.Collections.Known) }, counts},
		{"OBJECTS", func(a migrate.AccountStatus) string { return ofKnown(a.Objects.Done, a.Objects.Known) }, counts},
		{"TO LOOK AT", func(a migrate.AccountStatus) string {
			return strconv.Itoa(a.Objects.Unsettled() + a.Collections.Failed)
		}, counts},
		{"RATE", func(a migrate.AccountStatus) string { return rateText(a.Rate) }, counts && s.Accounts.Running > 0},
		{"STATE", func(a migrate.AccountStatus) string { return stateText(a, s.Run) }, true},
	}, func(c stateColumn) bool { return !c.show })
}

func printAccountStates(w io.Writer, s *migrate.Status) {
	rows, hidden := stateRows(s)
	if len(rows) > 0 {
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		columns := stateColumns(s)
		printStateRow(tw, columns, func(c stateColumn) string { return c.head })
		for _, a := range rows {
			printStateRow(tw, columns, func(c stateColumn) string { return printable(c.cell(a)) })
		}
		tw.Flush()
	}
	for _, line := range hidden {
		fmt.Fprintln(w, line)
	}
}

func printStateRow(w io.Writer, columns []stateColumn, text func(stateColumn) string) {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = text(c)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

func ofKnown(done, known int) string { return fmt.Sprintf("%d/%d", done, known) }

func rateText(rate float64) string {
	if rate == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f/s", rate)
}

func stateText(a migrate.AccountStatus, run *migrate.RunStatus) string {
	if a.Run != 0 && a.Run != run.Number {
		return a.State + " (earlier run)"
	}
	return a.State
}

// stateRows chooses the accounts to show: all, or of many those under way, and then those that need a look. What it says
// of the others is one line for each kind.
func stateRows(s *migrate.Status) (rows []migrate.AccountStatus, hidden []string) {
	if len(s.PerAccount) <= maxRows {
		return s.PerAccount, nil
	}
	var look []migrate.AccountStatus
	for _, a := range s.PerAccount {
		switch a.State {
		case migrate.AccountRunning:
			rows = append(rows, a)
		case migrate.AccountOK, migrate.AccountWaiting:
		default:
			look = append(look, a)
		}
	}
	rows = append(rows, look...)
	hidden = slices.Concat(
		notShown(len(rows)-maxRows, "under way or that need a look"),
		notShown(s.Accounts.Waiting, "that no run has come to"),
		notShown(s.Accounts.OK, "that are ok"))
	return rows[:min(len(rows), maxRows)], hidden
}

func notShown(n int, what string) []string {
	if n <= 0 {
		return nil
	}
	return []string{"not shown: " + count(n, "account") + " " + what}
}

// printTrouble lists what needs a look.
func printTrouble(w io.Writer, s *migrate.Status) {
	shown := s.Problems
	if len(shown) > maxShown {
		shown = someProblems(shown)
	}
	for _, p := range shown {
		fmt.Fprintln(w, printable(problemLine(p)))
	}
	if more := len(s.Problems) + s.MoreTrouble - len(shown); more > 0 {
		fmt.Fprintf(w, "and %d more; --json lists %s, the report of the run all\n", more, count(len(s.Problems), "problem"))
	}
	for _, line := range advice(s.Problems) {
		fmt.Fprintln(w, "advice:", line)
	}
}

// accountsLine counts the accounts by state, without the states that none has.
func accountsLine(s *migrate.Status) string {
	a := s.Accounts
	line := fmt.Sprintf("accounts: %d of %d at their end", a.OK+a.Incomplete+a.Failed, a.Total)
	line += amounts(" (", ")", []amount{{a.OK, "ok"}, {a.Incomplete, "incomplete"}, {a.Failed, "failed"}})
	line += amounts(", ", "", []amount{{a.Running, "under way"}, {a.Interrupted, "interrupted"}, {a.Waiting, "not come to"}})
	if a.Earlier > 0 {
		line += fmt.Sprintf("; %d as an earlier run left them", a.Earlier)
	}
	if s.Others > 0 {
		line += fmt.Sprintf("; %d more not in this accounts file", s.Others)
	}
	return line
}

func collectionsLine(s *migrate.Status) string {
	c := s.Collections
	return fmt.Sprintf("collections: %d of %d%s at their end", c.Done, c.Known, soFar(s)) + amounts(", ", "", []amount{{c.Failed, "failed"}})
}

// soFar says that more may be found.
func soFar(s *migrate.Status) string {
	if s.Accounts.Running+s.Accounts.Interrupted == 0 {
		return ""
	}
	return " found so far"
}

func objectsLine(s *migrate.Status, now time.Time) string {
	var outcomes []amount
	for _, o := range []migrate.Outcome{migrate.Created, migrate.Updated, migrate.Unchanged, migrate.Skipped, migrate.Gone,
		migrate.Conflict, migrate.Refused, migrate.Failed} {
		outcomes = append(outcomes, amount{s.Objects.Outcomes[o], string(o)})
	}
	line := fmt.Sprintf("objects: %d of %d%s have their outcome", s.Objects.Done, s.Objects.Known, soFar(s))
	line += amounts(" (", ")", outcomes)
	if s.Run.Rate > 0 {
		line += fmt.Sprintf("; %.1f/s in this run", s.Run.Rate)
	}
	if s.Run.State == migrate.RunGoesOn && !s.Run.Last.IsZero() {
		line += fmt.Sprintf(", the latest %s ago", elapsed(now.Sub(s.Run.Last)))
	}
	return line
}

// amount is how many there are of what.
type amount struct {
	n    int
	what string
}

// amounts joins those that are not 0, between two texts; nothing where all are.
func amounts(before, after string, all []amount) string {
	var parts []string
	for _, v := range all {
		if v.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", v.n, v.what))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return before + strings.Join(parts, ", ") + after
}
