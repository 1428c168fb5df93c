package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/migrate"
	"davferry/sink"
	"davferry/source"
)

// jobFlags are the flags of the verbs that run accounts.
type jobFlags struct {
	network   networkFlags
	selection selectionFlags
	rules     ruleFlags
	log       logFlags

	verb                            string
	source                          string
	destination                     string
	sourceAccess, destinationAccess migrate.Access
	archive                         string
	state                           string
	workers                         int
	multiget                        int
	dryRun                          bool
	delete                          bool
	yes                             bool
	quick                           bool
	onConflict                      string
	invitations                     string
	json                            bool
	compare                         *verifyFlags // of verify only
}

// add declares the flags that the verb has.
func (f *jobFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	if f.hasArchive() {
		fs.StringVar(&f.archive, "archive", "", "the archive at `PATH`: a folder, a .zip or a .tar.zst, told by its name (required)")
	}
	if f.verb != migrate.Import && f.verb != migrate.Rollback {
		fs.StringVar(&f.source, "source", "", "source `SERVER` of rows that name none: a URL, a host or a mail domain")
		addAccess(cmd, "source", &f.sourceAccess)
	}
	if f.verb != migrate.Export {
		fs.StringVar(&f.destination, "destination", "", "destination `SERVER` of rows that name none: likewise")
		addAccess(cmd, "destination", &f.destinationAccess)
	}
	switch f.verb {
	case migrate.Migrate, migrate.Import, migrate.Rollback:
		fs.BoolVar(&f.dryRun, "dry-run", false, "do everything but write")
	case migrate.Preflight:
		fs.BoolVar(&f.quick, "quick", false, "list the objects and do not read them")
	}
	if f.verb != migrate.Import && f.verb != migrate.Rollback {
		f.selection.add(cmd)
	}
	if f.verb != migrate.Rollback {
		f.rules.add(cmd, f.verb == migrate.Migrate || f.verb == migrate.Import)
	}
	if f.verb == migrate.Migrate {
		fs.BoolVar(&f.delete, "delete", false, "remove from the destination what the source has no more, where davferry wrote it and nobody has changed it since")
		fs.BoolVar(&f.yes, "yes", false, "with --delete, remove also more than 5 % of an account's objects")
	}
	f.onConflict = "keep"
	if f.verb == migrate.Migrate || f.verb == migrate.Import || f.verb == migrate.Preflight {
		fs.StringVar(&f.onConflict, "on-conflict", "keep", "do `WHAT` with a version at the destination that davferry did not write: keep, overwrite, or new-uid (the source's gets another UID)")
	}
	f.invitations = "quiet"
	if f.verb != migrate.Export && f.verb != migrate.Verify {
		fs.StringVar(&f.invitations, "invitations", "quiet", "in `MODE` quiet nobody is mailed; neutralise takes organizers and attendees out of effect; with allow the destination may mail people")
	}
	fs.IntVar(&f.workers, "workers", 4, "`N` accounts at once")
	fs.IntVar(&f.multiget, "multiget", 50, "ask for `N` objects with one request")
	fs.StringVar(&f.state, "state", "", "state `FOLDER` (default: the accounts file's name with .davferry instead of .csv)")
	fs.BoolVar(&f.json, "json", false, "print the result as one JSON document")
	f.network.add(cmd)
	f.log.add(cmd)
	fs.SortFlags = false
}

// hasArchive tells the verbs that read or write an archive.
func (f *jobFlags) hasArchive() bool { return f.verb == migrate.Export || f.verb == migrate.Import }

// check refuses values that cannot be meant, all at once, before anything is opened.
func (f *jobFlags) check() error {
	errs := []error{f.log.check(), f.rules.check(f.dryRun, f.json)}
	if f.workers < 1 || f.multiget < 1 {
		errs = append(errs, usagef("--workers and --multiget must be at least 1"))
	}
	if f.yes && !f.delete {
		errs = append(errs, usagef("--yes goes with --delete"))
	}
	if f.compare != nil {
		_, err := f.compare.percent()
		errs = append(errs, err)
	}
	if f.hasArchive() && f.archive == "" {
		errs = append(errs, usagef("--archive is missing: it names the folder, the .zip or the .tar.zst"))
	}
	if f.verb == migrate.Export {
		if _, err := bag.FormOf(f.archive); f.archive != "" && err != nil {
			errs = append(errs, usagef("--archive: %w", err))
		}
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, oneOf("on-conflict", f.onConflict, "keep", "overwrite", "new-uid"),
		oneOf("invitations", f.invitations, "quiet", "neutralise", "allow"))...)
}

