package main

import (
	"github.com/spf13/cobra"

	"davferry/migrate"
)

const accountsHelp = `The accounts file is CSV with a header; columns in any order, separated by , or ; (- reads stdin):
  account                                label in reports (default: the user)
  source, destination                    URL, host or mail address of the server (default: --source,
                                         --destination, then the user if it is a mail address)
  source_user, destination_user          login name
  source_password, destination_password  or instead ..._password_env (name of a variable),
                                         ..._password_file, ..._password_command; not needed where
                                         --client-cert is the login
  source_auth, destination_auth          basic (default), digest, bearer (the password is the token)
`

func (p *program) migrateCommand() *cobra.Command {
	f := &jobFlags{verb: migrate.Migrate}
	cmd := &cobra.Command{
		Use:   "migrate ACCOUNTS.csv",
		Short: "Copy every account from its source server to its destination server",
		Long: `Copy the calendars and address books of every account from its source server to its destination
server.

What the destination has already is left alone; the same command run again does what is left, and
carries over what changed at the source since. Nothing is deleted unless --delete says so, and
"davferry rollback" takes back what was made.

` + accountsHelp + "\n" + accessHelp + "\n" + exitHelp(exitDifferent),
		Example: `  davferry migrate accounts.csv --dry-run
  davferry migrate accounts.csv --source https://old.example.org --destination new.example.org
  davferry migrate accounts.csv --objects events,todos --from 2024-01-01`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.runJob(cmd.Context(), f, args[0]) }
	return cmd
}
