package dav

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// host is what all requests of a run to one host wait for: a place among those that are under way at once, their number a
// second, and the end of a rest that the host asked for.
type host struct {
	name string
	rate *rate.Limiter
	log  *slog.Logger

	mu    sync.Mutex
	pace  pace
	busy  int       // places that are taken
	queue []*waiter // for places, the first in line first
	rest  rest
}

// waiter is a request that waits for a place.
type waiter struct {
	putOff time.Time // when the host first put it off, zero where it did not
	called chan bool // true when it has a place, false when the host is to be left alone instead
}

func (n *Network) host(name string) *host {
	name = strings.ToLower(name)
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.hosts[name]
	if h == nil {
		h = &host{name: name, rate: rate.NewLimiter(rate.Inf, 1), log: n.settings.Log, pace: newPace(n.settings.Connections),
			rest: rest{maxWait: n.settings.MaxWait}}
		if n.settings.TPSLimit > 0 {
			h.rate = rate.NewLimiter(rate.Limit(n.settings.TPSLimit), 1)
		}
		n.hosts[name] = h
	}
	return h
}

// acquire waits until the host may be asked, and holds one of its places until release. putOff is when the host first put
// the request off, zero where it did not. A *WaitError says that the wait would be longer than allowed.
func (h *host) acquire(ctx context.Context, putOff time.Time, aside Aside) (release func(), err error) {
	for {
		if err := h.awaitRest(ctx, putOff, aside); err != nil {
			return nil, err
		}
		entered, err := h.enter(ctx, putOff)
		if err != nil {
			return nil, err
		}
		if !entered {
			continue
		}
		release = sync.OnceFunc(h.leave)
		if err := h.rate.Wait(ctx); err != nil {
			release()
			return nil, err
		}
		if !h.isResting() {
			return release, nil
		}
		release() // it asked to be left alone meanwhile
	}
}

// enter waits for a place. It returns false where the host asks to be left alone meanwhile.
func (h *host) enter(ctx context.Context, putOff time.Time) (entered bool, err error) {
	w := &waiter{putOff, make(chan bool, 1)}
	h.mu.Lock()
	h.line(w)
	h.admit()
	h.mu.Unlock()
	select {
	case entered = <-w.called:
		return entered, nil
	case <-ctx.Done():
		h.withdraw(w)
		return false, context.Cause(ctx)
	}
}

// line puts a waiter into the line: behind those that the host put off before it, and before those that it never put off.
// Else it could be the same request that a host which bears few puts off again and again. The caller holds the lock.
func (h *host) line(w *waiter) {
	i := len(h.queue)
	if !w.putOff.IsZero() {
		i = slices.IndexFunc(h.queue, func(other *waiter) bool { return other.putOff.IsZero() || w.putOff.Before(other.putOff) })
	}
	if i < 0 {
		i = len(h.queue)
	}
	h.queue = slices.Insert(h.queue, i, w)
}

// withdraw takes a waiter out of the line, or gives its place back where it was given one at that moment.
func (h *host) withdraw(w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.queue, w); i >= 0 {
		h.queue = slices.Delete(h.queue, i, i+1)
	} else if <-w.called {
		h.busy--
		h.admit()
	}
}

func (h *host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
	h.admit()
}

// admit gives places to those who wait, as many as there are, and sends all away where the host is to be left alone. The
// caller holds the lock.
func (h *host) admit() {
	now := time.Now()
	for len(h.queue) > 0 {
		resting := now.Before(h.rest.until)
		if !resting && (h.busy >= h.pace.places() || now.Before(h.rest.opens)) {
			return
		}
		if !resting {
			h.busy++
		}
		h.queue[0].called <- !resting
		h.queue = h.queue[1:]
	}
}

// learn takes from an answer how much the host bears, and whether it wants to be left alone. The request was sent at the
// time started, and still has its place.
func (h *host) learn(req request, resp *http.Response, started time.Time) {
	if isThrottle(resp.StatusCode) {
		d, named := restOf(resp, req.attempt)
		h.refused(resp.StatusCode, started)
		h.leaveAlone(resp.StatusCode, d, named)
		return
	}
	h.answered(req, resp.StatusCode, started)
}

func (h *host) refused(status int, started time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(h.pace.refused(status, started))
}

func (h *host) answered(req request, status int, started time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Now().After(h.rest.until) {
		h.rest.since = time.Time{} // an answer during a rest is one to a request from before it
	}
	h.tell(h.pace.answered(req, status, started, h.busy))
	h.admit()
}

// silent learns that a request got no sign of life for as long as is waited for one.
func (h *host) silent(started time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(h.pace.silent(started))
}

// tell logs why the host gets fewer requests at once, or more again.
func (h *host) tell(why string) {
	if why != "" {
		h.log.Info("requests at once", "host", h.name, "now", h.pace.places(), "because", why)
	}
}
