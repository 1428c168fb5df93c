package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"davferry/migrate"
)

// TestMain makes the test binary serve as the program too, under the name davferry: scripts run the real main.
func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"davferry": main})
}

// leakChecked is the tests; when all went well, no goroutine may be left of them.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	status := m.M.Run()
	if status != 0 {
		return status
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintf(os.Stderr, "goroutines are left: %v\n", err)
		return 1
	}
	return 0
}

// TestScripts runs what a user types, against servers in memory, and looks at what a user sees: testdata/script/*.txtar.
// Besides the commands of testscript, scripts know those of scriptCommands, serverCommands and webCommands. "go test -run
// TestScripts/NAME" runs one.
func TestScripts(t *testing.T) {
	commands := scriptCommands()
	maps.Copy(commands, serverCommands())
	maps.Copy(commands, webCommands())
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "script"),
		Setup: func(e *testscript.Env) error {
			servers := newScriptServers(filepath.Base(e.WorkDir), t.Errorf)
			e.Values[serversKey{}] = servers
			e.Defer(servers.close)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // with -race each run of the program would take a second longer
			return nil
		},
		Cmds:                commands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// scriptCommands returns the commands about the program and its files:
//
//	status N COMMAND ARGS...  runs a command, which must end with exit status N
//	await REGEXP COMMAND ARGS...  runs a command again and again until a line of its stdout matches
//	[!] json FILE PATH VALUE  compares a value in a JSON file (or stdout), such as .objects.created or .problems.0.path;
//	                          of a list or object VALUE is the length, as in [3]; with ! it must not be there
//	jsonnames FILE PATH N...  an object in a JSON file has these names, and maybe others
//	journal FOLDER SQL...     changes the journal in a state folder
//	lock FOLDER               takes a state folder until the script ends
//	change FILE               changes one bit in the middle of a file
//	nocontrols FILE...        files (or stdout, stderr) hold no control characters but line breaks
//	width N FILE              no line of a file is longer than N characters
func scriptCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"status": scriptStatus, "await": scriptAwait, "json": scriptJSON, "jsonnames": scriptJSONNames, "journal": scriptJournal, "lock": scriptLock,
		"change": scriptChange, "nocontrols": scriptNoControls, "width": scriptWidth,
	}
}

// arguments ends the script unless a command was given a number of arguments, negated only where it may be.
func arguments(ts *testscript.TestScript, neg, mayNegate bool, args []string, least, most int) {
	if neg && !mayNegate || len(args) < least || most >= 0 && len(args) > most {
		ts.Fatalf("wrong usage, see scriptCommands, serverCommands and webCommands")
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, -1)
	want, got := number(ts, args[0]), 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, -1)
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	if err := waitFor(func() bool {
		ts.Check(ts.Exec(args[1], args[2:]...))
		return pattern.MatchString(ts.ReadFile("stdout"))
	}); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// jsonAt returns what is at a path in a JSON document; false where there is nothing.
func jsonAt(ts *testscript.TestScript, file, path string) (any, bool) {
	var at any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	decoder.UseNumber()
	ts.Check(decoder.Decode(&at))
	if decoder.More() {
		ts.Fatalf("%s holds more than one JSON document", file)
	}
	for _, name := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' }) {
		var ok bool
		switch v := at.(type) {
		case map[string]any:
			at, ok = v[name]
		case []any:
			var i int
			if i = number(ts, name); i < len(v) {
				at, ok = v[i], true
			}
		}
		if !ok {
			return nil, false
		}
	}
	return at, true
}

func scriptJSON(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, true, args, 2, 3)
	value, ok := jsonAt(ts, args[0], args[1])
	if neg && len(args) == 2 {
		if ok {
			ts.Fatalf("%s is there: %v", args[1], value)
		}
		return
	}
	arguments(ts, neg, false, args, 3, 3)
	got := fmt.Sprint(value)
	switch v := value.(type) {
	case map[string]any:
		got = fmt.Sprintf("[%d]", len(v))
	case []any:
		got = fmt.Sprintf("[%d]", len(v))
	}
	if !ok || got != args[2] {
		ts.Fatalf("%s is %q, want %q", args[1], got, args[2])
	}
}

func scriptJSONNames(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 3, -1)
	value, _ := jsonAt(ts, args[0], args[1])
	object, ok := value.(map[string]any)
	if !ok {
		ts.Fatalf("%s is no object", args[1])
	}
	for _, name := range args[2:] {
		if _, ok := object[name]; !ok {
			ts.Fatalf("%s has no %q", args[1], name)
		}
	}
}

func scriptJournal(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, -1)
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), "journal.db"))
	ts.Check(err)
	_, err = db.Exec(strings.Join(args[1:], " "))
	ts.Check(errors.Join(err, db.Close()))
}

func scriptLock(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, 1)
	lock, err := migrate.Lock(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Setenv("LOCKER", strconv.Itoa(os.Getpid()))
	ts.Defer(func() { ts.Check(lock.Unlock()) })
}

func scriptChange(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, 1)
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	data[len(data)/2] ^= 1
	ts.Check(os.WriteFile(path, data, 0o600))
}

func scriptNoControls(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 1, -1)
	for _, file := range args {
		for line := range strings.Lines(ts.ReadFile(file)) {
			if line = strings.TrimSuffix(line, "\n"); printable(line) != line {
				ts.Fatalf("%s holds %q", file, line)
			}
		}
	}
}

func scriptWidth(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, false, args, 2, 2)
	most := number(ts, args[0])
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > most {
			ts.Fatalf("%d characters: %s", n, line)
		}
	}
}

// waitFor waits until something is so.
func waitFor(so func() bool) error {
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return errors.New("it did not happen within 20 s")
		}
	}
	return nil
}

// lockHolder returns the process that the lock of a state folder names.
func lockHolder(state string) (*os.Process, error) {
	text, err := os.ReadFile(filepath.Join(state, "lock"))
	if err != nil {
		return nil, err
	}
	var holder struct{ PID int }
	if err := json.Unmarshal(bytes.TrimSpace(text), &holder); err != nil {
		return nil, err
	}
	return os.FindProcess(holder.PID)
}
