package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"davferry/internal/dav"
)

// result is what became of one object. Its time is that of the fetch.
type result struct {
	Record
	name    string  // at the destination
	carried string  // checksum of the bytes that are at the destination, "" where none are
	before  *Mapped // what rules made of those
	meeting meeting

	answered []string // organizers whose own copies are to be written after this one
	putUID   string   // that it was given for the sake of another object, "" where none
	twin     bool     // another object of the collection has the UID, and came first
}

// settleUnread takes down an object that the source did not give.
func (m *move) settleUnread(path string, err error) {
	r := m.newResult(path)
	r.Outcome, r.Reason = string(Failed), "the source: "+err.Error()
	if errors.Is(err, dav.ErrGone) {
		r.Outcome = string(Gone)
	}
	r.Status, r.Condition = answerOf(err)
	m.settle(r)
}

// newResult begins the result of an object with what is known of it from an earlier run.
func (m *move) newResult(path string) *result {
	rec := m.journal[path]
	return &result{carried: rec.SHA256, before: rec.Mapped, Record: Record{Path: path, ETag: rec.ETag, SHA256: rec.SHA256, Source: rec.Source, UID: rec.UID,
		Size: rec.Size, DestPath: rec.DestPath, DestETag: rec.DestETag, DestSize: rec.DestSize, Created: rec.Created,
		Pieces: rec.Pieces, Mapped: rec.Mapped}}
}

// both returns the one outcome of an object that had an earlier one in the same run: a late change of the source does not
// make less of what was written before.
func both(earlier, later Outcome) Outcome {
	if earlier == Created && (later == Updated || later == Unchanged) || earlier == Updated && later == Unchanged {
		return earlier
	}
	return later
}

// settleBroken gives an outcome to those of the objects that have none.
func (m *move) settleBroken(tasks []task, reason string) {
	for _, t := range tasks {
		if !m.inventory.settled(t.object.Path) {
			t.result.Outcome, t.result.Reason = string(Failed), reason
			m.settle(&t.result)
		}
	}
}

// settle gives an object its outcome, and keeps it.
func (m *move) settle(r *result) {
	m.isPresent(m.collection, r.Record)
	if before := m.inventory.result(r.Path); before != nil {
		r.Outcome = string(both(Outcome(before.Outcome), Outcome(r.Outcome)))
	}
	if m.inventory.settle(r.Path, m.inMemory(*r)) {
		m.job.Progress.done.Add(1)
		if len(r.answered) > 0 && Outcome(r.Outcome) != Failed {
			m.job.people.come(r.UID)
		}
	}
	m.keep(r)
}

// stored is all that is kept in memory of an object of which there is nothing to tell but that it is in the archive: the
// journal has the rest.
var stored = map[Outcome]*result{
	Created: {Record: Record{Outcome: string(Created)}}, Updated: {Record: Record{Outcome: string(Updated)}}, Unchanged: {Record: Record{Outcome: string(Unchanged)}},
}

// inMemory returns what the run needs to know of a result until the collection ends.
func (m *move) inMemory(r result) *result {
	r.Mapped, r.before = r.Mapped.summary(), nil
	if plain := stored[Outcome(r.Outcome)]; plain != nil && m.job.To != nil && r.Mapped == nil {
		return plain
	}
	return &r
}

// keep writes a result into the journal. A journal that cannot be written ends the run. The journal's checksum is that of
// the version that is at the destination: one that did not get there is still to be carried over.
func (m *move) keep(r *result) {
	if m.job.DryRun {
		return
	}
	rec := r.Record
	switch Outcome(rec.Outcome) {
	case Created, Updated, Unchanged:
	default:
		rec.SHA256, rec.Mapped = r.carried, r.before
	}
	err := m.job.Journal.Record(context.Background(), m.target, m.account.Name, m.collection.Path, rec)
	if err != nil {
		m.stop(&runError{err})
	}
}

// sum returns the checksum by which the journal knows an object's bytes.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
