// Command bare measures what the bare requests of an export and of a migration take at a server of the lab, as the
// yardstick for davferry's speed:
//
//	go run ./internal/lab/cmd/bare -events 2000 radicale
//
// It prints the median of several runs of each measurement.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"

	"davferry/internal/lab"
	"davferry/internal/lab/bare"
	"davferry/internal/lab/cmd/internal/command"
	"davferry/internal/lab/dataset"
)

func main() { command.Main("bare", run) }

// options are what the command line says.
type options struct {
	server   string
	read     dataset.Options // the account that is read
	write    dataset.Options // the one that is written
	runs     int
	writeRun bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{read: dataset.Options{Calendars: 2}, write: dataset.Options{Calendars: 1, Books: 1}}
	flags := flag.NewFlagSet("bare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.read.Events, "events", 2000, "events in each of the two calendars that are read")
	flags.BoolVar(&o.writeRun, "write", true, "measure writing too")
	flags.IntVar(&o.write.Events, "write-events", 1000, "events that are written")
	flags.IntVar(&o.write.Contacts, "write-contacts", 500, "contacts that are written")
	flags.IntVar(&o.runs, "runs", 3, "runs of each measurement")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() != 1 || o.runs < 1 {
		fmt.Fprintln(stderr, "usage: bare [flags] SERVER")
		flags.PrintDefaults()
		return o, flag.ErrHelp
	}
	o.server = flags.Arg(0)
	return o, lab.Available(o.server)
}

// run starts the server with one user to read and one for each run that writes.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "davferry-bare-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := lab.Start(ctx, o.server, dir, lab.Users(1+o.runs))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	if err := measureReading(ctx, stdout, s, o); err != nil || !o.writeRun {
		return err
	}
	return measureWriting(ctx, stdout, s, o)
}

func measureReading(ctx context.Context, w io.Writer, s *lab.Server, o options) error {
	u, account := s.Users[0], dataset.Account(1, o.read)
	if err := lab.Fill(ctx, s, u, account); err != nil {
		return err
	}
	for _, properties := range [][]string{{"getetag"}, {"getetag", "getcontentlength"}} {
		figures, err := median(o.runs, func(int) (bare.Figures, error) {
			c := bare.NewClient(s, u, 1)
			defer c.Close()
			return c.List(ctx, account[:1], properties...)
		})
		if err != nil {
			return err
		}
		report(w, s, fmt.Sprint("list one calendar, ", properties), figures)
	}
	for _, connections := range []int{1, 2, 4} {
		figures, err := median(o.runs, func(int) (bare.Figures, error) {
			c := bare.NewClient(s, u, connections)
			defer c.Close()
			return c.Read(ctx, account)
		})
		if err != nil {
			return err
		}
		report(w, s, fmt.Sprintf("read, %d connections", connections), figures)
	}
	return nil
}

func measureWriting(ctx context.Context, w io.Writer, s *lab.Server, o options) error {
	account := dataset.Account(2, o.write)
	figures, err := median(o.runs, func(run int) (bare.Figures, error) {
		u := s.Users[1+run]
		for _, c := range account {
			if err := lab.Make(ctx, s, u, c); err != nil {
				return bare.Figures{}, err
			}
		}
		c := bare.NewClient(s, u, 4)
		defer c.Close()
		return c.Write(ctx, account)
	})
	if err != nil {
		return err
	}
	report(w, s, "write, 4 connections", figures)
	return nil
}

func report(w io.Writer, s *lab.Server, what string, figures bare.Figures) {
	fmt.Fprintf(w, "%-9s %-47s %v\n", s.Name, what, figures)
}

// median runs f several times and returns the figures of the run that took the middle time.
func median(runs int, f func(run int) (bare.Figures, error)) (bare.Figures, error) {
	all := make([]bare.Figures, runs)
	for i := range all {
		var err error
		if all[i], err = f(i); err != nil {
			return bare.Figures{}, err
		}
	}
	slices.SortFunc(all, func(a, b bare.Figures) int { return cmp.Compare(a.Duration, b.Duration) })
	return all[runs/2], nil
}
