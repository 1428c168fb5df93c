package migrate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/mapping"
	"davferry/sink"
)

// move is the moving of one collection's objects.
type move struct {
	*transfer
	collection dav.Collection // at the source
	place      *place
	inventory  *inventory
	state      dav.State         // of the source's collection, at the latest listing or before
	destState  dav.State         // of the destination's collection, at its latest listing or before
	journal    map[string]Record // by the path at the source

	stop    context.CancelCauseFunc // ends the collection, with the reason
	workers errgroup.Group
	files   []string // names in an archive, in the order of the inventory

	given       map[string]bool   // names at a server, in lower case, that objects of this run have
	byUID       map[string]Record // what earlier runs wrote
	rules       mapping.Rules
	rulesKey    string
	groups      *groups         // of an address book whose groups become categories, else nil
	wrote       map[string]bool // names of what earlier runs wrote, nil until somebody asks
	owners      uidOwners       // nil where nothing is done about UIDs that several objects have
	foreign     map[string]dav.Member
	pending     []task // to be compared with what is at the destination
	pendingSize int
	outbox      *outbox // of the fetch that is under way

	mu         sync.Mutex
	written    int
	ailing     []ailing // to be tried again at the end
	ailingSize int      // octets of these
	suspects   []ailing // that were tried again
	held       []task   // that are stored at the end
	heldBack   int      // how many were

	again     int // objects that are created because they were deleted at the destination
	parts     splitting
	unsettled bool // the next run has to look at the collection, even where nothing changes

	read  bool         // something was read from the source
	later []dav.Member // that wait for a later round
}

// task is one object on its way.
type task struct {
	object dav.Object
	result result
	there  dav.Member // what the destination has under that name, or with that UID
	looked bool       // a Put met something there, and it was looked at
	ours   bool       // what is there is what an earlier run wrote
	met    *dav.Error // what that Put was answered, nil where its answer was lost

	intention *intention // by which the journal knows that it is put, nil before and where it needs not

	slots      []slot           // of an object with several UIDs, in the order of its parts
	refusal    error            // the answer to the object as it is, where that was refused
	changes    []mapping.Change // made since
	methodless bool             // METHOD is taken out, if there was one
	renamed    bool             // it has a UID of its own
	split      bool             // it is stored part by part
	again      bool             // an answer that may be about the server was followed by another try

	writtenBefore int // objects that were stored before that answer

	makesRoom []byte // the version at the destination that has to be deleted before, nil for none
}

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

func (t *transfer) newMove(ctx context.Context, c dav.Collection, p *place, members []dav.Member) (*move, error) {
	journal, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, c.Path)
	if err != nil {
		return nil, &runError{err}
	}
	m := &move{transfer: t, collection: c, place: p, inventory: newInventory(members), journal: journal,
		state: c.State(), destState: p.collection.State()}
	if t.job.To != nil {
		m.files = fileNames(c.Kind, members)
	}
	m.remember()
	m.keepUIDs()
	m.workers.SetLimit(max(1, t.job.Connections))
	return m, nil
}

// keepBegin writes into the journal that the collection is under way, and how many objects its source lists.
func (m *move) keepBegin() error {
	if m.job.DryRun {
		return nil
	}
	return m.keepCollection(context.Background(), m.collection, m.place, CollectionRecord{Listed: int64(len(m.inventory.members))})
}

// remember takes out of the journal what earlier runs wrote, by UID.
func (m *move) remember() {
	m.given, m.byUID = map[string]bool{}, map[string]Record{}
	for _, rec := range m.journal {
		if rec.DestPath == "" || rec.UID == "" {
			continue
		}
		there, ok := m.place.members[dav.LastSegment(rec.DestPath)]
		if before, twice := m.byUID[rec.UID]; ok && (!twice || rec.knowsBetter(before, there)) {
			m.byUID[rec.UID] = rec
		}
	}
}

// knowsBetter tells which of two records of one UID counts: the one of the version that is at the destination, else that of
// the first path, in every run the same.
func (r Record) knowsBetter(other Record, there dav.Member) bool {
	if mine, its := r.wrote(there), other.DestPath == r.DestPath && other.wrote(there); mine != its {
		return mine
	}
	return r.Path < other.Path
}

// run moves the objects, but for those that wait for a later round. An error ends the account.
func (m *move) run(ctx context.Context) error {
	return m.attempt(ctx, func(ctx context.Context) error {
		if err := m.prepare(ctx); err != nil {
			return err
		}
		wanted := m.plan(m.inventory.members)
		m.read = len(wanted) > 0
		return m.fetch(ctx, wanted)
	})
}

