package lab_test

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

var few = dataset.Options{Calendars: 1, Events: 10, Books: 1, Contacts: 5}

// TestWrongPasswords runs two accounts that cannot log in, one at either side, among others that can.
func TestWrongPasswords(t *testing.T) {
	from, to := filled(t, "radicale", 4, few), lab.StartXandikos(t, 4)
	wrong := func(u lab.User) lab.User { return lab.User{Name: u.Name, Password: "not-the-password-of-" + u.Name} }
	users := from.Users
	d := newDesk(t, rows(t, header,
		row("first", from, users[0], to, users[0]),
		row("source", from, wrong(users[1]), to, users[1]),
		row("destination", from, users[2], to, wrong(users[2])),
		row("last", from, users[3], to, users[3])))

	r := d.start("migrate", "--log-level", "debug", "--log-file", "run.log")
	s := r.report(3)
	s.Accounts.expect(t, "accounts", counts{"total": 4, "ok": 2, "failed": 2})
	s.Objects.expect(t, "objects", counts{"listed": 30, "created": 30})
	for i, want := range []struct {
		account string
		server  *lab.Server
	}{{"source", from}, {"destination", to}} {
		p := s.Problems[i]
		if p.Account != want.account || p.Status != http.StatusUnauthorized ||
			!strings.Contains(p.Message, hostOf(t, want.server)) || !strings.Contains(p.Message, "401") {
			t.Errorf("the problem of account %s: %+v", want.account, p)
		}
	}
	for i := range users {
		want := 15
		if i == 1 || i == 2 {
			want = 0
		}
		if n := size(read(t, to, users[i])); n != want {
			t.Errorf("%s has %d objects, want %d", users[i].Name, n, want)
		}
	}
	d.expectNoSecrets(r, append(users, wrong(users[1]), wrong(users[2]))...)
}

func hostOf(t *testing.T, s *lab.Server) string {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// expectNoSecrets looks for passwords in what the program printed and in every file that it wrote.
func (d *desk) expectNoSecrets(r *running, users ...lab.User) {
	d.t.Helper()
	texts := map[string][]byte{"stdout": r.stdout.Bytes(), "stderr": r.stderr.Bytes()}
	err := fs.WalkDir(os.DirFS(d.dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && name != "accounts.csv" {
			texts[name], err = os.ReadFile(d.path(name))
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, name := range []string{"log.jsonl", "report.json", "journal.db", "failures.csv"} {
		if texts[filepath.Join("accounts.davferry", name)] == nil {
			d.t.Errorf("the state holds no %s", name)
		}
	}
	for name, text := range texts {
		for _, u := range users {
			login := base64.StdEncoding.EncodeToString([]byte(u.Name + ":" + u.Password))
			if bytes.Contains(text, []byte(u.Password)) || bytes.Contains(text, []byte(login)) {
				d.t.Errorf("%s holds the password %s", name, u.Password)
			}
		}
	}
}

// TestFailuresRunAgain runs the file of the accounts that failed, once their passwords are right.
func TestFailuresRunAgain(t *testing.T) {
	from, to := filled(t, "radicale", 2, few), lab.StartXandikos(t, 2)
	all := [][]string{{"source", "source_user", "source_password_env", "destination", "destination_user", "destination_password_env"}}
	for _, u := range from.Users {
		all = append(all, []string{from.URL, u.Name, "LAB_" + u.Name, to.URL, u.Name, "LAB_" + u.Name})
	}
	d := newDesk(t, rows(t, all...))
	d.env = []string{"LAB_user001=pass-user001", "LAB_user002=changed-last-week"}
	d.run(3, "migrate").Objects.expect(t, "objects", counts{"listed": 15, "created": 15})

	failures, err := os.ReadFile(d.path("accounts.davferry/failures.csv"))
	if err != nil {
		t.Fatal(err)
	}
	again := newDesk(t, failures)
	again.env = []string{"LAB_user002=pass-user002"} // the other account must not be in the file
	s := again.run(0, "migrate")
	s.Accounts.expect(t, "accounts that failed", counts{"total": 1, "ok": 1})
	s.Objects.expect(t, "their objects", counts{"listed": 15, "created": 15})
}

// TestServerDown has accounts at servers that are not there.
func TestServerDown(t *testing.T) {
	from, to := filled(t, "radicale", 1, few), lab.StartXandikos(t, 2)
	u, down := from.Users[0], &lab.Server{URL: "http://" + freeAddress(t) + "/"}
	d := newDesk(t, rows(t, header,
		row("good", from, u, to, u), row("source", down, u, to, to.Users[1]), row("destination", from, u, down, u)))
	s := d.run(3, "migrate", "--retries", "1")
	s.Accounts.expect(t, "accounts", counts{"total": 3, "ok": 1, "failed": 2})
	s.Objects.expect(t, "objects", counts{"listed": 15, "created": 15})
	for i, side := range []string{"source", "destination"} {
		p := s.Problems[i]
		for _, want := range []string{"the " + side + ": ", hostOf(t, down), "connection refused"} {
			if p.Account != side || !strings.Contains(p.Message, want) {
				t.Errorf("the problem of account %s does not say %q: %+v", side, want, p)
			}
		}
	}
}

// freeAddress returns a loopback address where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// TestServerGoesAway loses the destination in the middle. When it is back, the same command finishes the rest.
func TestServerGoesAway(t *testing.T) {
	c := newCrossing(t, filled(t, "radicale", 1, dataset.Options{Calendars: 2, Events: 40, Books: 1, Contacts: 20}), "xandikos")
	c.to.at(http.MethodPut, 30, func() { c.to.close(true) })
	s := c.run(3, "migrate", "--retries", "1")
	created := s.Objects["created"]
	if created < 25 || created > 32 {
		t.Errorf("%d objects of the first 30 were created", created)
	}
	if last := s.Problems[len(s.Problems)-1].Message; !strings.Contains(last, hostOf(t, c.to.Server)) {
		t.Errorf("the problem does not name the server: %s", last)
	}

	c.to.close(false)
	c.to.drain()
	s = c.run(0, "migrate")
	if there := s.Objects["unchanged"]; s.Objects["listed"] != 100 || there+s.Objects["created"] != 100 || there < created {
		t.Errorf("the same command again: %v", s.Objects)
	}
	c.expectEverything()
}

// expectEverything expects the accounts at the destination to be complete.
func (c *crossing) expectEverything() {
	c.t.Helper()
	before, after := contents(c.t, c.from.Server), contents(c.t, c.to.Server)
	for i := range before {
		expectCopy(c.t, before[i], after[i], c.to.Name)
	}
}
