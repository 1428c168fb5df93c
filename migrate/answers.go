package migrate

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// A server that takes an attendee's copy of a meeting for his answer (dav.Scheduler.AnswersCopies) has to have it before
// the organizer's. The rounds see to that within a run. What they cannot order is not written.

// outOfOrder says why a copy of a meeting is not written now, and whether that is final; "" where it is its turn. An error
// ends the run.
func (m *move) outOfOrder(ctx context.Context, r *result) (o Outcome, reason string, err error) {
	if reason, err = m.wouldAnswer(ctx, r.UID, r.answered); reason != "" || err != nil {
		return Refused, reason, err
	}
	return Failed, m.waitsInVain(r.UID), nil
}

// isItsTurn tells whether an object may be written now. One that may not is settled.
func (m *move) isItsTurn(ctx context.Context, r *result) bool {
	o, reason, err := m.outOfOrder(ctx, r)
	if err != nil {
		m.stop(err)
		return false
	}
	if reason == "" {
		return true
	}
	r.Outcome, r.Condition, r.Reason = string(o), autoSchedule, reason
	m.settle(r)
	return false
}

// waitsInVain says why an organizer's copy is not written: one that had to be there before could not be. It is "" where
// none is missing.
func (m *move) waitsInVain(uid string) string {
	if m.job.round < lastRound || !m.job.people.isExpected(uid) {
		return ""
	}
	return fmt.Sprintf("not written yet: an attendee's copy has to be there first, or %s would take it for an answer, and it could not be written; "+
		"the same command tries both again", theServer(m.scheduling()))
}

// wouldAnswer says why an attendee's copy is not written: its organizer's has been at the destination since an earlier run,
// and the server would tell him. It is "" where it is not.
func (m *move) wouldAnswer(ctx context.Context, uid string, people []string) (string, error) {
	for _, person := range people {
		has, err := m.organizerHas(ctx, uid, person)
		if err != nil {
			return "", err
		}
		if has {
			return fmt.Sprintf("not sent: %s would take this copy for an answer to %s, whose own is there already, and no client can keep it quiet; %s",
				theServer(m.scheduling()), person, waysOut(m.scheduling())), nil
		}
	}
	return "", nil
}

// organizerHas tells whether an organizer has his copy of a meeting at the destination since an earlier run. Where he is
// none of the accounts of this run it is also true where he has an account there and the copy of any other account that
// this run leaves alone may be his.
func (m *move) organizerHas(ctx context.Context, uid, person string) (bool, error) {
	if organizer, ok := m.job.people.who(person); ok {
		has, err := m.job.Journal.HasUID(ctx, organizer.target, organizer.account, uid)
		if err != nil {
			return false, &runError{err}
		}
		return has, nil
	}
	if !m.isLocal(ctx, person) {
		return false, nil
	}
	holders, err := m.job.Journal.AccountsWithUID(ctx, uid)
	if err != nil {
		return false, &runError{err}
	}
	return slices.ContainsFunc(holders, func(name string) bool {
		return !slices.ContainsFunc(m.job.Accounts, func(a Account) bool { return a.Name == name })
	}), nil
}

// isLocal tells whether somebody has an account at the destination. A server that does not say counts as one that says so.
func (m *move) isLocal(ctx context.Context, person string) bool {
	if local, known := m.job.people.isLocal(person); known {
		return local
	}
	local, err := m.toDAV.HasCalendarUser(ctx, person)
	if err != nil {
		m.log.Warn("not known whether an organizer has an account at the destination", "error", err.Error())
		return true
	}
	m.job.people.keepLocal(person, local)
	return local
}

// acquaintances are the accounts of a run by the addresses under which they organize, where it matters who is there.
type acquaintances struct {
	mu        sync.Mutex
	byAddress map[string]known
	local     map[string]bool // whether somebody else has an account at the destination
	late      map[string]int  // how many copies have to be there before the organizer's, by the UID
}

// known is an account as the journal knows it.
type known struct{ target, account string }

// meet takes in an account whose destination is open.
func (a *acquaintances) meet(t *transfer) {
	if !t.scheduling().AnswersCopies {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byAddress == nil {
		a.byAddress = map[string]known{}
	}
	for _, address := range t.addresses() {
		a.byAddress[address] = known{t.target, t.account.Name}
	}
}

func (a *acquaintances) isLocal(address string) (local, known bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	local, known = a.local[address]
	return local, known
}

func (a *acquaintances) keepLocal(address string, local bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.local == nil {
		a.local = map[string]bool{}
	}
	a.local[address] = local
}

// expect takes down that a copy has to be there before its organizer's, and come that it is, or never will be.
func (a *acquaintances) expect(uid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.late == nil {
		a.late = map[string]int{}
	}
	a.late[uid]++
}

func (a *acquaintances) come(uid string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.late[uid]--
}

func (a *acquaintances) isExpected(uid string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.late[uid] > 0
}

// who returns the account with an address.
func (a *acquaintances) who(address string) (known, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k, ok := a.byAddress[address]
	return k, ok
}