// attempt does a part of the moving, and ends the collection unless something of it waits for a later round.
func (m *move) attempt(outer context.Context, part func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(outer)
	m.stop = stop
	defer stop(nil)
	err := part(ctx)
	if err == nil && len(m.later) > 0 {
		m.suspended = append(m.suspended, m)
		return nil
	}
	if err == nil && m.read { // where nothing was read, no time has gone by
		err = m.catchUp(ctx)
	}
	if err == nil {
		err = m.confirm(ctx)
	}
	if err != nil && outer.Err() != nil {
		err = context.Cause(outer) // whatever was under way then
	}
	var left map[string][]dav.Member
	if err == nil {
		left = m.leaveToParts()
	}
	if finishErr := m.finish(outer, err); finishErr != nil {
		return finishErr
	}
	if err != nil && endsAccount(outer, err) {
		return err
	}
	return m.moveParts(outer, left)
}

// prepare finds the rules for the collection.
func (m *move) prepare(ctx context.Context) (err error) {
	m.rules, m.groups, err = m.rulesOf(ctx, m.collection, m.inventory.members)
	m.rules = append(slices.Clip(m.rules), m.peopleRules(m.collection.Kind)...)
	m.rulesKey = m.rules.Key()
	if err == nil {
		err = m.recallParts(ctx)
	}
	return err
}

// plan settles what is at the destination since an earlier run and unchanged at both ends, which takes no request, and
// returns the members to fetch.
func (m *move) plan(members []dav.Member) []dav.Member {
	if m.report.Forecast != nil {
		return members // what they are is to be told
	}
	if len(m.journal) == 0 {
		return members
	}
	var wanted []dav.Member
	for _, member := range members {
		rec, ok := m.journal[member.Path]
		if !ok || !m.isThere(rec, member) {
			wanted = append(wanted, member)
			continue
		}
		rec.Outcome, rec.Reason, rec.Vanished = string(Unchanged), "", false
		if m.job.To != nil {
			rec.Outcome = string(Created) // in this archive, by an earlier try
		}
		r := &result{Record: rec, name: dav.LastSegment(rec.DestPath), carried: rec.SHA256, before: rec.Mapped}
		for _, name := range rec.destNames() {
			m.give(name)
		}
		m.settle(r)
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
	if rec.Size >= 0 && member.Size >= 0 && rec.Size != member.Size {
		return false // SOGo's ETags count versions: an object that was deleted and made anew has the one of the old
	}
	if rec.Mapped.key() != m.rulesKey {
		return false
	}
	have, ok := m.place.members[dav.LastSegment(rec.DestPath)]
	return ok && rec.ETag != "" && rec.ETag == member.ETag && rec.wrote(have) && m.hasPieces(rec)
}

// hasPieces tells whether the destination has what else it had of an object that was split.
func (m *move) hasPieces(rec Record) bool {
	return !slices.ContainsFunc(rec.Pieces, func(p Piece) bool {
		have, ok := m.place.members[dav.LastSegment(p.DestPath)]
		return !ok || !p.record(rec).wrote(have)
	})
}

// wrote tells whether what the destination has is the version that the record is about. Where ETags count versions
// (SOGo), an object that was deleted and made anew has the ETag of the old one: mostly not its size.
func (r Record) wrote(have dav.Member) bool {
	return r.DestETag != "" && r.DestETag == have.ETag && (r.DestSize <= 0 || have.Size < 0 || r.DestSize == have.Size)
}

// fetch reads objects from the source and hands them on. The error is the collection's.
func (m *move) fetch(ctx context.Context, wanted []dav.Member) error {
	defer m.workers.Wait()
	m.outbox = m.openOutbox(ctx)
	defer m.outbox.close()
	var failure error
	for o, err := range m.from.Objects(ctx, wholeOf(m.collection), wanted) {
		switch {
		case o.Path == "":
			failure = fmt.Errorf("the source: %w", err)
		case err != nil:
			m.settleUnread(o.Path, err)
		default:
			failure = m.takeGuarded(ctx, o)
		}
		if failure != nil {
			break
		}
	}
	if failure == nil {
		m.compareLater(ctx, true)
	}
	m.outbox.flush()
	m.workers.Wait()
	m.conclude(ctx, failure)
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return failure
}

// takeGuarded is take; a panic is davferry's own error, and this object's alone.
func (m *move) takeGuarded(ctx context.Context, o dav.Object) error {
	defer func() {
		if p := recover(); p != nil {
			m.log.Error("panic", "path", o.Path, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			m.settleBroken([]task{{object: o, result: *m.newResult(o.Path)}}, fmt.Sprintf("davferry's own error: %v", p))
		}
	}()
	return m.take(ctx, o)
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

// work does something with objects in one of the collection's workers. A panic is davferry's own error, and these
// objects' alone.
func (m *move) work(ctx context.Context, do func(context.Context, ...task), tasks ...task) {
	m.workers.Go(func() error {
		defer func() {
			if p := recover(); p != nil {
				m.log.Error("panic", "path", tasks[0].object.Path, "value", fmt.Sprint(p), "stack", string(debug.Stack()))
				m.settleBroken(tasks, fmt.Sprintf("davferry's own error: %v", p))
			}
		}()
		do(ctx, tasks...)
		return nil
	})
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

// sum returns the checksum by which the journal knows an object's bytes.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
