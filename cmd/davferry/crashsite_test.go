package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/bag"
	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/source"
)

// crashUsers have a calendar and an address book each.
var crashUsers = []string{"anna", "bert"}

const crashEvents, crashContacts = 45, 15

func newCrashServer() *davtest.Server {
	server := davtest.New()
	for _, user := range crashUsers {
		server.AddUser(user, scriptPassword)
	}
	return server
}

// newCrashSource returns a server with objects.
func newCrashSource() *davtest.Server {
	server := newCrashServer()
	for _, user := range crashUsers {
		server.AddCollection(user, dav.Collection{Kind: dav.Calendar, Path: "work", DisplayName: "Work", Color: "#FF0000FF"})
		for i := range crashEvents {
			putCrashEvent(server, user, i, "as it was")
		}
		book := server.AddCollection(user, dav.Collection{Kind: dav.AddressBook, Path: "friends", DisplayName: "Friends"})
		for i := range crashContacts {
			server.PutObject(fmt.Sprintf("%s%d.vcf", book, i), fmt.Appendf(nil,
				"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s-friend%d\r\nFN:Friend %d\r\nN:%d;Friend;;;\r\nEND:VCARD\r\n", user, i, i, i))
		}
	}
	return server
}

func crashEvent(user string, i int) (path string) {
	return fmt.Sprintf("/calendars/%s/work/%d.ics", user, i)
}

func putCrashEvent(server *davtest.Server, user string, i int, how string) {
	server.PutObject(crashEvent(user, i), component("VEVENT", fmt.Sprint(user, i), fmt.Sprintf("SUMMARY:Event %d, %s", i, how)))
}

// edit has people change a third of the events at the source, and make some: a part of them each time.
func (s *crashSite) edit(part int) {
	for _, user := range crashUsers {
		for i := part; i < crashEvents+9; i += 3 {
			putCrashEvent(s.from, user, i, "changed")
		}
	}
}

// editAll has the source be what it is after all edits, where there are any.
func (s *crashSite) editAll() {
	for part := range 3 {
		if s.killed.edits {
			s.edit(part)
		}
	}
}

// migrate has a migration come before the command.
func (s *crashSite) migrate(t *testing.T) {
	t.Helper()
	command := s.command
	s.command = []string{"migrate", "--source", s.source, "--destination", s.destination}
	s.finish(t)
	s.command = command
}

// migrateAndChange has a migration come before the command, and changes at the source.
func (s *crashSite) migrateAndChange(t *testing.T) {
	t.Helper()
	s.migrate(t)
	s.edit(0)
	s.from.DeleteObject(crashEvent(crashUsers[0], 1))
}

// migrateAndDelete has a migration come before the command, and deletions at the source.
func (s *crashSite) migrateAndDelete(t *testing.T) {
	t.Helper()
	s.migrate(t)
	for _, user := range crashUsers {
		for i := range crashEvents / 2 {
			s.from.DeleteObject(crashEvent(user, 2*i))
		}
	}
}

// crashSite is a command line, the servers that it speaks to, and the folder that it runs in.
type crashSite struct {
	killed              crashCommand
	from, to            *davtest.Server
	source, destination string // where they are
	dir                 string
	command             []string

	mu       sync.Mutex
	requests int // that came to both servers
	next     moment
	kill     func() // at the next moment; nil where none is to come
}

// newCrashSite returns a site with a fresh destination, at which has happened what comes before the command. The source is
// the one that is given, and another one where it will change.
func newCrashSite(t *testing.T, c crashCommand, from *davtest.Server) *crashSite {
	t.Helper()
	if c.edits || c.before != nil {
		from = newCrashSource()
	}
	s := &crashSite{killed: c, from: from, to: newCrashServer(), dir: t.TempDir()}
	accounts := "source_user,source_password,destination_user,destination_password\n"
	for _, user := range crashUsers {
		accounts += strings.Join([]string{user, scriptPassword, user, scriptPassword}, ",") + "\n"
	}
	if err := os.WriteFile(filepath.Join(s.dir, "accounts.csv"), []byte(accounts), 0o600); err != nil {
		t.Fatal(err)
	}
	s.source, s.destination = s.listen(t, s.from), s.listen(t, s.to)
	if c.before != nil {
		c.before(s, t)
	}
	switch c.verb {
	case "export":
		s.command = []string{"export", "--source", s.source, "--archive", c.archive}
	case "import":
		s.command = []string{"export", "--source", s.source, "--archive", "given.zip", "--state", "of-the-export"}
		s.finish(t)
		s.command = []string{"import", "--archive", "given.zip", "--destination", s.destination}
	case "rollback":
		s.command = []string{"rollback", "--destination", s.destination}
	default:
		s.command = []string{"migrate", "--source", s.source, "--destination", s.destination}
	}
	s.command = append(s.command, c.flags...)
	s.reset()
	return s
}

// reset forgets the requests, and returns how many there were.
func (s *crashSite) reset() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.requests
	s.requests = 0
	return n
}

// listen has the server answer by way of the site.
func (s *crashSite) listen(t *testing.T, server http.Handler) (url string) {
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.count() {
			server.ServeHTTP(w, r)
			return
		}
		// Read to its end, the request is as good as carried out, also where nobody waits for the answer any more.
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.strike(false)
		server.ServeHTTP(w, r)
		s.strike(true)
	}))
	t.Cleanup(listener.Close)
	return listener.URL
}

