package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"
)

const (
	maxCommandErrors = 2 << 10         // octets of a command's standard error that are shown
	commandGrace     = 2 * time.Second // for children that hold the pipes open after the command has ended
)

// runSecretCommand returns the first line that a command prints. Its errors show what the command wrote on standard error,
// never what it printed, and not the command itself, where tokens may stand.
func runSecretCommand(ctx context.Context, command string, env []string, timeout time.Duration) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stdout := &boundedBuffer{limit: maxSecret, strict: true}
	stderr := &boundedBuffer{limit: maxCommandErrors}
	cmd := shellCommand(bounded, command)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = stdout, stderr, commandGrace
	if len(env) > 0 {
		cmd.Env = append(os.Environ(), env...)
	}
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well, and left an agent behind that holds its output open
	}
	line, _, _ := strings.Cut(stdout.String(), "\n")
	line = strings.TrimSuffix(line, "\r")
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case bounded.Err() != nil:
		err = fmt.Errorf("no end after %s", timeout)
	case stdout.full:
		err = errors.New("it prints more than 64 KiB")
	case err == nil && line == "":
		err = errors.New("it prints nothing")
	}
	if err != nil {
		return "", fmt.Errorf("the password command failed: %w%s", err, complaint(stderr.String(), line))
	}
	return line, nil
}

// complaint returns what a command wrote on standard error as one line that begins with ": ", without the secret in
// case it stands there too.
func complaint(stderr, secret string) string {
	if secret != "" {
		stderr = strings.ReplaceAll(stderr, secret, mask)
	}
	text := strings.Join(strings.FieldsFunc(stderr, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if text == "" {
		return ""
	}
	return ": " + text
}

// boundedBuffer keeps the first octets that are written to it. It does not embed its buffer, whose ReadFrom would go
// round the limit.
type boundedBuffer struct {
	kept   bytes.Buffer
	limit  int
	strict bool // more than the limit is an error: the writer gets a broken pipe
	full   bool
}

func (b *boundedBuffer) String() string { return b.kept.String() }

func (b *boundedBuffer) Write(p []byte) (int, error) {
	room := b.limit - b.kept.Len()
	if len(p) <= room {
		return b.kept.Write(p)
	}
	b.full = true
	b.kept.Write(p[:room])
	if b.strict {
		return room, errors.New("too much output")
	}
	return len(p), nil
}
