package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"davferry/internal/dav"
	"davferry/migrate"
)

func (p *program) preflightCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Preflight}
	cmd := &cobra.Command{
		Use:   "preflight ACCOUNTS.csv",
		Short: "Tell what would stand in the way of a migration, and write nothing",
		Long: `Log in on both sides of every account, count what would be moved, and tell what the destination
would refuse, as far as it can be known without writing: by the component sets, object sizes, vCard
versions, room and rights that it announces, by the invitations that it would mail, and where it has
only one of CalDAV and CardDAV or lets nobody make collections. Accounts that turn out to be one are
told too.

Nothing is written, at neither side; of earlier runs the journal is read. Give the flags that
migrate is to get. Every object is read, as an export does, and it takes as long; with --quick only
the listings are, which takes a few requests for each account and collection, and what is inside of
the objects stays unknown.

` + accountsHelp + "\n" + accessHelp + `
Exit status:
  0    nothing that is known stands in the way
  1    the run could not go on
  2    the command line or the accounts file is wrong; nothing was done
  4    something stands in the way of an account, or it could not be looked at
  11   the state folder is in use by another run
  130  interrupted
`,
		Example: `  davferry preflight accounts.csv --quick
  davferry preflight accounts.csv --destination https://new.example.org --json`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.runPreflight(cmd.Context(), f, args[0]) }
	return cmd
}

// runPreflight is runJob without state: nothing is kept, and of earlier runs a copy is looked at.
func (p *program) runPreflight(ctx context.Context, f *jobFlags, accountsFile string) error {
	job, settings, err := p.newJob(f, accountsFile)
	if err != nil {
		return err
	}
	log, closeLog, err := f.log.open("", p.stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	settings.Log = log
	job.Log, job.Network = log, dav.NewNetwork(settings)
	defer job.Network.Close()
	summary, err := p.foresee(ctx, f, job, accountsFile)
	if summary == nil {
		return err
	}
	if f.json {
		err = errors.Join(err, printJSON(p.stdout, summary))
	} else {
		printPreflight(p.stdout, summary)
	}
	if err == nil && !summary.Complete() {
		return errDifferent
	}
	return err
}

// foresee runs the job with a copy of the journal, where there is one.
func (p *program) foresee(ctx context.Context, f *jobFlags, job *migrate.Job, accountsFile string) (*migrate.Summary, error) {
	scratch, err := os.MkdirTemp("", "davferry-preflight-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	state, err := f.stateDir(accountsFile)
	if err == nil { // without: accounts from stdin
		err = migrate.CopyJournal(state, scratch)
		if err != nil {
			return nil, err
		}
	}
	if job.Journal, err = migrate.OpenJournal(ctx, scratch); err != nil {
		return nil, aboutOriginal(err, state)
	}
	summary, err := p.watch(ctx, f, job)
	return summary, errors.Join(aboutOriginal(err, state), job.Journal.Close())
}

// aboutOriginal has an error of the copied journal name the journal that users know.
func aboutOriginal(err error, state string) error {
	if e, ok := errors.AsType[*migrate.JournalError](err); ok {
		e.Path = filepath.Join(state, filepath.Base(e.Path))
	}
	return err
}
