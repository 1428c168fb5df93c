package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// While a host lets its accounts wait, those at other hosts are worked on, also where there is one worker only.
func TestThrottledAccountsHoldNoWorker(t *testing.T) {
	t.Parallel()
	rest := http.Header{"Retry-After": {"3"}}
	for name, tt := range map[string]struct {
		source bool
		fault  davtest.Fault
	}{
		"while the source is looked for":      {true, davtest.Fault{Status: 503}},
		"while a collection is listed":        {true, davtest.Fault{Method: "PROPFIND", Path: "/calendars/anna/work/", Status: 429}},
		"while objects are fetched":           {true, davtest.Fault{Method: "REPORT", Skip: 1, Status: 429}},
		"while the destination is looked for": {false, davtest.Fault{Status: 429}},
		"while a collection is made":          {false, davtest.Fault{Method: "MKCALENDAR", Status: 429}},
		"while objects are written":           {false, davtest.Fault{Method: "PUT", Skip: 3, Status: 503}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			calendar, _ := w.fill("anna", 30, 5)
			other := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			otherCalendar, _ := other.fill("bert", 30, 5)
			throttled := w.to
			if tt.source {
				throttled = w.from
			}
			tt.fault.Header = rest
			throttled.Inject(tt.fault)
			w.accountCSV = "account,source,source_user,source_password,destination,destination_user,destination_password\n" +
				fmt.Sprintf("anna,%s,anna,pw-anna,%s,anna,pw-anna\n", w.fromURL, w.toURL) +
				fmt.Sprintf("bert,%s,bert,pw-bert,%s,bert,pw-bert\n", w.fromURL, w.toURL) + // at the same hosts
				fmt.Sprintf("other,%s,bert,pw-bert,%s,bert,pw-bert\n", other.fromURL, other.toURL)
			job := w.job(migrate.Migrate)
			job.Workers = 1
			s, err := w.runJob(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			w.want(s, migrate.Counts{Listed: 70, Created: 70})
			w.sameObjects(calendar)
			other.sameObjects(otherCalendar)
			if left := throttled.UnusedFaults(); len(left) > 0 {
				t.Fatal(left)
			}
			refused, next := askedAgain(throttled)
			if next.Sub(refused) < 3*time.Second {
				t.Errorf("the host was asked again after %v", next.Sub(refused))
			}
			if last := lastRequest(other.to); !last.Before(next) {
				t.Errorf("the other hosts' account was done %v after the throttled host was asked again", last.Sub(next))
			}
		})
	}
}

// askedAgain returns when a server asked to be left alone, and when it got the next request after those that were under
// way.
func askedAgain(s *davtest.Server) (refused, next time.Time) {
	for _, r := range s.Requests() {
		switch {
		case r.Status == 429 || r.Status == 503:
			refused = r.Start.Add(r.Duration)
		case !refused.IsZero() && r.Start.After(refused.Add(time.Second)) && (next.IsZero() || r.Start.Before(next)):
			next = r.Start
		}
	}
	return refused, next
}

func lastRequest(s *davtest.Server) (last time.Time) {
	for _, r := range s.Requests() {
		if r.Start.After(last) {
			last = r.Start
		}
	}
	return last
}

// A host that asks for more than is allowed costs its accounts one request altogether, says so, and says what allows it.
func TestHostThatAsksForTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 30, 0)
	w.fill("bert", 30, 0)
	other := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	other.fill("bert", 10, 5)
	w.to.Inject(davtest.Fault{Method: "MKCALENDAR", Status: 429, Header: http.Header{"Retry-After": {"3600"}}, Times: -1})
	w.accountCSV = "account,source,source_user,source_password,destination,destination_user,destination_password\n" +
		fmt.Sprintf("anna,%s,anna,pw-anna,%s,anna,pw-anna\n", w.fromURL, w.toURL) +
		fmt.Sprintf("bert,%s,bert,pw-bert,%s,bert,pw-bert\n", w.fromURL, w.toURL) +
		fmt.Sprintf("other,%s,bert,pw-bert,%s,bert,pw-bert\n", other.fromURL, other.toURL)
	job := w.job(migrate.Migrate)
	job.Workers = 1
	s, err := w.runJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if s.Complete() || s.Accounts.OK != 1 || s.Objects.Created != 15 || s.Objects.Listed != s.Objects.Created+s.Objects.Failed {
		t.Errorf("accounts %+v, objects %+v", s.Accounts, s.Objects)
	}
	told := map[string]bool{}
	for _, p := range s.Problems {
		told[p.Account] = true
		if p.Status != 429 || !strings.Contains(p.Message, "asked to be left alone for 1h0m0s") || !strings.Contains(p.Message, "--max-wait 1h1m0s") {
			t.Errorf("problem %+v", p)
		}
	}
	if !told["anna"] || !told["bert"] {
		t.Errorf("problems are %+v", s.Problems)
	}
	if n := countRequests(w.to, "MKCALENDAR"); n != 1 {
		t.Errorf("%d requests to make a calendar", n)
	}
}

// Ctrl-C while everybody waits for a host ends the run at once.
func TestInterruptionWhileAHostIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.fill("anna", 30, 0)
	w.to.Inject(davtest.Fault{Method: "PUT", Status: 429, Header: http.Header{"Retry-After": {"600"}}})
	job := w.job(migrate.Migrate)
	stopped := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	go func() {
		for ctx.Err() == nil && len(job.Progress.Rests()) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		cancel(stopped)
	}()
	started := time.Now()
	s, err := w.runJob(ctx, job)
	if !errors.Is(err, stopped) || s == nil || !s.Interrupted || time.Since(started) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(started), err)
	}
	if rests := job.Progress.Rests(); len(rests) > 0 {
		t.Errorf("still waited for: %+v", rests)
	}
}
