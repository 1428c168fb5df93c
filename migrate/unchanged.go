package migrate

import (
	"context"
	"time"

	"davferry/internal/dav"
)

// unchanged returns the record of an earlier run that settled every object of a collection, where both servers say that
// nothing has changed since and the same is asked for; else nil. It takes no request: the states came with the listings of
// the home sets.
func (t *transfer) unchanged(c dav.Collection) *CollectionRecord {
	if t.job.NewUID {
		return nil
	}
	for _, component := range t.knownParts(c) {
		if t.unchangedOne(partFor(c, component)) == nil {
			return nil
		}
	}
	return t.unchangedOne(c)
}

// unchangedOne is unchanged for a calendar without its parts, or for one part.
func (t *transfer) unchangedOne(c dav.Collection) *CollectionRecord {
	rec, known := t.before[c.Path]
	if !known || c.Skip != "" || t.job.To != nil || t.report.Forecast != nil || t.job.Selection.leavesOut(c) != "" {
		return nil
	}
	if rec.Outcome != CollectionSettled || rec.Terms != t.job.terms() || !rec.State.Same(c.State()) {
		return nil
	}
	place, ok := t.find(c.Kind, dav.LastSegment(rec.DestPath))
	if !ok || place.Path != rec.DestPath || !rec.Dest.Same(place.State()) {
		return nil
	}
	return &rec
}

// reaffirmAll settles a collection in which nothing has changed, with its parts.
func (t *transfer) reaffirmAll(ctx context.Context, c dav.Collection, rec CollectionRecord) error {
	for _, component := range t.knownParts(c) {
		next := partFor(c, component)
		t.report.Collections.Total++
		if err := t.reaffirm(ctx, next, t.before[next.Path]); err != nil {
			return err
		}
	}
	return t.reaffirm(ctx, c, rec)
}

// reaffirm settles a collection in which nothing has changed from the journal.
func (t *transfer) reaffirm(ctx context.Context, c dav.Collection, rec CollectionRecord) error {
	if err := t.arePresent(ctx, c); err != nil {
		return err
	}
	tallies, err := t.job.Journal.Tallies(ctx, t.target, t.account.Name, c.Path)
	var changes Changes
	if err == nil {
		changes, err = t.job.Journal.Changed(ctx, t.target, t.account.Name, c.Path)
	}
	if err == nil && !t.job.DryRun {
		err = t.job.Journal.Reaffirm(ctx, t.target, t.account.Name, c.Path)
	}
	if err == nil && !t.job.DryRun {
		rec.At = time.Time{}
		err = t.job.Journal.PutCollection(ctx, t.target, t.account.Name, c.Path, rec)
	}
	if err != nil {
		return &runError{err}
	}
	t.report.changes.add(changes)
	t.recallTimezone(rec)
	t.listed(c.Path)
	t.report.Collections.Existing++
	for _, tally := range tallies {
		t.job.Progress.known.Add(int64(tally.Objects))
		switch o := Outcome(tally.Outcome); o {
		case Created, Updated, Unchanged:
			t.count(Unchanged, tally.Objects)
		default:
			t.count(o, tally.Objects)
			if o == Skipped {
				t.report.skip(tally.Reason, tally.Objects)
			}
		}
	}
	return nil
}
