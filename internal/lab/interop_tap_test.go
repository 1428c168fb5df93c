package lab_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"davferry/internal/lab"
)

// tap stands before a server and counts the requests that come through. Its URL is the server's for who is to be
// watched.
type tap struct {
	*lab.Server // with the URL of the tap

	mu     sync.Mutex
	counts counts // by method
	hook   func(method string, n int)
	closed bool // nothing comes through
}

// newTap returns a tap before s, which is closed at the end of the test.
func newTap(t testing.TB, s *lab.Server) *tap {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { cut() },
	}
	seen := *s
	p := &tap{Server: &seen, counts: counts{}}
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.count(r.Method); p.isClosed() {
			cut()
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(listener.Close)
	p.Server.URL = listener.URL + "/"
	return p
}

// cut ends a handler so that its connection is cut.
func cut() { panic(http.ErrAbortHandler) }

// count takes down a request and runs the hook, if there is one, before the request goes on.
func (p *tap) count(method string) {
	p.mu.Lock()
	p.counts[method]++
	n, hook := p.counts[method], p.hook
	p.mu.Unlock()
	if hook != nil {
		hook(method, n)
	}
}

// at has f run once, when the n-th request of a method from now on has come and before it goes on. It starts the
// counts anew.
func (p *tap) at(method string, n int, f func()) {
	p.drain()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = func(m string, i int) {
		if m == method && i == n {
			f()
		}
	}
}

// close cuts every connection from now on, or no more.
func (p *tap) close(closed bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = closed
}

func (p *tap) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// drain returns the counts since the last time, and forgets the hook.
func (p *tap) drain() counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	drained := maps.Clone(p.counts)
	clear(p.counts)
	p.hook = nil
	return drained
}

// total returns how many requests there were.
func (c counts) total() int {
	n := 0
	for _, k := range c {
		n += k
	}
	return n
}

// expectOnlyReading expects that no request changed anything.
func (c counts) expectOnlyReading(t testing.TB) {
	t.Helper()
	for method, n := range c {
		switch method {
		case http.MethodGet, http.MethodHead, http.MethodOptions, "PROPFIND", "REPORT":
		default:
			t.Errorf("%d × %s", n, method)
		}
	}
}
