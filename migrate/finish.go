package migrate

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"
	"sync/atomic"

	"davferry/internal/dav"
	"davferry/sink"
)

// confirm lists the destination once more after the last write: what a server said that it stored must be there.
func (m *move) confirm(ctx context.Context) error {
	if m.written == 0 || m.job.To != nil || m.job.DryRun {
		return nil
	}
	var err error
	if m.destState, err = m.toDAV.State(ctx, m.place.collection); err != nil {
		return fmt.Errorf("checking what was written: %w", err)
	}
	after, err := m.to.Members(ctx, m.place.collection)
	if err != nil {
		return fmt.Errorf("checking what was written: %w", err)
	}
	there := membersByName(after)
	for _, r := range m.inventory.all() {
		if r == nil || Outcome(r.Outcome) != Created && Outcome(r.Outcome) != Updated {
			continue
		}
		m.confirmOne(r, there)
	}
	return nil
}

// confirmOne looks whether an object is there with all its parts, and completes what is known of its version.
func (m *move) confirmOne(r *result, there map[string]dav.Member) {
	completed := false
	for i, p := range append([]Piece{{DestPath: r.DestPath, DestETag: r.DestETag, DestSize: r.DestSize}}, r.Pieces...) {
		member, ok := there[dav.LastSegment(p.DestPath)]
		switch {
		case !ok:
			r.Outcome, r.Reason = string(Failed), "the destination said that it stored it, and does not list it"
			m.keep(r)
			return
		case p.DestETag != "" && (p.DestETag != member.ETag || member.Size < 0 || member.Size == p.DestSize):
		case i == 0:
			r.DestETag, r.DestSize, completed = member.ETag, member.Size, true
		default:
			r.Pieces[i-1].DestETag, r.Pieces[i-1].DestSize, completed = member.ETag, member.Size, true
		}
	}
	if completed {
		m.keep(r)
	}
}

// finish counts the outcomes, lists the problems, and tells the archive what it holds. failure is why the collection
// ended early, nil where it did not. The error it returns ends the run.
func (m *move) finish(ctx context.Context, failure error) error {
	unfinished := m.close(ctx, failure)
	if unfinished > 0 {
		m.count(Failed, unfinished)
	}
	if m.again > 0 {
		m.report.note(m.collection.Path, "%d objects were deleted at the destination after davferry wrote them; the source still has them, and they are there again", m.again)
	}
	if failure == nil && unfinished > 0 {
		failure = fmt.Errorf("davferry's own error: %d objects have no outcome", unfinished)
	}
	m.report.Collections.settle(m.place, failure)
	if failure != nil {
		m.collectionProblem(m.collection, unfinished, failure)
		if m.job.To == nil || endsAccount(ctx, failure) {
			return m.keepEnd(CollectionRecord{Outcome: CollectionFailed, Reason: failure.Error()})
		}
	}
	return m.keepAll(ctx, failure)
}

// close counts the outcomes. failure is why the collection ended early; objects that it did not come to have failed for
// that reason, which is not written down one by one where somebody waits for the end.
func (m *move) close(ctx context.Context, failure error) (unfinished int) {
	for member, r := range m.inventory.all() {
		if r != nil {
			m.tally(r)
			continue
		}
		unfinished++
		r = m.newResult(member.Path)
		r.Outcome, r.Reason = string(Failed), "no outcome"
		if failure != nil {
			r.Reason = "not come to: " + failure.Error()
		}
		if ctx.Err() == nil {
			m.keep(r)
		}
	}
	return unfinished
}

// tally counts one outcome, and lists it where somebody must look at it.
func (m *move) tally(r *result) {
	o := Outcome(r.Outcome)
	m.report.Objects.Listed++
	*m.report.Objects.of(o)++
	switch o {
	case Created, Updated, Unchanged:
		m.report.changes.count(r.Mapped, 1)
		if r.Reason == madeAgain {
			m.again++
		}
		m.report.Meetings.count(r.meeting)
	case Skipped:
		m.report.skip(r.Reason, 1)
	case Gone:
		m.unsettled = true
	case Conflict, Refused, Failed:
		m.unsettled = true
		m.stayed(r)
		m.report.problem(Problem{Collection: m.collection.Path, Path: r.Path, UID: r.UID, Outcome: o,
			Status: r.Status, Condition: r.Condition, Message: r.Reason})
	}
}

