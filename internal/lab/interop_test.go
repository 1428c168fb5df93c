package lab_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"davferry/internal/lab"

	// What the program is made of, so that go test does not take the result of an older one from its cache.
	_ "davferry/migrate"
	_ "davferry/sink"
	_ "davferry/source"
)

// The tests in the files interop_*_test.go run the program as its users do, between real servers. What became of the
// objects they read with lab.Read and judge with dataset.Compare, which share no code with the program; what it asked
// the servers they count at a tap.

// programDir is where the program is built, "" before.
var programDir string

func TestMain(m *testing.M) {
	status := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = max(status, 1)
	}
	http.DefaultClient.CloseIdleConnections()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if programDir != "" {
		os.RemoveAll(programDir)
	}
	os.Exit(status)
}

// program builds davferry, once for all tests, and returns its path.
var program = sync.OnceValues(func() (path string, err error) {
	if programDir, err = os.MkdirTemp("", "davferry-interop-"); err != nil {
		return "", err
	}
	path = filepath.Join(programDir, "davferry")
	if out, err := exec.Command("go", "build", "-o", path, "davferry/cmd/davferry").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// desk is a folder from which an administrator runs the program: the accounts file, and beside it its state.
type desk struct {
	t   *testing.T
	dir string
	env []string // besides that of the test
}

func newDesk(t *testing.T, accounts []byte) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir()}
	if err := os.WriteFile(d.path("accounts.csv"), accounts, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

// forget deletes the state of all runs so far.
func (d *desk) forget() {
	d.t.Helper()
	if err := os.RemoveAll(d.path("accounts.davferry")); err != nil {
		d.t.Fatal(err)
	}
}

// running is the program at work.
type running struct {
	desk           *desk
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// start starts a verb that runs the accounts of the accounts file.
func (d *desk) start(verb string, flags ...string) *running {
	d.t.Helper()
	return d.startArgs(append([]string{verb, "accounts.csv", "--json"}, flags...)...)
}

func (d *desk) startArgs(args ...string) *running {
	d.t.Helper()
	path, err := program()
	if err != nil {
		d.t.Fatal(err)
	}
	r := &running{desk: d, cmd: exec.CommandContext(d.t.Context(), path, args...)}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = d.dir, &r.stdout, &r.stderr
	r.cmd.Env = append(os.Environ(), d.env...)
	if err := r.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	return r
}

// wait waits for the program to end and returns its exit status, -1 where a signal ended it.
func (r *running) wait() int {
	r.desk.t.Helper()
	err := r.cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		r.desk.t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

// run runs a verb to its end, expects an exit status, and returns the summary.
func (d *desk) run(status int, verb string, flags ...string) summary {
	d.t.Helper()
	return d.start(verb, flags...).report(status)
}

// report waits for the program, expects an exit status, and returns the summary that it printed.
func (r *running) report(status int) summary {
	r.desk.t.Helper()
	if got := r.wait(); got != status {
		r.desk.t.Fatalf("%s: exit status %d, want %d\n%s%s", r.cmd, got, status, r.stdout.String(), r.stderr.String())
	}
	return r.summary()
}

// anyReport is report for a run that may leave objects in trouble.
func (r *running) anyReport() summary {
	r.desk.t.Helper()
	if got := r.wait(); got != 0 && got != 3 {
		r.desk.t.Fatalf("%s: exit status %d\n%s%s", r.cmd, got, r.stdout.String(), r.stderr.String())
	}
	return r.summary()
}

// summary returns what the program, which has ended, printed.
func (r *running) summary() summary {
	r.desk.t.Helper()
	var s summary
	if err := json.Unmarshal(r.stdout.Bytes(), &s); err != nil {
		r.desk.t.Fatalf("%s: %v\n%s%s", r.cmd, err, r.stdout.String(), r.stderr.String())
	}
	s.check(r.desk.t)
	return s
}

// counts are the numbers of a summary by their names in it.
type counts map[string]int

// summary is what --json prints, as far as its names are promised.
type summary struct {
	Verb        string
	Interrupted bool
	Accounts    counts
	Collections counts
	Objects     counts
	Requests    counts
	Left        []struct{ Collection, Reason string } `json:"collections_left_out"`
	Notes       []struct{ Collection, Message string }
	Changes     struct {
		ByRule counts `json:"by_rule"`
	}
	Problems []problem
}

type problem struct {
	Account, Collection, Path, UID string
	Outcome                        string
	Objects, Status                int
	Condition, Message             string
}

var outcomes = []string{"created", "updated", "unchanged", "skipped", "gone", "conflict", "refused", "failed"}

// check expects that the numbers add up and that each object in trouble has a problem of its own.
func (s summary) check(t testing.TB) {
	t.Helper()
	sum, trouble := 0, 0
	for _, o := range outcomes {
		sum += s.Objects[o]
	}
	for _, p := range s.Problems {
		trouble += max(p.Objects, min(len(p.Path), 1))
		if p.Account == "" || p.Message == "" || !slices.Contains(outcomes, p.Outcome) {
			t.Errorf("a problem without account, message or outcome: %+v", p)
		}
	}
	if sum != s.Objects["listed"] {
		t.Errorf("%d objects were listed, %d have an outcome: %v", s.Objects["listed"], sum, s.Objects)
	}
	if want := s.Objects["conflict"] + s.Objects["refused"] + s.Objects["failed"]; trouble != want {
		t.Errorf("the problems are about %d objects, not %d", trouble, want)
	}
}

// expect compares numbers with those expected. A number that is not there is zero.
func (c counts) expect(t testing.TB, what string, want counts) {
	t.Helper()
	got, want := maps.Clone(c), maps.Clone(want)
	for _, n := range []counts{got, want} {
		maps.DeleteFunc(n, func(_ string, n int) bool { return n == 0 })
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// rows writes an accounts file.
func rows(t testing.TB, all ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(all); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// header are the columns of rows made with row.
var header = []string{"account", "source", "source_user", "source_password", "destination", "destination_user", "destination_password"}

func row(account string, source *lab.Server, su lab.User, destination *lab.Server, du lab.User) []string {
	return []string{account, source.URL, su.Name, su.Password, destination.URL, du.Name, du.Password}
}
