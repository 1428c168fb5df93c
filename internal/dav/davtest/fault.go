package davtest

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Action is what goes wrong.
type Action uint8

const (
	// Answer answers with Status, Header and Text; the request is not carried out.
	Answer Action = iota
	// DropBeforeBody closes the connection before the body is read.
	DropBeforeBody
	// DropAfterBody closes the connection after the body was read; the request is not carried out.
	DropAfterBody
	// DropAnswer carries the request out and closes the connection instead of answering.
	DropAnswer
	// CutAnswer carries the request out and closes the connection after Bytes octets of the answer's body.
	CutAnswer
	// Stall waits for Delay and carries the request out then. With no Delay it waits until the client gives up or the
	// server is closed.
	Stall
)

// Fault is something that goes wrong with some requests.
type Fault struct {
	Method   string // of the requests that it strikes, "" for any
	Path     string // beginning of their paths as they came, "" for any
	Contains string // a piece of their bodies, "" for any; it does not go with DropBeforeBody

	Skip  int // how many such requests it lets through first
	Times int // how many it strikes then; 0 means 1, less than 0 means all

	Action Action
	Status int           // of an Answer; 0 means 500
	Header http.Header   // of an Answer, such as Retry-After
	Text   string        // body of an Answer
	Bytes  int           // of a CutAnswer
	Delay  time.Duration // of a Stall
}

// planned is a Fault with what is left of it.
type planned struct {
	Fault
	skip, times int
}

// faults are the faults that were injected, in order.
type faults struct {
	mu   sync.Mutex
	list []*planned
}

// Inject plans a fault. Of several that fit a request the first with nothing left to skip strikes; those after it do not
// count the request.
func (s *Server) Inject(f Fault) {
	p := &planned{Fault: f, skip: f.Skip, times: f.Times}
	if f.Times == 0 {
		p.times = 1
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, p)
}

// UnusedFaults returns the faults that did not strike as often as they were to, Times telling what is left; one that
// strikes without end is among them until it has struck once. A test that plans faults asserts that there are none.
func (s *Server) UnusedFaults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	var unused []Fault
	for _, p := range s.faults.list {
		endlessAndUsed := p.Times < 0 && p.times < p.Times
		if p.times != 0 && !endlessAndUsed {
			left := p.Fault
			left.Times = p.times
			unused = append(unused, left)
		}
	}
	return unused
}

// ClearFaults forgets all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// strike returns the fault for a request, nil where there is none. It is asked twice for each request: before the body
// is read, and with the body.
func (fs *faults) strike(r *http.Request, bodyRead bool, body []byte) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, p := range fs.list {
		if p.times == 0 || (p.Action == DropBeforeBody) == bodyRead || !p.fits(r, body) {
			continue
		}
		if p.skip > 0 {
			p.skip--
			continue
		}
		p.times-- // below zero it counts on, which is what "all" means
		return &p.Fault
	}
	return nil
}

func (p *planned) fits(r *http.Request, body []byte) bool {
	return (p.Method == "" || p.Method == r.Method) &&
		strings.HasPrefix(r.URL.EscapedPath(), p.Path) &&
		(p.Contains == "" || bytes.Contains(body, []byte(p.Contains)))
}

// stall waits. It reports false where the request has no time left.
func (f *Fault) stall(ctx context.Context) bool {
	if f.Delay <= 0 {
		<-ctx.Done()
		return false
	}
	t := time.NewTimer(f.Delay)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer sends an Answer.
func (f *Fault) answer(w http.ResponseWriter) {
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = slices.Clone(values)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	status := f.Status
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.WriteHeader(status)
	// The client may be gone; that is its matter.
	_, _ = w.Write([]byte(f.Text))
}
