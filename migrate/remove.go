package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
)

// Deletions are the numbers of objects that were to be removed from the destination.
type Deletions struct {
	Removed int `json:"removed"`
	Left    int `json:"left"` // for a reason that is among the problems
}

// removal is the removing of objects that davferry made in one collection of the destination.
type removal struct {
	*transfer
	source string // path of the collection at the source, by which the journal knows it
	place  dav.Collection

	mu     sync.Mutex
	pieces map[string]int // how much of an object that was split is at the destination, by its path at the source
}

// doomed is an object that is to be removed.
type doomed struct {
	record Record
	there  dav.Member
}

// removal returns the removing of what went to a collection. there is false where that is not at the destination any more.
func (t *transfer) removal(source string, rec CollectionRecord) (r *removal, there bool) {
	r = &removal{transfer: t, source: source, pieces: map[string]int{}}
	r.place, there = t.at(rec.DestPath)
	return r, there
}

// at returns the destination's collection at a path.
func (t *transfer) at(path string) (c dav.Collection, there bool) {
	i := slices.IndexFunc(t.existing, func(c dav.Collection) bool { return c.Skip == "" && dav.SameResource(c.Path, path) })
	if i < 0 {
		return dav.Collection{}, false
	}
	return t.existing[i], true
}

// objects removes those of the recorded objects that davferry made and that nobody has changed since; the others are
// left, and listed. An error ends the account.
func (r *removal) objects(ctx context.Context, records []Record) error {
	members, err := r.toDAV.Members(ctx, r.place)
	if err != nil {
		return fmt.Errorf("the destination: %w", err)
	}
	there := membersByName(members)
	var all []doomed
	before := 0
	for _, rec := range r.apart(records) {
		have, ok := there[dav.LastSegment(rec.DestPath)]
		switch {
		case rec.DestPath == "" || !ok:
			err = r.forget(rec)
		case !rec.Created:
			before++
		case rec.DestETag == "":
			r.leave(rec, Conflict, nil, "which version davferry wrote is not known, because the run was cut off; run the migration again first")
		case !rec.wrote(have):
			r.leave(rec, Conflict, nil, "somebody has changed it since davferry wrote it")
		default:
			all = append(all, doomed{rec, have})
		}
		if err != nil {
			return err
		}
	}
	if before > 0 {
		r.report.note(r.place.Path, "%d objects were at the destination before davferry came, and stay", before)
	}
	if all, err = r.quietly(ctx, all); err != nil {
		return err
	}
	return r.each(ctx, all)
}

// apart returns the records with one for each piece of an object that was split.
func (r *removal) apart(records []Record) []Record {
	var all []Record
	r.pieces = map[string]int{}
	for _, rec := range records {
		pieces := rec.Pieces
		rec.Pieces = nil
		all = append(all, rec)
		for _, p := range pieces {
			all = append(all, p.record(rec))
		}
		r.pieces[rec.Path] = len(pieces)
	}
	return all
}

// withoutStuck leaves what could not be carried from another collection, into which it may have been moved at the source.
func (r *removal) withoutStuck(records []Record) []Record {
	var free []Record
	for _, rec := range records {
		if r.stuck[rec.UID] {
			r.leave(rec, Conflict, nil, "an object of the same UID is elsewhere at the source and could not be carried")
			continue
		}
		free = append(free, rec)
	}
	return free
}

// quietly leaves out what cannot be deleted without mail to people: a server that schedules cancels a meeting that is
// deleted.
func (r *removal) quietly(ctx context.Context, all []doomed) ([]doomed, error) {
	if len(all) == 0 || !r.mayTell(r.place.Kind) {
		return all, nil
	}
	byKey := make(map[string]doomed, len(all))
	members := make([]dav.Member, len(all))
	for i, d := range all {
		byKey[dav.Key(d.there.Path)], members[i] = d, d.there
	}
	var quiet []doomed
	for o, err := range r.to.Objects(ctx, r.place, members) {
		if o.Path == "" {
			return nil, fmt.Errorf("the destination: reading what is to be deleted: %w", err)
		}
		d := byKey[dav.Key(o.Path)]
		switch {
		case errors.Is(err, dav.ErrGone):
			quiet = append(quiet, d)
		case err != nil:
			r.leave(d.record, Failed, err, "it could not be read to see whether it is a meeting: "+err.Error())
		default:
			if reason := r.tellsOfReplacing(dav.Calendar, o.Data); reason != "" {
				r.leave(d.record, Refused, nil, reason)
				continue
			}
			quiet = append(quiet, d)
		}
	}
	return quiet, nil
}

