package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"davferry/internal/dav"
)

// recovery is the looking after what a run that was killed was about to put into one collection of the destination.
type recovery struct {
	*transfer
	source  string // path of the collection at the source
	place   dav.Collection
	there   map[string]dav.Member // what the place holds, by name
	journal map[string]Record     // by the path at the source
}

// recoverIntents makes the journal know what runs that were killed have put at the destination without coming to write
// that down. The bytes tell: an object that has those that a run was about to send is what it sent; at a server that is known
// to write objects anew, or was not known yet not to, one that means the same. All else is as if it had not been sent, so
// that nothing of somebody else's is taken for davferry's. It takes no request where no run was killed. An error ends the account.
//
// It writes the journal in a dry run as well: that is about what was done, not about what this run does.
func (t *transfer) recoverIntents(ctx context.Context) error {
	if t.toDAV == nil {
		return nil
	}
	all, err := t.job.Journal.Intents(ctx, t.target, t.account.Name)
	if err != nil {
		return &runError{err}
	}
	byCollection := map[string][]Intent{}
	for _, i := range all {
		byCollection[i.Collection] = append(byCollection[i.Collection], i)
	}
	for _, path := range slices.Sorted(maps.Keys(byCollection)) {
		err := t.recoverCollection(ctx, path, byCollection[path])
		if err != nil && endsAccount(ctx, err) {
			return err
		}
		if err != nil { // the intents stay for the next run
			t.report.note(path, "what a run that was cut off put at the destination is not known: %v", err)
		}
	}
	return nil
}

func (t *transfer) recoverCollection(ctx context.Context, path string, intents []Intent) error {
	r := &recovery{transfer: t, source: path}
	there, err := r.open(ctx)
	if err == nil && there {
		err = r.objects(ctx, intents)
	}
	if err != nil {
		return err
	}
	for _, i := range intents {
		if err := t.job.Journal.Fulfil(ctx, i.ID); err != nil {
			return &runError{err}
		}
	}
	return nil
}

// open reads what the place holds, and what the journal knows of it. there is false where the place is gone, and with it
// what was put there.
func (r *recovery) open(ctx context.Context) (there bool, err error) {
	rec, _, err := r.job.Journal.Collection(ctx, r.target, r.account.Name, r.source)
	if err != nil {
		return false, &runError{err}
	}
	if r.place, there = r.at(rec.DestPath); !there {
		return false, nil
	}
	if r.journal, err = r.job.Journal.Objects(ctx, r.target, r.account.Name, r.source); err != nil {
		return false, &runError{err}
	}
	members, err := r.to.Members(ctx, r.place)
	if err != nil {
		return false, fmt.Errorf("the destination: %w", err)
	}
	r.there = membersByName(members)
	return true, nil
}

// objects looks at what the journal is in doubt about.
func (r *recovery) objects(ctx context.Context, intents []Intent) error {
	doubts := map[string][]Intended{} // by the key of the destination's path
	var look []dav.Member
	for _, i := range intents {
		for _, rec := range i.Objects {
			have, ok := r.there[dav.LastSegment(rec.DestPath)]
			if !ok || r.knows(rec.Record, have) {
				continue
			}
			key := dav.Key(have.Path)
			if doubts[key] == nil {
				look = append(look, have)
			}
			doubts[key] = append(doubts[key], rec)
		}
	}
	var unread error
	for o, err := range r.to.Objects(ctx, r.place, look) {
		switch {
		case o.Path == "":
			return fmt.Errorf("the destination: %w", err)
		case errors.Is(err, dav.ErrGone):
		case err != nil:
			unread = fmt.Errorf("the destination: %w", err)
		default:
			if err := r.recognize(o, doubts[dav.Key(o.Path)]); err != nil {
				return err
			}
		}
	}
	return unread
}

// knows tells whether the journal says what is under the name of an intended object: what became of it was written down, or
// the version from before is still there.
func (r *recovery) knows(rec Record, have dav.Member) bool {
	known, ok := r.journal[rec.Path]
	if !ok || known.DestPath != rec.DestPath {
		return false
	}
	switch Outcome(known.Outcome) {
	case Created, Updated, Unchanged:
		if !known.At.Before(rec.At) {
			return true
		}
	}
	return known.wrote(have)
}

// recognize records an object of the destination where it is one that a run was about to put.
func (r *recovery) recognize(there dav.Object, intended []Intended) error {
	found := sum(there.Data)
	for _, i := range slices.Backward(intended) {
		if i.Sent != found && (i.Meaning == "" || i.Meaning != r.meaning(r.place.Kind, there.Data)) {
			continue
		}
		rec := i.Record
		rec.DestPath, rec.DestETag, rec.DestSize = there.Path, there.ETag, r.there[dav.LastSegment(there.Path)].Size
		r.log.Info("put by a run that was cut off", "path", there.Path)
		if err := r.job.Journal.Record(context.Background(), r.target, r.account.Name, r.source, rec); err != nil {
			return &runError{err}
		}
		return nil
	}
	return nil
}
