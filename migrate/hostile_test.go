package migrate_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// archived returns the files of a calendar of anna's in an archive that is a folder, by name.
func archived(t *testing.T, path, calendar string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(path, "data", "anna", "calendars", calendar, "*.ics"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(file)] = string(data)
	}
	return out
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>Please log in</body></html>\n"

// A session that ended during the run made login pages of objects.
func TestLoginPageIsNeverStored(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quirks davtest.Quirks
		header http.Header
		want   migrate.Counts
		listed bool // the first batch was answered
	}{
		"in the middle":        {davtest.Quirks{}, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, migrate.Counts{Listed: 18, Created: 9, Failed: 9}, true},
		"no length was listed": {davtest.Quirks{NoContentLength: true, Data: davtest.DataCharRef}, http.Header{"Content-Type": {"text/html"}}, migrate.Counts{Listed: 18, Failed: 18}, false},
	} {
		page := func(w *world, calendar string) {
			fault := davtest.Fault{Method: "REPORT", Path: calendar, Status: http.StatusOK, Times: -1, Text: loginPage, Header: tt.header}
			if tt.listed {
				fault.Skip = 1
			}
			w.from.Inject(fault)
			fault.Method, fault.Skip = "GET", 0
			w.from.Inject(fault)
		}
		t.Run("migrate, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.quirks, davtest.Quirks{})
			w.batch = 9 // two batches, of which either may be the one that is answered
			calendar, _ := w.fill("anna", 18, 0)
			page(w, calendar)
			s := w.migrate()
			w.want(s, tt.want)
			for path, data := range w.to.Objects(calendar) {
				if strings.Contains(string(data), "<html>") {
					t.Errorf("%s is a login page", path)
				}
			}
			if s.Complete() {
				t.Error(s.Verdict())
			}
		})
		t.Run("export, "+name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, tt.quirks, davtest.Quirks{})
			w.batch = 9 // two batches, of which either may be the one that is answered
			calendar, _ := w.fill("anna", 18, 0)
			page(w, calendar)
			path := filepath.Join(t.TempDir(), "archive")
			s := w.export(t, t.Context(), path)
			w.want(s, tt.want)
			for file, data := range archived(t, path, "work") {
				if strings.Contains(data, "<html>") {
					t.Errorf("%s is a login page", file)
				}
			}
			if s.Complete() {
				t.Error(s.Verdict())
			}
		})
	}
}

// HTTP/1.0 without a length ends an answer with the connection: a cut was taken for the end.
func TestGetThatIsCutShortIsNeverTakenAsWhole(t *testing.T) {
	t.Parallel()
	data := string(event("uid-e0", "Event"))
	for name, length := range map[string]string{
		"the length was listed":     fmt.Sprintf("<d:getcontentlength>%d</d:getcontentlength>", len(data)),
		"the length was not listed": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 1
			w.fromURL = scripted(t, map[string]string{
				"/h/":   folder("/h/") + calendarAt("/h/a/"),
				"/h/a/": calendarAt("/h/a/") + response("/h/a/x.ics", propstat("200 OK", `<d:resourcetype/><d:getetag>"1"</d:getetag>`+length)),
			}, func(rw http.ResponseWriter, r *http.Request) {
				if r.Method != http.MethodGet {
					rw.WriteHeader(http.StatusNotImplemented)
					return
				}
				conn, buf, err := rw.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				io.WriteString(buf, "HTTP/1.0 200 OK\r\nETag: \"1\"\r\nContent-Type: text/calendar\r\n\r\n"+data[:100])
				buf.Flush()
			})
			path := filepath.Join(t.TempDir(), "archive")
			s := w.export(t, t.Context(), path)
			w.want(s, migrate.Counts{Listed: 1, Failed: 1})
			if files := archived(t, path, "a"); len(files) > 0 || s.Complete() {
				t.Errorf("the archive holds %q", files)
			}
		})
	}
}

// A server that asks to be left alone for an hour was sent hundreds of requests, and one that answers nothing thousands.
func TestServerThatCannotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	hour := http.Header{"Retry-After": {"3600"}}
	for name, tt := range map[string]struct {
		status int
		header http.Header
		most   int // requests for objects
	}{
		"503 and Retry-After": {http.StatusServiceUnavailable, hour, 4},
		"429 and Retry-After": {http.StatusTooManyRequests, hour, 4},
		"502":                 {http.StatusBadGateway, nil, 60},
		"500":                 {http.StatusInternalServerError, nil, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			if tt.header == nil {
				w.retries = 0
			}
			calendar, _ := w.fill("anna", 300, 3)
			for _, method := range []string{"REPORT", "GET"} {
				w.from.Inject(davtest.Fault{Method: method, Path: calendar, Status: tt.status, Header: tt.header, Times: -1})
			}
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 303, Created: 3, Failed: 300})
			if s.Collections.Failed != 1 || s.Complete() {
				t.Errorf("collections are %+v", s.Collections)
			}
			if n := countRequests(w.from, "REPORT", "GET"); n > tt.most {
				t.Errorf("%d requests for objects", n)
			}
		})
	}
}

// foreignHost is a server on another host than the rest, and what came to it that should not have.
func foreignHost(t *testing.T) (address string, got func() []string) {
	t.Helper()
	var mu sync.Mutex
	var requests []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asking := r.Method == http.MethodOptions || r.Method == "PROPFIND" && r.Header.Get("Depth") == "0"
		if !asking || r.Header.Get("Authorization") != "" {
			mu.Lock()
			defer mu.Unlock()
			requests = append(requests, fmt.Sprintf("%s %s %q", r.Method, r.URL.Path, body[:min(60, len(body))]))
		}
		w.Write(event("uid-secret", "Of another host"))
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(requests)
	}
}

