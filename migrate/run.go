package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
	"davferry/sink"
	"davferry/source"
)

// The verbs that run accounts.
const (
	Migrate = "migrate"
	Export  = "export"
	Import  = "import"

	Preflight = "preflight" // a dry run of Migrate that tells what would stand in its way
)

// Job is what to do with the accounts of a file.
type Job struct {
	Verb     string // Migrate, Export, Import or Preflight
	Accounts []Account

	Network *dav.Network
	From    *source.Archive // of Import; nil where the source is a server
	To      *sink.Archive   // of Export; nil where the destination is a server
	Target  string          // of Export: the archive's path; the journal keeps apart what went to different places

	Workers     int  // accounts at once
	Connections int  // objects written at once for one account
	Batch       int  // objects asked for with one request
	DryRun      bool // always, of a Preflight
	Quick       bool // a Preflight that lists and does not read
	Delete      bool // what the source has no more is removed, where davferry wrote it and nobody has changed it since
	Yes         bool // also where that is a large part of an account
	Overwrite   bool // a version at the destination that davferry did not write is replaced
	NewUID      bool // an object whose UID such a version has, or another object of the source, gets a UID of its own
	Invitations InvitationMode
	Selection   Selection
	Rules       mapping.Rules
	FoldGroups  bool                // groups of contacts become categories of their members; each address book is read twice
	Changed     func(ObjectChanges) // told what rules did to each object that was read, by several goroutines; may be nil

	Journal  *Journal
	Progress *Progress
	Log      *slog.Logger

	folders map[string]string // the accounts' folders in an archive, by name
	round   int               // that the run is in
	people  acquaintances
}

