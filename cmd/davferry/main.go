// Command davferry moves calendars and contacts in bulk between CalDAV and CardDAV servers, and into archives.
//
// The verbs stand in one file each. What they print is the result on stdout, and what people and logs want to know on
// stderr. The exit statuses are in exit.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	spareMemory()
	ctx, stop := interruptible(context.Background())
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// spareMemory has the garbage collected when the heap has grown by half, not when it has doubled: servers are what a run
// waits for, and the inventories of large collections are what it holds. GOGC goes before.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

// interruptible returns a context that ends with errInterrupted at the first Ctrl-C or SIGTERM. A second one ends the
// process at once, as if nobody listened.
func interruptible(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(errInterrupted)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}
