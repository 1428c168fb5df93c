package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestSecretNeverPrints(t *testing.T) {
	const text = "hunter2"
	secret := SecretOf(text)
	if got, err := secret.Reveal(t.Context()); got != text || err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	account := Account{Name: "a", Source: Endpoint{Address: "h", User: "u", Password: secret}}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", secret, "account", account)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", secret, "account", account)
	inJSON, err := json.Marshal(account)
	if err != nil {
		t.Fatal(err)
	}
	inXML, err := xml.Marshal(account.Source)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{logged.String(), string(inJSON), string(inXML)}
	for _, verb := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%X", "%d", "%10s", "%p", "%T"} {
		hidden := struct{ s Secret }{secret}
		printed = append(printed, fmt.Sprintf(verb, secret), fmt.Sprintf(verb, &secret), fmt.Sprintf(verb, account),
			fmt.Sprintf(verb, &account), fmt.Sprintf(verb, hidden), fmt.Sprintf(verb, []Secret{secret}))
	}
	for _, p := range printed {
		if strings.Contains(p, text) || strings.Contains(p, fmt.Sprintf("%x", text)) {
			t.Errorf("it prints: %s", p)
		}
	}
	if !strings.Contains(string(inJSON), `"Password":"[secret]"`) {
		t.Errorf("JSON: %s", inJSON)
	}
}

func TestSecretText(t *testing.T) {
	for _, test := range []struct {
		secret Secret
		set    bool
		want   string
	}{{Secret{}, false, ""}, {SecretOf("x"), true, "[secret]"}, {SecretFromCommand("false"), true, "[secret]"}} {
		text, _ := test.secret.MarshalText()
		quoted, _ := test.secret.MarshalJSON()
		got := []string{test.secret.String(), test.secret.GoString(), fmt.Sprintf("%d", test.secret), string(text),
			strings.Trim(string(quoted), `"`), test.secret.LogValue().String()}
		for _, g := range got {
			if g != test.want {
				t.Errorf("%q; want all to be %q", got, test.want)
				break
			}
		}
		if test.secret.IsSet() != test.set {
			t.Errorf("set: %v", test.secret.IsSet())
		}
	}
	if got, err := (Secret{}).Reveal(t.Context()); got != "" || err != nil {
		t.Errorf("unset: %q, %v", got, err)
	}
}

func TestSecretFromFile(t *testing.T) {
	tests := []struct{ name, content, want, err string }{
		{"a line", "pw\n", "pw", ""},
		{"a line of Windows", "\ufeffpw\r\n", "pw", ""},
		{"no line break", "pw", "pw", ""},
		{"blanks belong to it", " pw \n", " pw ", ""},
		{"two lines", "pw\nmore\n", "", "the password holds a line break"},
		{"nothing", "\n", "", "the password is empty"},
		{"UTF-16", "\xff\xfep\x00w\x00", "", "the password holds a control character"},
		{"too much", strings.Repeat("x", maxSecret+1), "", "larger than 64 KiB"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := SecretFromFile(file).Reveal(t.Context())
			if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q, %v; want %q, %s", got, err, test.want, test.err)
			}
		})
	}
	if _, err := SecretFromFile("/nowhere/at/all").Reveal(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestSecretFromEnv(t *testing.T) {
	t.Setenv("DAVFERRY_TEST_PW", "pw\u00e9 ")
	if got, err := SecretFromEnv("DAVFERRY_TEST_PW").Reveal(t.Context()); got != "pw\u00e9 " || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSecretRefresh(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secret := SecretFromFile(file)
	expect := func(want string, get func() (string, error)) {
		t.Helper()
		if got, err := get(); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	reveal := func() (string, error) { return secret.Reveal(t.Context()) }
	refresh := func(refused string) func() (string, error) {
		return func() (string, error) { return secret.Refresh(t.Context(), refused) }
	}
	write("old")
	expect("old", reveal)
	write("new")
	expect("old", reveal)         // kept
	expect("new", refresh("old")) // refused, so looked up
	write("newest")
	expect("new", refresh("old")) // refused before somebody else looked it up
	expect("newest", refresh("new"))
	expect("newest", reveal)
}

// Rows that give the same command share what it printed: an administrator's token is not asked for a thousand times.
func TestSecretIsShared(t *testing.T) {
	counter := filepath.Join(t.TempDir(), "counter")
	command := "echo run >> '" + counter + "'; echo token"
	var file strings.Builder
	file.WriteString("source,source_user,source_password_command\n")
	for i := range 20 {
		fmt.Fprintf(&file, "h,user%d,%s\n", i, command)
	}
	accounts, err := ReadAccounts(strings.NewReader(file.String()), "a.csv", forExport)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for _, a := range accounts {
		wait.Go(func() {
			if got, err := a.Source.Password.Reveal(t.Context()); got != "token" || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	wait.Wait()
	if runs, _ := os.ReadFile(counter); string(runs) != "run\n" {
		t.Errorf("the command ran %d times", strings.Count(string(runs), "run"))
	}
}

// Whoever waits for a secret that another one looks up stops waiting with its own context.
func TestSecretWaitIsBounded(t *testing.T) {
	started, release := make(chan struct{}), make(chan struct{})
	secret := newOrigin(func(context.Context) (string, error) {
		close(started)
		<-release
		return "pw", nil
	})
	var wait sync.WaitGroup
	wait.Go(func() {
		if got, err := secret.Reveal(t.Context()); got != "pw" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := secret.Reveal(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(release)
	wait.Wait()
}
