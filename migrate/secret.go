package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"
)

// Secret is a password or token that never prints: every way of formatting it gives "[secret]", or "" where it is unset.
// The zero Secret is unset. Copies share what was found; a Secret may be used from several goroutines.
type Secret struct{ origin *secretOrigin }

// secretOrigin is where a secret comes from, and what came. It holds no text but in functions: package fmt prints what is
// behind a field that is not exported, with no regard to the methods of its type.
type secretOrigin struct {
	load func(context.Context) (string, error)
	turn chan struct{} // holds one token while somebody loads, so that waiting obeys a context
	kept func() string // what load returned, nil before; guarded by turn
}

const (
	maxSecret      = 64 << 10         // octets; tokens are long, but not that long
	commandTimeout = 30 * time.Second // a password manager that waits for somebody to type must not hold up the run
	mask           = "[secret]"
)

// SecretOf returns a Secret that is the text itself.
func SecretOf(text string) Secret {
	return newOrigin(func(context.Context) (string, error) { return text, nil })
}

// SecretFromEnv returns the Secret in an environment variable.
func SecretFromEnv(variable string) Secret {
	return newOrigin(func(context.Context) (string, error) { return readEnv(variable) })
}

// SecretFromFile returns the Secret that a file holds, without the line break at its end. A relative path starts at the
// working directory.
func SecretFromFile(path string) Secret {
	piped := ""
	return newOrigin(func(context.Context) (string, error) {
		if piped != "" {
			return piped, nil
		}
		text, again, err := readSecretFile(path)
		if !again {
			piped = text
		}
		return text, err
	})
}

// SecretFromCommand returns the Secret that a shell command prints as its first line. The command runs when the Secret
// is first asked for, with nothing on its standard input, for 30 seconds at most. env (NAME=VALUE) is added to its
// environment.
func SecretFromCommand(command string, env ...string) Secret {
	return newOrigin(func(ctx context.Context) (string, error) { return runSecretCommand(ctx, command, env, commandTimeout) })
}

func newOrigin(load func(context.Context) (string, error)) Secret {
	return Secret{&secretOrigin{load: load, turn: make(chan struct{}, 1)}}
}

// IsSet says whether there is a secret, had already or not.
func (s Secret) IsSet() bool { return s.origin != nil }

// Reveal returns the secret itself, "" where it is unset. It is looked up once and kept; an error is not kept.
func (s Secret) Reveal(ctx context.Context) (string, error) {
	return s.get(ctx, func(string) bool { return true })
}

// Refresh looks the secret up anew after a server refused it, and returns what is there now. Of many that share the
// Secret and are refused at once, the first one looks; the others get what it found.
func (s Secret) Refresh(ctx context.Context, refused string) (string, error) {
	return s.get(ctx, func(text string) bool { return text != refused })
}

func (s Secret) get(ctx context.Context, good func(string) bool) (string, error) {
	if s.origin == nil {
		return "", nil
	}
	o := s.origin
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if o.kept != nil && good(o.kept()) {
		return o.kept(), nil
	}
	text, err := o.load(ctx)
	if err != nil {
		return "", err
	}
	if err := checkSecret(text); err != nil {
		return "", fmt.Errorf("the password %w", err)
	}
	o.kept = func() string { return text }
	return text, nil
}

// check looks whether a secret that takes no command can be had.
func (s Secret) check() error {
	_, err := s.Reveal(context.Background())
	return err
}

// checkSecret refuses what no server takes and no header can carry (RFC 7617 section 2).
func checkSecret(text string) error {
	switch {
	case text == "":
		return errors.New("is empty")
	case strings.ContainsAny(text, "\r\n"):
		return errors.New("holds a line break")
	case hasControl(text):
		return errors.New("holds a control character")
	}
	return nil
}

// readEnv names the variable only where it looks like one: in mixed-up columns it is a password.
func readEnv(variable string) (string, error) {
	name := "the environment variable"
	if strings.Trim(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == "" {
		name += " " + variable
	}
	text, ok := os.LookupEnv(variable)
	switch {
	case !ok:
		return "", fmt.Errorf("%s is not set", name)
	case text == "":
		return "", fmt.Errorf("%s is empty", name)
	}
	return text, nil
}

// readSecretFile does not name the file: in mixed-up columns its name is a password. again says whether the file can
// be read once more; a pipe, such as a shell's <(command), blocks then.
func readSecretFile(path string) (text string, again bool, err error) {
	content, again, err := readBounded(path)
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathError.Err
	}
	if err != nil {
		return "", again, fmt.Errorf("the password file cannot be read: %w", err)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff")) // Windows editors write it
	return trimLineBreak(string(content)), again, nil
}

func readBounded(path string) (content []byte, regular bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, true, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, true, err
	}
	content, err = io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err == nil && len(content) > maxSecret {
		err = errors.New("it is larger than 64 KiB")
	}
	return content, info.Mode().IsRegular(), err
}

func trimLineBreak(text string) string {
	return strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
}

// String returns "[secret]", or "" where the secret is unset.
func (s Secret) String() string {
	if s.origin == nil {
		return ""
	}
	return mask
}

// GoString is String: %#v must not look inside.
func (s Secret) GoString() string { return s.String() }

// Format prints String for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// MarshalText returns String, for JSON, XML and all who ask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns String as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue returns String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
