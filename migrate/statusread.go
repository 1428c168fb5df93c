package migrate

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// statusReader puts a Status together from a journal.
type statusReader struct {
	view        *journalView
	now         time.Time
	status      *Status
	run         RunRecord
	accounts    map[string]*AccountStatus
	targets     map[string]string // of the accounts, by name
	collections []*collectionStatus
	byID        map[int64]*collectionStatus
}

// collectionStatus is how far a collection is that an account's last run came to.
type collectionStatus struct {
	id      int64
	account *AccountStatus
	path    string
	record  CollectionRecord
	counts  ObjectStates
}

func newStatusReader(v *journalView, holder *Holder, now time.Time) *statusReader {
	return &statusReader{view: v, now: now, status: &Status{Holder: holder, Problems: []Problem{}}, accounts: map[string]*AccountStatus{},
		targets: map[string]string{}, byID: map[int64]*collectionStatus{}}
}

// read fills in the status.
func (r *statusReader) read(ctx context.Context, names []string) error {
	run, dry, err := r.view.runs(ctx)
	if err != nil {
		return err
	}
	if dry.ID != 0 {
		r.status.DryRun = r.runStatus(dry)
	}
	if r.run = run; run.ID != 0 {
		r.status.Run = r.runStatus(run)
		for _, read := range []func(context.Context) error{r.readAccounts, r.readCollections, r.readObjects} {
			if err := read(ctx); err != nil {
				return err
			}
		}
	}
	r.list(names)
	return r.readProblems(ctx)
}

// runStatus tells what is known of a run without its objects. A run without an end goes on where the state folder is in
// the hands of a process that had it when the run began.
func (r *statusReader) runStatus(run RunRecord) *RunStatus {
	s := &RunStatus{Number: run.ID, Verb: strings.TrimSuffix(run.Verb, drySuffix), State: RunEnded, Started: run.Started, Finished: run.Finished, Exit: &run.Exit}
	if run.Finished.IsZero() {
		s.State, s.Exit = RunKilled, nil
		if h := r.status.Holder; h != nil && !run.Started.Before(h.Since) {
			s.State = RunGoesOn
		}
	}
	return s
}

// readAccounts finds for each account the last run of the verb that came to it. What was rolled back since is to be done
// again.
func (r *statusReader) readAccounts(ctx context.Context) error {
	return r.view.query(ctx, func(rows *sql.Rows) error {
		var target, verb string
		var at int64
		a := &AccountStatus{}
		err := rows.Scan(&target, &a.Account, &a.State, &a.Reason, &a.Run, &at, &verb)
		if r.accounts[a.Account] != nil {
			return err
		}
		a.At = time.Unix(0, at)
		switch {
		case verb != r.run.Verb:
			a = &AccountStatus{Account: a.Account, State: AccountWaiting}
		case a.State == AccountRunning && (a.Run != r.run.ID || r.status.Run.State != RunGoesOn):
			a.State = AccountInterrupted
		}
		r.accounts[a.Account], r.targets[a.Account] = a, target
		return err
	}, `SELECT target, account, state, reason, run, at, verb FROM accounts JOIN runs ON id = run
		WHERE verb = ?1 OR verb = ?2 AND ?1 <> ?3 ORDER BY account, run DESC, at DESC`, r.run.Verb, Rollback, Export)
}

// readCollections finds the collections that those runs came to.
func (r *statusReader) readCollections(ctx context.Context) error {
	return r.view.query(ctx, func(rows *sql.Rows) error {
		var target, account string
		var run int64
		c := &collectionStatus{}
		err := rows.Scan(&c.id, &target, &account, &c.path, &c.record.Listed, &c.record.Outcome, &c.record.Reason, &run)
		c.account = r.accounts[account]
		if c.account == nil || c.account.Run != run || r.targets[account] != target {
			return err
		}
		c.counts.Known = int(c.record.Listed)
		c.account.Collections.add(c.states())
		r.collections, r.byID[c.id] = append(r.collections, c), c
		return err
	}, `SELECT id, target, account, path, listed, outcome, reason, run FROM collections ORDER BY target, account, path`)
}

func (c *collectionStatus) states() CollectionStates {
	s := CollectionStates{Known: 1}
	if c.record.Outcome != "" {
		s.Done = 1
	}
	if c.record.Outcome == CollectionFailed {
		s.Failed = 1
	}
	return s
}

// readObjects counts the objects' outcomes. In a collection at its end every object has one that stands, also where a run
// before gave it; else those of its run count.
func (r *statusReader) readObjects(ctx context.Context) error {
	err := r.view.query(ctx, func(rows *sql.Rows) error {
		var id, run, at int64
		var outcome string
		if err := rows.Scan(&id, &outcome, &run, &at); err != nil {
			return err
		}
		c := r.byID[id]
		if c == nil || run != c.account.Run && c.record.Outcome != CollectionSettled && c.record.Outcome != CollectionIncomplete {
			return nil
		}
		c.counts.count(Outcome(outcome), 1)
		if s := r.status.Run; run == s.Number {
			s.Done++
			// What is unchanged keeps the time of its fetch in an earlier run.
			if fetched := time.Unix(0, at); fetched.After(s.Last) && fetched.After(s.Started) {
				s.Last = fetched
			}
		}
		return nil
	}, `SELECT collection, outcome, run, at FROM objects WHERE NOT `+r.view.vanished()+` ORDER BY collection`)
	for _, c := range r.collections {
		c.account.Objects.add(c.counts)
	}
	return err
}

