package migrate

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"
)

// ownChanges is the path under which the journal has what rules did to a collection's own properties.
const ownChanges = ""

// putChanges keeps what rules did to an object, in place of what was kept of it before.
func (s *statements) putChanges(ctx context.Context, collection int64, path string, m *Mapped) error {
	if len(m.Changes)+len(m.Reasons) == 0 {
		if !m.stale {
			return nil
		}
		_, err := s.dropChanges.ExecContext(ctx, collection, path)
		return err
	}
	diff, err := diffOf(m.Changes, m.Reasons, func(lines []string) (int64, error) { return s.block(ctx, lines) })
	if err != nil {
		return err
	}
	_, err = s.addChanges.ExecContext(ctx, collection, path, diff)
	return err
}

// block keeps a block of lines once for all objects, and returns its number. A rule that puts the same block into many
// objects hands over the same slice, so that its address is enough to know most.
func (s *statements) block(ctx context.Context, lines []string) (int64, error) {
	if id, ok := s.blocks[&lines[0]]; ok {
		return id, nil
	}
	text := strings.Join(lines, "\n")
	id := blockID(text)
	if _, err := s.addText.ExecContext(ctx, id, text); err != nil {
		return 0, err
	}
	if len(s.blocks) >= blockLimit {
		clear(s.blocks)
	}
	if len(text) <= maxBlock { // what is remembered stays in memory
		s.blocks[&lines[0]] = id
	}
	return id, nil
}

// How many blocks the writer remembers to have kept, and how many octets such a one has at most.
const (
	blockLimit = 500
	maxBlock   = 16 << 10
)

// PutCollectionChanges keeps what rules did to a collection's own properties, in place of what was kept of that before.
func (j *Journal) PutCollectionChanges(ctx context.Context, target, account, collection string, m *Mapped) error {
	key := collectionKey{target, account, collection}
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		id, err := s.collectionID(ctx, key)
		if err == nil {
			_, err = s.ownChanges.ExecContext(ctx, m.Changed, m.Left, id)
		}
		if err != nil {
			return err
		}
		return s.putChanges(ctx, id, ownChanges, m)
	}})
}

// Changes yields what rules did to a collection's time zone, under the collection's path, and to those of its objects that
// are at the destination, in order of their paths. An error is the last thing that it yields.
func (j *Journal) Changes(ctx context.Context, target, account, collection string) iter.Seq2[ObjectChanges, error] {
	return j.changesIn(ctx, `target = ? AND account = ? AND path = ?`, target, account, collection)
}

// RunChanges yields what Changes does of all collections that a run has come to, in order of the accounts' names and the
// collections' paths.
func (j *Journal) RunChanges(ctx context.Context, run int64) iter.Seq2[ObjectChanges, error] {
	return j.changesIn(ctx, `run = ?`, run)
}

// changesIn yields what rules did in some collections. It has no more in memory than the collections' names, and the
// blocks of some.
func (j *Journal) changesIn(ctx context.Context, which string, args ...any) iter.Seq2[ObjectChanges, error] {
	return func(yield func(ObjectChanges, error) bool) {
		err := j.settle(ctx)
		var collections []changedCollection
		if err == nil {
			collections, err = j.changedCollections(ctx, which, args...)
		}
		blocks := map[int64]string{}
		for _, c := range collections {
			if err != nil {
				break
			}
			err = j.changesOf(ctx, c, blocks, func(o ObjectChanges) bool { return yield(o, nil) })
			if len(blocks) > blockLimit {
				clear(blocks)
			}
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(ObjectChanges{}, err)
		}
	}
}

// changedCollection is a collection in which rules did something.
type changedCollection struct {
	id            int64
	account, path string
}

func (j *Journal) changedCollections(ctx context.Context, which string, args ...any) (all []changedCollection, err error) {
	err = j.query(ctx, func(rows *sql.Rows) error {
		var c changedCollection
		err := rows.Scan(&c.id, &c.account, &c.path)
		all = append(all, c)
		return err
	}, `SELECT id, account, path FROM collections WHERE `+which+` AND EXISTS (SELECT * FROM changes WHERE collection = id)
		ORDER BY account, path, target`, args...)
	return all, err
}

// changesOf tells what rules did in a collection, until told that it is enough.
func (j *Journal) changesOf(ctx context.Context, c changedCollection, blocks map[int64]string, tell func(ObjectChanges) bool) error {
	return j.query(ctx, func(rows *sql.Rows) error {
		o := ObjectChanges{Account: c.account, Collection: c.path}
		var diff string
		if err := rows.Scan(&o.Path, &o.UID, &diff); err != nil {
			return err
		}
		if o.Path == ownChanges {
			o.Path = c.path
		}
		var err error
		o.Changes, o.Left, err = parseDiff(diff, func(id int64) (string, error) { return j.block(ctx, blocks, id) })
		if err == nil && !tell(o) {
			err = errEnough
		}
		return err
	}, `SELECT changes.path, ifnull(uid, ''), diff FROM changes LEFT JOIN objects USING (collection, path)
		WHERE collection = ? AND (changes.path = ? OR NOT vanished AND outcome IN (?, ?, ?)) ORDER BY changes.path`,
		c.id, ownChanges, Created, Updated, Unchanged)
}

// block returns the lines that the journal has under a number.
func (j *Journal) block(ctx context.Context, known map[int64]string, id int64) (string, error) {
	text, ok := known[id]
	if !ok {
		if err := j.db.QueryRowContext(ctx, `SELECT text FROM texts WHERE id = ?`, id).Scan(&text); err != nil {
			return "", err
		}
		known[id] = text
	}
	return text, nil
}

// Changed counts the objects of a collection that are at the destination by the rules that changed them.
func (j *Journal) Changed(ctx context.Context, target, account, collection string) (Changes, error) {
	if err := j.settle(ctx); err != nil {
		return Changes{}, err
	}
	var counts Changes
	err := j.query(ctx, func(rows *sql.Rows) error {
		var m Mapped
		var objects int
		err := rows.Scan(&m.Changed, &m.Left, &objects)
		counts.count(&m, objects)
		return err
	}, `SELECT changed, left_as_is, count(*) FROM objects WHERE NOT vanished AND outcome IN (?, ?, ?) AND collection =
			(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?)
		GROUP BY changed, left_as_is`, Created, Updated, Unchanged, target, account, collection)
	return counts, err
}
