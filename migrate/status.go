package migrate

import (
	"context"
	"errors"
	"time"
)

// Status is how far the accounts of a file are, as the journal knows it: for each account the last run of one verb that
// came to it.
type Status struct {
	Holder      *Holder          `json:"holder"`            // the process that has the state folder, nil where none has
	Run         *RunStatus       `json:"run"`               // the last that was no dry run, nil before the first
	DryRun      *RunStatus       `json:"dry_run,omitempty"` // a dry run that began after it; the journal keeps nothing of what that finds
	Accounts    AccountStates    `json:"accounts"`
	Collections CollectionStates `json:"collections"`
	Objects     ObjectStates     `json:"objects"`
	PerAccount  []AccountStatus  `json:"per_account"` // in the order of the accounts file
	Others      int              `json:"others"`      // accounts that the run came to and that are not in the file
	Problems    []Problem        `json:"problems"`    // the first MaxStatusProblems
	MoreTrouble int              `json:"problems_left_out"`
}

// MaxStatusProblems is how many problems a Status lists. The report at the end of a run has all.
const MaxStatusProblems = 1000

// The states of a run.
const (
	RunGoesOn = "running"
	RunEnded  = "ended"
	RunKilled = "killed" // it ended without saying so
)

// RunStatus is one run.
type RunStatus struct {
	Number   int64     `json:"number"`
	Verb     string    `json:"verb"`
	State    string    `json:"state"` // RunGoesOn, RunEnded or RunKilled
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	Exit     *int      `json:"exit,omitempty"` // the exit status, nil without an end
	Done     int       `json:"done"`           // objects that got an outcome in this run
	Last     time.Time `json:"last,omitzero"`  // when the latest of them was fetched or found to be there
	Rate     float64   `json:"objects_per_second"`
}

// The states of an account that is not ok, incomplete or failed.
const (
	AccountRunning     = "running"
	AccountWaiting     = "waiting"     // no run of the verb has come to it
	AccountInterrupted = "interrupted" // the run that came to it was killed
)

// AccountStates are the numbers of accounts by state.
type AccountStates struct {
	Total       int `json:"total"`
	OK          int `json:"ok"`
	Incomplete  int `json:"incomplete"`
	Failed      int `json:"failed"`
	Running     int `json:"running"`
	Interrupted int `json:"interrupted"`
	Waiting     int `json:"waiting"`
	Earlier     int `json:"earlier"` // of all but the waiting: as an earlier run left them
}

func (a *AccountStates) add(s AccountStatus, run int64) {
	a.Total++
	switch s.State {
	case AccountOK:
		a.OK++
	case AccountFailed:
		a.Failed++
	case AccountRunning:
		a.Running++
	case AccountInterrupted:
		a.Interrupted++
	case AccountWaiting:
		a.Waiting++
	default:
		a.Incomplete++
	}
	if s.State != AccountWaiting && s.Run != run {
		a.Earlier++
	}
}

// CollectionStates are the numbers of collections. Of an account under way the journal knows those that its turn has come
// to.
type CollectionStates struct {
	Known  int `json:"known"`
	Done   int `json:"done"` // at their end, the failed among them
	Failed int `json:"failed"`
}

func (c *CollectionStates) add(o CollectionStates) {
	c.Known += o.Known
	c.Done += o.Done
	c.Failed += o.Failed
}

// ObjectStates are the numbers of objects in the collections that are known.
type ObjectStates struct {
	Known    int             `json:"known"` // that the source listed
	Done     int             `json:"done"`  // that have an outcome
	Outcomes map[Outcome]int `json:"outcomes,omitempty"`
}

func (o *ObjectStates) add(p ObjectStates) {
	o.Known += p.Known
	for outcome, n := range p.Outcomes {
		o.count(outcome, n)
	}
}

func (o *ObjectStates) count(outcome Outcome, n int) {
	if o.Outcomes == nil {
		o.Outcomes = map[Outcome]int{}
	}
	o.Outcomes[outcome] += n
	o.Done += n
}

// Unsettled is the number of objects that somebody must look at.
func (o *ObjectStates) Unsettled() int {
	return o.Outcomes[Conflict] + o.Outcomes[Refused] + o.Outcomes[Failed]
}

// AccountStatus is how far one account is.
type AccountStatus struct {
	Account     string           `json:"account"`
	State       string           `json:"state"`            // one of the Account… constants
	Reason      string           `json:"reason,omitempty"` // the first problem, where the account is at its end
	Run         int64            `json:"run,omitempty"`    // the run that this is of
	At          time.Time        `json:"at,omitzero"`      // the begin where the account is under way, else the end
	Collections CollectionStates `json:"collections"`
	Objects     ObjectStates     `json:"objects"`
	Rate        float64          `json:"objects_per_second,omitempty"` // where it is under way
}

// ReadStatus tells how far the named accounts are, from the journal and the lock of a state folder. A run that goes on is
// neither kept out nor waited for, and nothing is written. A journal that cannot be read is a *JournalError.
func ReadStatus(ctx context.Context, dir string, accounts []string) (*Status, error) {
	holder, err := LockHolder(dir)
	if err != nil {
		return nil, err
	}
	var s *Status
	err = viewJournal(ctx, dir, func(ctx context.Context, v *journalView) error {
		reader := newStatusReader(v, holder, time.Now())
		s = reader.status
		return reader.read(ctx, accounts)
	})
	if errors.Is(err, errNoJournal) {
		reader := newStatusReader(nil, holder, time.Now())
		reader.list(accounts)
		return reader.status, nil
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// LastRun returns the latest run in the journal of a state folder that was no dry run, false where there was none.
func LastRun(ctx context.Context, dir string) (run RunRecord, ok bool, err error) {
	err = viewJournal(ctx, dir, func(ctx context.Context, v *journalView) error {
		run, _, err = v.runs(ctx)
		return err
	})
	if errors.Is(err, errNoJournal) {
		return RunRecord{}, false, nil
	}
	return run, run.ID != 0, err
}
