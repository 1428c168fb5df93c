package migrate

import (
	"context"
	"errors"
	"fmt"

	"davferry/internal/dav"
	"davferry/mapping"
)

// comparison is the comparing of one collection.
type comparison struct {
	*verification
	c        dav.Collection
	place    dav.Collection
	there    map[string]dav.Member // at the destination, by name; those that an object of the source has are taken out
	journal  map[string]Record     // by the path at the source
	rules    mapping.Rules
	groups   *groups
	parts    map[string]*comparison  // by the type that they are for, where the calendar does not take all types
	deferred map[string][]dav.Member // what is compared with those
	unplaced []dav.Member            // of the source, with nothing at the destination under their name
	uids     map[string]string       // UIDs at the destination that were read, by name
	names    map[string][]string     // the reverse
}

// pair is an object of the source and where it should be at the destination.
type pair struct {
	object dav.Object
	uid    string
	there  dav.Member
	parts  []pair // where the destination has the object in parts
}

// collection compares one collection. An error is why it could not be compared to its end; each object that it did not
// come to has been told as unread.
func (v *verification) collection(ctx context.Context, c dav.Collection) error {
	members, err := v.from.Members(ctx, c)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	v.job.Progress.known.Add(int64(len(members)))
	v.result.Objects.Listed += len(members)
	p, err := v.open(ctx, c)
	if err != nil {
		for _, m := range members {
			v.tell(Finding{Collection: c.Path, Path: m.Path, Verdict: Unread, Message: err.Error()})
		}
		return err
	}
	if err := p.openParts(ctx); err != nil {
		p.unread(members, err)
		return err
	}
	if err := p.run(ctx, members); err != nil {
		return err
	}
	return p.runParts(ctx)
}

// open finds and lists the collection's counterpart. Where there is none, nothing is there.
func (v *verification) open(ctx context.Context, c dav.Collection) (*comparison, error) {
	p := &comparison{verification: v, c: c, there: map[string]dav.Member{}, uids: map[string]string{}, names: map[string][]string{}}
	place, ok := v.find(c.Kind, v.nameFor(c, v.before[c.Path].DestPath))
	if !ok {
		return p, nil
	}
	p.place = place
	v.taken[dav.Key(place.Path)] = c.Path
	members, err := v.to.Members(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("the destination: %w", err)
	}
	for _, m := range members {
		p.there[dav.LastSegment(m.Path)] = m
	}
	if v.job.Journal != nil {
		if p.journal, err = v.job.Journal.Objects(ctx, v.target, v.transfer.account.Name, c.Path); err != nil {
			return nil, &runError{err}
		}
	}
	return p, nil
}

func (p *comparison) run(ctx context.Context, members []dav.Member) error {
	var wanted []dav.Member
	for _, m := range members {
		if p.isSampled(m.Path) {
			wanted = append(wanted, m)
		} else {
			p.result.Objects.Skipped++
			p.job.Progress.done.Add(1)
		}
	}
	var err error
	if p.rules, p.groups, err = p.rulesOf(ctx, p.c, members); err != nil {
		p.unread(wanted, err)
		return err
	}
	err = p.pass(ctx, wanted, p.byName)
	if err == nil && len(p.unplaced) > 0 {
		again := p.unplaced
		if err = p.readUIDs(ctx); err == nil {
			err = p.pass(ctx, again, p.byUID)
		} else {
			p.unread(again, err)
		}
	}
	if err == nil && p.sample >= 100 && !p.job.Selection.looksInside() {
		p.extra()
	}
	return err
}

