package davtest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
)

// TestFaults plans one fault for a PUT and says what the client sees, and whether the object is there afterwards.
func TestFaults(t *testing.T) {
	for name, test := range map[string]struct {
		fault  davtest.Fault
		status int // 0 for a broken connection
		stored bool
	}{
		"answer":                 {davtest.Fault{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Text: "later"}, 503, false},
		"answer without status":  {davtest.Fault{}, 500, false},
		"drop before the body":   {davtest.Fault{Action: davtest.DropBeforeBody}, 0, false},
		"drop after the body":    {davtest.Fault{Action: davtest.DropAfterBody}, 0, false},
		"drop the answer":        {davtest.Fault{Action: davtest.DropAnswer}, 0, true},
		"stall and go on":        {davtest.Fault{Action: davtest.Stall, Delay: time.Millisecond}, 201, true},
		"another method":         {davtest.Fault{Method: "DELETE"}, 201, true},
		"another path":           {davtest.Fault{Path: "/addressbooks/"}, 201, true},
		"another body":           {davtest.Fault{Contains: "UID:two"}, 201, true},
		"method, path, contents": {davtest.Fault{Method: "PUT", Path: "/calendars/", Contains: "UID:one", Status: 507}, 507, false},
		"skipped":                {davtest.Fault{Skip: 1}, 201, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := start(t, davtest.Quirks{})
			f.Inject(test.fault)
			r, err := f.try("PUT", f.work+"one.ics", event)
			if (err != nil) != (test.status == 0) || r.status != test.status {
				t.Fatalf("status %d, %v", r.status, err)
			}
			if _, _, ok := f.Object(f.work + "one.ics"); ok != test.stored {
				t.Errorf("stored: %v", ok)
			}
			if want := test.fault.Header.Get("Retry-After"); r.header.Get("Retry-After") != want || r.status == 503 && r.body != "later" {
				t.Errorf("answered %+v", r)
			}
			struck := test.status != 201 || test.fault.Action == davtest.Stall
			if unused := f.UnusedFaults(); (len(unused) == 0) != struck {
				t.Errorf("unused: %+v", unused)
			}
			f.ClearFaults()
			f.want(f.do("GET", "/calendars/alice/none", ""), 404)
		})
	}
}

func TestCutAnswer(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.PutObject(f.work+"one.ics", []byte(event))
	for _, test := range []struct {
		method string
		bytes  int
	}{{"REPORT", 0}, {"REPORT", 300}, {"GET", 0}, {"GET", 50}} {
		f.ResetRequests()
		f.Inject(davtest.Fault{Action: davtest.CutAnswer, Bytes: test.bytes})
		path := f.work
		if test.method == "GET" {
			path += "one.ics"
		}
		r, err := f.try(test.method, path, `<c:calendar-query `+namespaces+`><d:prop><c:calendar-data/></d:prop></c:calendar-query>`)
		if err == nil || len(r.body) != test.bytes {
			t.Errorf("%s cut after %d: %d octets, %v", test.method, test.bytes, len(r.body), err)
		}
		if rec := f.Requests(); len(rec) != 1 || rec[0].Answer != int64(test.bytes) {
			t.Errorf("recorded %+v", rec)
		}
	}
	if unused := f.UnusedFaults(); unused != nil {
		t.Errorf("unused: %+v", unused)
	}
}

func TestStallEndsWithTheClient(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.Inject(davtest.Fault{Action: davtest.Stall})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, f.url+f.work+"one.ics", strings.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := f.client.Do(req); err == nil {
		resp.Body.Close()
		t.Fatalf("answered %s", resp.Status)
	}
	if _, _, ok := f.Object(f.work + "one.ics"); ok {
		t.Error("the object is there")
	}
}

func TestFaultsAreCounted(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.Inject(davtest.Fault{Method: "GET", Skip: 1, Times: 2, Status: 503})
	f.Inject(davtest.Fault{Method: "GET", Skip: 1, Times: -1, Status: 429})
	if n := len(f.UnusedFaults()); n != 2 {
		t.Errorf("%d unused at the start", n)
	}
	var got []int
	for range 6 {
		got = append(got, f.do("GET", "/calendars/", "").status)
	}
	// The first request is skipped by both, the next two are the first fault's, the rest the second's.
	if want := []int{405, 503, 503, 429, 429, 429}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if unused := f.UnusedFaults(); unused != nil {
		t.Errorf("unused: %+v", unused)
	}
	f.Inject(davtest.Fault{Times: 3, Method: "PUT"})
	f.do("PUT", f.work+"x.ics", event)
	if unused := f.UnusedFaults(); len(unused) != 1 || unused[0].Times != 2 {
		t.Errorf("unused: %+v", unused)
	}
}
