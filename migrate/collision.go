package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"davferry/internal/dav"
	"davferry/mapping"
)

// A UID that something else has already: another object of the source, or one at the destination that davferry did not
// write. Where both mean the same there is nothing to do. Else the object is in conflict, or gets a UID of its own with
// Job.NewUID: a function of account, collection, name and UID, the same in every run.

// isUIDCollision tells whether a refusal says that something else has the UID. SOGo 5.8.0 has no condition for it.
func isUIDCollision(err error) bool {
	e, ok := errors.AsType[*dav.Error](err)
	if !ok {
		return false
	}
	return e.Condition == "no-uid-conflict" || e.Condition == "unique-scheduling-object-resource" ||
		e.StatusCode == http.StatusConflict && strings.Contains(e.Excerpt, "UID already in use")
}

// checksUIDs tells whether two objects of one UID are not to be put into a calendar: the destination refuses the second,
// or is known to take it although it must not (RFC 4791 section 4.1). Of other servers the answer decides.
func (m *move) checksUIDs() bool {
	return m.job.To == nil && !m.job.DryRun && m.collection.Kind == dav.Calendar && m.storage(dav.Calendar).UIDs != dav.UIDsUnknown
}

// collide settles an object whose UID something else has. refusal is what the destination said of it, nil where it was not
// asked.
func (m *move) collide(ctx context.Context, t task, refusal error) {
	there, err := m.holder(ctx, t, refusal)
	if err != nil && m.endsCollection(ctx, err) {
		return
	}
	difference := "it could not be read"
	if err == nil {
		difference = differ(m.collection.Kind, t.object.Data, there.Data)
	}
	switch {
	case difference == "" && !m.isTwice(t, there):
		difference = "it is the same, in another calendar, which the source may have moved it from"
	case difference == "":
		// It is another object's: nothing of it is this one's to keep or to remove.
		t.result.DestPath, t.result.DestETag, t.result.DestSize, t.result.Created, t.result.Outcome = "", "", 0, false, string(Unchanged)
		m.settle(&t.result)
		return
	case m.job.NewUID && m.rename(ctx, t):
		return
	}
	t.result.Outcome = string(Conflict)
	t.result.Reason = fmt.Sprintf("another object has its UID, at %s: %s; --on-conflict new-uid gives it a UID of its own", there.Path, difference)
	if refusal != nil {
		t.result.Status, t.result.Condition = answerOf(refusal)
		t.result.Reason += ": " + refusal.Error()
	}
	m.settle(&t.result)
}

// isTwice tells whether the source has the object that has the UID as well: in this collection, or in another that this run
// has come to. One that was moved from there is the only copy at the destination, and must not be taken for two.
func (m *move) isTwice(t task, there dav.Object) bool {
	m.present.Lock()
	defer m.present.Unlock()
	return strings.HasPrefix(there.Path, m.place.collection.Path) || m.present.uids[t.result.UID]
}

// calendarUIDs are the UIDs of the calendar objects that this run found or put at the destination.
type calendarUIDs struct {
	sync.Mutex
	uids map[string]bool
}

// isPresent takes down that an object is at the destination, where that takes a UID once in all calendars of a user.
func (t *transfer) isPresent(c dav.Collection, r Record) {
	if c.Kind != dav.Calendar || r.DestPath == "" || t.storage(dav.Calendar).UIDs != dav.UIDsOfUser {
		return
	}
	switch Outcome(r.Outcome) {
	case Created, Updated, Unchanged:
		t.present.Lock()
		defer t.present.Unlock()
		if t.present.uids == nil {
			t.present.uids = map[string]bool{}
		}
		t.present.uids[r.UID] = true
	}
}

// arePresent takes that down of a collection in which nothing has changed.
func (t *transfer) arePresent(ctx context.Context, c dav.Collection) error {
	if c.Kind != dav.Calendar || t.storage(dav.Calendar).UIDs != dav.UIDsOfUser {
		return nil
	}
	records, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, c.Path)
	if err != nil {
		return &runError{err}
	}
	for _, rec := range records {
		if !rec.Vanished {
			t.isPresent(c, rec)
		}
	}
	return nil
}