// runJob reads the accounts, takes the state folder, runs the verb, and reports.
func (p *program) runJob(ctx context.Context, f *jobFlags, accountsFile string) error {
	job, settings, err := p.newJob(f, accountsFile)
	if err != nil {
		return err
	}
	state, err := f.stateDir(accountsFile)
	if err != nil {
		return err
	}
	lock, err := migrate.Lock(state)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	log, closeLog, err := f.log.open(state, p.stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	settings.Log = log
	job.Log, job.Network = log, dav.NewNetwork(settings)
	defer job.Network.Close()
	if f.compare != nil {
		return p.verifyAccounts(ctx, f, f.compare, job, state)
	}
	err = p.report(ctx, f, job, state, origin(accountsFile))
	if err != nil && ctx.Err() != nil {
		err = &hintError{err, "the same command goes on from there"}
	}
	return err
}

// newJob makes the job of the flags and the accounts file. Its log and its network, which is to have these settings, and
// its journal are to be added.
func (p *program) newJob(f *jobFlags, accountsFile string) (*migrate.Job, dav.Settings, error) {
	if err := f.check(); err != nil {
		return nil, dav.Settings{}, err
	}
	selection, err := f.selection.selection()
	if err != nil {
		return nil, dav.Settings{}, err
	}
	rules, err := f.rules.rules()
	if err != nil {
		return nil, dav.Settings{}, err
	}
	settings, err := f.network.settings()
	if err != nil {
		return nil, settings, err
	}
	accounts, err := p.readAccounts(f, accountsFile)
	return &migrate.Job{
		Verb: f.verb, Accounts: accounts, Workers: f.workers, Connections: f.network.connections, Batch: f.multiget,
		DryRun: f.dryRun || f.verb == migrate.Preflight, Quick: f.quick, Delete: f.delete, Yes: f.yes,
		Overwrite: f.onConflict == "overwrite", NewUID: f.onConflict == "new-uid", Invitations: migrate.InvitationMode(f.invitations), Selection: selection, Rules: rules, FoldGroups: f.rules.groups == groupsCategories,
		Progress: &migrate.Progress{},
	}, settings, err
}

func (p *program) readAccounts(f *jobFlags, path string) ([]migrate.Account, error) {
	d := migrate.Defaults{Source: f.source, Destination: f.destination, AllowPlaintext: f.network.allowPlaintext, Certificate: f.network.clientCert != "",
		SourceAccess: f.sourceAccess, DestinationAccess: f.destinationAccess,
		NeedSource: f.verb != migrate.Import && f.verb != migrate.Rollback, NeedDestination: f.verb != migrate.Export}
	return p.readAccountsFile(path, d)
}

func (p *program) readAccountsFile(path string, d migrate.Defaults) ([]migrate.Account, error) {
	if path == "-" {
		return migrate.ReadAccounts(p.stdin, "stdin", d)
	}
	if original, err := os.Open(migrate.AccountsFile(path)); err == nil {
		d.Known, _ = migrate.ReadAccounts(original, original.Name(), d) // where it has mistakes now, its passwords are not known
		original.Close()
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("the accounts file: %w", err)
	}
	defer file.Close()
	return migrate.ReadAccounts(file, path, d)
}

// origin returns the absolute path of the accounts file that has the passwords of an accounts file's rows: itself, or the one
// that a failures file was made from. It is "" where that is no file.
func origin(accountsFile string) string {
	if accountsFile == "-" {
		return ""
	}
	path, err := filepath.Abs(cmp.Or(migrate.AccountsFile(accountsFile), accountsFile))
	if err != nil {
		return ""
	}
	return path
}

func (f *jobFlags) stateDir(accountsFile string) (string, error) {
	return stateDir(f.state, accountsFile)
}

// stateDir returns the state folder: what --state says, or the one beside the accounts file.
func stateDir(flag, accountsFile string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if accountsFile == "-" {
		return "", usagef("--state is missing: with the accounts from stdin there is no file to keep the state beside")
	}
	return migrate.StateDir(accountsFile), nil
}

// report runs the job with its journal and archive, and shows and keeps what came of it. origin is the accounts file with the
// passwords.
func (p *program) report(ctx context.Context, f *jobFlags, job *migrate.Job, state, origin string) error {
	journal, err := migrate.OpenJournal(ctx, state)
	if err != nil {
		return err
	}
	job.Journal = journal
	run, err := journal.StartRun(ctx, nameInJournal(f))
	if err != nil {
		return worse(err, journal.Close())
	}
	rows, forget, err := p.followChanges(ctx, f, job, state, run)
	if err != nil {
		return worse(err, errors.Join(journal.FinishRun(context.WithoutCancel(ctx), run, finish(ctx, err, io.Discard)), journal.Close()))
	}
	defer forget()
	summary, err := p.runIn(ctx, f, job)
	if summary == nil {
		status := finish(ctx, err, io.Discard)
		return worse(err, errors.Join(journal.FinishRun(context.WithoutCancel(ctx), run, status), journal.Close()))
	}
	summary.Run = run
	err = outcomeOf(summary, err)
	status := finish(ctx, err, io.Discard)
	trouble := errors.Join(keepReport(state, summary, job.Accounts, rows, origin), journal.FinishRun(context.WithoutCancel(ctx), run, status), journal.Close())
	if f.json {
		trouble = errors.Join(trouble, printJSON(p.stdout, summary))
	} else {
		printSummary(p.stdout, summary, state)
	}
	return worse(err, trouble)
}

// followChanges has the job show what rules do, if that was asked for, and returns what they did once the run has ended:
// from the journal, and of a dry run from a file that forget removes.
func (p *program) followChanges(ctx context.Context, f *jobFlags, job *migrate.Job, state string, run int64) (rows changeRows, forget func() error, err error) {
	show := func(migrate.ObjectChanges) {}
	if f.rules.showChanges {
		show = (&changePrinter{w: p.stdout}).print
	}
	job.Changed = show
	if job.Verb == migrate.Rollback {
		return func(func(migrate.ObjectChanges, error) bool) {}, func() error { return nil }, nil
	}
	if !job.DryRun {
		return changeRows(job.Journal.RunChanges(context.WithoutCancel(ctx), run)), func() error { return nil }, nil
	}
	spool, err := newChangeSpool(state)
	if err != nil {
		return nil, nil, err
	}
	job.Changed = func(c migrate.ObjectChanges) { show(c); spool.put(c) }
	return spool.rows, spool.close, nil
}

func nameInJournal(f *jobFlags) string {
	if f.dryRun {
		return migrate.DryRunOf(f.verb)
	}
	return f.verb
}

// worse returns the error that says why a command ended, when keeping and showing what it did went wrong as well: that
// is no matter of an object that was refused, nor of Ctrl-C.
func worse(err, trouble error) error {
	switch {
	case trouble == nil:
		return err
	case err == nil, errors.Is(err, errIncomplete), errors.Is(err, errInterrupted), strings.Contains(trouble.Error(), err.Error()):
		return fmt.Errorf("what was done could not be kept or shown: %w", trouble)
	case strings.Contains(err.Error(), trouble.Error()):
		return err
	}
	return errors.Join(err, trouble)
}

func outcomeOf(s *migrate.Summary, err error) error {
	if err == nil && !s.Complete() {
		return errIncomplete
	}
	return err
}

// runIn runs the job with the archive that it reads or writes.
func (p *program) runIn(ctx context.Context, f *jobFlags, job *migrate.Job) (*migrate.Summary, error) {
	switch f.verb {
	case migrate.Export:
		return p.runExport(ctx, f, job)
	case migrate.Import:
		archive, err := source.OpenArchive(f.archive)
		if err != nil {
			return nil, &hintError{err, fmt.Sprintf("%q tells what is wrong with it", "davferry verify --archive "+f.archive)}
		}
		defer archive.Close()
		job.From = archive
	}
	return p.watch(ctx, f, job)
}

// runExport writes the archive. Interrupted, it leaves what it has for the next run to go on with; the archive itself
// appears whole or not at all.
func (p *program) runExport(ctx context.Context, f *jobFlags, job *migrate.Job) (*migrate.Summary, error) {
	target, err := filepath.Abs(f.archive)
	if err != nil {
		return nil, err
	}
	archive, err := sink.CreateArchive(f.archive, "davferry "+version(), time.Now())
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	job.To, job.Target = archive, target
	summary, err := p.watch(ctx, f, job)
	if err == nil {
		if err = archive.Commit(ctx); err != nil {
			err = fmt.Errorf("the archive %s was not written: %w", f.archive, err)
		}
	}
	if summary != nil && err != nil {
		summary.NoArchive, summary.Stopped = true, err.Error()
	}
	return summary, err
}

// watch runs the job and shows its progress.
func (p *program) watch(ctx context.Context, f *jobFlags, job *migrate.Job) (*migrate.Summary, error) {
	stop := showProgress(ctx, f.verb, job.Progress, p.stderr, f.log.file != "-" && !f.rules.showChanges)
	defer stop()
	return job.Run(ctx)
}

// The files in the state folder that people read.
const (
	reportFile    = "report.json"
	dryReportFile = "report-dry-run.json"
	failuresFile  = "failures.csv"
)

// reportPath is where the report of a run is kept. What a dry run would do does not take the place of what was done.
func reportPath(state string, dryRun bool) string {
	if dryRun {
		return filepath.Join(state, dryReportFile)
	}
	return filepath.Join(state, reportFile)
}

// keepReport writes the report and failures.csv into the state folder.
func keepReport(state string, s *migrate.Summary, accounts []migrate.Account, rows changeRows, origin string) error {
	if err := writeReport(reportPath(state, s.DryRun), s, rows); err != nil {
		return err
	}
	if s.DryRun {
		return nil // what an earlier run left to do is left still
	}
	bad := map[string]bool{}
	for _, r := range s.PerAccount {
		bad[r.Account] = r.State != migrate.AccountOK
	}
	var failed []migrate.Account
	for _, a := range accounts {
		if bad[a.Name] {
			failed = append(failed, a)
		}
	}
	return writeFailures(filepath.Join(state, failuresFile), failed, origin)
}

// writeFailures writes the rows that did not end well; where there are none, an older file goes.
func writeFailures(path string, failed []migrate.Account, origin string) error {
	if len(failed) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".failures-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if err := errors.Join(migrate.WriteFailures(file, failed, origin), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
