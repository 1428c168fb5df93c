package faultproxy

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Moment is when something goes wrong in the course of a connection.
type Moment uint8

const (
	// OnConnect is when a connection was accepted, before anything is read. Method and Path do not go with it.
	OnConnect Moment = iota
	// BeforeBody is when the head of a request was read and nothing of it passed on.
	BeforeBody
	// WithinBody is when the head and Octets octets of a request's body were passed on, or all where it has fewer.
	WithinBody
	// AfterBody is when a request was passed on whole: the server acts on it, or not.
	AfterBody
	// BeforeAnswer is when the server has acted and its answer has begun to come; nothing of it was passed on.
	BeforeAnswer
	// WithinAnswer is when the head and Octets octets of an answer's body were passed on, chunk sizes counted, or all
	// where it has fewer.
	WithinAnswer
	// AfterAnswer is when an answer was passed on whole.
	AfterAnswer
)

// Action is what goes wrong.
type Action uint8

const (
	// Close ends the connection at both sides.
	Close Action = iota
	// Reset ends it with a reset, as a firewall does or a machine that has lost its memory of it.
	Reset
	// Stall lets nothing through for Delay and goes on then. With no Delay it lasts as long as the connection, which the
	// proxy's end ends, and the client's where the request was passed on.
	Stall
)

// Fault is something that goes wrong with some connections or requests.
type Fault struct {
	At     Moment
	Action Action
	Octets int           // of a body that pass, at WithinBody and WithinAnswer
	Delay  time.Duration // of a Stall

	Method string // of the requests that it strikes, "" for any
	Path   string // beginning of their paths as they came, "" for any

	Skip  int // how many such requests (OnConnect: connections) it lets through first
	Times int // how many it strikes then; 0 means 1, less than 0 means all
}

// planned is a Fault with what is left of it.
type planned struct {
	Fault
	skip, times int
}

// plan holds the faults that were injected, in order.
type plan struct {
	mu   sync.Mutex
	list []*planned
}

func (p *plan) add(f Fault) {
	left := &planned{Fault: f, skip: f.Skip, times: f.Times}
	if f.Times == 0 {
		left.times = 1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, left)
}

// strike returns the fault for a request, or where there is none for a new connection; nil where nothing goes wrong.
func (p *plan) strike(r *http.Request) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.list {
		if f.times == 0 || !f.fits(r) {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		f.times-- // below zero it counts on, which is what "all" means
		return &f.Fault
	}
	return nil
}

func (f *planned) fits(r *http.Request) bool {
	if r == nil || f.At == OnConnect {
		return r == nil && f.At == OnConnect
	}
	return (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(r.URL.EscapedPath(), f.Path)
}

// unused returns the faults that did not strike as often as they were to, Times telling what is left.
func (p *plan) unused() []Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var unused []Fault
	for _, f := range p.list {
		endlessAndUsed := f.Times < 0 && f.times < f.Times
		if f.times != 0 && !endlessAndUsed {
			left := f.Fault
			left.Times = f.times
			unused = append(unused, left)
		}
	}
	return unused
}

func (p *plan) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = nil
}
