package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"davferry/internal/dav"
)

// mostWaits is how many hosts a line names of those that are waited for.
const mostWaits = 2

// waitText tells which hosts are waited for, how long, and why; "" for none. Waits that are over in a moment are none.
func waitText(rests []dav.Rest, now time.Time) string {
	var texts []string
	more := 0
	for _, r := range rests {
		left := r.Until.Sub(now)
		switch {
		case left < time.Second:
		case len(texts) == mostWaits:
			more++
		case r.Named:
			texts = append(texts, fmt.Sprintf("waiting %s for %s, which asked for it (%d)", roundUp(left), r.Host, r.Status))
		default:
			texts = append(texts, fmt.Sprintf("waiting %s for %s, which is busy (%d)", roundUp(left), r.Host, r.Status))
		}
	}
	if more > 0 {
		texts = append(texts, fmt.Sprintf("and for %d more hosts", more))
	}
	return strings.Join(texts, ", ")
}

// roundUp writes a time in whole seconds, or in whole minutes from two on.
func roundUp(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%d s", (d+time.Second-1)/time.Second)
	}
	return fmt.Sprintf("%d min", (d+time.Minute-1)/time.Minute)
}

// showWaits writes a line now and then while hosts are waited for. It returns a function that stops it and waits until it
// has.
func showWaits(ctx context.Context, network *dav.Network, stderr io.Writer) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(lineInterval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-tick.C:
				if text := waitText(network.Rests(), now); text != "" {
					complain(stderr, text)
				}
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
