package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
	"davferry/sink"
)

// Some servers serve objects that hold several UIDs, and others refuse them. Such an object is split where the destination
// refuses it whole: it then has several objects at the destination and one outcome.

// Piece is what the destination has of one UID of an object that was split.
type Piece struct {
	UID      string `json:"uid"`
	DestPath string `json:"path"`
	DestETag string `json:"etag"`
	DestSize int64  `json:"size"`
	Created  bool   `json:"created"` // davferry made it there
}

// record returns the piece as if it were an object of its own.
func (p Piece) record(r Record) Record {
	r.UID, r.DestPath, r.DestETag, r.DestSize, r.Created, r.Pieces = p.UID, p.DestPath, p.DestETag, p.DestSize, p.Created, nil
	return r
}

// destNames returns the names of all that the destination has of an object, none where it has nothing.
func (r Record) destNames() []string {
	if r.DestPath == "" {
		return nil
	}
	all := []string{dav.LastSegment(r.DestPath)}
	for _, p := range r.Pieces {
		all = append(all, dav.LastSegment(p.DestPath))
	}
	return all
}

// slot is the place at the destination of one UID of an object that may have to be split.
type slot struct {
	uid   string
	name  string
	there dav.Member // what is there
	etag  string     // of what an earlier run put there, "" where none did
}

