package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"davferry/internal/dav"
	"davferry/sink"
)

// put stores an object at the destination under the name in its result.
func (m *move) put(ctx context.Context, t task) {
	outcome := t.putOutcome()
	if m.job.To != nil {
		outcome = Created // an archive is made anew; what is there is from a run that was not finished
	}
	if m.job.DryRun {
		t.result.Outcome = string(outcome)
		if m.report.Forecast != nil {
			m.foretell(&t)
		}
		m.settle(&t.result)
		return
	}
	if !m.isItsTurn(ctx, &t.result) {
		return
	}
	if len(t.slots) > 0 && m.collection.Kind == dav.AddressBook && m.storage(dav.AddressBook).FirstCard {
		m.split(ctx, t)
		return
	}
	path, etag, err := m.store(ctx, &t)
	if err = m.sinkError(ctx, err); err != nil {
		m.notPut(ctx, t, err)
		return
	}
	m.wroteOctets(t.object.Data)
	t.result.DestPath, t.result.DestETag, t.result.DestSize, t.result.Outcome = path, etag, int64(len(t.object.Data)), string(outcome)
	t.result.Created = t.result.Created || outcome == Created
	m.changed(&t.result, t.changes)
	m.settle(&t.result)
}

// wroteOctets takes down that the destination has stored something.
func (m *move) wroteOctets(data []byte) {
	m.silence.broken()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written++
	m.report.Bytes.Written += int64(len(data))
}

// notPut takes down why an object could not be stored, or looks where something else was in its place.
func (m *move) notPut(ctx context.Context, t task, err error) {
	if ctx.Err() == nil && errors.Is(err, sink.ErrExists) && !t.looked {
		// The answer to a Put may have been lost, or somebody else was faster.
		wrote := Updated
		if t.there.Path == "" {
			wrote = Created
			t.there = dav.Member{Path: dav.PathIn(m.place.collection, t.result.name), Size: -1}
		}
		t.looked = true
		t.met, _ = errors.AsType[*dav.Error](err)
		m.compare(ctx, wrote, t)
		return
	}
	if m.endsCollection(ctx, err) || m.putAside(t, err) {
		return
	}
	m.notStored(ctx, t, outcomeOf(err), err)
}

// notStored settles an object that could not be stored, or tries it in another form where the answer is final.
func (m *move) notStored(ctx context.Context, t task, outcome Outcome, err error) {
	if outcome == Refused && isUIDCollision(err) {
		m.collide(ctx, t, err)
		return
	}
	if outcome == Refused && m.adapt(ctx, t, err) {
		return
	}
	if outcome == Refused && t.refusal != nil {
		err = t.refusal // of the object as it is; the other forms were davferry's idea
	}
	if outcome == Refused {
		err = m.explain(t, err)
	}
	m.settleRefused(t, outcome, err)
}

// endsCollection tells whether nothing more of the collection is to be stored after an error, and sees to it. What has no
// outcome by then gets it when the collection is finished.
func (m *move) endsCollection(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return true
	}
	if endsAccount(ctx, err) {
		m.stop(err)
		return true
	}
	if status := dav.Status(err); status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		m.stop(fmt.Errorf("the destination asks to be left alone: %w", err))
		return true
	}
	if err := m.silence.grows(err); err != nil {
		m.stop(err)
		return true
	}
	return false
}

// outcomeOf tells a final answer from a failure that another try may mend.
func outcomeOf(err error) Outcome {
	switch status := dav.Status(err); {
	case errors.Is(err, sink.ErrExists):
		return Conflict
	case status == 408, status == 423, status == 425, status == 429, status == 507:
		return Failed
	case status >= 400 && status < 500, status >= 200 && status < 300:
		return Refused
	case status == http.StatusNotImplemented: // SOGo 5.8.0 answers so to an event with a date that it cannot read
		return Refused
	}
	return Failed
}

// refuse takes down that the answer to a Put was about the object and not about what is there: DAViCal 1.1.12 answers 412
// to an object that holds no event, task or journal.
func (m *move) refuse(t task) {
	m.settleRefused(t, Refused, t.met)
}
