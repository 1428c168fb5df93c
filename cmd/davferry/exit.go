package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"davferry/migrate"
)

// The exit statuses.
const (
	exitOK          = 0   // every object is accounted for, none refused, failed or in conflict
	exitFailed      = 1   // the run could not go on
	exitUsage       = 2   // the command line or the accounts file
	exitIncomplete  = 3   // finished, but something is refused, failed or in conflict
	exitDifferent   = 4   // verify found differences
	exitLocked      = 11  // the state folder is in use by another run
	exitInterrupted = 130 // interrupted, state saved
)

const exitHelp = `Exit status:
  0    every object is accounted for, none refused, failed or in conflict
  1    the run could not go on
  2    the command line or the accounts file is wrong; nothing was done
  3    finished, but something is refused, failed or in conflict
  4    verify found differences
  11   the state folder is in use by another run
  130  interrupted; the same command goes on from there
`

var (
	errInterrupted = errors.New("interrupted")
	errIncomplete  = errors.New("something is refused, failed or in conflict") // the report has said what
	errDifferent   = errors.New("differences found")                           // the report has said which
)

// usageError is a command line that cannot be meant.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{err: fmt.Errorf(format, args...)} }

// finish says on stderr why a command ended, where that was not said yet, and returns the exit status.
func finish(ctx context.Context, err error, stderr io.Writer) int {
	var status int
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case errors.Is(err, errDifferent):
		return exitDifferent
	case errors.Is(err, errInterrupted), ctx.Err() != nil:
		complain(stderr, "interrupted; the same command goes on from there")
		return exitInterrupted
	case isError[*usageError](err), isError[*migrate.AccountsError](err):
		status = exitUsage
	case isError[*migrate.LockedError](err):
		status = exitLocked
	default:
		status = exitFailed
	}
	complain(stderr, err.Error())
	if usage, ok := errors.AsType[*usageError](err); ok && usage.hint != "" {
		fmt.Fprintln(stderr, usage.hint)
	}
	return status
}

func isError[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func complain(stderr io.Writer, message string) {
	fmt.Fprintf(stderr, "davferry: %s\n", strings.TrimRight(message, "\n"))
}