// slots chooses the places of the parts of an object. The first has that of the object itself.
func (m *move) slots(ctx context.Context, r *result, o dav.Object, info mapping.Info) ([]slot, error) {
	if len(info.UIDs) < 2 || m.job.To != nil {
		return nil, nil
	}
	var all []slot
	for i, part := range mapping.Split(m.collection.Kind, o.Data) {
		s := slot{uid: part.UID, name: r.name, etag: r.DestETag}
		if i > 0 {
			s = m.slotOf(r, o, part.UID)
		}
		s.there = m.place.members[s.name]
		if s.there.Path == "" && i > 0 {
			there, err := m.sameUID(ctx, part.UID)
			if err != nil {
				return nil, err
			}
			if s.there = there; there.Path != "" {
				s.name = dav.LastSegment(there.Path)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// slotOf chooses the name of a part that is not the first: that of an earlier run, else the one that its UID makes, else,
// where another object has that, one that the object's path makes.
func (m *move) slotOf(r *result, o dav.Object, uid string) slot {
	for _, p := range r.Pieces {
		if p.UID == uid {
			m.give(dav.LastSegment(p.DestPath))
			return slot{uid: uid, name: dav.LastSegment(p.DestPath), etag: p.DestETag}
		}
	}
	name := mapping.ResourceName(m.collection.Kind, uid, o.Path)
	if m.given[strings.ToLower(name)] {
		name = mapping.ResourceName(m.collection.Kind, "", o.Path+" "+uid)
	}
	m.give(name)
	return slot{uid: uid, name: name}
}

// isSplit tells whether what the destination has in an object's place is the first part of it.
func (m *move) isSplit(t task, there dav.Object) bool {
	if len(t.slots) == 0 {
		return false
	}
	parts := mapping.Split(m.collection.Kind, t.object.Data)
	return len(t.result.Pieces) > 0 || len(parts) > 0 && differ(m.collection.Kind, parts[0].Data, there.Data) == ""
}

// split stores each part of an object for itself, and settles the object: it is there when all its parts are.
func (m *move) split(ctx context.Context, t task) {
	t.split = true
	parts := mapping.Split(m.collection.Kind, t.object.Data)
	change := mapping.Change{Rule: mapping.SplitUIDs, Line: 1}
	var outcomes []Outcome
	var pieces []Piece
	var failure error
	for i, part := range parts {
		piece, outcome, err := m.putPart(ctx, t.slots[i], part)
		if err != nil && m.endsCollection(ctx, err) {
			return
		}
		if err != nil && (failure == nil || outcome == Failed) {
			failure = fmt.Errorf("its part with the UID %s: %w", part.UID, err)
		}
		if piece.DestPath != "" {
			pieces = append(pieces, piece)
		}
		outcomes = append(outcomes, outcome)
		change.After = append(change.After, "UID:"+part.UID)
	}
	existed := t.result.DestPath != ""
	t.result.Pieces = nil
	if len(pieces) > 0 {
		t.result.Record = m.withPieces(t.result.Record, pieces)
	}
	outcome := together(outcomes, existed)
	if failure != nil {
		m.settleRefused(t, outcome, failure)
		return
	}
	t.result.Outcome = string(outcome)
	m.changed(&t.result, append(t.changes, change))
	m.settle(&t.result)
}

// withPieces returns a record with what the destination has of the object: the first piece in the fields of the record.
func (m *move) withPieces(r Record, pieces []Piece) Record {
	first := pieces[0]
	r.DestPath, r.DestETag, r.DestSize, r.Created = first.DestPath, first.DestETag, first.DestSize, first.Created
	r.Pieces = slices.Clone(pieces[1:])
	return r
}

// together returns the outcome of an object from those of its parts: the worst, or what was done.
func together(parts []Outcome, existed bool) Outcome {
	for _, worst := range []Outcome{Failed, Refused, Conflict} {
		if slices.Contains(parts, worst) {
			return worst
		}
	}
	switch {
	case slices.Contains(parts, Updated), existed && slices.Contains(parts, Created):
		return Updated
	case slices.Contains(parts, Created):
		return Created
	}
	return Unchanged
}

// putPart stores one part, unless it is there already. The error says why it is not there.
func (m *move) putPart(ctx context.Context, s slot, part mapping.Part) (Piece, Outcome, error) {
	if s.there.Path != "" {
		there, err := m.readBack(ctx, s.there)
		if err != nil && !errors.Is(err, dav.ErrGone) {
			return Piece{}, Failed, err
		}
		if err == nil {
			return m.putPartOver(ctx, s, part, there)
		}
	}
	path, etag, err := m.to.Put(ctx, m.place.collection, s.name, part.Data, "")
	switch {
	case errors.Is(err, sink.ErrExists):
		there, readErr := m.readBack(ctx, dav.Member{Path: dav.PathIn(m.place.collection, s.name), Size: -1})
		if readErr == nil && differ(m.collection.Kind, part.Data, there.Data) == "" {
			return Piece{part.UID, there.Path, there.ETag, -1, true}, Created, nil
		}
		return Piece{}, Conflict, err
	case err != nil:
		return Piece{}, outcomeOf(err), err
	}
	m.wroteOctets(part.Data)
	return Piece{part.UID, path, etag, int64(len(part.Data)), true}, Created, nil
}

// putPartOver replaces the version of a part that is at the destination, where that is ours to replace.
func (m *move) putPartOver(ctx context.Context, s slot, part mapping.Part, there dav.Object) (Piece, Outcome, error) {
	had := s.etag != ""
	difference := differ(m.collection.Kind, part.Data, m.asWritten(there.Data))
	tells := m.tellsOfReplacing(m.collection.Kind, there.Data)
	switch {
	case difference == "":
		return Piece{part.UID, there.Path, there.ETag, s.there.Size, had || m.place.created}, Unchanged, nil
	case !m.job.Overwrite && (!had || there.ETag != s.etag):
		return Piece{}, Conflict, errors.New(otherVersion(there.Path, difference))
	case tells != "":
		return Piece{}, Refused, errors.New("not sent: " + tells)
	}
	path, etag, err := m.to.Put(ctx, m.place.collection, s.name, part.Data, there.ETag)
	if err != nil {
		return Piece{}, outcomeOf(err), err
	}
	m.wroteOctets(part.Data)
	return Piece{part.UID, path, etag, int64(len(part.Data)), had}, Updated, nil
}

// readBack reads one object of the destination.
func (m *move) readBack(ctx context.Context, member dav.Member) (dav.Object, error) {
	for o, err := range m.to.Objects(ctx, m.place.collection, []dav.Member{member}) {
		if err != nil {
			return o, fmt.Errorf("reading what the destination holds already: %w", err)
		}
		return o, nil
	}
	return dav.Object{}, dav.ErrGone
}