// list puts the accounts of the file into the status, and adds up.
func (r *statusReader) list(names []string) {
	s := r.status
	s.PerAccount = make([]AccountStatus, 0, len(names))
	listed := 0
	for _, name := range names {
		a := AccountStatus{Account: name, State: AccountWaiting}
		if known := r.accounts[name]; known != nil {
			a, listed = *known, listed+1
		}
		if a.State == AccountRunning {
			a.Rate = rate(a.Objects.Done, r.now.Sub(a.At))
		}
		s.Accounts.add(a, r.run.ID)
		s.Collections.add(a.Collections)
		s.Objects.add(a.Objects)
		s.PerAccount = append(s.PerAccount, a)
	}
	s.Others = len(r.accounts) - listed
	if s.Run != nil {
		s.Run.Rate = rate(s.Run.Done, r.end().Sub(s.Run.Started))
	}
}

// end is until when the run took, as far as anybody knows.
func (r *statusReader) end() time.Time {
	switch r.status.Run.State {
	case RunGoesOn:
		return r.now
	case RunKilled:
		return r.status.Run.Last
	}
	return r.status.Run.Finished
}

// rate returns objects a second, 0 where the time is too short to tell.
func rate(objects int, in time.Duration) float64 {
	if in < time.Millisecond {
		return 0
	}
	return float64(objects) / in.Seconds()
}

// readProblems lists what needs a look, of the accounts in the file: accounts that failed, collections, objects.
func (r *statusReader) readProblems(ctx context.Context) error {
	listed := map[string]bool{}
	for _, a := range r.status.PerAccount {
		listed[a.Account] = true
		if a.State == AccountFailed || a.Reason != "" && a.Objects.Unsettled() == 0 && a.Collections.Failed == 0 {
			r.problem(Problem{Account: a.Account, Outcome: Failed, Message: a.Reason})
		}
	}
	for _, c := range r.collections {
		if !listed[c.account.Account] {
			continue
		}
		if c.record.Outcome == CollectionFailed {
			r.problem(Problem{Account: c.account.Account, Collection: c.path, Outcome: Failed, Message: c.record.Reason})
		}
		if err := r.readObjectProblems(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *statusReader) problem(p Problem) {
	if len(r.status.Problems) < MaxStatusProblems {
		r.status.Problems = append(r.status.Problems, p)
		return
	}
	r.status.MoreTrouble++
}

func (r *statusReader) readObjectProblems(ctx context.Context, c *collectionStatus) error {
	trouble := c.counts.Unsettled()
	room := MaxStatusProblems - len(r.status.Problems)
	if trouble == 0 {
		return nil
	}
	r.status.MoreTrouble += max(0, trouble-room)
	return r.view.query(ctx, func(rows *sql.Rows) error {
		p := Problem{Account: c.account.Account, Collection: c.path}
		err := rows.Scan(&p.Path, &p.UID, &p.Outcome, &p.Status, &p.Condition, &p.Message)
		r.status.Problems = append(r.status.Problems, p)
		return err
	}, `SELECT path, uid, outcome, status, condition, reason FROM objects
		WHERE collection = ? AND run = ? AND outcome IN (?, ?, ?) AND NOT `+r.view.vanished()+` ORDER BY path LIMIT ?`,
		c.id, c.account.Run, Conflict, Refused, Failed, room)
}

// runs returns the last run that was no dry run, and a dry run that began after it; zero where there is none.
func (v *journalView) runs(ctx context.Context) (run, dry RunRecord, err error) {
	if run, err = v.lastRun(ctx, `NOT LIKE`); err != nil {
		return run, dry, err
	}
	if dry, err = v.lastRun(ctx, `LIKE`); dry.ID < run.ID {
		dry = RunRecord{}
	}
	return run, dry, err
}

func (v *journalView) lastRun(ctx context.Context, like string) (RunRecord, error) {
	var r RunRecord
	var started int64
	var finished sql.NullInt64
	err := v.conn.QueryRowContext(ctx, `SELECT id, verb, started, finished, ifnull(exit, -1) FROM runs
		WHERE verb `+like+` ? ORDER BY id DESC LIMIT 1`, "%"+drySuffix).Scan(&r.ID, &r.Verb, &started, &finished, &r.Exit)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return RunRecord{}, nil
	case err != nil:
		return RunRecord{}, openError(ctx, v.path, err)
	}
	r.Started = time.Unix(0, started)
	if finished.Valid {
		r.Finished = time.Unix(0, finished.Int64)
	}
	return r, nil
}

// vanished is the column of objects that says that the source has them no more. The first schema has none.
func (v *journalView) vanished() string {
	if v.version < 2 {
		return "0"
	}
	return "vanished"
}

// query hands each row of an answer to scan.
func (v *journalView) query(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	if err := eachRow(ctx, v.conn, scan, text, args...); err != nil {
		return openError(ctx, v.path, err)
	}
	return nil
}
