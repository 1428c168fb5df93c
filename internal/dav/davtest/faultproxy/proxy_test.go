package faultproxy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"davferry/internal/dav/davtest/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server answers every request with its own body twice, and counts what it got to see.
type server struct {
	url   string
	conns atomic.Int64 // connections
	whole atomic.Int64 // requests that came with their whole body
	part  atomic.Int64 // octets of bodies that broke off
}

func start(t *testing.T) (*server, *faultproxy.Proxy, *http.Client) {
	t.Helper()
	s := &server{}
	h := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	h.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	h.Start()
	s.url = h.URL
	p, err := faultproxy.Start(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(func() {
		client.CloseIdleConnections()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		h.Close()
	})
	return s, p, client
}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.part.Add(int64(len(body)))
		return
	}
	s.whole.Add(1)
	switch r.URL.Path {
	case "/length":
		w.Header().Set("Content-Length", fmt.Sprint(2*len(body)))
	case "/empty":
		w.WriteHeader(http.StatusNoContent)
		return
	case "/end": // of the connection is that of the answer
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprintf(buf, "HTTP/1.0 200 OK\r\n\r\n%s%s", body, body)
		buf.Flush()
		return
	case "/continue":
		w.WriteHeader(http.StatusProcessing)
	}
	w.Write(body)
	w.(http.Flusher).Flush()
	w.Write(body)
}

// put sends a body and returns as much of the answer as came.
func put(ctx context.Context, client *http.Client, url, body string) (string, error) {
	// POST: net/http repeats no request of it by itself.
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(strings.NewReader(body)))
	if err != nil {
		return "", err
	}
	r.ContentLength = int64(len(body))
	resp, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return string(got), err
}

func TestWhatComesIsPassedOn(t *testing.T) {
	s, p, client := start(t)
	big := strings.Repeat("0123456789abcdef", 1<<16)
	for _, path := range []string{"length", "chunked", "end", "continue", "length"} {
		for _, body := range []string{"", "x", big} {
			got, err := put(t.Context(), client, p.URL+path, body)
			if err != nil || got != body+body {
				t.Errorf("%s: %d octets, %v", path, len(got), err)
			}
		}
	}
	if got, err := put(t.Context(), client, p.URL+"empty", big); got != "" || err != nil {
		t.Errorf("empty: %q, %v", got, err)
	}
	resp, err := client.Head(p.URL + "length")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	resp, err = client.Post(p.URL+"length", "text/plain", io.MultiReader(strings.NewReader(big), bytes.NewReader(nil))) // chunked
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(resp.Body); err != nil || string(got) != big+big {
		t.Errorf("a chunked request: %d octets, %v", len(got), err)
	}
	resp.Body.Close()
	if n := s.conns.Load(); n > 5 { // each of the three at /end ends one
		t.Errorf("%d connections", n)
	}
}

func TestFaults(t *testing.T) {
	const body = "0123456789"
	for name, test := range map[string]struct {
		fault faultproxy.Fault
		whole int64  // requests that the server got
		part  int64  // octets that it got of a body that broke off
		got   string // what the client got
	}{
		"on connect":                {faultproxy.Fault{At: faultproxy.OnConnect}, 0, 0, ""},
		"before the body":           {faultproxy.Fault{At: faultproxy.BeforeBody}, 0, 0, ""},
		"within the body":           {faultproxy.Fault{At: faultproxy.WithinBody, Octets: 4}, 0, 4, ""},
		"before the answer":         {faultproxy.Fault{At: faultproxy.BeforeAnswer}, 1, 0, ""},
		"behind the answer's head":  {faultproxy.Fault{At: faultproxy.WithinAnswer}, 1, 0, ""},
		"within the answer":         {faultproxy.Fault{At: faultproxy.WithinAnswer, Octets: 13}, 1, 0, "0123456789012"},
		"the answer is shorter":     {faultproxy.Fault{At: faultproxy.WithinAnswer, Octets: 99}, 1, 0, body + body},
		"after the answer":          {faultproxy.Fault{At: faultproxy.AfterAnswer}, 1, 0, body + body},
		"a stall before the body":   {faultproxy.Fault{At: faultproxy.BeforeBody, Action: faultproxy.Stall, Delay: 1}, 1, 0, body + body},
		"a stall within the body":   {faultproxy.Fault{At: faultproxy.WithinBody, Octets: 4, Action: faultproxy.Stall, Delay: 1}, 1, 0, body + body},
		"a stall within the answer": {faultproxy.Fault{At: faultproxy.WithinAnswer, Octets: 4, Action: faultproxy.Stall, Delay: 1}, 1, 0, body + body},
		"another path":              {faultproxy.Fault{At: faultproxy.BeforeBody, Path: "/elsewhere"}, 1, 0, body + body},
		"another method":            {faultproxy.Fault{At: faultproxy.BeforeBody, Method: "GET"}, 1, 0, body + body},
	} {
		t.Run(name, func(t *testing.T) {
			s, p, client := start(t)
			p.Inject(test.fault)
			got, err := put(t.Context(), client, p.URL+"length", body)
			if got != test.got || (err == nil) != (got == body+body) {
				t.Errorf("the client got %q, %v", got, err)
			}
			if !eventually(func() bool { return s.whole.Load() == test.whole && s.part.Load() == test.part }) {
				t.Errorf("the server got %d requests, and %d octets of another", s.whole.Load(), s.part.Load())
			}
			struck := test.fault.Path == "" && test.fault.Method == ""
			if unused := p.UnusedFaults(); (len(unused) == 0) != struck {
				t.Errorf("unused: %+v", unused)
			}
			p.ClearFaults()
			client.CloseIdleConnections() // net/http may not have seen yet that the connection ended
			if got, err := put(t.Context(), client, p.URL+"length", body); got != body+body || err != nil {
				t.Errorf("the next request: %q, %v", got, err)
			}
		})
	}
}