// A redirect took objects, without the password but whole, to whatever host it named.
func TestRedirectToAnotherHostDeliversNothingThere(t *testing.T) {
	t.Parallel()
	for _, code := range []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, method := range []string{"PUT", "MKCALENDAR", "REPORT", "GET"} {
			t.Run(fmt.Sprintf("%s, %d", method, code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
				w.retries = 0
				calendar, _ := w.fill("anna", 2, 0)
				host, got := foreignHost(t)
				fault := davtest.Fault{Method: method, Status: code, Times: -1, Header: http.Header{"Location": {host + "/elsewhere/"}}}
				w.from.Inject(fault)
				w.to.Inject(fault)
				switch method {
				case "GET": // the way to take where there is no other
					w.from.Inject(davtest.Fault{Method: "REPORT", Status: http.StatusNotImplemented, Times: -1})
				case "MKCALENDAR":
					fault.Method = "MKCOL"
					w.to.Inject(fault)
				}
				s := w.migrate()
				w.want(s, migrate.Counts{Listed: 2, Failed: 2})
				if came := got(); len(came) > 0 {
					t.Errorf("to the other host went %v", came)
				}
				if there := w.to.Objects(calendar); len(there) > 0 || s.Complete() || !strings.Contains(fmt.Sprint(s.Problems), "--trust-host localhost") {
					t.Errorf("the destination holds %q, problems %+v", there, s.Problems)
				}
			})
		}
	}
}

// A listing could send davferry to any host for an object, such as one that only this machine can reach.
func TestMemberOnAnotherHostIsNotFetched(t *testing.T) {
	t.Parallel()
	host, got := foreignHost(t)
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fromURL = scripted(t, map[string]string{
		"/h/":   folder("/h/") + calendarAt("/h/a/"),
		"/h/a/": calendarAt("/h/a/") + response(host+"/latest/meta-data", propstat("200 OK", `<d:resourcetype/><d:getetag>"1"</d:getetag>`)),
	}, nil)
	path := filepath.Join(t.TempDir(), "archive")
	s := w.export(t, t.Context(), path)
	w.want(s, migrate.Counts{Listed: 1, Failed: 1})
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Message, "another host") || s.Complete() {
		t.Errorf("problems are %+v", s.Problems)
	}
	if came := got(); len(came) > 0 || len(archived(t, path, "a")) > 0 {
		t.Errorf("to the other host went %v", came)
	}
}

// A 401 for one object, as of a private one, was the end of the account.
func TestUnauthorizedForOneObjectIsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 100, 10)
	w.from.PutObject(calendar+"e50.ics", event("uid-e50", "x\x01")) // is not in the multiget's answer
	w.from.Inject(davtest.Fault{Method: "GET", Path: calendar + "e50.ics", Status: http.StatusUnauthorized, Times: -1})
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 110, Created: 109, Failed: 1})
	if len(s.Problems) != 1 || s.Problems[0].Path != calendar+"e50.ics" || s.Problems[0].Status != http.StatusUnauthorized || s.Accounts.EndedEarly != 0 {
		t.Errorf("problems %+v, accounts %+v", s.Problems, s.Accounts)
	}
}

// A login that is not taken any more is not sent again for each object: servers lock accounts that fail too often.
func TestUnauthorizedFromSomePointOnEndsTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 300, 0)
	w.to.Inject(davtest.Fault{Skip: 20, Status: http.StatusUnauthorized, Times: -1})
	s := w.migrate()
	refused := 0
	for _, r := range w.to.Requests() {
		if r.Status == http.StatusUnauthorized {
			refused++
		}
	}
	if refused > 5 || s.Complete() || s.Objects.Listed != 300 || s.Objects.Created+s.Objects.Failed != 300 {
		t.Errorf("%d answers of 401; objects %+v", refused, s.Objects)
	}
}

// silentServer takes connections and answers nothing on them; it returns how many it took.
func silentServer(t *testing.T) (address string, connections func() int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken, done := make(chan int, 1), make(chan struct{})
	taken <- 0
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
			taken <- <-taken + 1
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return "http://" + listener.Addr().String() + "/", func() int {
		n := <-taken
		taken <- n
		return n
	}
}

// Of a thousand accounts at a server that is down each waited as long as the first.
func TestServerThatIsDownIsAskedForOneAccountOnly(t *testing.T) {
	t.Parallel()
	address, connections := silentServer(t)
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.retries, w.fromURL = 1, address
	run := func(accounts int) (asked int, took time.Duration) {
		w.accountCSV = "account,source_user,source_password,destination_user,destination_password\n"
		for i := range accounts {
			w.accountCSV += fmt.Sprintf("a%d,a%d,pw,to%d,pw\n", i, i, i)
		}
		before, started := connections(), time.Now()
		s := w.migrate()
		if s.Accounts.Failed != accounts || len(s.Problems) != accounts {
			t.Errorf("accounts are %+v, problems %+v", s.Accounts, s.Problems)
		}
		return connections() - before, time.Since(started)
	}
	one, first := run(1)
	many, all := run(50)
	if many > one || all > 2*first+2*time.Second {
		t.Errorf("one account: %d connections in %v; fifty: %d in %v", one, first, many, all)
	}
}
