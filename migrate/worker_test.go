package migrate

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// waitFor is a wait of that long.
func waitFor(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// work begins n accounts, does something with each, and waits for all.
func work(t *testing.T, w *workers, n int, do func(index int, turn *turn)) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		turn := w.begin(i)
		wg.Go(func() {
			defer turn.end()
			do(i, turn)
		})
	}
	wg.Wait()
	if w.free == 0 || len(w.queue) > 0 || len(w.begun) > 0 {
		t.Errorf("in the end %d workers are free, %d accounts wait, %d are begun", w.free, len(w.queue), len(w.begun))
	}
}

func TestWorkersAreNotMoreThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var working, most atomic.Int32
		w := newWorkers(3, t.Context().Done())
		started := time.Now()
		work(t, w, 30, func(int, *turn) {
			if n := working.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			working.Add(-1)
		})
		if most.Load() != 3 || time.Since(started) != 10*time.Second {
			t.Errorf("%d at once, %v", most.Load(), time.Since(started))
		}
	})
}

// While one account waits, others work; the first of the file come first, also when they come back.
func TestAccountThatWaitsHoldsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var done []int
		w := newWorkers(1, t.Context().Done())
		started := time.Now()
		work(t, w, 6, func(i int, turn *turn) {
			if i < 2 {
				if err := turn.stepAside(t.Context(), waitFor(90*time.Second)); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(40 * time.Second)
			mu.Lock()
			defer mu.Unlock()
			done = append(done, i)
		})
		if want := []int{2, 3, 4, 0, 1, 5}; !slices.Equal(done, want) {
			t.Errorf("they were finished in the order %v", done)
		}
		if took := time.Since(started); took != 6*40*time.Second {
			t.Errorf("they took %v", took)
		}
	})
}

// Several requests of an account wait for one host or two. The account is back when all of them are, with one worker.
func TestRequestsOfOneAccountStepAsideTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkers(1, t.Context().Done())
		started := time.Now()
		work(t, w, 2, func(i int, turn *turn) {
			if i == 1 { // has the worker meanwhile, for longer than the first waits
				time.Sleep(5 * time.Minute)
				return
			}
			var wg sync.WaitGroup
			for _, d := range []time.Duration{time.Minute, time.Minute, 3 * time.Minute} {
				wg.Go(func() {
					turn.stepAside(t.Context(), waitFor(d))
					if now := time.Since(started); now != 5*time.Minute {
						t.Errorf("a wait of %v was over after %v", d, now)
					}
				})
			}
			wg.Wait()
		})
	})
}

func TestEndOfTheRunEndsAllWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("stopped by the test")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, stopped)
		defer cancel()
		w := newWorkers(1, ctx.Done())
		work(t, w, 3000, func(i int, turn *turn) {
			if i > 0 && i < 100 {
				if err := turn.stepAside(ctx, waitFor(time.Hour)); !errors.Is(err, stopped) {
					t.Errorf("error is %v", err)
				}
				return
			}
			<-ctx.Done()
		})
	})
}

// Whatever steps aside when: nobody is lost, and never do more work than there are workers.
func TestWorkersInDisorder(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			var working atomic.Int32
			n := 1 + int(seed%4)
			w := newWorkers(n, t.Context().Done())
			work(t, w, 40, func(i int, turn *turn) {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				for range 5 {
					if working.Add(1) > int32(n) {
						t.Error("more accounts than workers")
					}
					time.Sleep(time.Duration(r.IntN(5)) * time.Second)
					working.Add(-1)
					var wg sync.WaitGroup
					for range r.IntN(4) {
						first, second := time.Duration(r.IntN(9))*time.Second, time.Duration(r.IntN(9))*time.Second
						wg.Go(func() {
							turn.stepAside(t.Context(), waitFor(first))
							turn.stepAside(t.Context(), waitFor(second))
						})
					}
					wg.Wait()
				}
			})
			if w.free != n {
				t.Errorf("%d of %d workers are free in the end", w.free, n)
			}
		})
	}
}