// eventually waits for what the server is told by a connection that ends.
func eventually(so func() bool) bool {
	for deadline := time.Now().Add(5 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// After the whole body was passed on the server may act or not, but the client gets no answer.
func TestConnectionThatEndsBehindTheBody(t *testing.T) {
	_, p, client := start(t)
	p.Inject(faultproxy.Fault{At: faultproxy.AfterBody})
	if got, err := put(t.Context(), client, p.URL+"length", "x"); err == nil {
		t.Errorf("answered %q", got)
	}
}

func TestReset(t *testing.T) {
	_, p, client := start(t)
	p.Inject(faultproxy.Fault{At: faultproxy.WithinAnswer, Octets: 3, Action: faultproxy.Reset})
	if _, err := put(t.Context(), client, p.URL+"length", strings.Repeat("x", 1<<20)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client met %v", err)
	}
}

func TestFaultsAreCounted(t *testing.T) {
	_, p, client := start(t)
	p.Inject(faultproxy.Fault{At: faultproxy.BeforeAnswer, Skip: 1, Times: 2})
	p.Inject(faultproxy.Fault{At: faultproxy.WithinAnswer, Octets: 1, Skip: 1, Times: -1})
	if n := len(p.UnusedFaults()); n != 2 {
		t.Errorf("%d unused at the start", n)
	}
	var got []string
	for range 6 {
		answer, _ := put(t.Context(), client, p.URL+"length", "x")
		got = append(got, answer)
	}
	// The first request is skipped by both, the next two are the first fault's, the rest the second's.
	if want := "xx|||x|x|x"; strings.Join(got, "|") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if unused := p.UnusedFaults(); unused != nil {
		t.Errorf("unused: %+v", unused)
	}
}

// A stall without end ends with the client where its request was passed on, and with the proxy otherwise.
func TestStallWithoutEnd(t *testing.T) {
	for _, at := range []faultproxy.Moment{faultproxy.OnConnect, faultproxy.BeforeBody, faultproxy.BeforeAnswer, faultproxy.WithinAnswer} {
		_, p, client := start(t)
		p.Inject(faultproxy.Fault{At: at, Action: faultproxy.Stall})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := put(ctx, client, p.URL+"length", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("at %d: %v", at, err)
		}
		cancel()
	}
}

func TestConnectionsEndAfterSomeAnswers(t *testing.T) {
	s, p, client := start(t)
	p.CloseAfter(3)
	for i := range 7 {
		if got, err := put(t.Context(), client, p.URL+"length", "x"); got != "xx" || err != nil {
			// net/http may send a request on a connection whose end it has not seen yet.
			if got, err = put(t.Context(), client, p.URL+"length", "x"); got != "xx" || err != nil {
				t.Errorf("request %d: %q, %v", i, got, err)
			}
		}
	}
	if n := s.conns.Load(); n != 3 {
		t.Errorf("%d connections for 7 requests", n)
	}
}

func TestSeveredNetwork(t *testing.T) {
	_, p, client := start(t)
	p.Inject(faultproxy.Fault{At: faultproxy.BeforeAnswer, Action: faultproxy.Stall})
	var stalled sync.WaitGroup
	stalled.Go(func() {
		if got, err := put(t.Context(), client, p.URL+"length", "x"); err == nil {
			t.Errorf("answered %q", got)
		}
	})
	if !eventually(func() bool { return len(p.UnusedFaults()) == 0 }) {
		t.Fatal("the fault did not strike")
	}
	p.Sever()
	stalled.Wait()
	if got, err := put(t.Context(), client, p.URL+"length", "x"); err == nil {
		t.Errorf("answered %q", got)
	}
	p.Mend()
	if got, err := put(t.Context(), client, p.URL+"length", "x"); got != "xx" || err != nil {
		t.Errorf("mended: %q, %v", got, err)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	if p, err := faultproxy.Start("https://127.0.0.1:1/"); err == nil {
		p.Close()
		t.Error("a proxy for TLS")
	}
	p, err := faultproxy.Start("http://127.0.0.1:1/")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if got, err := put(t.Context(), client, p.URL, "x"); err == nil {
		t.Errorf("answered %q", got)
	}
}
