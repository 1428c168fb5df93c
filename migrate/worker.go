package migrate

import (
	"context"
	"slices"
	"sync"
)

// maxBegun is how many accounts may be begun and not finished, those among them that wait for a host without a worker.
const maxBegun = 1000

// workers hands out the workers of a run: that many accounts are worked on at once, the first ones of the accounts file
// first. An account that must wait because a host asked to be left alone gives its worker to another one meanwhile.
type workers struct {
	over  <-chan struct{} // closed when the run ends: then nobody waits any more
	begun chan struct{}   // has an element for each account that is begun and not finished

	mu    sync.Mutex
	free  int
	queue []*claim // in the order of the accounts file
}

// claim is an account that waits for a worker.
type claim struct {
	index   int
	granted chan struct{} // closed when it has one
}

func newWorkers(n int, over <-chan struct{}) *workers {
	n = max(1, n)
	return &workers{over: over, begun: make(chan struct{}, max(n, maxBegun)), free: n}
}

// take waits for a worker for the account with that index. It returns false where the run ended first.
func (w *workers) take(index int) bool {
	w.mu.Lock()
	if w.free > 0 {
		w.free--
		w.mu.Unlock()
		return true
	}
	c := &claim{index, make(chan struct{})}
	i, _ := slices.BinarySearchFunc(w.queue, index, func(c *claim, index int) int { return c.index - index })
	w.queue = slices.Insert(w.queue, i, c)
	w.mu.Unlock()
	select {
	case <-c.granted:
		return true
	case <-w.over:
		return w.withdraw(c)
	}
}

// withdraw ends a claim. It returns true where a worker was given to it at that moment.
func (w *workers) withdraw(c *claim) (granted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.queue, c)
	if i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	return i < 0
}

// give gives a worker to the first account that waits for one.
func (w *workers) give() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		w.free++
		return
	}
	close(w.queue[0].granted)
	w.queue = w.queue[1:]
}

// begin waits until the account with that index may be begun. end must be called.
func (w *workers) begin(index int) *turn {
	w.begun <- struct{}{} // those that are begun wait for nothing without end
	return &turn{workers: w, index: index, taking: make(chan struct{}, 1), working: w.take(index), together: make(chan struct{})}
}

// turn is an account's part of the workers.
type turn struct {
	workers *workers
	index   int
	taking  chan struct{} // has an element while one of the account's requests waits for a worker

	mu       sync.Mutex
	working  bool          // it has a worker
	aside    int           // its requests that wait for a host
	together chan struct{} // closed when the last of them is back
}

// end is called when nothing of the account goes on any more.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.working {
		t.workers.give()
	}
	<-t.workers.begun
}

// stepAside is a dav.Aside. The account has no worker as long as any of its requests waits; what else of it is under way
// goes on until it needs what those bring.
func (t *turn) stepAside(ctx context.Context, wait func(context.Context) error) error {
	t.leave()
	err := wait(ctx)
	t.back()
	return err
}

func (t *turn) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.aside++
	if t.working {
		t.working = false
		t.workers.give()
	}
}

// back waits until all requests of the account are back and it has a worker again.
func (t *turn) back() {
	t.mu.Lock()
	if t.aside--; t.aside == 0 {
		close(t.together)
		t.together = make(chan struct{})
	}
	t.mu.Unlock()
	for t.gather() && !t.work() {
	}
}

// gather waits until no request of the account is aside. It returns false where the run ended first.
func (t *turn) gather() bool {
	for {
		t.mu.Lock()
		aside, together := t.aside, t.together
		t.mu.Unlock()
		if aside == 0 {
			return true
		}
		select {
		case <-together:
		case <-t.workers.over:
			return false
		}
	}
}

// work waits for a worker, unless the account has one. It returns false where a request stepped aside meanwhile.
func (t *turn) work() bool {
	t.taking <- struct{}{}
	defer func() { <-t.taking }()
	t.mu.Lock()
	working := t.working
	t.mu.Unlock()
	if working || !t.workers.take(t.index) {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.aside > 0 {
		t.workers.give()
		return false
	}
	t.working = true
	return true
}
