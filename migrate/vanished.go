package migrate

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"davferry/internal/dav"
)

// maxUnasked is the share of an account's objects at the destination, in percent, that --delete removes without --yes: more
// than that is as likely a source that shows less than it has.
const maxUnasked = 5

// vanished are the objects at the destination that the source has no more, by their collection's path at the source.
type vanished struct {
	records map[string][]Record
	known   int // objects that earlier runs and this one took to the destination
}

// cleanUp deals with what the source has no more: it is removed with --delete, and told otherwise. An error ends the
// account.
func (t *transfer) cleanUp(ctx context.Context, collections []dav.Collection) error {
	if t.toDAV == nil {
		return nil
	}
	if err := t.vanish(ctx, collections); err != nil {
		return err
	}
	v, err := t.vanished(ctx)
	if err != nil {
		return err
	}
	v.keepTo(t.seen)
	objects := 0
	for _, records := range v.records {
		objects += len(records)
	}
	switch {
	case objects == 0:
		return nil
	case !t.job.Delete:
		t.report.note("", "%d of the objects that were taken to the destination are not at the source any more; they stay there (--delete removes them)", objects)
		return nil
	case t.report.Collections.Failed > 0:
		t.report.deleted(0, objects)
		t.report.problem(Problem{Outcome: Failed, Objects: objects, Message: fmt.Sprintf(
			"not deleted: %d objects at the destination are not at the source any more, unless in a collection that could not be read", objects)})
		return nil
	case t.unread > 0:
		t.report.deleted(0, objects)
		t.report.problem(Problem{Outcome: Failed, Objects: objects, Message: fmt.Sprintf(
			"not deleted: %d objects at the destination are not at the source any more, unless under another path among the %d that could not be read", objects, t.unread)})
		return nil
	case objects*100 > v.known*maxUnasked && !t.job.Yes:
		t.report.deleted(0, objects)
		t.report.problem(Problem{Outcome: Refused, Objects: objects, Message: fmt.Sprintf(
			"not deleted: %d of %d objects at the destination are not at the source any more; so many are removed only with --yes", objects, v.known)})
		return nil
	}
	return t.removeVanished(ctx, v, collections)
}

// keepTo drops the records of all but those collections.
func (v *vanished) keepTo(collections map[string]bool) {
	maps.DeleteFunc(v.records, func(path string, _ []Record) bool { return !collections[path] })
}

// listed takes down that this run knows of every object of a collection whether the source has it.
func (t *transfer) listed(collection string) {
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	t.seen[collection] = true
}

// stayed takes down that an object could not be carried: where it has come from another collection, its copy there is the
// only one at the destination. Of one that was not read it is not known where it has come from.
func (t *transfer) stayed(r *result) {
	if r.At.IsZero() {
		t.unread++
	}
	if t.stuck == nil {
		t.stuck = map[string]bool{}
	}
	t.stuck[r.UID] = r.UID != ""
}

// vanish marks the objects of collections that the source has no more. That a collection is not listed is not enough: only
// its own answer tells that it is gone.
func (t *transfer) vanish(ctx context.Context, collections []dav.Collection) error {
	for path, rec := range t.before {
		if rec.DestPath == "" || has(collections, wholePath(path)) {
			continue
		}
		if t.fromDAV != nil {
			gone, err := t.fromDAV.Gone(ctx, wholePath(path))
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if !gone {
				t.report.note(path, "the source does not list the collection any more, and does not say that it is gone (%s); what was taken from it stays at the destination", answerOr(err))
				continue
			}
		}
		t.listed(path) // of a collection that is gone all is known
		if !t.job.DryRun {
			if err := t.job.Journal.Vanish(ctx, t.target, t.account.Name, path); err != nil {
				return &runError{err}
			}
			continue
		}
		records, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, path)
		if err != nil {
			return &runError{err}
		}
		for _, rec := range records {
			t.lose(path, rec)
		}
	}
	return nil
}

// answerOr says what was answered.
func answerOr(err error) string {
	if err != nil {
		return err.Error()
	}
	return "it answers as before"
}

func has(collections []dav.Collection, path string) bool {
	return slices.ContainsFunc(collections, func(c dav.Collection) bool { return c.Path == path })
}

// lose remembers, in a dry run, what would be marked in the journal.
func (t *transfer) lose(collection string, rec Record) {
	if rec.DestPath == "" || rec.Vanished {
		return
	}
	if t.lost == nil {
		t.lost = map[string][]Record{}
	}
	t.lost[collection] = append(t.lost[collection], rec)
}

// vanished puts together what the source has no more.
func (t *transfer) vanished(ctx context.Context) (vanished, error) {
	known, err := t.job.Journal.AtDestination(ctx, t.target, t.account.Name)
	if err != nil {
		return vanished{}, &runError{err}
	}
	records, err := t.job.Journal.Vanished(ctx, t.target, t.account.Name)
	if err != nil {
		return vanished{}, &runError{err}
	}
	for path, lost := range t.lost {
		records[path] = append(records[path], lost...)
	}
	return vanished{records, known}, nil
}

func (t *transfer) removeVanished(ctx context.Context, v vanished, collections []dav.Collection) error {
	for _, path := range slices.Sorted(maps.Keys(v.records)) {
		rec, _, err := t.job.Journal.Collection(ctx, t.target, t.account.Name, path)
		if err != nil {
			return &runError{err}
		}
		r, there := t.removal(path, rec)
		if !there {
			err = r.forgetAll(v.records[path])
		} else {
			err = r.objects(ctx, r.withoutStuck(v.records[path]))
		}
		if err == nil && !has(collections, wholePath(path)) {
			err = r.collection(ctx, rec, there)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