// pass fetches objects of the source and compares each with what place says is its counterpart, in batches.
func (p *comparison) pass(ctx context.Context, wanted []dav.Member, place func(dav.Object, string) (dav.Member, bool)) error {
	open := make(map[string]dav.Member, len(wanted)) // without a verdict
	for _, m := range wanted {
		open[m.Path] = m
	}
	var batch []pair
	var failure error
	for o, err := range p.from.Objects(ctx, wholeOf(p.c), wanted) {
		if o.Path == "" {
			failure = fmt.Errorf("the source: %w", err)
			break
		}
		delete(open, o.Path)
		next, ok := p.taken(ctx, o, err, place)
		if !ok {
			continue
		}
		if next.parts != nil {
			p.compareParts(ctx, next)
			continue
		}
		if batch = append(batch, next); len(batch) >= max(1, p.job.Batch) {
			p.compare(ctx, batch)
			batch = nil
		}
	}
	p.compare(ctx, batch)
	if failure == nil {
		failure = context.Cause(ctx)
	}
	if failure != nil {
		var rest []dav.Member
		for _, m := range open {
			rest = append(rest, m)
		}
		p.unread(rest, failure)
	}
	return failure
}

func (p *comparison) unread(members []dav.Member, err error) {
	for _, m := range members {
		p.tell(Finding{Collection: p.c.Path, Path: m.Path, Verdict: Unread, Message: err.Error()})
	}
}

// taken decides what to do with an object that was fetched: it is compared with what is in its place, or it has its
// verdict, or it waits for the second pass.
func (p *comparison) taken(ctx context.Context, o dav.Object, err error, place func(dav.Object, string) (dav.Member, bool)) (pair, bool) {
	p.result.Bytes += int64(len(o.Data))
	switch {
	case errors.Is(err, dav.ErrGone):
		p.result.Objects.Gone++
		p.job.Progress.done.Add(1)
		return pair{}, false
	case err != nil:
		p.tell(Finding{Collection: p.c.Path, Path: o.Path, Verdict: Unread, Message: "the source: " + err.Error()})
		return pair{}, false
	}
	info := mapping.Inspect(p.c.Kind, o.Data)
	if p.job.Selection.leavesOutObject(p.c.Kind, info, o.Data) != "" || p.groups.folds(o.Path) {
		p.result.Objects.Skipped++
		p.job.Progress.done.Add(1)
		return pair{}, false
	}
	if component := misfit(p.place, info.Components); p.parts[component] != nil {
		p.deferred[component] = append(p.deferred[component], dav.Member{Path: o.Path, ETag: o.ETag, Size: int64(len(o.Data))})
		return pair{}, false
	}
	o, uid := p.mapped(o, info.UID)
	if p.isAnothers(ctx, o, uid) {
		return pair{}, false
	}
	if parts := p.inParts(o, info.UIDs); parts != nil {
		return pair{object: o, uid: uid, parts: parts}, true
	}
	there, ok := place(o, uid)
	return pair{object: o, uid: uid, there: there}, ok
}

// mapped returns an object of the source as the rules make it, with the UID that it has then.
func (p *comparison) mapped(o dav.Object, uid string) (dav.Object, string) {
	s := p.subject(p.c, o.Path)
	if !p.rules.GiveUIDs() && p.hadOwnUID(s, p.journal[o.Path], uid, p.there) && p.renamed[s.Kind][uid] == "" {
		s.Duplicate = true
		o.Data = mapping.Rules{mapping.UIDs{}}.Apply(s, o.Data).Data
		uid = mapping.Inspect(s.Kind, o.Data).UID
	}
	if len(p.rules) == 0 {
		return o, uid
	}
	s.CardVersions = p.place.AddressData
	if rec := p.journal[o.Path]; p.rules.GiveUIDs() && uid != "" {
		_, own := p.there[mapping.ResourceName(s.Kind, s.OwnUID(uid, 0), s.Path)]
		s.Duplicate = own || rec.UID == uid && rec.hasOwnUID(s)
	}
	if mapped := p.rules.Apply(s, o.Data); len(mapped.Changes) > 0 {
		o.Data = mapped.Data
		uid = mapping.UID(o.Data)
	}
	return o, uid
}

