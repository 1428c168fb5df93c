package migrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
)

// take decides what becomes of an object that was fetched. It is called from one goroutine, in the order in which objects
// come. An error is the collection's.
func (m *move) take(ctx context.Context, o dav.Object) error {
	info := mapping.Inspect(m.collection.Kind, o.Data)
	r := m.newResult(o.Path)
	m.adopt(r, info.UID)
	r.ETag, r.UID, r.SHA256, r.Size, r.At = o.ETag, info.UID, sum(o.Data), int64(len(o.Data)), time.Now()
	r.Source = r.SHA256
	m.report.Bytes.Read += r.Size
	if reason := m.job.Selection.leavesOutObject(m.collection.Kind, info, o.Data); reason != "" {
		r.Outcome, r.Reason = string(Skipped), reason
		m.settle(r)
		return nil
	}
	if deferred, err := m.deferToPart(ctx, o, info); err != nil || deferred {
		return err
	}
	round, answered := m.roundOf(o, info)
	if round > m.job.round {
		m.hold(r, answered)
		return nil
	}
	r.answered = answered
	if m.report.Forecast != nil {
		m.report.Forecast.see(m.collection.Kind, info)
	}
	if m.groups.folds(o.Path) {
		r.Outcome, r.Reason = string(Skipped), foldedGroup
		m.settle(r)
		return nil
	}
	before, read := info, o.Data
	o, uid := m.apply(r, o, info.UID)
	if (info.Organizer || info.Attendee) && !bytes.Equal(read, o.Data) {
		info = mapping.Inspect(m.collection.Kind, o.Data) // rules may have taken its people out of effect
	}
	if reason := m.tellsOfWriting(m.collection.Kind, info); reason != "" {
		m.refusePeople(r, reason)
		return nil
	}
	r.meeting = m.meeting(before, read, o.Data)
	there, exists, err := m.locate(ctx, r, o, uid)
	if err != nil {
		return err
	}
	slots, err := m.slots(ctx, r, o, info)
	if err != nil {
		return err
	}
	if !exists && r.DestPath != "" && m.toDAV != nil {
		r.Reason = madeAgain
	}
	t := task{object: o, result: *r, there: there, slots: slots}
	if r.twin && !exists && m.checksUIDs() {
		m.work(ctx, func(ctx context.Context, tasks ...task) { m.collide(ctx, tasks[0], nil) }, t)
		return nil
	}
	ours := r.wrote(there) // nobody has touched it since an earlier run wrote it or found it equal
	switch {
	case !exists && m.holdBack(t, info):
	case !exists, m.job.To != nil, ours && r.carried != r.SHA256 && !m.mayTell(m.collection.Kind):
		m.outbox.send(t)
	case ours && r.carried == r.SHA256 && m.hasPieces(r.Record):
		t.result.Outcome = string(Unchanged)
		m.settle(&t.result)
	default:
		t.ours = ours
		m.pending = append(m.pending, t)
		m.pendingSize += len(o.Data)
		m.compareLater(ctx, false)
	}
	return nil
}

// madeAgain is why an object is created that an earlier run has created: that the source has it counts for more than that
// it is gone at the destination, where a deletion looks like a loss.
const madeAgain = "it was deleted at the destination after davferry wrote it, and the source still has it"

// locate gives an object its name at the destination, and returns what is there in its place.
func (m *move) locate(ctx context.Context, r *result, o dav.Object, uid string) (there dav.Member, exists bool, err error) {
	if there, exists = m.nameFor(o, uid, r); exists {
		return there, true, nil
	}
	there, err = m.sameUID(ctx, uid)
	if err == nil && there.Path == "" {
		there, err = m.underOtherRules(ctx, r, uid)
	}
	if exists = there.Path != ""; exists {
		r.name = dav.LastSegment(there.Path)
	}
	return there, exists, err
}

// adopt gives an object what the journal knows of it by its UID. A path at the source may be that of another object now,
// and an object may have another path; what an earlier run wrote at the destination belongs to the UID.
func (m *move) adopt(r *result, uid string) {
	own, known := m.journal[r.Path]
	if known && own.UID == uid {
		return
	}
	rec := m.byUID[uid]
	if m.given[strings.ToLower(dav.LastSegment(rec.DestPath))] || !known && m.inventory.has(rec.Path) {
		rec = Record{} // it has its own object still
	}
	r.carried, r.before = rec.SHA256, rec.Mapped
	r.DestPath, r.DestETag, r.DestSize, r.Created, r.Pieces = rec.DestPath, rec.DestETag, rec.DestSize, rec.Created, rec.Pieces
}

