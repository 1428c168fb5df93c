package main

import (
	"github.com/spf13/cobra"

	"davferry/migrate"
)

func (p *program) rollbackCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Rollback}
	cmd := &cobra.Command{
		Use:   "rollback ACCOUNTS.csv",
		Short: "Remove from the destination what migrate and import made there",
		Long: `Remove from the destination of every account what "davferry migrate" and "davferry import" made
there, as the state folder knows it.

What somebody has changed since stays, and is listed; so does what was there before. A collection that
davferry made is removed once nothing is in it any more. The source is not touched, nor asked.

On a server that mails people, deleting a meeting cancels it: what cannot be deleted quietly stays,
and is listed.

` + accountsHelp + "\n" + accessHelp + "\n" + exitHelp(exitDifferent),
		Example: `  davferry rollback accounts.csv --dry-run
  davferry rollback accounts.csv`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.runJob(cmd.Context(), f, args[0]) }
	return cmd
}