// Run does the job and returns what it did. An error means that the run could not go on: it was interrupted, or the
// journal or the archive cannot be written. The summary then says how far it came; it is nil where the journal is about
// something else, so that nothing was begun, and where the sums are not right. What concerns an object, a collection or an
// account is in the summary and ends nothing else.
func (j *Job) Run(ctx context.Context) (*Summary, error) {
	started := time.Now()
	if err := j.recognize(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j.Progress.accounts.Store(int64(len(j.Accounts)))
	j.folders = accountFolders(j.Accounts)
	j.Progress.network.Store(j.Network)
	reports := j.work(ctx, cancel)
	if err := j.audit(); err != nil {
		return nil, err
	}
	if j.Verb == Preflight {
		findTwins(reports)
	}
	summary, err := newSummary(j.Verb, j.DryRun, started, reports)
	if err != nil {
		return nil, err
	}
	if err := context.Cause(ctx); err != nil {
		summary.Interrupted, summary.Stopped = true, err.Error()
		return summary, err
	}
	return summary, nil
}

// work works on the accounts, some at once and in as many rounds as it takes, and returns what became of each when all are
// done. An error that ends the run is told to end.
func (j *Job) work(ctx context.Context, end context.CancelCauseFunc) []*AccountReport {
	reports := make([]*AccountReport, len(j.Accounts))
	begin := func(i int) *transfer {
		account := j.Accounts[i]
		reports[i] = &AccountReport{Account: account.Name}
		if j.Verb == Preflight {
			reports[i].Forecast = &Forecast{Collections: []Placement{}}
		}
		return &transfer{job: j, account: account, report: reports[i], target: j.target(account), log: j.Log.With("account", account.Name)}
	}
	waiting := make([]*transfer, len(j.Accounts)) // for the next round
	j.round = firstRound
	j.workRound(ctx, end, begin, waiting)
	for j.round++; j.round <= lastRound && slices.ContainsFunc(waiting, isWaiting); j.round++ {
		before := slices.Clone(waiting)
		j.workRound(ctx, end, func(i int) *transfer { return before[i] }, waiting)
	}
	return reports
}

// audit has the journal add up what the run has written into it. A journal that failed says so elsewhere.
func (j *Job) audit() error {
	if j.DryRun {
		return nil
	}
	err := j.Journal.Audit(context.Background())
	if _, broken := errors.AsType[*JournalError](err); broken {
		return nil
	}
	return err
}

// terms says what decides, beside the two servers, what is at the destination in the end.
func (j *Job) terms() string {
	terms := j.Selection.terms()
	if key := j.Rules.Key(); key != "" {
		terms += " rules=" + key
	}
	if j.FoldGroups {
		terms += " groups=categories"
	}
	if mode := j.invitations(); mode != InvitationsQuiet {
		terms += " invitations=" + string(mode)
	}
	return terms
}

// account moves one account, as far as this round goes. An error ends the run; all else is in the report.
func (j *Job) account(ctx context.Context, t *transfer) (err error) {
	started := time.Now()
	defer func() {
		if p := recover(); p != nil {
			broken := fmt.Errorf("davferry's own error: %v", p)
			t.log.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = t.abandon(ctx, broken)
			t.fail(broken)
		}
		t.report.Seconds = (time.Duration(t.report.Seconds*float64(time.Second)) + time.Since(started)).Round(time.Millisecond).Seconds()
		if t.isSuspended() {
			return
		}
		t.countRequests()
		t.report.settle()
		if keepErr := t.keepState(); err == nil {
			err = keepErr
		}
	}()
	if ctx.Err() != nil && !t.begun {
		t.fail(fmt.Errorf("not begun: %w", context.Cause(ctx)))
		return nil
	}
	if err = t.keepBegin(); err == nil {
		err = t.work(ctx)
	}
	if _, fatal := errors.AsType[*runError](err); fatal {
		_ = t.abandon(ctx, err) // of the two, the first says why
		t.report.EndedEarly = true
		return err
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("not finished: %w", context.Cause(ctx))
	}
	if err != nil {
		fatal := t.abandon(ctx, err)
		t.fail(err)
		return fatal
	}
	return nil
}

// work begins the account, or goes on with what waited for this round.
func (t *transfer) work(ctx context.Context) error {
	if t.isSuspended() {
		return t.resume(ctx)
	}
	return t.run(ctx)
}

// target names the way that the journal's rows of an account are about, from where to where: what an earlier run took
// from another server, or to another, says nothing about this one.
func (j *Job) target(a Account) string {
	from := a.Source.Address + " " + a.Source.User
	to := a.Destination.Address + " " + a.Destination.User
	switch j.Verb {
	case Export:
		return Export + " " + from + " to " + j.Target
	case Import, Rollback:
		return j.Verb + " to " + to
	}
	return Migrate + " " + from + " to " + to
}

// runError is an error that ends the run.
type runError struct{ err error }

func (e *runError) Error() string { return e.err.Error() }
func (e *runError) Unwrap() error { return e.err }

// transfer is the moving of one account.
type transfer struct {
	job     *Job
	account Account
	target  string
	report  *AccountReport
	turn    *turn
	log     *slog.Logger
	begun   bool // the journal knows that the account is under way

	from     source.Source
	to       sink.Sink
	fromDAV  *dav.Account // nil where the source is an archive
	toDAV    *dav.Account // nil where the destination is an archive
	existing []dav.Collection
	before   map[string]CollectionRecord // what earlier runs did, by the collection's path
	lost     map[string][]Record         // in a dry run: at the destination, and not at the source any more
	seen     map[string]bool             // paths of the collections whose objects this run knows all of
	stuck    map[string]bool             // UIDs of objects that this run could not carry
	unread   int                         // objects that this run could not read
	taken    map[string]string           // paths at the destination by Key, and the collection that goes there
	folders  map[string]string           // names in an archive by the collection's path

	componentSets [][]string       // that the destination's home set allows a new calendar, once it was asked
	fixed         map[string]bool  // types for which the destination has made a calendar that does not take them; nil before it was asked
	collected     []dav.Collection // of the source, once all were come to
	suspended     []*move          // with objects for a later round

	present calendarUIDs
	renamed renaming // UIDs that something else at the destination has

	calendarOwners uidOwners // of calendar objects, where a UID may stand once in all calendars; else nil

	silence silence
	outlook outlook // of a preflight
}

// run opens both sides and moves the collections one after the other.
func (t *transfer) run(ctx context.Context) error {
	if t.job.Verb == Rollback {
		return t.takeBack(ctx)
	}
	if err := t.openEnds(ctx); err != nil {
		return err
	}
	collections, err := t.from.Collections(ctx)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	t.log.Info("account opened", "collections", len(collections))
	if t.existing, err = t.to.Collections(ctx); err != nil {
		return fmt.Errorf("the destination: %w", err)
	}
	if err := t.bind(ctx); err != nil {
		return err
	}
	if err := t.recoverIntents(ctx); err != nil {
		return err
	}
	t.job.people.meet(t)
	t.folders = collectionFolders(collections)
	if err := t.remember(ctx, collections); err != nil {
		return err
	}
	if err := t.keepCalendarUIDs(ctx, collections); err != nil {
		return err
	}
	if err := t.recallRenamed(ctx, collections); err != nil {
		return err
	}
	if err := t.foreseeCollisions(ctx, collections); err != nil {
		return err
	}
	if t.report.Forecast != nil {
		if err := t.look(ctx, collections); err != nil {
			return err
		}
		defer t.sumUp()
	}
	if err := t.collections(ctx, collections); err != nil {
		return err
	}
	t.collected = collections
	return t.complete(ctx)
}

// complete ends the account, unless objects of it wait for a later round.
func (t *transfer) complete(ctx context.Context) error {
	if t.isSuspended() {
		return nil
	}
	return t.cleanUp(ctx, t.collected)
}

// fail takes down an error that ended the account.
func (t *transfer) fail(err error) {
	if t.report.Objects.Listed == 0 {
		t.report.State = AccountFailed
	} else {
		t.report.EndedEarly = true
	}
	status, condition := answerOf(err)
	t.report.problem(Problem{Outcome: Failed, Status: status, Condition: condition, Message: err.Error()})
	t.log.Error("account ended early", "error", err.Error())
}

func answerOf(err error) (status int, condition string) {
	if e, ok := errors.AsType[*dav.Error](err); ok {
		return e.StatusCode, e.Condition
	}
	if e, ok := errors.AsType[*barredError](err); ok {
		return 0, e.condition
	}
	return 0, ""
}

// countRequests takes down what the sides have cost.
func (t *transfer) countRequests() {
	if t.fromDAV != nil {
		t.report.Requests.Source = t.fromDAV.Requests()
	}
	if t.toDAV != nil {
		t.report.Requests.Destination = t.toDAV.Requests()
	}
}

// keepBegin writes into the journal that the account is under way.
func (t *transfer) keepBegin() error {
	t.begun = true
	return t.keepAccount(AccountRecord{State: AccountRunning})
}

// keepState writes the account's state into the journal, after an interruption too. An account that was not begun is as it
// was before.
func (t *transfer) keepState() error {
	if !t.begun {
		return nil
	}
	reason := ""
	if len(t.report.problems) > 0 {
		reason = t.report.problems[0].Message
	}
	return t.keepAccount(AccountRecord{State: t.report.State, Reason: reason})
}

func (t *transfer) keepAccount(rec AccountRecord) error {
	if t.job.DryRun {
		return nil
	}
	// Not under t.target, which is of those that are rolled back, one after the other.
	if err := t.job.Journal.PutAccount(context.Background(), t.job.target(t.account), t.account.Name, rec); err != nil {
		return &runError{err}
	}
	return nil
}
