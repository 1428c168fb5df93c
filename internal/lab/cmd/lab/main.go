// Command lab starts real servers on loopback, for trying things by hand, and ends them at Ctrl-C:
//
//	go run ./internal/lab/cmd/lab -load radicale xandikos
//
// The first server is the source, the second the destination of the accounts file that it writes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"davferry/internal/lab"
	"davferry/internal/lab/cmd/internal/command"
	"davferry/internal/lab/dataset"
)

func main() { command.Main("lab", run) }

// options are what the command line says.
type options struct {
	servers  []string
	users    int
	load     bool
	size     dataset.Options
	accounts string // path of the accounts file, "" for one in the state folder
	packages bool   // only list what has to be installed
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{size: dataset.Default}
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintf(stderr, "usage: lab [flags] SERVER...\nservers: %s\n", strings.Join(lab.Names(), ", "))
		flags.PrintDefaults()
	}
	flags.IntVar(&o.users, "users", 3, "users on each server")
	flags.BoolVar(&o.load, "load", false, "fill the accounts of the first server with sample data")
	flags.IntVar(&o.size.Events, "events", o.size.Events, "events in each of the two calendars, with -load")
	flags.IntVar(&o.size.Tasks, "tasks", o.size.Tasks, "tasks, with -load")
	flags.IntVar(&o.size.Contacts, "contacts", o.size.Contacts, "contacts, with -load")
	flags.BoolVar(&o.packages, "packages", false, "print the Debian packages that all servers need, and end")
	flags.StringVar(&o.accounts, "accounts", "", "write the accounts file to this `path`")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.servers = flags.Args()
	if o.packages {
		return o, nil
	}
	if len(o.servers) == 0 {
		flags.Usage()
		return o, flag.ErrHelp
	}
	for _, name := range o.servers {
		if err := lab.Available(name); err != nil {
			return o, err
		}
	}
	return o, nil
}

// run starts the servers, tells about them and waits for the context to end.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.packages {
		_, err := fmt.Fprintln(stdout, strings.Join(lab.Packages(), "\n"))
		return err
	}
	dir, err := lab.Folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	servers, err := startAll(ctx, dir, o)
	defer func() { err = errors.Join(err, stopAll(servers)) }()
	if err != nil {
		return err
	}
	if err := tell(stdout, dir, servers, o); err != nil {
		return err
	}
	if o.load {
		if err := load(ctx, stdout, servers[0], o.size); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, "\nCtrl-C ends the servers and forgets their data.")
	<-ctx.Done()
	return nil
}

// startAll starts the servers that are asked for. On an error it returns those that run.
func startAll(ctx context.Context, dir string, o options) ([]*lab.Server, error) {
	var servers []*lab.Server
	for i, name := range o.servers {
		state := filepath.Join(dir, fmt.Sprintf("%d-%s", i+1, name))
		if err := os.Mkdir(state, 0o700); err != nil {
			return servers, err
		}
		s, err := lab.Start(ctx, name, state, lab.Users(o.users))
		if err != nil {
			return servers, err
		}
		servers = append(servers, s)
	}
	return servers, nil
}

func stopAll(servers []*lab.Server) error {
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

// tell prints where everything is and writes the accounts file.
func tell(w io.Writer, dir string, servers []*lab.Server, o options) error {
	for _, s := range servers {
		fmt.Fprintf(w, "%-10s %s\n", s.Name, s.URL)
	}
	fmt.Fprintln(w, "\nusers      passwords")
	for _, u := range servers[0].Users {
		fmt.Fprintf(w, "%-10s %s\n", u.Name, u.Password)
	}
	path := o.accounts
	if path == "" {
		path = filepath.Join(dir, "accounts.csv")
	}
	var destination *lab.Server
	if len(servers) > 1 {
		destination = servers[1]
	}
	accounts := lab.Accounts(servers[0], destination)
	fmt.Fprintf(w, "\nstate      %s\naccounts   %s\n\n%s", dir, path, accounts)
	return os.WriteFile(path, accounts, 0o600)
}

// load gives each user of the server an account of his own.
func load(ctx context.Context, w io.Writer, s *lab.Server, size dataset.Options) error {
	for i, u := range s.Users {
		account := dataset.Account(i+1, size)
		refused, err := fill(ctx, s, u, account)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "loaded     %d objects for %s", dataset.Count(account)-len(refused), u.Name)
		if len(refused) > 0 {
			fmt.Fprintf(w, ", %d refused", len(refused))
		}
		fmt.Fprintln(w)
	}
	return nil
}

// fill puts an account into a user, in the server's quickest way, and returns what the server refused of it.
func fill(ctx context.Context, s *lab.Server, u lab.User, account []dataset.Collection) ([]error, error) {
	if s.Name == "radicale" {
		return nil, lab.Fill(ctx, s, u, account)
	}
	return lab.Offer(ctx, s, u, account)
}
