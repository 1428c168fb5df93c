package dav

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// maxBatchSize bounds the sum of the sizes of one multiget's objects, as far as the listing told them: a batch is in
// memory at once.
const maxBatchSize = 8 << 20

// readAhead is how many batches are asked for at once: one is being answered while the one before is worked on.
const readAhead = 2

// Objects fetches members of a collection with multiget, batch at a time, and with GET what multiget does not give. Every
// member is yielded exactly once, with its data or with the error that is its own. An error that concerns the whole
// collection is yielded with an empty Object and ends the sequence.
func (a *Account) Objects(ctx context.Context, c Collection, members []Member, batch int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		f := &fetch{account: a, collection: c, size: newBatchSize(batch)}
		f.fidelity.known = a.Services[c.Kind] != nil && a.Services[c.Kind].exact
		var g errgroup.Group
		queue := make(chan chan []fetched, readAhead-1)
		g.Go(func() error {
			defer close(queue)
			f.readAhead(ctx, members, queue)
			return nil
		})
		defer func() {
			cancel()
			for range queue { // lets the reader go
			}
			g.Wait()
		}()
		for answer := range queue {
			for _, o := range <-answer {
				if !yield(o.object, o.err) || o.object.Path == "" {
					return
				}
			}
		}
		if err := context.Cause(ctx); err != nil {
			yield(Object{}, err)
		}
	}
}

// cut takes the next batch off the members, bounded by number and by size.
func cut(members []Member, number int) (batch, rest []Member) {
	n, size := 0, int64(0)
	for n < len(members) && n < number {
		size += max(0, members[n].Size)
		if n > 0 && size > maxBatchSize {
			break
		}
		n++
	}
	return members[:n], members[n:]
}

// fetch is the fetching of one collection's objects.
type fetch struct {
	account    *Account
	collection Collection
	fidelity   fidelity
	versions   cardVersions
	size       *batchSize
	getOnly    atomic.Bool  // the server knows no multiget
	useless    atomic.Int32 // multigets in a row that gave nothing
	broken     atomic.Int32 // GETs in a row that the server failed to answer
}

// The bounds of what is asked in vain: then objects are asked for one by one, and then the collection is given up.
const (
	maxUseless = 3
	maxBroken  = 10
)

// fetched is what became of one member. An error without a path is the collection's.
type fetched struct {
	object Object
	err    error
}

// readAhead asks for the members in batches, readAhead of them at once, and sends their answers in order.
func (f *fetch) readAhead(ctx context.Context, members []Member, queue chan<- chan []fetched) {
	var g errgroup.Group
	g.SetLimit(readAhead)
	defer g.Wait()
	for len(members) > 0 {
		answer := make(chan []fetched, 1)
		select {
		case queue <- answer:
		case <-ctx.Done():
			return
		}
		var batch []Member
		batch, members = cut(members, f.size.get())
		g.Go(func() error {
			answer <- f.guarded(ctx, batch)
			return nil
		})
	}
}

// guarded is batch for a goroutine of its own: a panic is davferry's own error and ends the collection, not the program.
func (f *fetch) guarded(ctx context.Context, members []Member) (out []fetched) {
	defer func() {
		if p := recover(); p != nil {
			out = []fetched{{err: fmt.Errorf("davferry's own error: %v\n%s", p, debug.Stack())}}
		}
	}()
	return f.batch(ctx, members, true)
}

// batch fetches members in one multiget. What it does not give is asked for once more in halves, then one by one with
// GET. A batch that fails whole is halved: one bad object makes some servers' answers unreadable.
func (f *fetch) batch(ctx context.Context, members []Member, again bool) []fetched {
	if len(members) == 1 && !again || f.getOnly.Load() {
		return f.getAll(ctx, members)
	}
	got, err := f.multiget(ctx, members)
	if ctx.Err() == nil {
		f.size.learn(len(members), err)
	}
	switch {
	case len(got) > 0:
		f.useless.Store(0)
	case len(members) > 1 && again && f.useless.Add(1) >= maxUseless:
		f.getOnly.Store(true)
	}
	if err != nil {
		if collectionError(ctx, err) {
			return []fetched{{err: fmt.Errorf("fetching from %s: %w", f.collection.Path, err)}}
		}
		if noMultiget(err) {
			f.getOnly.Store(true)
			return f.getAll(ctx, members)
		}
	}
	out := make([]fetched, 0, len(members))
	var missing []Member
	for _, m := range members {
		o, ok := got[Key(m.Path)]
		if !ok {
			missing = append(missing, m)
			continue
		}
		out = append(out, f.settle(ctx, m, o))
	}
	switch {
	case len(missing) == 0:
		return out
	case len(missing) == 1 || !again && len(got) == 0 && err == nil:
		return append(out, f.getAll(ctx, missing)...)
	}
	half := len(missing) / 2
	out = append(out, f.batch(ctx, missing[:half], false)...)
	if n := len(out); n > 0 && out[n-1].object.Path == "" {
		return out
	}
	return append(out, f.batch(ctx, missing[half:], false)...)
}

// collectionError tells which errors asking for fewer objects does not help against.
func collectionError(ctx context.Context, err error) bool {
	switch status := Status(err); {
	case ctx.Err() != nil, status == http.StatusUnauthorized, status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return true
	}
	if _, broken := errors.AsType[*brokenError](err); broken {
		return false
	}
	_, answered := errors.AsType[*Error](err)
	return !answered
}

// settle makes sure that an object's bytes are those a GET returns.
func (f *fetch) settle(ctx context.Context, m Member, o Object) fetched {
	data, ok := f.fidelity.exact(o.Data, m.Size)
	if ok {
		o.Data = data
		return fetched{object: o}
	}
	exact := f.get(ctx, m)
	if exact.err == nil {
		f.fidelity.compared(o.Data, exact.object.Data)
	}
	return exact
}

func (f *fetch) getAll(ctx context.Context, members []Member) []fetched {
	out := make([]fetched, 0, len(members))
	for _, m := range members {
		o := f.get(ctx, m)
		out = append(out, o)
		if o.object.Path == "" {
			break // the collection's error ends the sequence
		}
	}
	return out
}

// get fetches one member for good.
func (f *fetch) get(ctx context.Context, m Member) fetched {
	if damaged([]byte(m.Path)) {
		return fetched{Object{Path: m.Path}, fmt.Errorf("the server lists it under a name that it cannot write in XML: %q", clean(m.Path))}
	}
	if !strings.HasPrefix(m.Path, "/") && !strings.Contains(f.collection.Path, "://") {
		return fetched{Object{Path: m.Path}, fmt.Errorf("the server lists it on another host: %q", clean(m.Path))}
	}
	version, err := f.versions.of(ctx, f.account, f.collection, m)
	if err != nil {
		return fetched{err: err}
	}
	o, err := f.account.get(ctx, f.collection, version, m)
	switch status := Status(err); {
	case ctx.Err() != nil:
		return fetched{err: cmp.Or(err, context.Cause(ctx))}
	case status == http.StatusUnauthorized && !f.account.welcome(ctx), status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
		return fetched{err: err}
	case err != nil && (status == 0 || status >= 500) && f.broken.Add(1) >= maxBroken:
		return fetched{err: fmt.Errorf("%d objects in a row could not be fetched, the last: %w", maxBroken, err)}
	case err != nil:
		return fetched{Object{Path: m.Path}, err}
	}
	f.broken.Store(0)
	return fetched{object: o}
}
