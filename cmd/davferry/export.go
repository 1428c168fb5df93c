package main

import (
	"github.com/spf13/cobra"

	"davferry/migrate"
)

func (p *program) exportCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Export}
	cmd := &cobra.Command{
		Use:   "export ACCOUNTS.csv --archive PATH",
		Short: "Copy every account from its server into an archive",
		Long: `Copy the calendars and address books of every account from its source server into one archive: a
folder, or a file whose name ends in .zip or .tar.zst.

The archive is a BagIt bag (RFC 8493), which other programs can check, around a vdir tree, which
vdirsyncer, khal and khard open as it is. Every object is in it byte for byte as its server serves
it, but for what --normalize-..., --map-addresses, --vcard or --groups ask for. The archive appears
whole or not at all, and takes the place of an older one of that name.

` + accountsHelp + "\n" + accessHelp + "\n" + exitHelp(exitDifferent),
		Example: `  davferry export accounts.csv --archive calendars.zip
  davferry verify --archive calendars.zip`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.runJob(cmd.Context(), f, args[0]) }
	return cmd
}
