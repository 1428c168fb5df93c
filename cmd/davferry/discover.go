package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"davferry/internal/dav"
	"davferry/migrate"
)

// discoverFlags are the flags of discover: a login without an accounts file.
type discoverFlags struct {
	network networkFlags
	log     logFlags
	user    string
	env     string
	file    string
	command string
	auth    string
	access  migrate.Access // of which only the templates are there
	json    bool
}

func (p *program) discoverCommand() *cobra.Command {
	f := &discoverFlags{}
	cmd := &cobra.Command{
		Use:   "discover ADDRESS|URL",
		Short: "Find the server of an account, step by step, and show what the account holds",
		Long: `Find the CalDAV and the CardDAV server of an account from a mail address, a host or a URL, and show
each question, each answer and what followed from it; then the collections, and which of them would
be moved.

Without a password flag the password is asked for where stdin is a terminal; with --client-cert the
certificate is the login then.

--login and --principal are for administrators who act for users, as --source-login and
--source-principal of migrate are: they show whether the server lets them, and whose account it is.

Exit status:
  0    the account was found
  1    it was not; the message says why
  2    the command line is wrong; nothing was asked
  130  interrupted
`,
		Example: `  davferry discover anna@example.org --password-env PW
  davferry discover https://dav.example.org/ --user anna --password-command "pass dav/anna"
  davferry discover sogo.example.org --user anna --login root --principal '/SOGo/dav/{user}/'`,
		Args: args(1, "the address"),
	}
	fs := cmd.Flags()
	fs.StringVar(&f.user, "user", "", "login `NAME` (default: the address, if it is a mail address)")
	fs.StringVar(&f.env, "password-env", "", "name of the `VARIABLE` that holds the password")
	fs.StringVar(&f.file, "password-file", "", "`FILE` that holds the password")
	fs.StringVar(&f.command, "password-command", "", "`COMMAND` that prints the password")
	fs.StringVar(&f.auth, "auth", "basic", "log in by `METHOD` basic, digest or bearer")
	fs.StringVar(&f.access.Login, "login", "", "log in as `TEMPLATE`, such as {user}%admin, not as the user")
	fs.StringVar(&f.access.Principal, "principal", "", "`TEMPLATE` of the path of the user's principal")
	fs.BoolVar(&f.json, "json", false, "print the result as one JSON document")
	f.network.add(cmd)
	f.log.add(cmd)
	fs.SortFlags = false
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return p.discover(cmd.Context(), f, args[0]) }
	return cmd
}

func (p *program) discover(ctx context.Context, f *discoverFlags, address string) error {
	if err := f.check(address); err != nil {
		return err
	}
	login, err := p.discoverLogin(ctx, f, address)
	if err != nil {
		return err
	}
	settings, err := f.network.settings()
	if err != nil {
		return err
	}
	log, closeLog, err := f.log.open("", p.stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	settings.Log = log
	network := dav.NewNetwork(settings)
	defer network.Close()
	defer showWaits(ctx, network, p.stderr)()
	result := newDiscovered(address)
	account, err := network.Open(ctx, address, login, func(s dav.Step) {
		result.add(s)
		if !f.json {
			printStep(p.stdout, s)
		}
	})
	if err == nil {
		err = result.fill(ctx, account)
	}
	if err != nil {
		err = f.explain(err)
		result.Error = err.Error()
	}
	if f.json {
		return errors.Join(err, printJSON(p.stdout, result))
	}
	if err == nil {
		result.print(p.stdout)
	}
	return err
}

// check refuses a command line that cannot be meant. Its error does not repeat a password that stands in a URL.
func (f *discoverFlags) check(address string) error {
	err := migrate.CheckAddress(address, f.network.allowPlaintext)
	switch _, authority, isURL := strings.Cut(address, "://"); {
	case err == nil:
	case isURL && strings.Contains(authority, "@"):
		err = usagef("the address holds a user name or a password, which the shell's history would keep: give --user and a password flag")
	default:
		err = usagef("the address %q: %w", address, err)
	}
	return errors.Join(err, oneOf("auth", f.auth, "basic", "digest", "bearer"), f.log.check())
}

// explain adds to an error what to do about it, where that can be told.
func (f *discoverFlags) explain(err error) error {
	switch {
	case dav.Status(err) != http.StatusUnauthorized:
		return err
	case f.user == "" && f.auth != "bearer" && f.network.clientCert == "":
		return fmt.Errorf("%w; the server wants a login: give --user and a password flag", err)
	case f.auth == "bearer":
		return fmt.Errorf("%w; the server refused the token: check it, and --auth", err)
	}
	return fmt.Errorf("%w; the server refused the login: check the user name, the password and --auth", err)
}

// discoverLogin makes the login from the flags.
func (p *program) discoverLogin(ctx context.Context, f *discoverFlags, address string) (dav.Login, error) {
	if f.user == "" && !strings.Contains(address, "://") && strings.Contains(address, "@") {
		f.user = address
	}
	endpoint, err := f.access.ActFor(migrate.Endpoint{User: f.user, Auth: f.auth}, "--")
	if err != nil {
		return dav.Login{}, &usageError{err}
	}
	if endpoint.Password, err = p.discoverSecret(ctx, f); err != nil {
		return dav.Login{}, err
	}
	if _, err = endpoint.Password.Reveal(ctx); err != nil {
		return dav.Login{}, usagef("the password: %w", err)
	}
	return endpoint.Login(), nil
}

func (p *program) discoverSecret(ctx context.Context, f *discoverFlags) (migrate.Secret, error) {
	given := slices.DeleteFunc([]string{f.env, f.file, f.command}, func(s string) bool { return s == "" })
	switch {
	case len(given) > 1:
		return migrate.Secret{}, usagef("--password-env, --password-file and --password-command exclude each other")
	case f.env != "":
		return migrate.SecretFromEnv(f.env), nil
	case f.file != "":
		return migrate.SecretFromFile(f.file), nil
	case f.command != "":
		return migrate.SecretFromCommand(f.command, migrate.UserVariable+"="+f.user), nil
	case f.user == "" && f.auth != "bearer", f.network.clientCert != "" && f.auth == "basic":
		return migrate.Secret{}, nil
	}
	return p.askPassword(ctx, f.user)
}

// askPassword asks on the terminal.
func (p *program) askPassword(ctx context.Context, user string) (migrate.Secret, error) {
	in, ok := p.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return migrate.Secret{}, usagef("a password is missing: give --password-env, --password-file or --password-command")
	}
	fmt.Fprintf(p.stderr, "password of %s: ", printable(user))
	text, err := readPassword(ctx, int(in.Fd()))
	fmt.Fprintln(p.stderr)
	if err != nil {
		return migrate.Secret{}, fmt.Errorf("reading the password: %w", err)
	}
	return migrate.SecretOf(text), nil
}

// readPassword reads a line from a terminal that does not show it. When the context ends it makes the terminal show
// again what is typed; the reading itself cannot be called off and is left to the end of the process, which is near.
func readPassword(ctx context.Context, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return string(l.text), l.err
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(terminal, before))
	}
}
