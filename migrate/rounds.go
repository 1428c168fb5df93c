package migrate

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/mapping"
)

// A run goes through its accounts in up to three rounds, where a destination wants the copies of a meeting in an order.
// Everything else is written in the first. An account whose objects have to wait stays open, and goes on when all the
// others have come as far.
//
// With InvitationsAllow the organizer's copy comes first: SOGo 5.8.0 refuses an attendee's with 412 where the organizer
// has none. Where nobody is to be told, and the server takes an attendee's copy for his answer once the organizer's is
// there (DAViCal 1.1.12), it comes last.
const (
	firstRound = iota + 1
	secondRound
	lastRound
)

func isWaiting(t *transfer) bool { return t != nil }

// workRound works on the accounts of a round, which pick gives by their index, nil for one that is done. Those that have
// more to do are put into waiting, nil in the place of the others.
func (j *Job) workRound(ctx context.Context, end context.CancelCauseFunc, pick func(i int) *transfer, waiting []*transfer) {
	workers := newWorkers(j.Workers, ctx.Done())
	var g errgroup.Group
	for i := range j.Accounts {
		t := pick(i)
		if waiting[i] = nil; t == nil {
			continue
		}
		t.turn = workers.begin(i)
		g.Go(func() error {
			defer t.turn.end()
			if err := j.account(ctx, t); err != nil {
				end(err)
			}
			if t.isSuspended() {
				waiting[i] = t
			} else {
				j.Progress.finished.Add(1)
			}
			return nil
		})
	}
	g.Wait()
}

// isOrdered tells whether the collection's destination wants meetings in an order.
func (m *move) isOrdered() bool {
	if m.collection.Kind != dav.Calendar || m.job.DryRun {
		return false
	}
	s := m.scheduling()
	return s.AnswersCopies || s.Silencing != dav.NotNeeded && m.job.Invitations == InvitationsAllow
}

// roundOf returns in which round an object is to be written, and for a copy that its server may take for an answer, who
// would get that: the organizers.
func (m *move) roundOf(o dav.Object, info mapping.Info) (round int, answered []string) {
	if !info.Organizer || !info.Attendee || !m.isOrdered() {
		return firstRound, nil
	}
	people := mapping.PeopleOf(m.rules.Apply(m.subject(m.collection, o.Path), o.Data).Data)
	own := m.addresses()
	isOwn := func(person string) bool { return slices.Contains(own, person) }
	organizes := slices.ContainsFunc(people.Organizers, isOwn)
	switch {
	case m.job.Invitations == InvitationsAllow && organizes:
		return firstRound, nil
	case m.job.Invitations == InvitationsAllow:
		return secondRound, nil
	case organizes:
		return lastRound, nil
	case slices.ContainsFunc(people.Attendees, isOwn):
		return secondRound, people.Organizers
	}
	return firstRound, nil
}

// hold keeps an object for a later round. answered are those whose own copies have to wait for it.
func (m *move) hold(r *result, answered []string) {
	if i, listed := m.inventory.index(r.Path); listed {
		m.later = append(m.later, m.inventory.members[i])
	}
	if len(answered) > 0 {
		m.job.people.expect(r.UID)
	}
}

// isSuspended tells whether objects of the account wait for a later round.
func (t *transfer) isSuspended() bool { return len(t.suspended) > 0 }

// resume goes on with the collections that have objects for this round. An error ends the account.
func (t *transfer) resume(ctx context.Context) error {
	moves := t.suspended
	t.suspended = nil
	for i, m := range moves {
		if err := m.resume(ctx); err != nil {
			t.suspended = append(t.suspended, moves[i+1:]...)
			return err
		}
	}
	return t.complete(ctx)
}

// abandon ends the collections that wait for a round that does not come.
func (t *transfer) abandon(ctx context.Context, reason error) error {
	var first error
	for _, m := range t.suspended {
		if err := m.finish(ctx, reason); err != nil && first == nil {
			first = err
		}
	}
	t.suspended = nil
	return first
}

// resume moves the objects that wait for this round; those for a later one wait on.
func (m *move) resume(ctx context.Context) error {
	return m.attempt(ctx, func(ctx context.Context) error {
		wanted := m.later
		m.later = nil
		return m.fetch(ctx, wanted)
	})
}
