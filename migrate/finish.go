package migrate

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"

	"davferry/internal/dav"
	"davferry/sink"
)

// confirm lists the destination once more after the last write: what a server said that it stored must be there.
func (m *move) confirm(ctx context.Context) error {
	if m.written == 0 || m.job.To != nil || m.job.DryRun {
		return nil
	}
	after, err := m.to.Members(ctx, m.place.collection)
	if err != nil {
		return fmt.Errorf("checking what was written: %w", err)
	}
	there := make(map[string]dav.Member, len(after))
	for _, member := range after {
		there[dav.LastSegment(member.Path)] = member
	}
	for _, r := range m.inventory.all() {
		if r == nil || Outcome(r.Outcome) != Created && Outcome(r.Outcome) != Updated {
			continue
		}
		member, ok := there[r.name]
		switch {
		case !ok:
			r.Outcome, r.Reason = string(Failed), "the destination said that it stored it, and does not list it"
			m.keep(r)
		case r.DestETag == "":
			r.DestETag = member.ETag
			m.keep(r)
		}
	}
	return nil
}

// finish counts the outcomes, lists the problems, and tells the archive what it holds. failure is why the collection
// ended early, nil where it did not. The error it returns ends the run.
func (m *move) finish(ctx context.Context, failure error) error {
	entries, unfinished := m.close(failure)
	if unfinished > 0 {
		m.count(Failed, unfinished)
	}
	if failure == nil && unfinished > 0 {
		failure = fmt.Errorf("davferry's own error: %d objects have no outcome", unfinished)
	}
	m.report.Collections.settle(m.place, failure)
	if failure != nil {
		m.collectionProblem(m.collection, unfinished, failure)
		if m.job.To == nil || endsAccount(ctx, failure) {
			return nil
		}
	}
	return m.keepAll(ctx, entries)
}

// close counts the outcomes and turns the inventory into entries, letting go of each result as it goes: a collection is
// not to be in memory twice. failure is why the collection ended early.
func (m *move) close(failure error) (entries []sink.Entry, unfinished int) {
	entries = make([]sink.Entry, 0, len(m.inventory.members))
	for member, r := range m.inventory.drain() {
		if r == nil {
			unfinished++
			reason := "no outcome"
			if failure != nil {
				reason = failure.Error()
			}
			entries = append(entries, sink.Entry{Path: member.Path, ETag: member.ETag, Outcome: string(Failed), Reason: reason})
			continue
		}
		m.tally(r)
		entries = append(entries, entryOf(r))
	}
	return entries, unfinished
}

// tally counts one outcome, and lists it where somebody must look at it.
func (m *move) tally(r *result) {
	o := Outcome(r.Outcome)
	m.report.Objects.Listed++
	*m.report.Objects.of(o)++
	switch o {
	case Skipped:
		m.report.skip(r.Reason, 1)
	case Conflict, Refused, Failed:
		m.report.problem(Problem{Collection: m.collection.Path, Path: r.Path, UID: r.UID, Outcome: o,
			Status: r.Status, Condition: r.Condition, Message: r.Reason})
	}
}

func entryOf(r *result) sink.Entry {
	e := sink.Entry{Path: r.Path, ETag: r.ETag, UID: r.UID, Outcome: r.Outcome, Reason: r.Reason, Fetched: r.At}
	switch Outcome(r.Outcome) {
	case Created, Updated, Unchanged:
		e.Name, e.Size, e.SHA256 = r.name, r.Size, r.SHA256
	}
	return e
}

// keepAll writes down that the collection is done.
func (m *move) keepAll(ctx context.Context, entries []sink.Entry) error {
	if m.job.DryRun {
		return nil
	}
	if err := m.to.Record(ctx, m.place.collection, entries); err != nil {
		return m.sinkError(ctx, fmt.Errorf("the destination: %w", err))
	}
	return m.keepCollection(ctx, m.collection, m.place, CollectionRecord{CTag: m.collection.CTag, SyncToken: m.collection.SyncToken, Listed: int64(len(m.inventory.members))})
}

// maxSilence is how many objects in a row may get no answer before the destination is taken for gone. Each has been
// tried several times by then.
const maxSilence = 4

// silence counts the objects that got no answer since the last that did.
type silence struct{ objects atomic.Int32 }

func (s *silence) broken() { s.objects.Store(0) }

// accountError is an error that ends the account.
type accountError struct{ err error }

func (e *accountError) Error() string { return e.err.Error() }
func (e *accountError) Unwrap() error { return e.err }

// grows takes in an error. It returns one that ends the account when the destination has been silent for too long.
func (s *silence) grows(err error) error {
	switch dav.Status(err) {
	case 0, http.StatusBadGateway, http.StatusGatewayTimeout: // nobody is there, or nobody behind the proxy
	default:
		s.broken()
		return nil
	}
	if s.objects.Add(1) < maxSilence {
		return nil
	}
	return &accountError{fmt.Errorf("the destination does not answer any more: %w", err)}
}
