package migrate

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
)

// How much is put on one intent: one transaction of the journal for each object would cost as much as the object.
const (
	maxIntended     = 64      // objects
	maxIntendedSize = 1 << 20 // octets

	maxWaiting = 10 * time.Millisecond // for company
)

// intention is an intent in the journal while its objects are being put.
type intention struct {
	id   int64
	left atomic.Int32 // objects without an outcome
}

// intends tells whether what is put is to be in the journal before: an archive knows for itself what it holds.
func (m *move) intends() bool { return m.toDAV != nil && !m.job.DryRun }

// outbox is where objects wait, for a moment or for a batch, until the journal knows that they are going to be at the
// destination.
type outbox struct {
	queue chan outgoing
	done  chan struct{}
}

// outgoing is a task, or the wish that all tasks before it are on their way.
type outgoing struct {
	task task
	sent chan<- struct{} // closed then; nil of a task
}

// parcel is what the journal knows, or the wish of an outgoing.
type parcel struct {
	tasks []task
	sent  chan<- struct{}
}

// openOutbox begins to put what is sent. The outbox is to be closed. The next batch gathers and is written down while one is
// put.
func (m *move) openOutbox(ctx context.Context) *outbox {
	o := &outbox{queue: make(chan outgoing, maxIntended), done: make(chan struct{})}
	parcels := make(chan parcel, 1)
	go func() {
		defer close(parcels)
		m.gather(ctx, o.queue, parcels)
	}()
	go func() {
		defer close(o.done)
		for p := range parcels {
			for _, t := range p.tasks {
				m.work(ctx, m.putFirst, t)
			}
			if p.sent != nil {
				close(p.sent)
			}
		}
	}()
	return o
}

// send has an object put soon.
func (o *outbox) send(t task) { o.queue <- outgoing{task: t} }

// flush returns when all that was sent has a worker.
func (o *outbox) flush() {
	sent := make(chan struct{})
	o.queue <- outgoing{sent: sent}
	<-sent
}

// close returns when all that was sent has a worker, and nothing of the outbox goes on.
func (o *outbox) close() {
	close(o.queue)
	<-o.done
}

// gather writes down what comes, in batches, and passes it on.
func (m *move) gather(ctx context.Context, queue <-chan outgoing, parcels chan<- parcel) {
	var batch []task
	size := 0
	var due <-chan time.Time
	pass := func() {
		if len(batch) > 0 && (!m.intends() || m.intend(ctx, batch)) {
			parcels <- parcel{tasks: batch}
		}
		batch, size, due = nil, 0, nil
	}
	for {
		select {
		case next, more := <-queue:
			switch {
			case !more:
				pass()
				return
			case next.sent != nil:
				pass()
				parcels <- parcel{sent: next.sent}
				continue
			}
			batch, size = append(batch, next.task), size+len(next.task.object.Data)
			if len(batch) == maxIntended || size >= maxIntendedSize || !m.intends() {
				pass()
			} else if due == nil {
				due = time.After(maxWaiting)
			}
		case <-due:
			pass()
		}
	}
}

// putFirst is put for the one task of a worker, whose intent may be fulfilled then.
func (m *move) putFirst(ctx context.Context, tasks ...task) {
	m.put(ctx, tasks[0])
	m.fulfil(ctx, tasks[0])
}

// putAlone is put for an object that may not have an intent yet: of those that were compared before.
func (m *move) putAlone(ctx context.Context, t task) {
	if t.intention != nil || !m.intends() {
		m.put(ctx, t)
		return
	}
	if one := []task{t}; m.intend(ctx, one) {
		m.putFirst(ctx, one...)
	}
}

// intend writes into the journal that objects are about to be put. It returns false where nothing may be put any more.
func (m *move) intend(ctx context.Context, batch []task) bool {
	objects := make([]Intended, len(batch))
	for i, t := range batch {
		objects[i] = m.intended(t)
	}
	id, err := m.job.Journal.Intend(ctx, m.target, m.account.Name, m.collection.Path, objects)
	if err != nil {
		m.stop(&runError{err})
		return false
	}
	intention := &intention{id: id}
	intention.left.Store(int32(len(batch)))
	for i := range batch {
		batch[i].intention = intention
	}
	return true
}

// intended says how an object can be known that was put.
func (m *move) intended(t task) Intended {
	rec := t.result.Record
	rec.Outcome = string(t.putOutcome())
	rec.Created = rec.Created || rec.Outcome == string(Created)
	rec.DestPath, rec.DestETag, rec.DestSize = dav.PathIn(m.place.collection, t.result.name), "", int64(len(t.object.Data))
	rec.Mapped = rec.Mapped.summary()
	i := Intended{Record: rec, Sent: rec.SHA256}
	if len(t.changes) > 0 {
		i.Sent = sum(t.object.Data)
	}
	if m.toDAV.MayRewrite(m.collection.Kind) {
		i.Meaning = m.meaning(m.collection.Kind, t.object.Data)
	}
	return i
}

// meaning is mapping.Digest. A panic is davferry's own error; the object is known by its bytes alone then.
func (t *transfer) meaning(k dav.Kind, data []byte) (digest string) {
	defer func() {
		if p := recover(); p != nil {
			t.log.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			digest = ""
		}
	}()
	return mapping.Digest(k, data)
}

// putOutcome is what becomes of an object that is put at a server.
func (t task) putOutcome() Outcome {
	if t.there.Path != "" {
		return Updated
	}
	return Created
}

// fulfil takes down that it is known of an object whether it was put. With the last of its intention the journal needs the
// intent no more. One that failed may have been stored all the same: its intent stays for the next run, which can tell, and
// so do that of one that is to be tried again and that of a collection that ends early.
func (m *move) fulfil(ctx context.Context, t task) {
	if t.intention == nil || ctx.Err() != nil {
		return
	}
	r := m.inventory.result(t.object.Path)
	if r == nil || Outcome(r.Outcome) == Failed || t.intention.left.Add(-1) > 0 {
		return
	}
	if err := m.job.Journal.Fulfil(context.Background(), t.intention.id); err != nil {
		m.stop(&runError{err})
	}
}
