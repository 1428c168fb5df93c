package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"davferry/migrate"
)

const (
	barInterval  = 200 * time.Millisecond
	lineInterval = 10 * time.Second
)

// showProgress shows how far a run is until the context ends: a bar on a terminal where bar says so, else a line now and
// then. It returns a function that stops it and waits until it has.
func showProgress(ctx context.Context, verb string, p *migrate.Progress, stderr io.Writer, bar bool) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if f, ok := stderr.(*os.File); ok && bar && canDraw(f) {
			showBar(ctx, verb, p, &barWriter{w: f, width: func() int { return terminalWidth(f) }})
		} else {
			showLines(ctx, verb, p, stderr)
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// canDraw tells whether a line can be overwritten: on a terminal, unless it says that it cannot do more than print.
func canDraw(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

func terminalWidth(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// barText is about how wide the text beside the bar is.
const barText = 68

// showBar draws one bar. How many objects there are is only known when all collections are listed, so that its end moves.
func showBar(ctx context.Context, verb string, p *migrate.Progress, w *barWriter) {
	bar := progressbar.NewOptions64(1,
		progressbar.OptionSetWriter(w), progressbar.OptionUseANSICodes(true), progressbar.OptionSetWidth(min(max(w.width()-barText, 5), 40)),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("objects"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionSetElapsedTime(true))
	defer w.clear()
	known := int64(0)
	tick := time.NewTicker(barInterval)
	defer tick.Stop()
	for {
		if k := p.Known(); k > known {
			known = k
			bar.ChangeMax64(known) // before Set64: a bar past its end is an error
		}
		// One less than all: a bar that was full is never drawn again, although more may be found.
		bar.Set64(max(0, min(p.Done(), known-1)))
		total, finished := p.Accounts()
		text := fmt.Sprintf("%s: %d/%d, %d/%d accounts", verb, p.Done(), known, finished, total)
		bar.Describe(withWaits(text, p))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// barWriter cuts the lines of a bar to the terminal's width. A line that wraps cannot be overwritten: each drawing would
// leave one behind.
type barWriter struct {
	w     io.Writer
	width func() int
}

const (
	clearLine = "\x1b[2K\r"
	clearRest = "\x1b[0K"
	barMargin = 3 // for the ^C that terminals show
)

// Write takes one line as the bar draws it: a carriage return, the text, and a sequence that clears the rest.
func (b *barWriter) Write(p []byte) (int, error) {
	text := []rune(strings.TrimSuffix(strings.TrimPrefix(string(p), "\r"), clearRest))
	text = text[:min(len(text), max(0, b.width()-barMargin))]
	if _, err := io.WriteString(b.w, "\r"+string(text)+clearRest); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (b *barWriter) clear() { io.WriteString(b.w, clearLine) }

func showLines(ctx context.Context, verb string, p *migrate.Progress, stderr io.Writer) {
	started := time.Now()
	tick := time.NewTicker(lineInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			complain(stderr, progressLine(verb, p, time.Since(started)))
		}
	}
}

// progressLine says in one line how far a run is.
func progressLine(verb string, p *migrate.Progress, elapsed time.Duration) string {
	total, finished := p.Accounts()
	done, known := p.Done(), p.Known()
	rate := float64(done) / elapsed.Seconds()
	line := fmt.Sprintf("%s: %d of %d objects found so far, %d of %d accounts finished, %.0f objects/s, %s",
		verb, done, known, finished, total, rate, elapsed.Round(time.Second))
	if rate > 0 && known > done {
		left := time.Duration(float64(known-done)/rate) * time.Second
		line += fmt.Sprintf(", about %s left for these", left)
	}
	return withWaits(line, p)
}

// withWaits adds to a line which hosts are waited for.
func withWaits(line string, p *migrate.Progress) string {
	if waits := waitText(p.Rests(), time.Now()); waits != "" {
		line += ", " + waits
	}
	return line
}
