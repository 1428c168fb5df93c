package dav

import (
	"fmt"
	"net/http"
	"time"
)

// pace is how many requests a host gets at once. It begins with the most that the settings allow, is halved when the host
// shows that this is too much, and grows back slowly with its good answers: additive increase, multiplicative decrease, as
// TCP does it (RFC 5681). The zero pace is of no use.
type pace struct {
	most  int
	limit float64   // from 1 to most
	cut   time.Time // when it was halved last: a request from before says nothing about the new limit

	latencies map[likeness]*latency
	trial     *trial
}

// growth is how much the limit grows by a good answer to each of the requests that it allows: after eight good answers a
// place there is one more.
const growth = 1.0 / 8

func newPace(most int) pace {
	return pace{most: most, limit: float64(most), latencies: map[likeness]*latency{}}
}

// places returns how many requests may be under way at once.
func (p *pace) places() int { return int(p.limit) }

// halve halves the limit because of a request that was sent at that time. It tells whether there was anything to halve:
// requests that were under way together are one sign, not several.
func (p *pace) halve(started time.Time) bool {
	if p.limit <= 1 || started.Before(p.cut) {
		return false
	}
	p.limit = max(1, p.limit/2)
	p.cut = time.Now()
	p.trial = nil
	return true
}

// refused learns that the host refused a request because there are too many. It returns the reason of a change.
func (p *pace) refused(status int, started time.Time) (why string) {
	if p.halve(started) {
		why = fmt.Sprintf("it answered %d %s", status, http.StatusText(status))
	}
	return why
}

// silent learns that a request got no answer for so long that it was given up.
func (p *pace) silent(started time.Time) (why string) {
	if p.halve(started) {
		why = "it kept silent"
	}
	return why
}

// answered learns from an answer that refuses nothing. busy is how many requests were under way, this one included. An
// answer that says that the server is at fault is no reason for more requests, and none for fewer: often it is a verdict
// about one object.
func (p *pace) answered(req request, status int, started time.Time, busy int) (why string) {
	if status >= http.StatusInternalServerError {
		return ""
	}
	before := p.places()
	p.limit = min(float64(p.most), p.limit+growth/p.limit)
	if p.places() > before {
		why = "it answers well"
	}
	if change := p.timed(req, status, started, busy); change != "" {
		return change
	}
	return why
}
