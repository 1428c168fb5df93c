package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/sink"
)

// move is the moving of one collection's objects.
type move struct {
	*transfer
	from    dav.Collection
	place   *place
	members []dav.Member
	journal map[string]Record // by the path at the source

	stop    context.CancelCauseFunc // ends the collection, with the reason
	workers errgroup.Group
	names   map[string]bool   // in lower case, given to objects in this run
	files   map[string]string // names in an archive, by the path at the source
	pending []job             // to be compared with what is at the destination
	foreign map[string]dav.Member

	mu      sync.Mutex
	results map[string]*result // by the path at the source
	written int
}

// job is one object on its way.
type job struct {
	object dav.Object
	result result
	there  dav.Member // what the destination has under that name, or with that UID
}

// result is what became of one object.
type result struct {
	Record
	name    string
	fetched time.Time
	size    int64 // octets as fetched
}

func (t *transfer) newMove(ctx context.Context, c dav.Collection, p *place, members []dav.Member) (*move, error) {
	journal, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, c.Path)
	if err != nil {
		return nil, &runError{err}
	}
	m := &move{transfer: t, from: c, place: p, members: members, journal: journal,
		names: map[string]bool{}, results: make(map[string]*result, len(members))}
	if t.job.To != nil {
		m.files = fileNames(c.Kind, members)
	}
	m.workers.SetLimit(max(1, t.job.Connections))
	return m, nil
}

// run moves the objects. An error ends the account.
func (m *move) run(ctx context.Context) error {
	outer := ctx
	ctx, m.stop = context.WithCancelCause(ctx)
	defer m.stop(nil)
	err := m.fetch(ctx, m.plan())
	if err == nil {
		err = m.confirm(ctx)
	}
	if finishErr := m.finish(outer, err); finishErr != nil {
		return finishErr
	}
	if err != nil && endsAccount(outer, err) {
		return err
	}
	return nil
}

// plan settles what is at the destination since an earlier run and unchanged at both ends, which takes no request, and
// returns the members to fetch.
func (m *move) plan() []dav.Member {
	var wanted []dav.Member
	for _, member := range m.members {
		rec, ok := m.journal[member.Path]
		if !ok || !m.isThere(rec, member) {
			wanted = append(wanted, member)
			continue
		}
		name := dav.LastSegment(rec.DestPath)
		m.names[strings.ToLower(name)] = true
		rec.Outcome = string(Unchanged)
		if m.job.To != nil {
			rec.Outcome = string(Created) // in this archive, by an earlier try
		}
		m.settle(&result{Record: rec, name: name, fetched: rec.At, size: rec.Size})
	}
	return wanted
}

// isThere tells whether the journal, the source's listing and the destination's listing agree about an object. A
// selection may have changed since; that counts in an archive, which holds what is selected now.
func (m *move) isThere(rec Record, member dav.Member) bool {
	if m.job.To != nil && m.job.Selection.looksInside() {
		return false
	}
	switch Outcome(rec.Outcome) {
	case Created, Updated, Unchanged:
	default:
		return false
	}
	have, ok := m.place.members[dav.LastSegment(rec.DestPath)]
	return ok && rec.ETag != "" && rec.ETag == member.ETag && rec.DestETag != "" && rec.DestETag == have.ETag
}

// fetch reads objects from the source and hands them on. The error is the collection's.
func (m *move) fetch(ctx context.Context, wanted []dav.Member) error {
	defer m.workers.Wait()
	var failure error
	for o, err := range m.transfer.from.Objects(ctx, m.from, wanted) {
		switch {
		case o.Path == "":
			failure = fmt.Errorf("the source: %w", err)
		case err != nil:
			m.settleUnread(o.Path, err)
		default:
			m.job.Progress.bytes.Add(int64(len(o.Data)))
			failure = m.take(ctx, o)
		}
		if failure != nil {
			break
		}
	}
	if failure == nil {
		m.compareLater(ctx, true)
	}
	m.workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return failure
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
	return &result{Record: Record{Path: path, ETag: rec.ETag, SHA256: rec.SHA256, UID: rec.UID, Size: rec.Size,
		DestPath: rec.DestPath, DestETag: rec.DestETag, Created: rec.Created}}
}

// work does something with objects in one of the collection's workers. A panic is davferry's own error, and these
// objects' alone.
func (m *move) work(ctx context.Context, do func(context.Context, ...job), jobs ...job) {
	m.workers.Go(func() error {
		defer func() {
			if p := recover(); p != nil {
				m.log.Error("panic", "path", jobs[0].object.Path, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
				m.settleBroken(jobs, fmt.Sprintf("davferry's own error: %v", p))
			}
		}()
		do(ctx, jobs...)
		return nil
	})
}

// settleBroken gives an outcome to those of the objects that have none.
func (m *move) settleBroken(jobs []job, reason string) {
	for _, j := range jobs {
		m.mu.Lock()
		_, settled := m.results[j.object.Path]
		m.mu.Unlock()
		if !settled {
			j.result.Outcome, j.result.Reason = string(Failed), reason
			m.settle(&j.result)
		}
	}
}

// settle gives an object its outcome, and keeps it.
func (m *move) settle(r *result) {
	m.mu.Lock()
	_, twice := m.results[r.Path]
	m.results[r.Path] = r
	m.mu.Unlock()
	if !twice {
		m.job.Progress.done.Add(1)
	}
	m.keep(r)
}

// keep writes a result into the journal. A journal that cannot be written ends the run.
func (m *move) keep(r *result) {
	if m.job.DryRun {
		return
	}
	err := m.job.Journal.Record(context.Background(), m.target, m.account.Name, m.from.Path, r.Record)
	if err != nil {
		m.stop(&runError{err})
	}
}

// put stores an object at the destination under the name in its result.
func (m *move) put(ctx context.Context, j job) {
	outcome := Created
	if j.there.Path != "" && m.job.To == nil {
		outcome = Updated // an archive is made anew; what is there is from a run that was not finished
	}
	if m.job.DryRun {
		j.result.Outcome = string(outcome)
		m.settle(&j.result)
		return
	}
	path, etag, err := m.to.Put(ctx, m.place.collection, j.result.name, j.object.Data, j.there.ETag)
	if err = m.sinkError(ctx, err); err != nil {
		m.notPut(ctx, j, err)
		return
	}
	m.silence.broken()
	j.result.DestPath, j.result.DestETag, j.result.Outcome = path, etag, string(outcome)
	j.result.Created = j.result.Created || outcome == Created
	m.mu.Lock()
	m.written++
	m.report.Bytes.Written += int64(len(j.object.Data))
	m.mu.Unlock()
	m.settle(&j.result)
}

// notPut takes down why an object could not be stored, or looks where something else was in its place.
func (m *move) notPut(ctx context.Context, j job, err error) {
	if ctx.Err() != nil {
		return // the collection ends; finish says so for all that have no outcome
	}
	if endsAccount(ctx, err) {
		m.stop(err)
		return
	}
	if errors.Is(err, sink.ErrExists) && j.there.Path == "" {
		j.there = dav.Member{Path: dav.PathIn(m.place.collection, j.result.name), Size: -1}
		m.compare(ctx, Created, j)
		return
	}
	if err := m.silence.grows(err); err != nil {
		m.stop(err)
		return
	}
	j.result.Outcome = string(outcomeOf(err))
	j.result.Reason = err.Error()
	j.result.Status, j.result.Condition = answerOf(err)
	m.settle(&j.result)
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
	}
	return Failed
}

// sum returns the checksum by which the journal knows an object's bytes.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
