package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"davferry/internal/dav"
	"davferry/mapping"
)

// renaming is which UIDs are replaced because something else at the destination has them, by the kind of the collections.
type renaming map[dav.Kind]mapping.Renamed

func (r renaming) add(k dav.Kind, uid, new string) {
	if r[k] == nil {
		r[k] = mapping.Renamed{}
	}
	r[k][uid] = new
}

// recallRenamed takes out of the journal which objects got another UID in earlier runs. What refers to a UID that another
// object of the source has kept means that one.
func (t *transfer) recallRenamed(ctx context.Context, collections []dav.Collection) error {
	kinds := map[string]dav.Kind{}
	for _, c := range collections {
		kinds[c.Path] = c.Kind
	}
	t.renamed = renaming{}
	err := t.job.Journal.renamed(ctx, t.target, t.account.Name, func(collection, uid, new string) {
		if k, listed := kinds[wholePath(collection)]; listed {
			t.renamed.add(k, uid, new)
		}
	})
	if err != nil {
		return &runError{err}
	}
	return nil
}

// renamed hands on the UIDs that objects got in place of one that no other object of the account has kept.
func (j *Journal) renamed(ctx context.Context, target, account string, tell func(collection, uid, new string)) error {
	if err := j.settle(ctx); err != nil {
		return err
	}
	const changed = `'%` + mapping.UIDCollision + `%'`
	return j.query(ctx, func(rows *sql.Rows) error {
		var collection, uid, new string
		err := rows.Scan(&collection, &uid, &new)
		if err == nil {
			tell(collection, uid, new)
		}
		return err
	}, `WITH mine AS (SELECT c.path AS collection, o.* FROM objects o JOIN collections c ON c.id = o.collection
			WHERE c.target = ? AND c.account = ?)
		SELECT collection, uid, put_uid FROM mine WHERE changed LIKE `+changed+` AND put_uid <> '' AND uid <> ''
			AND NOT EXISTS (SELECT 1 FROM mine AS other WHERE other.uid = mine.uid AND other.changed NOT LIKE `+changed+`)`, target, account)
}

// collision is an object of the source whose UID something else at the destination has, with another content.
type collision struct {
	kind        dav.Kind
	uid, own    string
	data, there []byte
}

// foreseeCollisions finds the UIDs of the source that something else at the destination has. It reads what davferry did not
// write there, and where there is any, the source once more: what refers to an object may come before it.
func (t *transfer) foreseeCollisions(ctx context.Context, collections []dav.Collection) error {
	if !t.job.NewUID || t.toDAV == nil {
		return nil
	}
	var found []collision
	for _, c := range collections {
		if c.Skip != "" || t.job.Selection.leavesOut(c) != "" {
			continue
		}
		place, ok := t.find(c.Kind, t.nameFor(c, t.before[c.Path].DestPath))
		if !ok {
			continue
		}
		foreign, err := t.foreignByUID(ctx, c, place)
		if err != nil {
			return err
		}
		more, err := t.collisions(ctx, c, foreign)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	t.settleCollisions(found)
	return nil
}

// settleCollisions decides which UIDs are replaced. What differs from the destination's only in that it refers to one of
// them has been there since an earlier run.
func (t *transfer) settleCollisions(found []collision) {
	for _, c := range found {
		if t.renamed[c.kind][c.uid] == "" {
			t.renamed.add(c.kind, c.uid, c.own)
		}
	}
	for again := true; again; {
		again = false
		for _, c := range found {
			own := t.renamed[c.kind][c.uid]
			if own == "" {
				continue
			}
			delete(t.renamed[c.kind], c.uid)
			if len(t.renamed[c.kind]) > 0 && differ(c.kind, mapping.Rules{t.renamed[c.kind]}.Apply(mapping.Subject{Kind: c.kind}, c.data).Data, c.there) == "" {
				again = true
				continue
			}
			t.renamed[c.kind][c.uid] = own
		}
	}
}

// foreignByUID reads what the destination holds that davferry did not write.
func (t *transfer) foreignByUID(ctx context.Context, c, place dav.Collection) (map[string]dav.Object, error) {
	records, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, c.Path)
	if err != nil {
		return nil, &runError{err}
	}
	ours := map[string]bool{}
	for _, rec := range records {
		for _, name := range rec.destNames() {
			ours[name] = true
		}
	}
	members, err := t.to.Members(ctx, place)
	if err != nil {
		return nil, fmt.Errorf("the destination: %w", err)
	}
	var unknown []dav.Member
	for _, m := range members {
		if !ours[dav.LastSegment(m.Path)] {
			unknown = append(unknown, m)
		}
	}
	foreign := map[string]dav.Object{}
	for o, err := range t.to.Objects(ctx, place, unknown) {
		if o.Path == "" {
			return nil, fmt.Errorf("reading what the destination holds already: %w", err)
		}
		if uid := mapping.Inspect(c.Kind, o.Data).UID; err == nil && uid != "" {
			foreign[uid] = o
		}
	}
	return foreign, nil
}

// collisions compares a collection of the source with what else the destination holds. A UID that one object has there as
// it is at the source is that object's.
func (t *transfer) collisions(ctx context.Context, c dav.Collection, foreign map[string]dav.Object) ([]collision, error) {
	if len(foreign) == 0 {
		return nil, nil
	}
	members, err := t.from.Members(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	found, kept := map[string]collision{}, map[string]bool{}
	for o, err := range t.from.Objects(ctx, c, members) {
		if o.Path == "" {
			return nil, fmt.Errorf("the source: %w", err)
		}
		if err != nil {
			continue // said when it is to be moved
		}
		s := t.subject(c, o.Path)
		data := t.job.Rules.Apply(s, o.Data).Data
		uid := mapping.Inspect(c.Kind, data).UID
		there, taken := foreign[uid]
		switch {
		case !taken:
		case differ(c.Kind, data, there.Data) == "":
			kept[uid] = true
		case found[uid].own == "":
			found[uid] = collision{c.Kind, uid, s.OwnUID(uid, 0), data, there.Data}
		}
	}
	maps.DeleteFunc(found, func(uid string, _ collision) bool { return kept[uid] })
	return slices.Collect(maps.Values(found)), nil
}
