package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"davferry/migrate"
)

const (
	barInterval  = 200 * time.Millisecond
	lineInterval = 10 * time.Second
)

// showProgress shows how far a run is until the context ends: a bar where stderr is a terminal, else a line now and
// then. It returns a function that stops it and waits until it has.
func showProgress(ctx context.Context, verb string, p *migrate.Progress, stderr io.Writer) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if isTerminal(stderr) {
			showBar(ctx, verb, p, stderr)
		} else {
			showLines(ctx, verb, p, stderr)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// showBar draws one bar. How many objects there are is only known when all collections are listed, so that its end moves.
func showBar(ctx context.Context, verb string, p *migrate.Progress, stderr io.Writer) {
	bar := progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(stderr), progressbar.OptionSetDescription(verb),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("objects"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(true),
		progressbar.OptionThrottle(barInterval), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
	known := int64(0)
	tick := time.NewTicker(barInterval)
	defer tick.Stop()
	for {
		if k := p.Known(); k > known {
			known = k
			bar.ChangeMax64(known) // before Set: a bar past its end is an error
		}
		if known > 0 {
			total, finished := p.Accounts()
			bar.Describe(fmt.Sprintf("%s, account %d of %d", verb, min(finished+1, total), total))
			bar.Set64(min(p.Done(), known))
		}
		select {
		case <-ctx.Done():
			bar.Exit()
			bar.Clear()
			return
		case <-tick.C:
		}
	}
}

func showLines(ctx context.Context, verb string, p *migrate.Progress, stderr io.Writer) {
	started := time.Now()
	tick := time.NewTicker(lineInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			fmt.Fprintln(stderr, progressLine(verb, p, time.Since(started)))
		}
	}
}

// progressLine says in one line how far a run is.
func progressLine(verb string, p *migrate.Progress, elapsed time.Duration) string {
	total, finished := p.Accounts()
	done, known := p.Done(), p.Known()
	rate := float64(done) / elapsed.Seconds()
	line := fmt.Sprintf("davferry: %s: %d of %d objects found so far, %d of %d accounts finished, %.0f objects/s, %s",
		verb, done, known, finished, total, rate, elapsed.Round(time.Second))
	if rate > 0 && known > done {
		left := time.Duration(float64(known-done)/rate) * time.Second
		line += fmt.Sprintf(", about %s left for these", left)
	}
	return line
}
