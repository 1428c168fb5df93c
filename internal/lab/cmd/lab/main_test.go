package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/internal/lab"
)

// TestRun starts both servers with sample data, reads what the command tells, and ends it as Ctrl-C does.
func TestRun(t *testing.T) {
	lab.Need(t, "radicale", "xandikos")
	t.Setenv("TMPDIR", t.TempDir())
	accounts := filepath.Join(t.TempDir(), "accounts.csv")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, stdout := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-users", "2", "-load", "-events", "4", "-tasks", "2", "-contacts", "3", "-accounts", accounts,
			"radicale", "xandikos"}, stdout, io.Discard)
		stdout.CloseWithError(io.EOF)
		ended <- err
	}()
	var told strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			cancel()
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"radicale   http://127.0.0.1:", "user002    pass-user002", "loaded     13 objects for user002"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("it does not tell %q:\n%s", want, told.String())
		}
	}
	file, err := os.ReadFile(accounts)
	if err != nil || strings.Count(string(file), "\n") != 3 {
		t.Errorf("accounts file: %q, %v", file, err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestUsage(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no server", nil, flag.ErrHelp.Error()},
		{"an unknown server", []string{"exchange"}, `no server called "exchange"`},
		{"an unknown flag", []string{"-fast", "radicale"}, "-fast"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := run(t.Context(), test.args, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if len(test.args) == 0 && !errors.Is(err, flag.ErrHelp) {
				t.Errorf("%v, want the usage", err)
			}
		})
	}
}
