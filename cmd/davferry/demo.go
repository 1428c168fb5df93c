package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	keep string
	json bool
}

func (p *program) demoCommand() *cobra.Command {
	f := &demoFlags{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole job on two servers of its own; needs nothing",
		Long: `Show the whole job: three sample accounts are moved from one server to another, moved again, exported
to an archive, checked, and compared byte by byte. Both servers are part of davferry and can be reached
from this computer only. It takes a few seconds and leaves nothing behind, unless --keep names a folder.

Exit status:
  0    everything was as it should be
  1    something was not; the message says what
  2    the command line is wrong; nothing was done
  130  interrupted
`,
		Example: `  davferry demo
  davferry demo --keep demo`,
		Args: args(0, ""),
	}
	cmd.Flags().StringVar(&f.keep, "keep", "", "leave accounts file, archive and state in `DIR`, a new or empty folder")
	cmd.Flags().BoolVar(&f.json, "json", false, "print nothing but the summary of the first migration, as one JSON document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return p.demo(cmd.Context(), f) }
	return cmd
}

// The names in the demo's folder.
const (
	demoAccountsFile = "accounts.csv"
	demoArchive      = "archive.zip"
)

func (p *program) demo(ctx context.Context, f *demoFlags) error {
	// A reader that has seen enough (davferry demo | head) is an error to write to, not the end of the process: the
	// temporary folder has to go.
	signal.Ignore(syscall.SIGPIPE)
	defer signal.Reset(syscall.SIGPIPE)
	dir, leave, err := demoFolder(f.keep)
	if err != nil {
		return err
	}
	d := &demo{program: p, dir: dir, json: f.json, story: &story{w: p.stdout}}
	if f.json {
		d.story.w = &d.untold
	}
	if err = errors.Join(d.verdict(ctx, d.play(ctx)), leave()); err != nil {
		return err
	}
	d.farewell(f.keep)
	return d.story.err
}

// verdict tells a demo that went wrong from one that nobody wanted to see the end of.
func (d *demo) verdict(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || d.story.err != nil {
		return err
	}
	_, _ = io.Copy(d.program.stderr, &d.untold) // in JSON, what led to the error was not shown yet
	return fmt.Errorf("the demo did not go as it should: %w", err)
}

// demoFolder makes the folder of a demo and returns it with what is to be done about it at the end.
func demoFolder(keep string) (dir string, leave func() error, err error) {
	if keep == "" {
		if dir, err = os.MkdirTemp("", "davferry-demo-"); err != nil {
			err = fmt.Errorf("making a folder for the demo: %w", err)
		}
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	if dir, err = filepath.Abs(keep); err != nil {
		return "", nil, usagef("--keep: %w", err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.MkdirAll(dir, 0o700)
	case len(entries) > 0:
		err = fmt.Errorf("the folder %s is not empty; name an empty one, or one that is not there yet", keep)
	}
	if err != nil {
		err = usagef("--keep: %w", err)
	}
	return dir, func() error { return nil }, err
}

// demo is one run of the demo.
type demo struct {
	program *program
	dir     string // absolute
	json    bool
	story   *story
	untold  bytes.Buffer // the story in JSON, for the case that something goes wrong

	accounts       []demoAccount
	old, new       *davtest.Server
	oldURL, newURL string
	objects        int // of all accounts
}

// play starts the servers and does everything in order.
func (d *demo) play(ctx context.Context) (err error) {
	d.accounts = demoAccounts()
	if d.old, err = oldServer(d.accounts); err != nil {
		return err
	}
	d.new = newServer(d.accounts)
	for _, s := range []struct {
		server *davtest.Server
		url    *string
	}{{d.old, &d.oldURL}, {d.new, &d.newURL}} {
		listener, err := s.server.Start("")
		if err != nil {
			return err
		}
		defer listener.Close()
		*s.url = listener.URL
	}
	defer changeEnvironment(d.environment())()
	for _, step := range d.steps() {
		if err := step(ctx); err != nil {
			return err
		}
		if err := errors.Join(d.story.err, context.Cause(ctx)); err != nil {
			return err
		}
	}
	return nil
}

// environment is what the commands of the demo are to see: the passwords, and none of the caller's DAVFERRY_ variables,
// which would be their flags.
func (d *demo) environment() map[string]*string {
	changes := map[string]*string{}
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, envName("")) {
			changes[name] = nil
		}
	}
	for _, a := range d.accounts {
		changes[a.oldVariable()], changes[a.newVariable()] = &a.oldPassword, &a.newPassword
	}
	return changes
}

// changeEnvironment sets variables of the process's environment, takes out those that are nil, and returns what undoes
// that.
func changeEnvironment(changes map[string]*string) (undo func()) {
	before := map[string]*string{}
	for name, value := range changes {
		before[name] = nil
		if old, ok := os.LookupEnv(name); ok {
			before[name] = &old
		}
		setEnvironment(name, value)
	}
	return func() {
		for name, value := range before {
			setEnvironment(name, value)
		}
	}
}

// setEnvironment cannot fail for the names and values that come here; a password that is not there is reported by the
// accounts file's reader.
func setEnvironment(name string, value *string) {
	if value == nil {
		_ = os.Unsetenv(name)
		return
	}
	_ = os.Setenv(name, *value)
}

// command runs a command line of davferry in the demo's folder and shows both, as a terminal would.
func (d *demo) command(ctx context.Context, args ...string) error {
	d.story.tell("$ davferry %s\n", strings.Join(args, " "))
	var shown bytes.Buffer
	status := run(ctx, d.inFolder(args), strings.NewReader(""), &shown, &shown)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	d.story.tell("%s\n", strings.ReplaceAll(shown.String(), d.dir+string(filepath.Separator), ""))
	return wrongStatus(status, args)
}

// inFolder makes the names of the demo's files paths. The commands are shown as somebody in the demo's folder would type
// them, and so is their output.
func (d *demo) inFolder(args []string) []string {
	paths := make([]string, len(args))
	for i, arg := range args {
		if paths[i] = arg; arg == demoAccountsFile || arg == demoArchive {
			paths[i] = filepath.Join(d.dir, arg)
		}
	}
	return paths
}

func wrongStatus(status int, args []string) error {
	if status == exitOK {
		return nil
	}
	return fmt.Errorf("davferry %s ended with exit status %d", strings.Join(args, " "), status)
}

// summary reads the report of the last run.
func (d *demo) summary() (*migrate.Summary, error) {
	text, err := os.ReadFile(filepath.Join(migrate.StateDir(filepath.Join(d.dir, demoAccountsFile)), "report.json"))
	if err != nil {
		return nil, err
	}
	s := &migrate.Summary{}
	return s, json.Unmarshal(text, s)
}

// story is what the demo tells. After the first error nothing more is written.
type story struct {
	w   io.Writer
	err error
}

func (s *story) tell(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}

// heading begins a step.
func (s *story) heading(text string) {
	s.tell("%s\n%s\n\n", text, strings.Repeat("-", len(text)))
}
