// Command speed measures how fast davferry is at Radicale, beside the same requests from a client that does nothing
// else (package bare), and how much memory an export takes:
//
//	go run ./internal/lab/cmd/speed
//
// Each line is the median of several runs, in which davferry and the bare client take turns.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"davferry/internal/lab"
	"davferry/internal/lab/cmd/internal/command"
	"davferry/internal/lab/dataset"
)

func main() { command.Main("speed", run) }

// options are what the command line says.
type options struct {
	runs    int
	program string
	archive string          // what the exported archive is called
	read    dataset.Options // the account that is exported
	write   dataset.Options // the one that is migrated
	memory  [2]int          // events of the two exports whose memory is compared
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{read: dataset.Options{Calendars: 2}, write: dataset.Options{Calendars: 1, Books: 1}}
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.runs, "runs", 3, "runs of each measurement")
	flags.StringVar(&o.program, "davferry", "", "the program to measure (default: built from this module)")
	flags.StringVar(&o.archive, "archive", "archive", "name of the archive that is exported: its ending chooses the form")
	flags.IntVar(&o.read.Events, "events", 2000, "events in each of the two calendars that are exported")
	flags.IntVar(&o.write.Events, "write-events", 1000, "events that are migrated, 0 to leave that out")
	flags.IntVar(&o.write.Contacts, "write-contacts", 500, "contacts that are migrated")
	flags.IntVar(&o.memory[0], "memory-events", 2000, "events of the smaller export whose memory is measured, 0 to leave that out")
	flags.IntVar(&o.memory[1], "memory-more", 20000, "events of the larger one")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() != 0 || o.runs < 1 {
		flags.Usage()
		return o, flag.ErrHelp
	}
	return o, lab.Available("radicale")
}

// bench is a folder with the program in it, in which everything happens.
type bench struct {
	options
	dir string
	out io.Writer
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "davferry-speed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{options: o, dir: dir, out: stdout}
	if err := b.build(ctx); err != nil {
		return err
	}
	for _, measure := range []func(context.Context) error{b.memories, b.exports, b.migrations} {
		if err := measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

// build builds the program unless there is one.
func (b *bench) build(ctx context.Context) (err error) {
	if b.program != "" {
		b.program, err = filepath.Abs(b.program)
		return err
	}
	b.program = filepath.Join(b.dir, "davferry")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.program, "davferry/cmd/davferry").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// start starts a Radicale with n users.
func (b *bench) start(ctx context.Context, n int) (*lab.Server, error) {
	dir, err := os.MkdirTemp(b.dir, "radicale-")
	if err != nil {
		return nil, err
	}
	return lab.Radicale(ctx, dir, lab.Users(n))
}
