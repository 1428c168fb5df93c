package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"davferry/mapping"
	"davferry/migrate"
)

// verifyFlags are what verify has beside the flags of the verbs that run accounts.
type verifyFlags struct {
	sample      string
	differences bool
}

// percent reads the sample: "10%" or "10".
func (f *verifyFlags) percent() (float64, error) {
	percent, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(f.sample), "%"), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return 0, usagef("--sample is a share of the objects, such as 10%%, not %q", f.sample)
	}
	return percent, nil
}

// verifyAccounts compares the two sides of every account and prints a line for each object, or one JSON document.
func (p *program) verifyAccounts(ctx context.Context, f *jobFlags, v *verifyFlags, job *migrate.Job, state string) error {
	sample, err := v.percent()
	if err != nil {
		return err
	}
	if job.Journal, err = openExistingJournal(ctx, state); err != nil {
		return err
	}
	found := func(finding migrate.Finding) {
		if !f.json && ctx.Err() == nil && !(v.differences && (finding.Verdict == migrate.Identical || finding.Verdict == migrate.Equivalent)) {
			fmt.Fprintln(p.stdout, findingLine(finding))
		}
	}
	out, isFile := p.stdout.(*os.File)
	linesFlow := !f.json && isFile && term.IsTerminal(int(out.Fd()))
	stop := showProgress(ctx, f.verb, job.Progress, p.stderr, f.log.file != "-" && !linesFlow)
	result, err := job.Verify(ctx, sample, found)
	stop()
	if job.Journal != nil {
		err = errors.Join(err, job.Journal.Close())
	}
	if result == nil {
		return err
	}
	if f.json {
		err = errors.Join(err, printJSON(p.stdout, result))
	} else {
		printVerification(p.stdout, result)
	}
	switch {
	case err != nil:
		return err
	case result.Objects.Changed+result.Objects.Missing > 0:
		return errDifferent
	case !result.Complete():
		return errIncomplete
	}
	return nil
}

// openExistingJournal opens the journal of earlier runs, nil where there is none: without it objects are found by their
// UIDs.
func openExistingJournal(ctx context.Context, state string) (*migrate.Journal, error) {
	if _, err := os.Stat(filepath.Join(state, migrate.JournalFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return migrate.OpenJournal(ctx, state)
}

// findingLine says in one line how an object compares: its mark, the account, where it is, and what differs.
func findingLine(f migrate.Finding) string {
	path := f.Path
	if path == "" {
		path = f.Destination
	}
	line := fmt.Sprintf("%s %s %s", f.Verdict.Mark(), f.Account, path)
	switch {
	case f.Message != "":
		line += ": " + f.Message
	case len(f.Differences) > 0:
		line += ": " + differenceText(f.Differences[0])
		if more := len(f.Differences) - 1; more > 0 {
			line += fmt.Sprintf(" (and %d more)", more)
		}
	case len(f.Rewritten) > 0:
		line += " (" + strings.Join(f.Rewritten, ", ") + ")"
	case f.UID != "" && (f.Verdict == migrate.Missing || f.Verdict == migrate.Extra):
		line += " (UID " + f.UID + ")"
	}
	return printable(line)
}

func printVerification(w io.Writer, v *migrate.Verification) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "ACCOUNT\tOBJECTS\tIDENTICAL\tEQUIVALENT\tCHANGED\tMISSING\tEXTRA\tSTATE")
	rows := v.PerAccount
	if len(rows) > maxRows {
		rows = slices.DeleteFunc(slices.Clone(rows), func(a *migrate.AccountComparison) bool {
			return a.State == migrate.AccountOK && a.Objects.Changed+a.Objects.Missing+a.Objects.Extra == 0
		})
	}
	hidden := len(v.PerAccount) - min(len(rows), maxRows)
	for _, a := range rows[:min(len(rows), maxRows)] {
		n := a.Objects
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", printable(a.Account), n.Listed, n.Identical, n.Equivalent, n.Changed, n.Missing, n.Extra, a.State)
	}
	tw.Flush()
	if hidden > 0 {
		fmt.Fprintf(w, "not shown: %s; --json shows all\n", count(hidden, "account"))
	}
	for _, p := range v.Problems[:min(len(v.Problems), maxShown)] {
		fmt.Fprintln(w, printable(problemLine(p)))
	}
	for _, l := range v.Left[:min(len(v.Left), maxShown)] {
		fmt.Fprintf(w, "left out: %s %s: %s\n", printable(l.Account), printable(l.Collection), printable(l.Reason))
	}
	fmt.Fprintf(w, "%s read in %.1f s, %s to the source, %d to the destination\n",
		size(v.Bytes), v.Seconds, count(v.Requests.Source, "request"), v.Requests.Destination)
	fmt.Fprintln(w, v.Verdict())
}

func differenceText(d migrate.Difference) string { return mapping.Difference(d).String() }
