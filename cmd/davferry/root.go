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

It reads a CSV file of accounts, finds each server, fetches every calendar and address book as its
server serves it, and writes it to another server or into an archive. Nothing is lost silently,
nobody is mailed, and the same command run again finishes what is left.

Start with "davferry demo": it shows the whole job on two servers of its own and needs nothing.
"davferry COMMAND --help" explains a command.

`

// usageTemplate is cobra's, without what says nothing here, and no wider than a terminal.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND [FLAGS]{{else}}{{.UseLine}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}

Flags:
{{.LocalFlags.FlagUsagesWrapped 100 | trimTrailingWhitespaces}}
{{if not .HasAvailableSubCommands}}
Each flag can come from the environment too, --log-level as DAVFERRY_LOG_LEVEL; the command line
goes before it.
{{end}}`

func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "davferry",
		Short:         "Move calendars and contacts between CalDAV and CardDAV servers",
		Long:          rootLong + exitHelp(),
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return flagsFromEnv(cmd) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &hintError{&usageError{flagError(err)}, fmt.Sprintf("%q shows the flags", cmd.CommandPath()+" --help")}
	})
	root.SetVersionTemplate("davferry {{.Version}}\n")
	root.SetUsageTemplate(usageTemplate)
	root.SetHelpCommand(helpCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(p.demoCommand(), p.discoverCommand(), p.preflightCommand(), p.migrateCommand(), p.exportCommand(), p.importCommand(), p.rollbackCommand(), p.verifyCommand(),
		p.statusCommand(), p.reportCommand())
	return root
}

// helpCommand is cobra's, which shows the program's own help for a command that there is not.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

func unknownCommand(root *cobra.Command, word string) error {
	hint := `"davferry --help" lists the commands`
	if similar := root.SuggestionsFor(word); len(similar) > 0 {
		hint = fmt.Sprintf("did you mean %q?", "davferry "+similar[0])
	} else if word == "version" {
		hint = `did you mean "davferry --version"?`
	}
	return &hintError{usagef("unknown command %q", word), hint}
}

// flagError says in words what pflag says of a value that cannot be read.
func flagError(err error) error {
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s: %s", e.GetFlag().Name, noValue(e.GetFlag(), e.GetValue()))
	}
	return err
}

func noValue(f *pflag.Flag, value string) string {
	wanted := map[string]string{
		"int": "a whole number", "float64": "a number", "duration": "a time, such as 30s or 5m", "bool": "true or false",
	}
	return fmt.Sprintf("%q is not %s", value, wanted[f.Value.Type()])
}

// args returns a check for the number of operands, whose error says what is missing.
func args(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		switch {
		case len(given) < n:
			return &hintError{usagef("%s is missing", what), "usage: " + cmd.UseLine()}
		case len(given) > n:
			return &hintError{usagef("%q is one operand too many", given[n]), "usage: " + cmd.UseLine()}
		}
		return nil
	}
}

// flagsFromEnv gives flags that are not on the command line the value of DAVFERRY_<FLAG>. An empty variable is none.
func flagsFromEnv(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := envName(f.Name)
		value := os.Getenv(name)
		if value == "" || f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			errs = append(errs, usagef("%s, which is --%s: %s", name, f.Name, noValue(f, value)))
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
