package migrate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/sink"
)

// listAhead is how many collections' listings are asked for before their turn. On Radicale listing a collection takes
// longer than fetching it; and a listing is all that a run keeps of a collection in memory.
const listAhead = 2

// listing is the answer to a question for a collection's members that is under way.
type listing struct {
	same    *CollectionRecord // of an earlier run; nothing has changed since, and nothing is listed
	members []dav.Member
	err     error
	done    chan struct{}
}

// collections moves the collections one after the other, and lists the next ones meanwhile. An error ends the account.
func (t *transfer) collections(ctx context.Context, all []dav.Collection) error {
	ctx, cancel := context.WithCancel(ctx)
	var g errgroup.Group
	defer func() {
		cancel()
		g.Wait()
	}()
	listings := make([]*listing, len(all))
	for i, c := range all {
		for next := i; next < min(i+listAhead, len(all)); next++ {
			if listings[next] == nil {
				listings[next] = t.list(ctx, &g, all[next])
			}
		}
		if err := t.collection(ctx, c, listings[i]); err != nil {
			return err
		}
		listings[i] = nil
	}
	return nil
}

// list begins to list a collection, unless it is none of the account's or has not changed.
func (t *transfer) list(ctx context.Context, g *errgroup.Group, c dav.Collection) *listing {
	l := &listing{done: make(chan struct{})}
	if l.same = t.unchanged(c); l.same != nil || c.Skip != "" {
		close(l.done)
		return l
	}
	g.Go(func() error {
		defer close(l.done)
		defer func() {
			if p := recover(); p != nil {
				l.err = fmt.Errorf("davferry's own error: %v", p)
			}
		}()
		l.members, l.err = t.from.Members(ctx, c)
		slices.SortFunc(l.members, byPath)
		return nil
	})
	return l
}

// collection moves one collection. An error ends the account; what concerns the collection alone is in the report.
func (t *transfer) collection(ctx context.Context, c dav.Collection, l *listing) error {
	t.report.Collections.Total++
	if c.Skip != "" {
		t.leaveOut(c, c.Skip)
		return nil
	}
	<-l.done
	if l.same != nil {
		return t.reaffirmAll(ctx, c, *l.same)
	}
	if l.err != nil {
		return t.collectionFailed(ctx, c, nil, fmt.Errorf("the source: %w", l.err))
	}
	t.job.Progress.known.Add(int64(len(l.members)))
	if reason := t.job.Selection.leavesOut(c); reason != "" {
		t.leaveOut(c, reason)
		t.count(Skipped, len(l.members))
		t.report.skip(reason, len(l.members))
		return nil
	}
	if t.lacksPlace(c.Kind) && len(l.members) == 0 {
		t.leaveOut(c, fmt.Sprintf("it is empty, and the destination has no %s service", c.Kind.Protocol()))
		return nil
	}
	p, err := t.place(ctx, c)
	if err == nil && t.report.Forecast != nil {
		err = t.foresee(ctx, c, p, len(l.members))
	}
	if err != nil {
		return t.collectionFailed(ctx, c, l.members, err)
	}
	if t.job.Quick {
		t.weigh(c, p, l.members)
		return nil
	}
	m, err := t.newMove(ctx, c, p, l.members)
	if err == nil {
		err = m.keepBegin()
	}
	if err != nil {
		return err
	}
	return m.run(ctx)
}

// lacksPlace tells whether the destination is a server that has nothing for a kind of collection.
func (t *transfer) lacksPlace(k dav.Kind) bool { return t.toDAV != nil && t.toDAV.Services[k] == nil }

func (t *transfer) leaveOut(c dav.Collection, reason string) {
	t.report.Collections.Skipped++
	t.report.left = append(t.report.left, LeftOut{Account: t.account.Name, Collection: c.Path, Reason: reason})
}

// count takes down an outcome of objects that need no line each.
func (t *transfer) count(o Outcome, n int) {
	t.report.Objects.Listed += n
	*t.report.Objects.of(o) += n
	t.job.Progress.done.Add(int64(n))
}

// collectionFailed takes down that a collection could not be moved. It returns the error where that ends the account.
func (t *transfer) collectionFailed(ctx context.Context, c dav.Collection, members []dav.Member, err error) error {
	t.report.Collections.Failed++
	t.count(Failed, len(members))
	ends := endsAccount(ctx, err)
	if !ends || len(members) > 0 {
		t.collectionProblem(c, len(members), err)
	}
	if ends {
		return err
	}
	return t.keepFailure(ctx, c, len(members), err)
}

// keepFailure writes a collection that could not be moved into the journal, with what that knows of it: it may have been
// made at the destination before.
func (t *transfer) keepFailure(ctx context.Context, c dav.Collection, listed int, failure error) error {
	if t.job.DryRun {
		return nil
	}
	rec, _, err := t.job.Journal.Collection(ctx, t.target, t.account.Name, c.Path)
	if err == nil {
		rec.Outcome, rec.Reason, rec.Listed, rec.At = CollectionFailed, failure.Error(), int64(listed), time.Time{}
		err = t.job.Journal.PutCollection(ctx, t.target, t.account.Name, c.Path, rec)
	}
	if err != nil {
		return &runError{err}
	}
	return nil
}

func (t *transfer) collectionProblem(c dav.Collection, objects int, err error) {
	status, condition := answerOf(err)
	t.report.problem(Problem{Collection: c.Path, Outcome: Failed, Objects: objects, Status: status, Condition: condition, Message: err.Error()})
}

// endsAccount tells which errors concern the whole account: the login, the journal, a host that wants to be left alone for
// too long, the end of the run.
func endsAccount(ctx context.Context, err error) bool {
	_, fatal := errors.AsType[*runError](err)
	_, account := errors.AsType[*accountError](err)
	_, tooLong := errors.AsType[*dav.WaitError](err)
	return fatal || account || tooLong || ctx.Err() != nil || dav.Status(err) == http.StatusUnauthorized
}

// sinkError makes an error of the destination one that ends the run where the archive cannot be written: a full disk
// stays full for the next object.
func (t *transfer) sinkError(ctx context.Context, err error) error {
	if err == nil || t.job.To == nil || ctx.Err() != nil || dav.Status(err) != 0 || errors.Is(err, sink.ErrExists) {
		return err
	}
	return &runError{err}
}
