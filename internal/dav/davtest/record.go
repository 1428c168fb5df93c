package davtest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is a request as the server saw it. It holds no credentials.
type Request struct {
	Method        string
	Path          string // as it came, still percent-encoded
	Header        http.Header
	Authorization bool   // whether there was such a header; Header is without it
	User          string // who logged in, "" before that or without success
	Body          int64  // octets of the body, as far as it was read
	Hrefs         int    // how many a multiget asked for
	Status        int    // of the answer, 0 where the connection was closed without one
	Answer        int64  // octets of the answer's body
	Start         time.Time
	Duration      time.Duration
}

// secretHeaders are never recorded.
var secretHeaders = []string{"Authorization", "Proxy-Authorization", "Cookie"}

// recorder keeps the requests, in the order in which they were answered.
type recorder struct {
	mu       sync.Mutex
	on       bool
	requests []Request
	active   int
	peak     int
}

// Requests returns the requests that were answered since the last ResetRequests, in the order of their answers. A
// request counts as answered once its handler is done, which may be just after the client has read the answer.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.requests)
}

// ResetRequests forgets all requests, and the peak.
func (s *Server) ResetRequests() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.requests, s.log.peak = nil, s.log.active
}

// SetRecording switches the recording of requests on or off. Off, Requests stays as it is and nothing grows.
func (s *Server) SetRecording(on bool) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.on = on
}

// Peak returns how many requests were in progress at once at most, since the last ResetRequests.
func (s *Server) Peak() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.peak
}

// begin counts a request in and returns its record, nil where nothing is recorded.
func (l *recorder) begin(r *http.Request) *Request {
	l.mu.Lock()
	l.active++
	l.peak = max(l.peak, l.active)
	on := l.on
	l.mu.Unlock()
	if !on {
		return nil
	}
	header := r.Header.Clone()
	for _, name := range secretHeaders {
		header.Del(name)
	}
	return &Request{
		Method:        r.Method,
		Path:          r.URL.EscapedPath(),
		Header:        header,
		Authorization: r.Header.Get("Authorization") != "",
		Start:         time.Now(),
	}
}

// finish counts a request out and keeps its record.
func (l *recorder) finish(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active--
	if r != nil {
		r.Duration = time.Since(r.Start)
		l.requests = append(l.requests, *r)
	}
}
