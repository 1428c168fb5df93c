// Command matrix moves an account of about 170 objects from every server of the lab to every other, and to itself, and
// prints what became of it as the table of the README:
//
//	go run ./internal/lab/cmd/matrix
//
// Each field says how many objects were lost without a word, how many the destination refused (which the report says),
// and how many it changed. With -v each of them is listed, a line each; servers can be named.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"davferry/internal/lab"
	"davferry/internal/lab/cmd/internal/command"
	"davferry/internal/lab/matrix"
)

func main() { command.Main("matrix", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("matrix", flag.ContinueOnError)
	flags.SetOutput(stderr)
	verbose := flags.Bool("v", false, "list every object that did not arrive as it was")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := flags.Args()
	if len(names) == 0 {
		names = lab.Names()
	}
	for _, name := range names {
		if err := lab.Available(name); err != nil {
			return err
		}
	}
	dir, err := lab.Folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	program, err := matrix.Build(ctx, dir)
	if err != nil {
		return err
	}
	pairs, err := matrix.Run(ctx, program, dir, names, func(p matrix.Pair) {
		fmt.Fprintf(stderr, "%s to %s\n", p.From, p.To)
	})
	if err != nil {
		return err
	}
	if *verbose {
		list(stdout, pairs)
	}
	_, err = io.WriteString(stdout, matrix.Table(pairs))
	return err
}

// list writes what became of each object, with bars between the columns.
func list(w io.Writer, pairs []matrix.Pair) {
	for _, p := range pairs {
		for _, f := range p.Fates {
			fmt.Fprintf(w, "%s|%s|%s|%s|%s|%s\n", p.From, p.To, f.Object, f.Verdict, strings.Join(f.Properties, " "),
				strings.Join(strings.Fields(f.Detail), " "))
		}
	}
}