// isTwin tells whether another path of the source has that UID since an earlier run, and with it the name.
func (m *move) isTwin(r *result, uid string) bool {
	rec, ok := m.byUID[uid]
	return ok && r.DestPath == "" && rec.Path != r.Path && m.inventory.has(rec.Path)
}

// nameFor gives an object its name at the destination and returns what is there under that name: the name of an earlier
// run, else the one its UID makes, else, where another object of the collection has that UID, one its path makes.
func (m *move) nameFor(o dav.Object, uid string, r *result) (there dav.Member, exists bool) {
	name := mapping.ResourceName(m.collection.Kind, uid, o.Path)
	if i, ok := m.inventory.index(o.Path); ok && m.files != nil {
		name = m.files[i]
	} else if r.DestPath != "" {
		name = dav.LastSegment(r.DestPath)
	}
	if m.given[strings.ToLower(name)] || m.files == nil && m.isTwin(r, uid) {
		m.release(0) // where the destination takes only one of a UID, it is the first in every run
		name, r.twin = mapping.ResourceName(m.collection.Kind, "", o.Path), true
	}
	m.give(name)
	r.name = name
	there, exists = m.place.members[name]
	return there, exists
}

// give takes a name for an object of this run. The names of an archive are chosen all at once, and cannot collide.
func (m *move) give(name string) {
	if m.files == nil {
		m.given[strings.ToLower(name)] = true
	}
}

// fileNames chooses the names of a collection's objects in an archive, in the order of members.
func fileNames(k dav.Kind, members []dav.Member) []string {
	paths := make([]string, len(members))
	for i, member := range members {
		paths[i] = member.Path
	}
	return mapping.FileNames(paths, k.Extension())
}

// sameUID returns the object that the destination holds with that UID under a name that davferry did not give. Such
// objects came from elsewhere; to put another of the same UID beside them makes a duplicate on some servers.
func (m *move) sameUID(ctx context.Context, uid string) (dav.Member, error) {
	if uid == "" || len(m.place.members) == 0 || m.job.To != nil {
		return dav.Member{}, nil
	}
	if m.foreign == nil {
		if err := m.readForeign(ctx); err != nil {
			return dav.Member{}, err
		}
	}
	return m.foreign[uid], nil
}

// readForeign reads the UIDs of what the destination held before and the journal does not know. An object that cannot be
// read has none; the destination itself is the judge of it.
func (m *move) readForeign(ctx context.Context) error {
	m.foreign = map[string]dav.Member{}
	ours := map[string]bool{}
	for _, rec := range m.journal {
		for _, name := range rec.destNames() {
			ours[name] = true
		}
	}
	var unknown []dav.Member
	for name, member := range m.place.members {
		if !ours[name] {
			unknown = append(unknown, member)
		}
	}
	for o, err := range m.to.Objects(ctx, m.place.collection, unknown) {
		if o.Path == "" {
			return fmt.Errorf("reading what the destination holds already: %w", err)
		}
		if err != nil {
			m.log.Warn("unreadable at the destination", "path", o.Path, "error", err.Error())
			continue
		}
		if uid := mapping.UID(o.Data); uid != "" {
			m.foreign[uid] = m.place.members[dav.LastSegment(o.Path)]
		}
	}
	return nil
}

// maxPending bounds the size of the objects that wait to be compared, in octets.
const maxPending = 8 << 20

// compareLater compares what waits for it once there is a batch of it, or all at the end.
func (m *move) compareLater(ctx context.Context, all bool) {
	if len(m.pending) == 0 || !all && len(m.pending) < max(1, m.job.Batch) && m.pendingSize < maxPending {
		return
	}
	batch := m.pending
	m.pending, m.pendingSize = nil, 0
	m.work(ctx, func(ctx context.Context, tasks ...task) { m.compare(ctx, Unchanged, tasks...) }, batch...)
}

