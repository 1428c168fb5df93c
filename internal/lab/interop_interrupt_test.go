package lab_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// signals are the ends that a run may come to, and the exit status of each.
var signals = []struct {
	name   string
	signal os.Signal
	status int
}{
	{"Ctrl-C", os.Interrupt, 130},
	{"kill -9", os.Kill, -1},
}

// TestMigrateInterrupted ends a migration in the middle. The same command finishes it: nothing is missing, nothing is
// there twice, and little is written again.
func TestMigrateInterrupted(t *testing.T) {
	from := filled(t, "radicale", 2, dataset.Options{Calendars: 2, Events: 40, Books: 1, Contacts: 20})
	for _, end := range signals {
		t.Run(end.name, func(t *testing.T) {
			c := newCrossing(t, from, "radicale")
			r := c.interrupt(end.signal, c.to, http.MethodPut, 60, end.status, "migrate")
			if end.signal == os.Interrupt {
				c.expectInterrupted(r)
			}
			first := c.to.drain()["PUT"]

			s := c.run(0, "migrate")
			if s.Objects["listed"] != 200 || s.Objects["created"]+s.Objects["unchanged"] != 200 || s.Objects["unchanged"] < 50 {
				t.Errorf("the same command again: %v", s.Objects)
			}
			if all := first + c.to.drain()["PUT"]; all > 200+4 {
				t.Errorf("200 objects were written with %d PUTs; at most 4 were under way at the end", all)
			}
			c.expectEverything()
		})
	}
}

// interrupt starts a verb, sends it a signal when the n-th request of a method comes to the tap, and expects it to end
// within two seconds.
func (d *desk) interrupt(signal os.Signal, at *tap, method string, n, status int, verb string, flags ...string) *running {
	d.t.Helper()
	sent := make(chan time.Time, 1)
	reached := make(chan struct{})
	at.at(method, n, func() { close(reached) })
	r := d.start(verb, flags...)
	go func() {
		<-reached
		sent <- time.Now()
		_ = r.cmd.Process.Signal(signal) // a program that has ended is found out by its status
	}()
	if got := r.wait(); got != status {
		d.t.Fatalf("%s: exit status %d, want %d\n%s%s", r.cmd, got, status, r.stdout.String(), r.stderr.String())
	}
	if took := time.Since(<-sent); took > 2*time.Second {
		d.t.Errorf("it took %v to end", took)
	}
	return r
}

// expectInterrupted expects a summary that says how far the run came, and a word of what to do.
func (d *desk) expectInterrupted(r *running) {
	d.t.Helper()
	if s := r.summary(); !s.Interrupted || s.Objects["created"] < 50 {
		d.t.Errorf("interrupted: %t, %v", s.Interrupted, s.Objects)
	}
	if !strings.Contains(r.stderr.String(), "interrupted") {
		d.t.Errorf("stderr: %s", r.stderr.String())
	}
}

// TestExportInterrupted ends an export in the middle. No archive appears; the same command makes it, and after Ctrl-C
// asks for little of it again.
func TestExportInterrupted(t *testing.T) {
	from := newTap(t, filled(t, "radicale", 2, dataset.Options{Calendars: 2, Events: 40, Books: 1, Contacts: 20}))
	before := contents(t, from.Server)
	for _, form := range archiveForms {
		for _, end := range signals {
			t.Run(fmt.Sprintf("%s with %s", form, end.name), func(t *testing.T) {
				d := newDesk(t, lab.Accounts(from.Server, nil))
				d.interrupt(end.signal, from, "REPORT", 20, end.status, "export", "--archive", form, "--multiget", "5")
				if _, err := os.Stat(d.path(form)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is there after the interruption: %v", form, err)
				}
				first := from.drain()["REPORT"]
				s := d.run(0, "export", "--archive", form, "--multiget", "5")
				s.Objects.expect(t, "exported", counts{"listed": 200, "created": 200})
				// The journal is written at the end of a run, and a moment late until then: kill -9 takes that moment.
				if all := first + from.drain()["REPORT"]; all > 200/5+10 && end.signal == os.Interrupt {
					t.Errorf("200 objects were fetched with %d multigets of 5", all)
				}
				d.expectArchive(form, before)
			})
		}
	}
}

// expectArchive expects an archive that is whole: by its own lists and by what the server holds.
func (d *desk) expectArchive(form string, before []lab.Content) {
	d.t.Helper()
	if status := d.startArgs("verify", "--archive", form).wait(); status != 0 {
		d.t.Errorf("verify --archive: exit status %d", status)
	}
	files, err := readArchive(d.path(form))
	if err != nil {
		d.t.Fatal(err)
	}
	for i, u := range lab.Users(len(before)) {
		expectArchived(d.t, files, u.Name, before[i])
	}
	for name := range files {
		if isObject(name) {
			d.t.Errorf("%s is in the archive and at no server", name)
		}
	}
}

// TestStateLocked runs a command while it is running.
func TestStateLocked(t *testing.T) {
	c := newCrossing(t, filled(t, "radicale", 1, few), "xandikos")
	goOn, reached := make(chan struct{}), make(chan struct{})
	c.to.at(http.MethodPut, 3, func() {
		close(reached)
		<-goOn
	})
	first := c.start("migrate")
	<-reached
	second := c.start("migrate")
	if status := second.wait(); status != 11 || !strings.Contains(second.stderr.String(), "accounts.davferry") {
		t.Errorf("the second run: exit status %d\n%s", status, second.stderr.String())
	}
	close(goOn)
	first.report(0).Objects.expect(t, "the first run", counts{"listed": 15, "created": 15})
	c.expectEverything()
}
