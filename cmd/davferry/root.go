package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// program is one run of the command: where it reads and writes.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run executes a command line and returns its exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: stdout, stderr: stderr}
	root := p.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return finish(ctx, root.ExecuteContext(ctx), stderr)
}

const rootLong = `davferry moves calendars and contacts in bulk between CalDAV and CardDAV servers, and into archives.

It reads a CSV file of accounts, finds each server, fetches every calendar and address book as its server
serves it, and writes it to another server or into an archive. Nothing is lost silently, nobody is mailed,
and the same command run again finishes what is left.

Start with "davferry demo": it shows the whole job on two servers of its own and needs nothing.

`

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "davferry",
		Short:         "Move calendars and contacts between CalDAV and CardDAV servers",
		Long:          rootLong + exitHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{err: fmt.Errorf("unknown command %q", args[0]), hint: hintFor(cmd, args[0])}
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return flagsFromEnv(cmd) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err: err, hint: fmt.Sprintf("%q shows the flags", cmd.CommandPath()+" --help")}
	})
	root.SetVersionTemplate("davferry {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(p.demoCommand(), p.discoverCommand(), p.migrateCommand(), p.exportCommand(), p.importCommand(), p.verifyCommand())
	return root
}

func hintFor(cmd *cobra.Command, word string) string {
	if similar := cmd.SuggestionsFor(word); len(similar) > 0 {
		return fmt.Sprintf("did you mean %q?", "davferry "+similar[0])
	}
	return `"davferry --help" lists the commands`
}

// args returns a check for the number of operands, whose error says what is missing.
func args(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		switch {
		case len(given) < n:
			return &usageError{err: fmt.Errorf("%s is missing", what), hint: "usage: " + cmd.UseLine()}
		case len(given) > n:
			return &usageError{err: fmt.Errorf("%q is one operand too many", given[n]), hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// flagsFromEnv gives flags that are not on the command line the value of DAVFERRY_<FLAG>.
func flagsFromEnv(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := envName(f.Name)
		value, ok := os.LookupEnv(name)
		if !ok || f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, usagef("%s: %q is no value for --%s", name, value, f.Name))
		}
	})
	return errors.Join(errs...)
}

func envName(flag string) string {
	return "DAVFERRY_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// version returns the module's version as the Go command recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.1.0-dev"
}
