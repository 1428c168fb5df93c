package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"davferry/migrate"
)

// reportFlags are the flags of report.
type reportFlags struct {
	stateFlags
	dryRun, csv, html bool
}

func (p *program) reportCommand() *cobra.Command {
	f := &reportFlags{}
	cmd := &cobra.Command{
		Use:   "report ACCOUNTS.csv",
		Short: "Show the report of the last run again: text, JSON, CSV or HTML",
		Long: `Show the report of the last run of migrate, export, import or rollback again, as it stands in the
state folder. Nothing is asked of any server, and nothing is changed.

  --json   report.json as it is
  --csv    for a spreadsheet: one row an account with its numbers, and below it one row for each of
           its problems; the column "row" says which. Cells that a spreadsheet would take for a
           formula begin with a '
  --html   one page that needs nothing else, for people who were not there

A dry run has a report of its own, which --dry-run shows.

Exit status:
  0    the report was shown, whatever it says
  1    there is no report, or it cannot be read
  2    the command line is wrong
  130  interrupted
`,
		Example: `  davferry report accounts.csv
  davferry report accounts.csv --html > report.html`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	fs := cmd.Flags()
	fs.BoolVar(&f.csv, "csv", false, "print one row an account and one row a problem, as CSV")
	fs.BoolVar(&f.html, "html", false, "print one page for a browser")
	fs.BoolVar(&f.dryRun, "dry-run", false, "show the report of the last dry run")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.showReport(cmd.Context(), f, args[0]) }
	return cmd
}

// check refuses two forms at once.
func (f *reportFlags) check() error {
	forms := 0
	for _, form := range []bool{f.json, f.csv, f.html} {
		if form {
			forms++
		}
	}
	if forms > 1 {
		return usagef("--json, --csv and --html: only one of them")
	}
	return nil
}

func (p *program) showReport(ctx context.Context, f *reportFlags, accountsFile string) error {
	if err := f.check(); err != nil {
		return err
	}
	state, err := stateDir(f.state, accountsFile)
	if err != nil {
		return err
	}
	s, err := readReport(reportPath(state, f.dryRun))
	if errors.Is(err, fs.ErrNotExist) {
		return p.noReport(f, state, accountsFile)
	}
	if err != nil {
		return err
	}
	if !f.dryRun {
		p.sayWhatIsNewer(ctx, state, s)
	}
	switch {
	case f.json:
		err = copyReport(p.stdout, reportPath(state, f.dryRun))
	case f.csv:
		err = printReportCSV(p.stdout, s)
	case f.html:
		err = printReportHTML(p.stdout, s, accountsFile)
	default:
		printSummary(p.stdout, s, state)
	}
	return err
}

// copyReport writes a report as it stands in its file.
func copyReport(w io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the report: %w", err)
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// noReport says why there is no report, and where else to look.
func (p *program) noReport(f *reportFlags, state, accountsFile string) error {
	if _, err := os.Stat(state); errors.Is(err, fs.ErrNotExist) && accountsFile != "-" {
		if _, err := os.Stat(accountsFile); err != nil {
			return usagef("the accounts file: %w", err)
		}
	}
	other := reportPath(state, !f.dryRun)
	_, err := os.Stat(other)
	switch {
	case err == nil && f.dryRun:
		return fmt.Errorf("there is no report of a dry run in %s; without --dry-run, that of the last run is shown", state)
	case err == nil:
		return fmt.Errorf("there is no report in %s but that of a dry run, which --dry-run shows", state)
	}
	return fmt.Errorf("there is no report in %s: no run has come to its end yet; %q tells how far one is", state, "davferry status "+accountsFile)
}

// sayWhatIsNewer says on stderr that a run has begun after the one that the report is of.
func (p *program) sayWhatIsNewer(ctx context.Context, state string, s *migrate.Summary) {
	run, ok, err := migrate.LastRun(ctx, state)
	if err != nil || !ok || run.ID <= s.Run {
		return // a report is worth reading without a journal too
	}
	what := "left no report"
	if run.Finished.IsZero() {
		what = "goes on, or was killed"
	}
	complain(p.stderr, fmt.Sprintf("this is the report of the run before the last: a run of %s that began at %s %s; \"davferry status\" tells how far it is",
		run.Verb, clock(run.Started), what))
}