// entries yields what an archive is to be told of each object. The journal has it; what it has of objects that the source
// lists no more is left out.
func (m *move) entries(ctx context.Context) iter.Seq2[sink.Entry, error] {
	return func(yield func(sink.Entry, error) bool) {
		n := 0
		for rec, err := range m.job.Journal.InOrder(ctx, m.target, m.account.Name, m.collection.Path) {
			if err != nil {
				yield(sink.Entry{}, &runError{err})
				return
			}
			if rec.Vanished || !m.inventory.has(rec.Path) {
				continue
			}
			n++
			if !yield(entryOf(rec), nil) {
				return
			}
		}
		if n != len(m.inventory.members) {
			yield(sink.Entry{}, &runError{fmt.Errorf("davferry's own error: %s has %d objects, the journal an outcome of %d", m.collection.Path, len(m.inventory.members), n)})
		}
	}
}

func entryOf(r Record) sink.Entry {
	e := sink.Entry{Path: r.Path, ETag: r.ETag, UID: r.UID, Outcome: r.Outcome, Reason: r.Reason, Fetched: r.At}
	switch Outcome(r.Outcome) {
	case Created, Updated, Unchanged:
		e.Name, e.Size, e.SHA256 = dav.LastSegment(r.DestPath), r.Size, r.SHA256
		if r.Mapped != nil {
			e.UID, e.Size = r.Mapped.UID, r.Mapped.Size
		}
	}
	return e
}

// keepAll writes down that the collection is done, or as much of it as there is.
func (m *move) keepAll(ctx context.Context, failure error) error {
	if m.job.DryRun {
		return m.keepVanished()
	}
	if m.job.To != nil { // a server has no use for it, and reading it takes time
		if err := m.to.Record(ctx, m.place.collection, m.entries(ctx)); err != nil {
			return m.sinkError(ctx, fmt.Errorf("the destination: %w", err))
		}
	}
	if failure != nil {
		return m.keepEnd(CollectionRecord{Outcome: CollectionFailed, Reason: failure.Error()})
	}
	if err := m.keepVanished(); err != nil {
		return err
	}
	rec := CollectionRecord{State: m.state, Dest: m.destState, Terms: m.job.terms(), Outcome: CollectionSettled}
	if m.unsettled {
		rec.Outcome = CollectionIncomplete
	}
	return m.keepEnd(rec)
}

// keepEnd writes down how the collection ended.
func (m *move) keepEnd(rec CollectionRecord) error {
	rec.Listed = int64(len(m.inventory.members))
	if m.job.DryRun {
		return nil
	}
	return m.keepCollection(context.Background(), m.collection, m.place, rec)
}

// keepVanished takes down which objects of earlier runs the source has no more. What another object has taken over, and
// what is not at the destination, needs no memory; an archive is made anew.
func (m *move) keepVanished() error {
	ctx := context.Background()
	m.listed(m.collection.Path)
	for path, rec := range m.journal {
		if rec.Vanished || m.inventory.has(path) {
			continue
		}
		if m.job.DryRun {
			m.lose(m.collection.Path, rec)
			continue
		}
		var err error
		if rec.DestPath == "" || m.job.To != nil || m.given[strings.ToLower(dav.LastSegment(rec.DestPath))] {
			err = m.job.Journal.Forget(ctx, m.target, m.account.Name, m.collection.Path, path)
		} else {
			rec.Vanished = true
			err = m.job.Journal.Record(ctx, m.target, m.account.Name, m.collection.Path, rec)
		}
		if err != nil {
			return &runError{err}
		}
	}
	return nil
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
