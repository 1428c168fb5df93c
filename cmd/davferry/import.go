package main

import (
	"github.com/spf13/cobra"

	"davferry/migrate"
)

func (p *program) importCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Import}
	cmd := &cobra.Command{
		Use:   "import ACCOUNTS.csv --archive PATH",
		Short: "Copy every account from an archive to its destination server",
		Long: `Copy the calendars and address books of every account from an archive that "davferry export" wrote
to its destination server. The column account says which of the archive's accounts a row is.

Each file is checked against the archive's own list before it is sent; a damaged one is reported and
not sent.

` + accountsHelp + "\n" + accessHelp + "\n" + exitHelp(exitDifferent),
		Example: `  davferry import accounts.csv --archive calendars.zip --destination https://new.example.org`,
		Args:    args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.runJob(cmd.Context(), f, args[0]) }
	return cmd
}
