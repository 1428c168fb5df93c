package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"davferry/internal/lab"
	"davferry/internal/lab/bare"
	"davferry/internal/lab/dataset"
)

// contender is one of those that take turns.
type contender struct {
	name string
	run  func(ctx context.Context, turn int) (figures, error)
}

// compare lets the contenders take turns and prints the median of each beside the best of those before the last,
// which is davferry.
func (b *bench) compare(ctx context.Context, contenders ...contender) error {
	all := make([][]figures, len(contenders))
	for turn := range b.runs {
		for i, c := range contenders {
			f, err := c.run(ctx, turn)
			if err != nil {
				return err
			}
			all[i] = append(all[i], f)
		}
	}
	best := figures{}
	for i, c := range contenders {
		f := median(all[i])
		fmt.Fprintf(b.out, "  %-22s %7.2f s  %6d objects  %6d requests  %.3f an object", c.name, f.time.Seconds(), f.objects, f.requests,
			float64(f.requests)/float64(f.objects))
		switch {
		case i == len(contenders)-1:
			fmt.Fprintf(b.out, "  %.2f × the bare requests\n", f.time.Seconds()/best.time.Seconds())
		default:
			fmt.Fprintln(b.out)
			if best.time == 0 || f.time < best.time {
				best = f
			}
		}
	}
	return nil
}

// median returns the figures of the run that took the middle time.
func median(all []figures) figures {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b figures) int { return cmp.Compare(a.time, b.time) })
	return sorted[len(sorted)/2]
}

// bareRun makes figures of those of package bare.
func bareRun(s *lab.Server, u lab.User, connections int, do func(c *bare.Client) (bare.Figures, error)) (figures, error) {
	c := bare.NewClient(s, u, connections)
	defer c.Close()
	f, err := do(c)
	return figures{time: f.Duration, requests: int(f.Requests), objects: int(f.Objects)}, err
}

// exports compares the export of one account with reading it bare.
func (b *bench) exports(ctx context.Context) (err error) {
	s, err := b.start(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	account := dataset.Account(1, b.read)
	if err := lab.Fill(ctx, s, s.Users[0], account); err != nil {
		return err
	}
	reader := func(connections int) contender {
		return contender{fmt.Sprintf("bare, %d connections", connections), func(ctx context.Context, _ int) (figures, error) {
			return bareRun(s, s.Users[0], connections, func(c *bare.Client) (bare.Figures, error) { return c.Read(ctx, account) })
		}}
	}
	fmt.Fprintf(b.out, "export of 2 calendars with %d events each, to %s\n", b.read.Events, b.archive)
	return b.compare(ctx, reader(1), reader(4), contender{"davferry export", func(ctx context.Context, _ int) (figures, error) {
		return b.export(ctx, s)
	}})
}

// migrations compares the migration of an account to an empty one with writing it bare.
func (b *bench) migrations(ctx context.Context) (err error) {
	if b.write.Events == 0 {
		return nil
	}
	from, err := b.start(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Stop()) }()
	to, err := b.start(ctx, 2*b.runs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Stop()) }()
	account := dataset.Account(2, b.write)
	if err := lab.Fill(ctx, from, from.Users[0], account); err != nil {
		return err
	}
	fmt.Fprintf(b.out, "migration of %d events and %d contacts to an empty account\n", b.write.Events, b.write.Contacts)
	return b.compare(ctx,
		contender{"bare, 4 connections", func(ctx context.Context, turn int) (figures, error) {
			return writeBare(ctx, to, to.Users[2*turn], account)
		}},
		contender{"davferry migrate", func(ctx context.Context, turn int) (figures, error) {
			return b.migrate(ctx, from, to, to.Users[2*turn+1])
		}})
}

// writeBare makes the collections, whose time does not count, and puts the objects.
func writeBare(ctx context.Context, s *lab.Server, u lab.User, account []dataset.Collection) (figures, error) {
	for _, c := range account {
		if err := lab.Make(ctx, s, u, c); err != nil {
			return figures{}, err
		}
	}
	return bareRun(s, u, 4, func(c *bare.Client) (bare.Figures, error) { return c.Write(ctx, account) })
}

// memories measures the memory of an export of few events and of one of many.
func (b *bench) memories(ctx context.Context) error {
	if b.memory[0] == 0 {
		return nil
	}
	fmt.Fprintf(b.out, "memory of an export to %s at most\n", b.archive)
	for _, events := range b.memory {
		f, err := b.memoryOf(ctx, events)
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "  %6d events %18.1f MB in %.2f s\n", f.objects, float64(f.peak)/1e6, f.time.Seconds())
	}
	return nil
}

func (b *bench) memoryOf(ctx context.Context, events int) (f figures, err error) {
	s, err := b.start(ctx, 1)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	// Radicale takes minutes to list a calendar of 20,000 events for the first time.
	calendars := (events + 4999) / 5000
	account := dataset.Account(3, dataset.Options{Calendars: calendars, Events: events / calendars})
	if err := lab.Fill(ctx, s, s.Users[0], account); err != nil {
		return f, err
	}
	var all []figures
	for range b.runs {
		if f, err = b.export(ctx, s); err != nil {
			return f, err
		}
		all = append(all, f)
	}
	return slices.MaxFunc(all, func(a, b figures) int { return cmp.Compare(a.peak, b.peak) }), nil
}
