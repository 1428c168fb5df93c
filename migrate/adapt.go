package migrate

import (
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
			m.put(ctx, t)
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

// putAside keeps such an object to be tried again at the end of the collection, unless too much waits for that already.
func (m *move) putAside(t task, err error) bool {
	if status := dav.Status(err); t.again || m.job.To != nil || status != http.StatusInternalServerError && status != http.StatusBadGateway {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ailingSize += len(t.object.Data); m.ailingSize > maxPending {
		return false
	}
	m.ailing = append(m.ailing, ailing{t, err, m.written})
	return true
}

// tryAgain tries what was put aside once more, when all else of the collection is done. Where the collection has ended
// early, failure is why.
func (m *move) tryAgain(ctx context.Context, failure error) {
	waiting := m.ailing
	m.ailing, m.ailingSize = nil, 0
	for _, a := range waiting {
		if failure != nil || ctx.Err() != nil {
			m.settleRefused(a.task, Failed, a.err)
			continue
		}
		a.task.again, a.task.proven = true, m.written > a.written || m.wasRefused(a.task, a.err)
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
// gives it at the beginning and at the end, and has stored other objects of the collection between: DAViCal 1.1.12 and
// sabre/dav 1.8 answer 500 to dates and rules that they cannot read.
func (t task) verdict(err error) (Outcome, error) {
	outcome := outcomeOf(err)
	if status := dav.Status(err); outcome == Failed && t.proven && (status == http.StatusInternalServerError || status == http.StatusBadGateway) {
		return Refused, fmt.Errorf("%w; the destination answers so each time, and stores other objects, so that it is about this one", err)
	}
	return outcome, err
}

// settleRefused gives an object that could not be stored its outcome.
func (m *move) settleRefused(t task, outcome Outcome, err error) {
	t.result.Outcome, t.result.Reason = string(outcome), err.Error()
	t.result.Status, t.result.Condition = answerOf(err)
	m.settle(&t.result)
}
