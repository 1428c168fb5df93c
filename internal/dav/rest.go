package dav

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Aside is called round a wait that may be long and is nobody's work, such as one that a host asked for. It calls wait
// once and returns its error. Meanwhile the caller's place among those who work can be somebody else's; Aside returns when
// it has one again.
type Aside func(ctx context.Context, wait func(context.Context) error) error

// shortWait is the wait for which it is not worth to step aside.
const shortWait = time.Second

// gather is how long those who waited for the end of a rest have to get in line, before the first of them is served.
const gather = 20 * time.Millisecond

// rest is the time for which a host asked to be left alone.
type rest struct {
	maxWait time.Duration

	since   time.Time // when it first asked, of the answers in a row that did; zero where there was another one after it
	until   time.Time
	opens   time.Time // when places are given again: a moment after until, for those who waited to get in line
	status  int       // of the answer that asked for it
	named   bool      // the answer said how long
	waiting int       // requests that wait for the end
}

// Rest is a host that requests wait for, because it asked to be left alone.
type Rest struct {
	Host   string    // with its port, if that is not the usual one
	Until  time.Time // the end of the wait
	Status int       // of the answer that asked for it: 429 or 503
	Named  bool      // the server said how long (Retry-After); else it is davferry's own choice
}

// Rests returns the hosts that requests wait for at the moment, the longest wait first.
func (n *Network) Rests() []Rest {
	n.mu.Lock()
	defer n.mu.Unlock()
	var rests []Rest
	for _, h := range n.hosts {
		h.mu.Lock()
		if r := h.rest; r.waiting > 0 && time.Now().Before(r.until) {
			rests = append(rests, Rest{h.name, r.until, r.status, r.named})
		}
		h.mu.Unlock()
	}
	slices.SortFunc(rests, func(a, b Rest) int { return cmp.Or(b.Until.Compare(a.Until), cmp.Compare(a.Host, b.Host)) })
	return rests
}

// WaitError says that a request was not sent, or not once more: its host asks to be left alone for longer than
// Settings.MaxWait. The host is not asked at all until then.
type WaitError struct {
	Host    string
	Asked   time.Duration // from the first such answer in a row to the end of the rest
	MaxWait time.Duration
	Answer  *Error // names the request, with the status that asked for the rest
}

// Error says which host wants to be left alone, and for how long.
func (e *WaitError) Error() string {
	return fmt.Sprintf("%s asked to be left alone for %s (%d %s), longer than --max-wait %s allows, and is not asked until then; "+
		"run the same command again later, or allow it with --max-wait %s",
		e.Host, e.Asked, e.Answer.StatusCode, http.StatusText(e.Answer.StatusCode), e.MaxWait, e.sufficient())
}

// Unwrap returns the answer that asked for the wait.
func (e *WaitError) Unwrap() error { return e.Answer }

// sufficient returns a wait that would have been long enough, in whole minutes.
func (e *WaitError) sufficient() time.Duration {
	return e.Asked.Truncate(time.Minute) + time.Minute
}

// leaveAlone lets everybody leave the host alone for a while. named says that the host told how long.
func (h *host) leaveAlone(status int, d time.Duration, named bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	r := &h.rest
	if r.since.IsZero() || now.Sub(r.until) > r.maxWait {
		r.since = now // the first in a row, or the first after a long time in which nobody asked
	}
	if until := now.Add(d); until.After(r.until) {
		r.until, r.status, r.named = until, status, named
		r.opens = until.Add(gather)
		time.AfterFunc(time.Until(r.opens), h.open)
		h.admit()
	}
	if d >= shortWait {
		h.log.Info("a host is left alone", "host", h.name, "status", status, "seconds", d.Round(time.Second).Seconds(), "retry-after", named)
	}
}

// open serves those who got in line after a rest.
func (h *host) open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.admit()
}

// awaitRest waits until the host may be asked. After a short rest it may have asked for another one already.
func (h *host) awaitRest(ctx context.Context, putOff time.Time, aside Aside) error {
	left, err := h.restLeft(putOff)
	if left <= 0 || err != nil {
		return err
	}
	h.addWaiting(1)
	defer h.addWaiting(-1)
	if aside == nil || left < shortWait {
		return sleep(ctx, left)
	}
	return aside(ctx, func(ctx context.Context) error {
		for left > 0 && err == nil {
			if err = sleep(ctx, left); err == nil {
				left, err = h.restLeft(putOff)
			}
		}
		return err
	})
}

// restLeft returns how long the host is to be left alone still, and a *WaitError where that is longer than allowed,
// counted from when it first asked, or first put off the request.
func (h *host) restLeft(putOff time.Time) (time.Duration, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rest
	left := time.Until(r.until)
	if left <= 0 {
		return 0, nil
	}
	since := r.since
	if !putOff.IsZero() && putOff.Before(since) {
		since = putOff
	}
	if asked := r.until.Sub(since); asked > r.maxWait {
		return 0, &WaitError{h.name, asked.Round(time.Second), r.maxWait, &Error{StatusCode: r.status}}
	}
	return left, nil
}

func (h *host) isResting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(h.rest.until)
}

func (h *host) addWaiting(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rest.waiting += n
}

// takeTurn puts an element into a channel of one place, waiting aside where another one's is there for long: that one may
// wait for a host, and for its place among those who work.
func (a Aside) takeTurn(ctx context.Context, turn chan struct{}) error {
	timer := time.NewTimer(shortWait)
	defer timer.Stop()
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
	}
	wait := func(ctx context.Context) error {
		select {
		case turn <- struct{}{}:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if a == nil {
		return wait(ctx)
	}
	return a(ctx, wait)
}
