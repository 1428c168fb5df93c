package migrate

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
)

// place is where a collection goes: its counterpart at the destination.
type place struct {
	collection dav.Collection
	existed    bool                  // before this run
	missing    bool                  // it would have to be made, which a dry run does not do
	created    bool                  // davferry made it, in this run or before
	members    map[string]dav.Member // what it held when the run came to it, by resource name
	limits     dav.Limits            // of a preflight
	beside     []string              // of a preflight: the components that calendars beside a new one take, none for all
}

// place finds the counterpart of a collection at the destination, or makes it, and lists it.
func (t *transfer) place(ctx context.Context, c dav.Collection) (*place, error) {
	rec, known := t.before[c.Path]
	name := t.nameFor(c, rec.DestPath)
	p := &place{created: known && rec.Created}
	if have, ok := t.find(c.Kind, name); ok {
		p.collection, p.existed = have, true
		t.recallTimezone(rec)
	} else if err := t.create(ctx, c, name, p); err != nil {
		return nil, err
	}
	t.taken[dav.Key(p.collection.Path)] = c.Path
	if p.missing {
		return p, nil
	}
	return p, t.survey(ctx, p)
}

// nameFor chooses the collection's name at the destination: in an archive the folder's, at a server the one it had in an
// earlier run, else its name at the source, else, where that is another collection's already, one made from its path.
func (t *transfer) nameFor(c dav.Collection, before string) string {
	if t.job.To != nil {
		return t.folders[c.Path]
	}
	if before != "" {
		return dav.LastSegment(before)
	}
	name := mapping.CollectionName(c.Path)
	if partOf(c.Path) != "" {
		name = partName(c.Path)
	}
	if !t.isTaken(c, name) {
		return name
	}
	return mapping.CollectionFallback(c.Path)
}

// remember takes what earlier runs did with the collections out of the journal. The names that these got are taken: a
// selection may have let a later one come first.
func (t *transfer) remember(ctx context.Context, collections []dav.Collection) (err error) {
	if t.before, err = t.job.Journal.Collections(ctx, t.target, t.account.Name); err != nil {
		return &runError{err}
	}
	t.taken = map[string]string{}
	for _, c := range collections {
		if rec, known := t.before[c.Path]; known && rec.DestPath != "" {
			t.taken[dav.Key(rec.DestPath)] = c.Path
		}
	}
	for path, rec := range t.before {
		if partOf(path) != "" && rec.DestPath != "" && has(collections, wholePath(path)) {
			t.taken[dav.Key(rec.DestPath)] = path
		}
	}
	return nil
}

// isTaken tells whether a name belongs to another collection of this account, to one of the other kind (Radicale keeps
// both kinds in one home set), or to one that is not to be written to.
func (t *transfer) isTaken(c dav.Collection, name string) bool {
	for path, owner := range t.taken {
		if owner != c.Path && strings.EqualFold(dav.LastSegment(path), name) {
			return true
		}
	}
	return slices.ContainsFunc(t.existing, func(e dav.Collection) bool {
		return strings.EqualFold(dav.LastSegment(e.Path), name) && (e.Kind != c.Kind || e.Skip != "")
	})
}

// collectionFolders chooses the folders of an account's collections in an archive, by the collection's path. Calendars
// and address books do not share a folder.
func collectionFolders(collections []dav.Collection) map[string]string {
	folders := map[string]string{}
	for _, k := range dav.Kinds {
		var paths []string
		for _, c := range collections {
			if c.Kind == k {
				paths = append(paths, c.Path)
			}
		}
		for i, folder := range mapping.FileNames(paths, "") {
			folders[paths[i]] = folder
		}
	}
	return folders
}

// accountFolders chooses the folders of the accounts in an archive, by the account's name.
func accountFolders(accounts []Account) map[string]string {
	paths := make([]string, len(accounts))
	for i, a := range accounts {
		paths[i] = "/" + url.PathEscape(a.Name)
	}
	folders := make(map[string]string, len(accounts))
	for i, folder := range mapping.FileNames(paths, "") {
		folders[accounts[i].Name] = folder
	}
	return folders
}

// find returns the destination's collection of a name.
func (t *transfer) find(k dav.Kind, name string) (dav.Collection, bool) {
	i := slices.IndexFunc(t.existing, func(e dav.Collection) bool {
		return e.Kind == k && e.Skip == "" && dav.LastSegment(e.Path) == name
	})
	if i < 0 {
		return dav.Collection{}, false
	}
	return t.existing[i], true
}

// create makes the collection, unless the run is dry.
func (t *transfer) create(ctx context.Context, c dav.Collection, name string, p *place) error {
	c, mapped := t.mapTimezone(c)
	if t.job.DryRun {
		t.report.changes.countCollection(mapped)
		p.missing = true
		p.collection = dav.Collection{Kind: c.Kind, Path: "/" + name + "/"}
		if t.report.Forecast == nil {
			return t.expectSet(ctx, c, p)
		}
		if err := t.mayMake(ctx, c.Kind); err != nil {
			return fmt.Errorf("making the collection %s at the destination: %w", name, err)
		}
		return nil
	}
	created, lost, err := t.to.Create(ctx, c, name)
	if err != nil {
		return t.sinkError(ctx, fmt.Errorf("making the collection %s at the destination: %w", name, err))
	}
	p.collection, p.created = created, true
	if len(lost) > 0 {
		t.report.note(c.Path, "the destination did not keep the collection's %s", strings.Join(lost, ", "))
	}
	if err := t.keepCollection(ctx, c, p, CollectionRecord{}); err != nil {
		return err
	}
	if created.Timezone == "" {
		mapped = &Mapped{stale: true} // the destination did not take it
	}
	if err := t.keepTimezone(ctx, c, mapped); err != nil {
		return err
	}
	// Whose the collection is must be known before anything is in it.
	if err := t.job.Journal.Flush(ctx); err != nil {
		return &runError{err}
	}
	return nil
}

// expectSet takes down, in a dry run, which components a new calendar will take.
func (t *transfer) expectSet(ctx context.Context, c dav.Collection, p *place) error {
	if c.Kind != dav.Calendar {
		return nil
	}
	sets, err := t.setsAllowed(ctx)
	p.collection.Components = madeWith(sets, c.Components)
	return err
}

// survey reads what the place holds.
func (t *transfer) survey(ctx context.Context, p *place) error {
	members, err := t.to.Members(ctx, p.collection)
	if err != nil {
		return t.sinkError(ctx, fmt.Errorf("the destination: %w", err))
	}
	p.members = membersByName(members)
	return nil
}

// membersByName returns the members of a collection by their resource names.
func membersByName(members []dav.Member) map[string]dav.Member {
	byName := make(map[string]dav.Member, len(members))
	for _, m := range members {
		byName[dav.LastSegment(m.Path)] = m
	}
	return byName
}

// keepCollection writes a collection into the journal.
func (t *transfer) keepCollection(ctx context.Context, c dav.Collection, p *place, rec CollectionRecord) error {
	rec.DestPath, rec.Created = p.collection.Path, p.created
	if err := t.job.Journal.PutCollection(ctx, t.target, t.account.Name, c.Path, rec); err != nil {
		return &runError{err}
	}
	return nil
}