// each deletes objects, several at once. An error ends the account.
func (r *removal) each(ctx context.Context, all []doomed) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.job.Connections))
	for _, d := range all {
		g.Go(func() error { return r.one(ctx, d) })
	}
	return g.Wait()
}

func (r *removal) one(ctx context.Context, d doomed) error {
	if r.job.DryRun {
		r.report.deleted(1, 0)
		return nil
	}
	err := r.toDAV.Delete(ctx, d.there.Path, d.there.ETag, r.job.invitations() != InvitationsAllow)
	switch {
	case err == nil:
		r.report.deleted(1, 0)
		return r.forget(d.record)
	case endsAccount(ctx, err):
		return err
	case errors.Is(err, dav.ErrPrecondition):
		r.leave(d.record, Conflict, err, "somebody has changed it since davferry wrote it: "+err.Error())
	default:
		r.leave(d.record, outcomeOf(err), err, "it could not be deleted: "+err.Error())
	}
	return nil
}

// leave takes down why an object stays at the destination.
func (r *removal) leave(rec Record, o Outcome, err error, message string) {
	status, condition := answerOf(err)
	r.report.deleted(0, 1)
	r.report.problem(Problem{Collection: r.place.Path, Path: rec.DestPath, UID: rec.UID, Outcome: o, Status: status, Condition: condition,
		Message: "not deleted: " + message})
}

// forget forgets an object, or of one that was split all of it with the last piece.
func (r *removal) forget(rec Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := r.pieces[rec.Path]
	r.pieces[rec.Path] = left - 1
	if r.job.DryRun || left > 0 {
		return nil
	}
	if err := r.job.Journal.Forget(context.Background(), r.target, r.account.Name, r.source, rec.Path); err != nil {
		return &runError{err}
	}
	return nil
}

// forgetAll forgets objects whose collection is not at the destination any more.
func (r *removal) forgetAll(records []Record) error {
	for _, rec := range records {
		if err := r.forget(rec); err != nil {
			return err
		}
	}
	return nil
}

// collection removes a collection that davferry made, once nothing is in it any more, and forgets it. there says that it
// is at the destination.
func (r *removal) collection(ctx context.Context, rec CollectionRecord, there bool) error {
	if r.job.DryRun {
		return nil
	}
	if there {
		empty, err := r.empty(ctx, rec.Created)
		if err != nil || !empty {
			return err
		}
	}
	if err := r.job.Journal.ForgetCollection(context.Background(), r.target, r.account.Name, r.source); err != nil {
		return &runError{err}
	}
	return nil
}

// empty tells whether nothing is in the place, and removes it then where remove says so.
func (r *removal) empty(ctx context.Context, remove bool) (empty bool, err error) {
	etag := ""
	if remove { // before the listing: what comes after it changes the ETag
		if etag, err = r.toDAV.CollectionETag(ctx, r.place); err != nil {
			return false, fmt.Errorf("the destination: %w", err)
		}
	}
	members, err := r.toDAV.Members(ctx, r.place)
	if err != nil {
		return false, fmt.Errorf("the destination: %w", err)
	}
	if len(members) > 0 || !remove {
		return len(members) == 0, nil
	}
	switch err := r.toDAV.DeleteCollection(ctx, r.place, etag, r.job.invitations() != InvitationsAllow); {
	case err == nil:
		r.report.Collections.Removed++
	case endsAccount(ctx, err):
		return false, err
	case errors.Is(err, dav.ErrPrecondition):
		r.report.note(r.place.Path, "the collection stays: something has come to it since it was emptied")
		return false, nil
	default:
		r.report.note(r.place.Path, "the collection is empty, and could not be deleted: %v", err)
	}
	return true, nil
}