// compare reads the destination's versions of objects and settles them: with the outcome same where they mean the same,
// else as conflicts, or by writing over them where the user wants that.
func (m *move) compare(ctx context.Context, same Outcome, batch ...task) {
	byKey := make(map[string][]task, len(batch)) // two objects of one UID may meet in one at the destination
	var members []dav.Member
	for _, t := range batch {
		key := dav.Key(t.there.Path)
		if byKey[key] == nil {
			members = append(members, t.there)
		}
		byKey[key] = append(byKey[key], t)
	}
	for o, err := range m.to.Objects(ctx, m.place.collection, members) {
		if o.Path == "" {
			m.stop(fmt.Errorf("reading what the destination holds already: %w", err))
			return
		}
		for _, t := range byKey[dav.Key(o.Path)] {
			if errors.Is(err, dav.ErrGone) && t.met != nil {
				m.refuse(t)
				continue
			}
			if errors.Is(err, dav.ErrGone) && !t.looked { // deleted since it was listed
				t.there, t.looked = dav.Member{}, true
				m.putAlone(ctx, t)
				continue
			}
			if err != nil {
				m.notPut(ctx, t, fmt.Errorf("reading what the destination holds already: %w", err))
				continue
			}
			m.judge(ctx, t, o, same)
		}
	}
}

// judge settles an object whose version at the destination was read.
func (m *move) judge(ctx context.Context, t task, there dav.Object, same Outcome) {
	difference := differ(m.collection.Kind, t.object.Data, m.asWritten(there.Data))
	if difference == "" {
		t.result.DestPath, t.result.DestETag, t.result.DestSize, t.result.Outcome = there.Path, there.ETag, t.there.Size, string(same)
		t.result.Created = t.result.Created || same == Created || m.isOrphan(t, there)
		m.settle(&t.result)
		return
	}
	if m.isSplit(t, there) {
		m.split(ctx, t)
		return
	}
	if (m.job.Overwrite || t.ours && there.ETag == t.result.DestETag) && there.ETag != "" {
		t.there.ETag = there.ETag
		m.putOver(ctx, t, there)
		return
	}
	t.result.Outcome = string(Conflict)
	t.result.Reason = otherVersion(there.Path, difference)
	m.settle(&t.result)
}

// otherVersion is why an object is in conflict.
func otherVersion(path, difference string) string {
	return fmt.Sprintf("the destination holds another version at %s, which davferry has no record of writing: %s", path, difference)
}

// putOver replaces the destination's version of an object, unless people would be told: those of a meeting that are not in
// the new version would get a cancellation.
func (m *move) putOver(ctx context.Context, t task, there dav.Object) {
	if reason := m.tellsOfReplacing(m.collection.Kind, there.Data); reason != "" {
		m.refusePeople(&t.result, "not sent: "+reason)
		return
	}
	if m.isReset(m.collection.Kind, there.Data) {
		t.makesRoom = there.Data
	}
	m.putAlone(ctx, t)
}

// refusePeople settles an object that is not written because people would be told.
func (m *move) refusePeople(r *result, reason string) {
	r.Outcome, r.Condition, r.Reason = string(Refused), autoSchedule, reason
	if m.report.Forecast != nil {
		m.report.Forecast.refuseMeeting()
	}
	m.settle(r)
}

// isOrphan tells an object that davferry made, although the journal does not know it: a run that was killed may not have
// come to write it down. It is in a collection of davferry's, under the name that davferry gives, and means the same.
func (m *move) isOrphan(t task, there dav.Object) bool {
	uid := mapping.UID(t.object.Data)
	return m.place.created && dav.LastSegment(there.Path) == mapping.ResourceName(m.collection.Kind, uid, t.object.Path)
}

// differ says how the destination's version of an object differs in meaning, "" where it does not. Where the bytes are
// not the same, readers that share no code with the comparison must agree.
func differ(k dav.Kind, ours, there []byte) string {
	if bytes.Equal(ours, there) {
		return ""
	}
	if differences := mapping.Diff(k, ours, there); len(differences) > 0 {
		return differences[0].String()
	}
	if err := mapping.CrossCheck(k, ours, there); err != nil {
		return err.Error()
	}
	return ""
}
