package dav

import (
	"fmt"
	"math/bits"
	"net/http"
	"slices"
	"time"
)

// A server that gets too much is slow before it refuses anything. But some answers take long by nature: Radicale 3.1.8
// takes seconds to list a large collection, and a PUT takes it the longer the more is there already. So that only like is
// compared with like, only while several requests are under way, a rise must be large, and what turns out not to come
// from the number of requests is taken for normal from then on.
const (
	latencySamples = 8           // answers that make one measurement, their median
	slowFactor     = 4           // how many times the best measurement is slow,
	slowAtLeast    = time.Second // and how much more than it
	helpedFactor   = 0.75        // what is left of the latency where half the requests at once were a help
)

// likeness names the requests that should take equally long: of one method, with bodies of about one size.
type likeness struct {
	method string
	size   int // of the body, as a power of two
}

// likenessOf returns the likeness of a request, ok false where none should take as long as another: the answer to a
// listing depends on what is listed, and making a collection or changing it is rare.
func likenessOf(req request) (l likeness, ok bool) {
	switch req.method {
	case http.MethodGet, http.MethodPut, http.MethodDelete, "REPORT":
	case "PROPFIND":
		if req.header["Depth"] != "0" {
			return l, false
		}
	default:
		return l, false
	}
	return likeness{req.method, bits.Len(uint(len(req.body)))}, true
}

// latency is how long the answers to requests of one likeness take, from the request's first octet to the answer's.
type latency struct {
	recent []time.Duration
	best   time.Duration // the lowest measurement, 0 before the first
}

// measure takes in how long an answer took. It returns a measurement now and then, else 0.
func (l *latency) measure(took time.Duration) (median time.Duration) {
	l.recent = append(l.recent, took)
	if len(l.recent) < latencySamples {
		return 0
	}
	slices.Sort(l.recent)
	median = max(l.recent[latencySamples/2], 1)
	l.recent = l.recent[:0]
	if l.best == 0 || median < l.best {
		l.best = median
	}
	return median
}

func (l *latency) isSlow(median time.Duration) bool {
	return median > slowFactor*l.best && median-l.best > slowAtLeast
}

// trial is the time after the limit was halved for latency, until it is known whether that was a help.
type trial struct {
	likeness likeness
	slow     time.Duration // the measurement that led to it
	limit    float64       // before
}

// timed takes in how long a good answer took, and halves the limit where answers take much longer than they did. It
// returns the reason of a change.
func (p *pace) timed(req request, status int, started time.Time, busy int) (why string) {
	like, ok := likenessOf(req)
	if !ok || status >= http.StatusMultipleChoices || started.Before(p.cut) {
		return ""
	}
	tried := p.trial != nil && p.trial.likeness == like
	if busy < 2 && !tried {
		return ""
	}
	l := p.latencies[like]
	if l == nil {
		l = &latency{}
		p.latencies[like] = l
	}
	median := l.measure(time.Since(started))
	switch {
	case median == 0:
	case tried:
		return p.judge(l, median)
	case l.isSlow(median):
		return p.tryFewer(like, l, median, started)
	}
	return ""
}

// tryFewer halves the limit because answers take long.
func (p *pace) tryFewer(like likeness, l *latency, median time.Duration, started time.Time) (why string) {
	before := p.limit
	if !p.halve(started) {
		return ""
	}
	p.trial = &trial{like, median, before}
	for _, other := range p.latencies {
		other.recent = other.recent[:0] // of the limit before
	}
	return fmt.Sprintf("its answers to %s take %s, and took %s", like.method, median.Round(time.Millisecond), l.best.Round(time.Millisecond))
}

// judge ends a trial. Where half the requests did not make the answers faster, their number is not what makes them slow.
func (p *pace) judge(l *latency, median time.Duration) (why string) {
	t := p.trial
	p.trial = nil
	if float64(median) < helpedFactor*float64(t.slow) {
		return ""
	}
	l.best = median
	p.limit = max(p.limit, t.limit)
	return "fewer did not make its answers faster"
}