// count counts a request and reports false for the one at the next moment.
func (s *crashSite) count() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	return s.kill == nil || s.requests != s.next.request
}

// strike kills the program where its moment is before or, with acted, after a request was carried out.
func (s *crashSite) strike(acted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kill := s.kill; kill != nil && s.next.acted == acted {
		s.kill = nil
		if s.next.later == 0 {
			kill()
		} else {
			time.AfterFunc(s.next.later, kill)
		}
	}
}

// program returns the site's command with more arguments.
func (s *crashSite) program(t *testing.T) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.CommandContext(t.Context(), "davferry", append(slices.Clone(s.command), "--multiget", "10", "accounts.csv")...)
	var output bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, &output, &output
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	return cmd, &output
}

// crash runs the command and kills it at a moment. It reports false where it had ended before.
func (s *crashSite) crash(t *testing.T, at moment) (killed bool) {
	t.Helper()
	cmd, output := s.program(t)
	s.mu.Lock()
	s.requests, s.next = 0, at
	s.kill = func() {
		// An error means that the program has ended.
		_ = cmd.Process.Kill()
	}
	err := cmd.Start()
	s.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if at.request == 0 {
		s.strike(at.acted)
	}
	err = cmd.Wait()
	s.mu.Lock()
	s.kill = nil
	s.mu.Unlock()
	if killed = err != nil && cmd.ProcessState.ExitCode() == -1; killed && s.killed.archive != "" {
		s.expectNoHalfArchive(t)
	} else if err != nil && !killed {
		t.Errorf("at %+v: %v\n%s", at, err, output)
	}
	return killed
}

// expectNoHalfArchive expects an archive that is whole, or none.
func (s *crashSite) expectNoHalfArchive(t *testing.T) {
	t.Helper()
	if _, err := os.Lstat(filepath.Join(s.dir, s.killed.archive)); err == nil {
		s.archived(t)
	}
}

// finish runs the command to its end, which must be a good one.
func (s *crashSite) finish(t *testing.T) {
	t.Helper()
	cmd, output := s.program(t)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, output)
	}
}

// compare expects a site to be what another one is that nobody disturbed.
func (s *crashSite) compare(t *testing.T, undisturbed *crashSite) {
	t.Helper()
	expectSame(t, "the destination", destinationOf(s.to), destinationOf(undisturbed.to))
	if s.killed.archive != "" {
		expectSame(t, "the archive", s.archived(t), undisturbed.archived(t))
	}
	expectSame(t, "the journal", s.journal(t), undisturbed.journal(t))
	expectSame(t, "the folder", s.files(t), undisturbed.files(t))
}

func expectSame(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	if maps.Equal(got, want) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if expected, ok := want[name]; !ok || got[name] != expected {
			t.Errorf("%s: %s is %q, want %q", what, name, got[name], expected)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, ok := got[name]; !ok {
			t.Errorf("%s: %s is missing", what, name)
		}
	}
}

// destinationOf returns all objects of a server, by path.
func destinationOf(server *davtest.Server) map[string]string {
	all := map[string]string{}
	for _, user := range crashUsers {
		for _, c := range server.Collections(user) {
			all[c.Path] = c.DisplayName + " " + c.Color
			for path, data := range server.Objects(c.Path) {
				all[path] = string(data)
			}
		}
	}
	return all
}

// archived returns the payload of the site's archive, which must be what it says itself.
func (s *crashSite) archived(t *testing.T) map[string]string {
	t.Helper()
	path := filepath.Join(s.dir, s.killed.archive)
	if report, err := source.VerifyArchive(t.Context(), path); err != nil || len(report.Problems) > 0 {
		t.Errorf("the archive: %+v, %v", report, err)
	}
	files := map[string]string{}
	err := bag.Walk(context.Background(), path, func(f bag.File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if _, name, ok := strings.Cut("/"+f.Name, "/data/"); ok {
			files[name] = string(data)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return files
}

// journal returns what the journal says of each object. Whether the object was brought by the run that finished or by one
// that was killed is no matter.
func (s *crashSite) journal(t *testing.T) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "accounts.davferry", "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT c.account, o.path, o.dest_path, o.dest_etag, o.outcome,
		o.sha256 || ' ' || o.etag || ' ' || o.uid || ' ' || o.size || ' ' || o.created || ' ' || o.vanished || ' ' || o.reason
		FROM objects o JOIN collections c ON c.id = o.collection`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var account, path, there, etag, outcome, rest string
		if err := rows.Scan(&account, &path, &there, &etag, &outcome, &rest); err != nil {
			t.Fatal(err)
		}
		switch outcome {
		case "created", "updated", "unchanged":
			outcome = "there"
		}
		all[account+" "+path] = strings.Join([]string{there, etag, outcome, rest}, " ")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// files returns the names of what the program has made, but for the inside of an archive.
func (s *crashSite) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*", "accounts.davferry/*"} {
		paths, err := filepath.Glob(filepath.Join(s.dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			all[strings.TrimPrefix(path, s.dir)] = ""
		}
	}
	return all
}
