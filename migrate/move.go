package migrate

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/mapping"
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