// holder reads what has an object's UID: what the refusal names, else the object under the name that the UID makes.
func (m *move) holder(ctx context.Context, t task, refusal error) (dav.Object, error) {
	path := dav.PathIn(m.place.collection, mapping.ResourceName(m.collection.Kind, mapping.Inspect(m.collection.Kind, t.object.Data).UID, t.object.Path))
	if e, ok := errors.AsType[*dav.Error](refusal); ok && e.Holder != "" {
		path = e.Holder
	}
	o, err := m.toDAV.Get(ctx, m.place.collection, path)
	o.Path = path
	return o, err
}

// rename gives an object a UID of its own and stores it. It is false where it cannot be given one.
func (m *move) rename(ctx context.Context, t task) bool {
	if t.renamed {
		return false
	}
	mapped := m.withOwnUID(t.object.Path, t.object.Data)
	if len(mapped.Changes) == 0 {
		return false
	}
	t.renamed, t.refusal, t.object.Data = true, nil, mapped.Data
	t.changes = append(t.changes, mapped.Changes...)
	t.result.putUID = mapping.Inspect(m.collection.Kind, mapped.Data).UID
	t.result.name = mapping.ResourceName(m.collection.Kind, t.result.putUID, t.object.Path)
	if t.there = m.place.members[t.result.name]; t.there.Path != "" {
		m.compare(ctx, Unchanged, t)
	} else {
		m.putAlone(ctx, t)
	}
	return true
}

func (m *move) withOwnUID(path string, data []byte) mapping.Result {
	s := m.subject(m.collection, path)
	s.Duplicate = true
	own := mapping.Rules{mapping.UIDs{}}.Apply(s, data)
	for i := range own.Changes {
		if own.Changes[i].Rule == mapping.UIDDuplicate {
			own.Changes[i].Rule = mapping.UIDCollision
		}
	}
	return own
}

// hadOwnUID tells whether an object has a UID of its own at the destination since an earlier run, whatever became of the
// other. With Job.NewUID the names there remember that where the journal is lost.
func (t *transfer) hadOwnUID(s mapping.Subject, rec Record, uid string, there map[string]dav.Member) bool {
	if uid == "" || t.job.To != nil {
		return false
	}
	if rec.UID == uid && rec.hasOwnUID(s) && strings.Contains(rec.Mapped.Changed, mapping.UIDCollision) {
		return true
	}
	_, ok := there[mapping.ResourceName(s.Kind, s.OwnUID(uid, 0), s.Path)]
	return ok && t.job.NewUID
}

// isAnothers tells whether the destination has another object of the source in the place of one that means the same: the
// journal has no path for it. Then it is compared with that.
func (p *comparison) isAnothers(ctx context.Context, o dav.Object, uid string) bool {
	rec, known := p.journal[o.Path]
	if !known || rec.Outcome != string(Unchanged) || rec.DestPath != "" || uid == "" || rec.UID != uid {
		return false
	}
	f := Finding{Collection: p.c.Path, Path: o.Path, UID: uid, Verdict: Missing}
	path, err := p.job.Journal.holder(ctx, p.target, p.transfer.account.Name, uid)
	if err == nil && path != "" {
		f.Destination = path
		var there dav.Object
		if there, err = p.toDAV.Get(ctx, p.place, path); err == nil {
			p.result.Bytes += int64(len(there.Data))
			f.judge(mapping.Compare(p.c.Kind, o.Data, there.Data))
		}
	}
	if err != nil && !errors.Is(err, dav.ErrGone) {
		f.Verdict, f.Message = Unread, "the destination: "+err.Error()
	}
	p.tell(f)
	return true
}

// holder returns the path of the object at the destination that an account has of a UID, "" where it has none.
func (j *Journal) holder(ctx context.Context, target, account, uid string) (path string, err error) {
	if err := j.settle(ctx); err != nil {
		return "", err
	}
	err = j.query(ctx, func(rows *sql.Rows) error { return rows.Scan(&path) },
		`SELECT o.dest_path FROM objects o JOIN collections c ON c.id = o.collection
		WHERE c.target = ? AND c.account = ? AND o.uid = ? AND o.dest_path <> '' AND NOT o.vanished ORDER BY o.collection, o.path LIMIT 1`, target, account, uid)
	return path, err
}
