package main

import (
	"context"

	"github.com/spf13/cobra"

	"davferry/migrate"
)

// stateFlags are the flags of the verbs that look at a state folder and change nothing.
type stateFlags struct {
	state string
	json  bool
}

func (f *stateFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.state, "state", "", "state `FOLDER` (default: the accounts file's name with .davferry instead of .csv)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON document")
	cmd.Flags().SortFlags = false
}

func (p *program) statusCommand() *cobra.Command {
	f := &stateFlags{}
	cmd := &cobra.Command{
		Use:   "status ACCOUNTS.csv",
		Short: "Tell how far a run is, while it goes on or after",
		Long: `Tell how far the accounts are: what is done of what is known so far, how fast, and what needs a
look. It can be asked at any time: while a run goes on in another terminal, after it, or after it
was killed. It reads the journal in the state folder, changes nothing and asks no server. The
accounts file says which accounts there are; its passwords are not looked at.

With more than 50 accounts the table shows those that are under way or need a look.

Exit status:
  0    the status was told, whatever it is
  1    the journal cannot be read
  2    the command line or the accounts file is wrong
  130  interrupted
`,
		Example: `  davferry status accounts.csv
  watch -n 10 davferry status accounts.csv`,
		Args: args(1, "the accounts file"),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.status(cmd.Context(), f, args[0]) }
	return cmd
}

func (p *program) status(ctx context.Context, f *stateFlags, accountsFile string) error {
	accounts, err := p.readAccountsFile(accountsFile, migrate.Defaults{})
	if err != nil {
		return err
	}
	state, err := stateDir(f.state, accountsFile)
	if err != nil {
		return err
	}
	names := make([]string, len(accounts))
	for i, a := range accounts {
		names[i] = a.Name
	}
	s, err := migrate.ReadStatus(ctx, state, names)
	if err != nil {
		return err
	}
	if f.json {
		return printJSON(p.stdout, s)
	}
	printStatus(p.stdout, s, state)
	return nil
}
