package migrate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rollback is the verb that takes back what migrate and import made.
const Rollback = "rollback"

// takeBack removes from an account's destination what earlier runs made there and nobody has changed since. The source is
// not asked. An error ends the account.
func (t *transfer) takeBack(ctx context.Context) (err error) {
	targets, err := t.targets(ctx)
	if err != nil {
		return err
	}
	if len(targets) == 0 {
		t.report.note("", "the journal knows of nothing that was taken to %s", t.account.Destination.identity())
		return nil
	}
	if err := t.openSink(ctx); err != nil {
		return fmt.Errorf("the destination: %w", err)
	}
	if t.existing, err = t.to.Collections(ctx); err != nil {
		return fmt.Errorf("the destination: %w", err)
	}
	for _, t.target = range targets {
		if err := t.takeBackTarget(ctx); err != nil {
			return err
		}
	}
	return nil
}

// targets are the ways by which earlier runs took something to the account's destination.
func (t *transfer) targets(ctx context.Context) ([]string, error) {
	all, err := t.job.Journal.Targets(ctx, t.account.Name)
	if err != nil {
		return nil, &runError{err}
	}
	return slices.DeleteFunc(all, func(target string) bool {
		return !strings.HasPrefix(target, Migrate+" ") && !strings.HasPrefix(target, Import+" ") ||
			!strings.HasSuffix(target, " to "+t.account.Destination.Address+" "+t.account.Destination.User)
	}), nil
}

func (t *transfer) takeBackTarget(ctx context.Context) error {
	if err := t.recoverIntents(ctx); err != nil {
		return err
	}
	collections, err := t.job.Journal.Collections(ctx, t.target, t.account.Name)
	if err != nil {
		return &runError{err}
	}
	for _, path := range slices.Sorted(maps.Keys(collections)) {
		rec := collections[path]
		if rec.DestPath == "" {
			continue // it never got to the destination
		}
		t.report.Collections.Total++
		if err := t.takeBackCollection(ctx, path, rec); err != nil {
			return err
		}
	}
	return nil
}

func (t *transfer) takeBackCollection(ctx context.Context, path string, rec CollectionRecord) error {
	objects, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, path)
	if err != nil {
		return &runError{err}
	}
	t.job.Progress.known.Add(int64(len(objects)))
	defer t.job.Progress.done.Add(int64(len(objects)))
	records := slices.SortedFunc(maps.Values(objects), func(a, b Record) int { return strings.Compare(a.Path, b.Path) })
	r, there := t.removal(path, rec)
	if !there {
		err = r.forgetAll(records)
	} else {
		err = r.objects(ctx, records)
	}
	if err == nil && !t.job.DryRun {
		// What is left is no longer what a run ended with: the next one looks at all of it.
		rec.Outcome, rec.Reason = CollectionFailed, "taken back"
		err = t.keepRecord(path, rec)
	}
	if err == nil {
		err = r.collection(ctx, rec, there)
	}
	return err
}

func (t *transfer) keepRecord(path string, rec CollectionRecord) error {
	if err := t.job.Journal.PutCollection(context.Background(), t.target, t.account.Name, path, rec); err != nil {
		return &runError{err}
	}
	return nil
}
