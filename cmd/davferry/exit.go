package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"

	"davferry/migrate"
)

// The exit statuses.
const (
	exitOK          = 0   // every object is accounted for, none refused, failed or in conflict
	exitFailed      = 1   // the run could not go on
	exitUsage       = 2   // the command line or the accounts file
	exitIncomplete  = 3   // finished, but something is refused, failed or in conflict
	exitDifferent   = 4   // verify found differences, or preflight something that stands in the way
	exitLocked      = 11  // the state folder is in use by another run
	exitInterrupted = 130 // interrupted, state saved
)

// exitMeanings explains the exit statuses to users, in order.
var exitMeanings = []struct {
	status  int
	meaning string
}{
	{exitOK, "every object is accounted for, none refused, failed or in conflict"},
	{exitFailed, "the run could not go on"},
	{exitUsage, "the command line or the accounts file is wrong; nothing was done"},
	{exitIncomplete, "finished, but something is refused, failed or in conflict"},
	{exitDifferent, "verify found differences, or preflight something that stands in the way"},
	{exitLocked, "the state folder is in use by another run"},
	{exitInterrupted, "interrupted; the same command goes on from there"},
}

// exitHelp lists the exit statuses in a help text, without those that a verb never ends with.
func exitHelp(never ...int) string {
	var b strings.Builder
	b.WriteString("Exit status:\n")
	for _, m := range exitMeanings {
		if !slices.Contains(never, m.status) {
			fmt.Fprintf(&b, "  %-4d %s\n", m.status, m.meaning)
		}
	}
	return b.String()
}

var (
	errInterrupted = errors.New("interrupted")
	errIncomplete  = errors.New("something is refused, failed or in conflict") // the report has said what
	errDifferent   = errors.New("differences found")                           // the report has said which
)

// usageError is a command line that cannot be meant.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// hintError is an error with what to do about it.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

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
		message := errInterrupted.Error()
		if hinted, ok := errors.AsType[*hintError](err); ok {
			message += "; " + hinted.hint
		}
		complain(stderr, message)
		return exitInterrupted
	case isError[*usageError](err), isError[*migrate.AccountsError](err):
		status = exitUsage
	case isError[*migrate.LockedError](err):
		status = exitLocked
	default:
		status = exitFailed
	}
	complain(stderr, err.Error())
	if accounts, ok := errors.AsType[*migrate.AccountsError](err); ok && len(accounts.Problems) > 1 {
		complain(stderr, fmt.Sprintf("%s in %s; nothing was done", count(len(accounts.Problems), "mistake"), accounts.File))
	}
	if hinted, ok := errors.AsType[*hintError](err); ok {
		complain(stderr, hinted.hint)
	}
	if hint := spaceHint(err); hint != "" {
		complain(stderr, hint)
	}
	return status
}

// spaceHint says what to do about a file that could not grow, "" about other errors.
func spaceHint(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full: make space and run the same command again"
	case errors.Is(err, syscall.EDQUOT):
		return "your disk quota is used up: make space or have it raised, and run the same command again"
	case errors.Is(err, syscall.EFBIG):
		return "the file is larger than may be: raise the limit on the size of files (ulimit -f), or choose a file system that takes it, and run the same command again"
	}
	return ""
}

func isError[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// complain writes a message for people, each line with the program's name in front.
func complain(stderr io.Writer, message string) {
	for line := range strings.Lines(strings.TrimRight(message, "\n")) {
		fmt.Fprintf(stderr, "davferry: %s\n", printable(strings.TrimRight(line, "\r\n")))
	}
}