// byName is the first pass: an object is where the journal says, or under the name that its path or its UID makes (its
// path where another object has the UID too). One that is not waits, unless nothing is left that it could be.
func (p *comparison) byName(o dav.Object, uid string) (dav.Member, bool) {
	names := []string{mapping.ResourceName(p.c.Kind, "", o.Path), mapping.ResourceName(p.c.Kind, uid, o.Path)}
	if rec, ok := p.journal[o.Path]; ok && (rec.UID == uid || rec.Mapped != nil && rec.Mapped.UID == uid) && rec.DestPath != "" {
		names = append([]string{dav.LastSegment(rec.DestPath)}, names...)
	}
	for _, name := range names {
		if m, ok := p.there[name]; ok {
			delete(p.there, name)
			return m, true
		}
	}
	if len(p.there) == 0 {
		p.tell(Finding{Collection: p.c.Path, Path: o.Path, UID: uid, Verdict: Missing})
		return dav.Member{}, false
	}
	p.unplaced = append(p.unplaced, dav.Member{Path: o.Path, ETag: o.ETag, Size: int64(len(o.Data))})
	return dav.Member{}, false
}

// readUIDs reads what is left at the destination, so that what came there under another name is found by its UID.
func (p *comparison) readUIDs(ctx context.Context) error {
	p.unplaced = nil
	var members []dav.Member
	for _, m := range p.there {
		members = append(members, m)
	}
	if len(members) == 0 {
		return nil
	}
	for o, err := range p.to.Objects(ctx, p.place, members) {
		if o.Path == "" {
			return fmt.Errorf("the destination: %w", err)
		}
		if err == nil {
			p.result.Bytes += int64(len(o.Data))
			uid, name := mapping.UID(o.Data), dav.LastSegment(o.Path)
			p.uids[name], p.names[uid] = uid, append(p.names[uid], name)
		}
	}
	return nil
}

// byUID is the second pass: what has the UID is the object; where nothing has, it is missing.
func (p *comparison) byUID(o dav.Object, uid string) (dav.Member, bool) {
	for _, name := range p.names[uid] {
		if m, ok := p.there[name]; ok && uid != "" {
			delete(p.there, name)
			return m, true
		}
	}
	p.tell(Finding{Collection: p.c.Path, Path: o.Path, UID: uid, Verdict: Missing})
	return dav.Member{}, false
}

// compare reads the destination's versions of objects and tells how they compare.
func (p *comparison) compare(ctx context.Context, batch []pair) {
	if len(batch) == 0 {
		return
	}
	byKey := make(map[string]pair, len(batch))
	members := make([]dav.Member, len(batch))
	for i, b := range batch {
		byKey[dav.Key(b.there.Path)], members[i] = b, b.there
	}
	for o, err := range p.to.Objects(ctx, p.place, members) {
		if o.Path == "" {
			p.abandon(byKey, fmt.Errorf("the destination: %w", err))
			return
		}
		b, ok := byKey[dav.Key(o.Path)]
		if !ok {
			continue
		}
		delete(byKey, dav.Key(o.Path))
		p.result.Bytes += int64(len(o.Data))
		f := Finding{Collection: p.c.Path, Path: b.object.Path, Destination: o.Path, UID: b.uid}
		switch {
		case errors.Is(err, dav.ErrGone):
			f.Verdict = Missing
		case err != nil:
			f.Verdict, f.Message = Unread, "the destination: "+err.Error()
		default:
			f.judge(mapping.Compare(p.c.Kind, p.likeThere(b.object, o.Data), o.Data))
		}
		p.tell(f)
	}
	p.abandon(byKey, errors.New("the destination: no answer about this object"))
}

// abandon tells of the objects whose counterparts could not be read.
func (p *comparison) abandon(pairs map[string]pair, err error) {
	for _, b := range pairs {
		p.tell(Finding{Collection: p.c.Path, Path: b.object.Path, Destination: b.there.Path, UID: b.uid, Verdict: Unread, Message: err.Error()})
	}
}

// extra tells of what is only at the destination.
func (p *comparison) extra() {
	for name, m := range p.there {
		p.tell(Finding{Collection: p.c.Path, Destination: m.Path, UID: p.uids[name], Verdict: Extra})
	}
}
