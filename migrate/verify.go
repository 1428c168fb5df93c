package migrate

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
)

// Verify reads both sides of every account again and compares them object by object, in meaning. found is told of each
// object, one at a time. sample is how much of the source is compared, in percent: which objects these are depends on their
// paths alone, and what is only at the destination is not looked for unless it is 100. Journal may be nil: it knows under
// which name an object went to the destination, which is found by its UID otherwise. Nothing is written.
//
// An error means that the run could not go on; the Verification then says how far it came.
func (j *Job) Verify(ctx context.Context, sample float64, found func(Finding)) (*Verification, error) {
	started := time.Now()
	if j.Journal != nil {
		if err := j.recognize(ctx); err != nil {
			return nil, err
		}
	}
	j.Progress.accounts.Store(int64(len(j.Accounts)))
	accounts := make([]*AccountComparison, len(j.Accounts))
	var g errgroup.Group
	var telling sync.Mutex
	g.SetLimit(max(1, j.Workers))
	for i, account := range j.Accounts {
		accounts[i] = &AccountComparison{Account: account.Name}
		v := &verification{sample: sample, result: accounts[i], found: func(f Finding) {
			telling.Lock()
			defer telling.Unlock()
			found(f)
		}}
		v.transfer = &transfer{job: j, account: account, report: &AccountReport{}, target: j.target(account), log: j.Log.With("account", account.Name)}
		g.Go(func() error {
			v.account(ctx)
			j.Progress.finished.Add(1)
			return nil
		})
	}
	g.Wait()
	result, err := newVerification(started, accounts)
	if err != nil {
		return nil, err
	}
	if sample < 100 {
		result.Sample = sample
	}
	if err := context.Cause(ctx); err != nil {
		result.Interrupted = true
		return result, err
	}
	return result, nil
}

// verification is the comparing of one account.
type verification struct {
	*transfer
	sample float64
	found  func(Finding)
	result *AccountComparison
}

// account compares one account; what goes wrong is in the result.
func (v *verification) account(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			v.log.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			v.fail("", fmt.Errorf("davferry's own error: %v", p))
		}
		v.settle()
	}()
	if ctx.Err() != nil {
		v.fail("", fmt.Errorf("not begun: %w", context.Cause(ctx)))
		return
	}
	collections, err := v.openBoth(ctx)
	if err != nil {
		v.result.State = AccountFailed
		v.fail("", err)
		return
	}
	for _, c := range collections {
		v.result.collections.Total++
		reason := c.Skip
		if reason == "" {
			reason = v.job.Selection.leavesOut(c)
		}
		if reason != "" {
			v.result.collections.Skipped++
			v.result.left = append(v.result.left, LeftOut{Account: v.transfer.account.Name, Collection: c.Path, Reason: reason})
			continue
		}
		v.result.collections.Existing++
		if err := v.collection(ctx, c); err != nil {
			v.fail(c.Path, err)
			if ctx.Err() != nil {
				return
			}
		}
	}
}

// openBoth opens both sides and lists their collections.
func (v *verification) openBoth(ctx context.Context) ([]dav.Collection, error) {
	if err := v.openSource(ctx); err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	if err := v.openSink(ctx); err != nil {
		return nil, fmt.Errorf("the destination: %w", err)
	}
	collections, err := v.from.Collections(ctx)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	if v.existing, err = v.to.Collections(ctx); err != nil {
		return nil, fmt.Errorf("the destination: %w", err)
	}
	if v.job.Journal == nil {
		v.taken = map[string]string{}
		return collections, nil
	}
	if err := v.recallRenamed(ctx, collections); err != nil {
		return nil, err
	}
	return collections, v.remember(ctx, collections)
}

func (v *verification) fail(collection string, err error) {
	status, condition := answerOf(err)
	v.result.problems = append(v.result.problems, Problem{Account: v.transfer.account.Name, Collection: collection, Outcome: Failed, Status: status,
		Condition: condition, Message: err.Error()})
	if collection != "" {
		v.result.collections.Failed++
	}
}

// settle decides the account's state.
func (v *verification) settle() {
	if v.fromDAV != nil {
		v.result.Requests.Source = v.fromDAV.Requests()
	}
	if v.toDAV != nil {
		v.result.Requests.Destination = v.toDAV.Requests()
	}
	switch {
	case v.result.State == AccountFailed:
	case len(v.result.problems) > 0 || v.result.Objects.Unread > 0:
		v.result.State = AccountIncomplete
	case v.result.Objects.Changed+v.result.Objects.Missing > 0:
		v.result.State = AccountDiffers
	default:
		v.result.State = AccountOK
	}
}

// tell takes down what was found out about one object.
func (v *verification) tell(f Finding) {
	f.Account, f.Collection = v.transfer.account.Name, wholePath(f.Collection)
	*v.result.Objects.of(f.Verdict)++
	if f.Verdict != Extra {
		v.job.Progress.done.Add(1)
	}
	if f.Verdict != Identical && f.Verdict != Equivalent {
		v.result.findings = append(v.result.findings, f)
	}
	v.found(f)
}

// isSampled tells whether an object belongs to the sample, which is the same in every run.
func (v *verification) isSampled(path string) bool {
	if v.sample >= 100 {
		return true
	}
	h := fnv.New64a()
	h.Write([]byte(path))
	return float64(h.Sum64()%100_000) < v.sample*1000
}
