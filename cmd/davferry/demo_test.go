package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"davferry/internal/dav/davtest"
)

// runDemo runs a command line with a temporary folder of its own, which must be empty again afterwards, and without a
// home.
func runDemo(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	status = runDemoTo(t, t.Context(), &out, &problems, args...)
	return status, out.String(), problems.String()
}

func runDemoTo(t *testing.T, ctx context.Context, stdout, stderr io.Writer, args ...string) int {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("HOME", "")
	status := run(ctx, append([]string{"demo"}, args...), strings.NewReader(""), stdout, stderr)
	if left := names(t, temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	return status
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestDemoTellsTheWholeJob(t *testing.T) {
	status, stdout, stderr := runDemo(t)
	if status != exitOK || stderr != "" {
		t.Fatalf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
	rest := stdout
	for _, want := range []string{
		"$ cat accounts.csv\nsource,source_user,source_password_env,",
		"$ davferry migrate accounts.csv\nACCOUNT", "left out: anna", "shared by somebody else",
		"report: accounts.davferry/report.json\n52 of 52 objects are at the destination\n",
		"$ davferry migrate accounts.csv\nACCOUNT", "\n52 of 52 objects are at the destination\n",
		"$ davferry export accounts.csv --archive archive.zip\nACCOUNT", "\n52 of 52 objects are in the archive\n",
		"  data/objects.csv ",
		"$ davferry verify --archive archive.zip\narchive.zip: 52 objects",
		"All 52 objects are identical",
		"all files of this demo are gone",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is missing, or not in its place:\n%s", want, stdout)
		}
		rest = after
	}
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestDemoKeepsPasswordsToItself(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	var passwords []string
	t.Setenv("ANNA_OLD", "mine")
	watch := &watcher{on: "$ davferry verify", do: func() { passwords = append(passwords, os.Getenv("ANNA_OLD"), os.Getenv("NOOR_NEW")) }}
	if status := runDemoTo(t, t.Context(), watch, watch, "--keep", keep); status != exitOK {
		t.Fatalf("status %d:\n%s", status, watch.told.String())
	}
	if len(passwords) != 2 || passwords[0] == "mine" || len(passwords[1]) < 20 {
		t.Fatalf("the passwords are %q", passwords)
	}
	for _, file := range []string{"accounts.csv", "accounts.davferry/report.json", "accounts.davferry/log.jsonl", "accounts.davferry/journal.db"} {
		text, err := os.ReadFile(filepath.Join(keep, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range passwords {
			if bytes.Contains(text, []byte(p)) {
				t.Errorf("%s holds a password", file)
			}
		}
	}
	if _, ok := os.LookupEnv("NOOR_NEW"); ok || os.Getenv("ANNA_OLD") != "mine" {
		t.Error("the environment is not as it was")
	}
}

func TestDemoInJSONPrintsTheFirstMigrationOnly(t *testing.T) {
	status, stdout, stderr := runDemo(t, "--json")
	if status != exitOK || stderr != "" {
		t.Fatalf("status %d, stderr %q", status, stderr)
	}
	var summary struct {
		Verb    string
		Objects struct{ Listed, Created int }
	}
	if err := json.Unmarshal([]byte(stdout), &summary); err != nil { // also where something follows
		t.Fatalf("%v:\n%s", err, stdout)
	}
	if summary.Verb != "migrate" || summary.Objects.Listed != 52 || summary.Objects.Created != 52 {
		t.Errorf("%+v", summary)
	}
}

func TestDemoIsDeafToFlagsOfOtherCommandsInTheEnvironment(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "state")
	t.Setenv("DAVFERRY_STATE", elsewhere)
	t.Setenv("DAVFERRY_DRY_RUN", "true")
	t.Setenv("DAVFERRY_OBJECTS", "contacts")
	if status, stdout, stderr := runDemo(t); status != exitOK {
		t.Errorf("status %d, stderr %q, stdout:\n%s", status, stderr, stdout)
	}
	if _, err := os.Stat(elsewhere); err == nil {
		t.Error("the demo used the caller's state folder")
	}
}

func TestDemoKeep(t *testing.T) {
	empty := t.TempDir()
	keep := filepath.Join(t.TempDir(), "a", "b")
	file := filepath.Join(empty, "file")
	for _, dir := range []string{empty, keep} {
		status, stdout, stderr := runDemo(t, "--keep", dir)
		if status != exitOK {
			t.Fatalf("status %d, stderr %q", status, stderr)
		}
		if got := strings.Join(names(t, dir), " "); got != "accounts.csv accounts.davferry archive.zip" {
			t.Errorf("kept: %s", got)
		}
		if !strings.Contains(stdout, dir) {
			t.Errorf("the last words do not name %s", dir)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ dir, want string }{
		{keep, "is not empty"},
		{file, "not a directory"},
		{filepath.Join(file, "below"), "not a directory"},
	} {
		status, stdout, stderr := runDemo(t, "--keep", test.dir)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("--keep %s: status %d, stdout %q, stderr %q", test.dir, status, stdout, stderr)
		}
	}
}

// watcher is a place to write to, which does something when it is told of a thing.
type watcher struct {
	told bytes.Buffer
	on   string
	do   func()
	err  error // of all writes from then on
}

func (w *watcher) Write(p []byte) (int, error) {
	w.told.Write(p)
	if w.on != "" && bytes.Contains(w.told.Bytes(), []byte(w.on)) {
		w.on = ""
		w.do()
	}
	return len(p), w.err
}

func TestDemoInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, at := range []string{"1. The accounts file", "$ davferry migrate", "4. Export", "$ davferry verify"} {
		t.Run(at, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			watch := &watcher{on: at, do: func() { cancel(errInterrupted) }}
			var stderr bytes.Buffer
			if status := runDemoTo(t, ctx, watch, &stderr); status != exitInterrupted {
				t.Errorf("status %d", status)
			}
			if n := strings.Count(stderr.String(), "\n"); n != 1 || !strings.Contains(stderr.String(), "interrupted") {
				t.Errorf("stderr: %s", &stderr)
			}
			if strings.Contains(watch.told.String(), "Your turn") {
				t.Error("it went on to the end")
			}
		})
	}
}

func TestDemoWithNobodyToReadIt(t *testing.T) {
	watch := &watcher{on: "2. Move"}
	watch.do = func() { watch.err = errors.New("broken pipe") }
	var stderr bytes.Buffer
	if status := runDemoTo(t, t.Context(), watch, &stderr); status != exitFailed || stderr.String() != "davferry: broken pipe\n" {
		t.Errorf("status %d, stderr %q", status, &stderr)
	}
}

func TestDemoSaysWhatIsNotTheSame(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	if status, _, stderr := runDemo(t, "--keep", keep); status != exitOK {
		t.Fatal(stderr)
	}
	archive, err := openArchived(filepath.Join(keep, demoArchive))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.close()
	const yoga = "/calendars/anna/personal/yoga.ics"
	for _, test := range []struct {
		name   string
		spoil  func(before, after *davtest.Server)
		expect tally
	}{
		{"nothing", func(_, _ *davtest.Server) {}, tally{"anna", 22, 22, 22, 22}},
		{"one lost", func(_, after *davtest.Server) { after.DeleteObject(yoga) }, tally{"anna", 22, 21, 22, 21}},
		{"one too many", func(_, after *davtest.Server) {
			after.PutObject("/calendars/anna/personal/more.ics", []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"))
		}, tally{"anna", 22, 22, 22, 23}},
		{"one rewritten", func(_, after *davtest.Server) {
			data, _, _ := after.Object(yoga)
			after.PutObject(yoga, bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
		}, tally{"anna", 22, 21, 22, 22}},
		{"archive out of date", func(before, after *davtest.Server) {
			data, _, _ := before.Object(yoga)
			data = bytes.Replace(data, []byte("Yoga"), []byte("Joga"), 1)
			before.PutObject(yoga, data)
			after.PutObject(yoga, data)
		}, tally{"anna", 22, 22, 21, 22}},
	} {
		t.Run(test.name, func(t *testing.T) {
			accounts := demoAccounts()
			before, err := oldServer(accounts)
			if err != nil {
				t.Fatal(err)
			}
			after, err := oldServer(accounts)
			if err != nil {
				t.Fatal(err)
			}
			test.spoil(before, after)
			c := &comparison{old: before, new: after, archive: archive}
			got, err := c.account(demoAccount{name: "anna", newUser: "anna"})
			if err != nil || got != test.expect {
				t.Errorf("%+v, %v; expected %+v", got, err, test.expect)
			}
			if got.identical() != (test.name == "nothing") {
				t.Errorf("identical: %t", got.identical())
			}
		})
	}
}
