//go:build unix

package migrate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestSecretFromCommand(t *testing.T) {
	tests := []struct{ name, command, want, err string }{
		{"one line", "echo pw", "pw", ""},
		{"no line break", "printf pw", "pw", ""},
		{"the first of many lines", `printf 'pw\r\nuser: alice\n'`, "pw", ""},
		{"pipes and quotes", `echo "a pw b" | cut -d' ' -f2`, "pw", ""},
		{"many lines of script", "x=pw\necho $x", "pw", ""},
		{"nothing on standard input", "cat; echo pw", "pw", ""},
		{"an agent left behind", "sleep 5 & echo pw", "pw", ""},
		{"a failure with its words", "echo hunter2; echo 'no such entry:\n hunter2' >&2; exit 3", "",
			"the password command failed: exit status 3: no such entry: [secret]"},
		{"a failure without words", "echo hunter2; false", "", "the password command failed: exit status 1"},
		{"long complaints are cut", "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1", "", "exit status 1: xxx"},
		{"nothing printed", "true", "", "the password command failed: it prints nothing"},
		{"an empty first line", "echo; echo hunter2", "", "it prints nothing"},
		{"no such program", "davferry-has-no-such-program", "", "exit status 127: "},
		{"no end of output", "yes hunter2", "", "it prints more than 64 KiB"},
		{"a control character", `printf 'hunter2\a\n'`, "", "the password holds a control character"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			got, err := SecretFromCommand(test.command).Reveal(t.Context())
			if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q, %v; want %q, %s", got, err, test.want, test.err)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || len(err.Error()) > maxCommandErrors+100) {
				t.Errorf("the message holds too much: %v", err)
			}
		})
	}
}

func TestSecretCommandFailureIsNotKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pw")
	secret := SecretFromCommand("cat '" + file + "'")
	if _, err := secret.Reveal(t.Context()); err == nil {
		t.Error("no error")
	}
	if err := os.WriteFile(file, []byte("pw\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := secret.Reveal(t.Context()); got != "pw" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// The time limit ends the command and its children, those too that hold its output open.
func TestSecretCommandTakesTooLong(t *testing.T) {
	defer goleak.VerifyNone(t)
	start := time.Now()
	_, err := runSecretCommand(t.Context(), "echo hunter2; sleep 60 & sleep 60", nil, 50*time.Millisecond)
	if err == nil || err.Error() != "the password command failed: no end after 50ms" {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestSecretCommandIsInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := SecretFromCommand("sleep 60").Reveal(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// A shell's <(command) can be read once; asking again must neither block nor fail.
func TestSecretFromPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(pipe, []byte("pw\n"), 0)
	secret := SecretFromFile(pipe)
	for range 2 {
		if got, err := secret.Refresh(t.Context(), "pw"); got != "pw" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
}

// A command that asks for the user runs for each of them, and is told which.
func TestSecretCommandIsToldTheUser(t *testing.T) {
	t.Setenv("DAVFERRY_USER", "somebody else")
	accounts, err := ReadAccounts(strings.NewReader("source_user\nanna@example.org\n$(id)';x\n"), "a.csv", Defaults{NeedSource: true,
		Source: "h", SourceAccess: Access{Auth: AuthBearer, PasswordCommand: `echo "token of $DAVFERRY_USER"`}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"token of anna@example.org", "token of $(id)';x"} {
		if got, err := accounts[i].Source.Password.Reveal(t.Context()); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}
