package main

import (
	"context"
	"errors"
	"os"

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
versions, room and rights that it announces, and by the invitations that it would mail. Accounts
that turn out to be one are told too.

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
	scratch, err := os.MkdirTemp("", "davferry-preflight-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if state, err := f.stateDir(accountsFile); err == nil { // accounts from stdin may have none
		if err := migrate.CopyJournal(state, scratch); err != nil {
			return err
		}
	}
	if job.Journal, err = migrate.OpenJournal(ctx, scratch); err != nil {
		return err
	}
	summary, err := p.watch(ctx, f, job)
	err = errors.Join(err, job.Journal.Close())
	if summary == nil {
		return err
	}
	if f.json {
		err = errors.Join(err, printJSON(p.stdout, summary))
	} else {
		printPreflight(p.stdout, summary, err)
	}
	if err == nil && !summary.Complete() {
		return errDifferent
	}
	return err
}
