package migrate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"

	"davferry/internal/dav"
	"davferry/mapping"
)

// An object that a destination refuses as it is may be one that it takes in another form. The form is tried on that
// object alone, once the destination has refused it, and what was changed is recorded as if a rule had done it.

// adapt tries a refused object in the next of these forms. It is false where there is none left.
func (m *move) adapt(ctx context.Context, t task, refusal error) bool {
	if m.job.To != nil || t.split {
		return false
	}
	if t.refusal == nil {
		t.refusal = refusal
	}
	if !t.methodless {
		t.methodless = true
		mapped := mapping.Rules{mapping.Method{}}.Apply(m.subject(m.collection, t.object.Path), t.object.Data)
		if len(mapped.Changes) > 0 {
			t.object.Data, t.changes = mapped.Data, append(t.changes, mapped.Changes...)
			t.intention = nil // it is about other bytes
			m.putAlone(ctx, t)
			return true
		}
	}
	if len(t.slots) > 0 {
		m.split(ctx, t)
		return true
	}
	return false
}

// changed takes down what was changed in an object for the destination to take it.
func (m *move) changed(r *result, changes []mapping.Change) {
	if len(changes) == 0 {
		return
	}
	mapped := Mapped{UID: r.UID, Size: r.Size, stale: m.journal[r.Path].Mapped.tells()}
	if r.Mapped != nil {
		mapped = *r.Mapped
	}
	mapped.fresh = true
	mapped.UID = cmp.Or(r.putUID, mapped.UID)
	mapped.Changes = append(mapped.Changes[:len(mapped.Changes):len(mapped.Changes)], changes...)
	mapped.Changed = names(mapped.Changes, func(c mapping.Change) string { return c.Rule })
	r.Mapped = &mapped
	m.tellChanges(r, changes, nil)
}

// ailing is an object that the destination answered with 500 or 502: it is open whether the object is the reason.
type ailing struct {
	task    task
	err     error
	written int // objects that were stored before
}

// putAside keeps such an object to be tried again at the end of the collection, or to be judged there where that has been
// done, unless too much waits for that already.
func (m *move) putAside(t task, err error) bool {
	if status := dav.Status(err); m.job.To != nil || status != http.StatusInternalServerError && status != http.StatusBadGateway {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if t.again {
		m.suspects = append(m.suspects, ailing{t, err, t.writtenBefore})
		return true
	}
	if m.ailingSize += len(t.object.Data); m.ailingSize > maxPending {
		return false
	}
	m.ailing = append(m.ailing, ailing{t, err, m.written})
	return true
}

// maxHeld is how many objects are held back: one of them is good with a probability next to certainty.
const maxHeld = 3

// holdBack keeps the first new objects for the end of the collection: what is stored there after another object was
// refused twice shows that the server is well. What has people in it goes in the order in which it came.
func (m *move) holdBack(t task, info mapping.Info) bool {
	if m.job.To != nil || m.job.DryRun || info.Organizer || info.Attendee || m.heldBack == maxHeld {
		return false
	}
	m.heldBack++
	m.held = append(m.held, t)
	return true
}

// release stores what was held back, but for the last keep of it, and waits until all that is under way is stored.
func (m *move) release(keep int) {
	for len(m.held) > keep {
		t := m.held[0]
		m.held = m.held[1:]
		m.outbox.send(t)
	}
	m.outbox.flush()
	m.workers.Wait()
}

// conclude stores what was held back and tries once more what was put aside, when all else of the collection is done.
// Where the collection has ended early, failure is why, and what was held back is not come to.
func (m *move) conclude(ctx context.Context, failure error) {
	if failure == nil && ctx.Err() == nil {
		m.release(1)
		m.tryAgain(ctx)
		m.release(0)
		m.tryAgain(ctx)
	}
	for len(m.ailing)+len(m.suspects) > 0 { // another form of an object may be answered so as well
		open := append(m.ailing, m.suspects...)
		m.ailing, m.suspects = nil, nil
		for _, a := range open {
			outcome, err := m.verdict(a)
			m.notStored(ctx, a.task, outcome, err)
		}
	}
	m.held, m.ailingSize, m.heldBack = nil, 0, 0
}

// tryAgain tries what was put aside once more.
func (m *move) tryAgain(ctx context.Context) {
	waiting := m.ailing
	m.ailing, m.ailingSize = nil, 0
	for _, a := range waiting {
		a.task.again, a.task.writtenBefore = true, a.written
		m.work(ctx, m.putFirst, a.task)
	}
	m.workers.Wait()
}

// wasRefused tells whether an earlier run has proven that an answer is about the object, which is the same still.
func (m *move) wasRefused(t task, err error) bool {
	before := m.journal[t.object.Path]
	return before.Outcome == string(Refused) && before.Status == dav.Status(err) && before.Source == t.result.Source
}

// verdict tells a final answer from a failure that another try may mend. An answer 500 or 502 is final where the server
// gives it twice, and has stored other objects of the collection since the first time: DAViCal 1.1.12 and sabre/dav 1.8
// answer 500 to dates and rules that they cannot read.
func (m *move) verdict(a ailing) (Outcome, error) {
	if !a.task.again || m.written == a.written && !m.wasRefused(a.task, a.err) {
		return Failed, a.err
	}
	return Refused, fmt.Errorf("%w; the destination answers so each time, and stores other objects, so that it is about this one", a.err)
}

// settleRefused gives an object that could not be stored its outcome.
func (m *move) settleRefused(t task, outcome Outcome, err error) {
	t.result.Outcome, t.result.Reason = string(outcome), err.Error()
	t.result.Status, t.result.Condition = answerOf(err)
	m.settle(&t.result)
}
