// Package matrix moves one account from every server of the lab to every other, and to itself, and judges what became
// of each object.
//
// The account is dataset.Features. It is put into each server with plain requests; what the server then serves is what
// there is to move. davferry moves it, plain requests read it back, and mapping.Diff tells what differs in meaning.
// Nothing may be lost without a word; what a server refuses or changes is written down in Known, so that a new loss is
// found and a healed one too.
package matrix

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// Pair is what became of the account on the way from one server to another.
type Pair struct {
	From, To string   // as of lab.Names
	Objects  []string // that the source held, by their names without extension, sorted
	Fates    []Fate   // of those that did not arrive as they were, and of what is there and should not be
}

// Count returns how many objects came to that end.
func (p Pair) Count(v Verdict) int {
	n := 0
	for _, f := range p.Fates {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

// Build builds the program from this module into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "davferry")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "davferry/cmd/davferry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
}

// atOnce is how many destinations are written to at the same time.
const atOnce = 2

// Run starts the named servers with their state in dir, a folder such as lab.Folder makes, moves the account along
// every pair with the program davferry at that path, and ends the servers. The pairs come out in the order of the
// names. moved is called after each, from one goroutine at a time.
func Run(ctx context.Context, program, dir string, names []string, moved func(Pair)) (pairs []Pair, err error) {
	servers, err := startAll(ctx, dir, names)
	defer func() { err = errors.Join(err, stopAll(servers)) }()
	if err != nil {
		return nil, err
	}
	sources, err := fillAll(ctx, servers)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, to := range servers {
		group.Go(func() error {
			for i, from := range servers {
				p, err := move(ctx, program, filepath.Join(dir, "run-"+from.Name+"-"+to.Name), sources[i], to, to.Users[1+i])
				if err != nil {
					return fmt.Errorf("%s to %s: %w", from.Name, to.Name, err)
				}
				mu.Lock()
				pairs = append(pairs, p)
				moved(p)
				mu.Unlock()
			}
			return nil
		})
	}
	err = group.Wait()
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	return pairs, err
}

// startAll starts the servers with a user to move from, and one to move to for each. On an error it returns those that
// run.
func startAll(ctx context.Context, dir string, names []string) ([]*lab.Server, error) {
	var servers []*lab.Server
	for _, name := range names {
		state := filepath.Join(dir, name)
		if err := os.Mkdir(state, 0o700); err != nil {
			return servers, err
		}
		s, err := lab.Start(ctx, name, state, lab.Users(1+len(names)))
		if err != nil {
			return servers, fmt.Errorf("%s: %w", name, err)
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

// source is a server with the account to move.
type source struct {
	server  *lab.Server
	content lab.Content
}

// fillAll puts the account into the first user of every server, as far as each takes it.
func fillAll(ctx context.Context, servers []*lab.Server) ([]source, error) {
	sources := make([]source, len(servers))
	var group errgroup.Group
	group.SetLimit(atOnce)
	for i, s := range servers {
		group.Go(func() error {
			if err := Fill(ctx, s, s.Users[0]); err != nil {
				return fmt.Errorf("filling %s: %w", s.Name, err)
			}
			content, err := lab.Read(ctx, s, s.Users[0])
			sources[i] = source{server: s, content: content}
			return err
		})
	}
	return sources, group.Wait()
}

// Fill puts the account into a user, as far as the server takes it: what it refuses the user does not have.
func Fill(ctx context.Context, s *lab.Server, u lab.User) error {
	_, err := lab.Offer(ctx, s, u, dataset.Features())
	return err
}
