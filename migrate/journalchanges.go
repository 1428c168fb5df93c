package migrate

import (
	"context"
	"database/sql"
	"strings"

	"davferry/mapping"
)

// putChanges keeps what rules did to an object, in place of what was kept of it before.
func (s *statements) putChanges(ctx context.Context, collection int64, path string, m *Mapped) error {
	if m.stale {
		if _, err := s.dropChanges.ExecContext(ctx, collection, path); err != nil {
			return err
		}
	}
	number := 0
	put := func(rule string, line int, before, after, reason string) error {
		number++
		_, err := s.addChange.ExecContext(ctx, collection, path, number, rule, line, before, after, reason)
		return err
	}
	for _, c := range m.Changes {
		if err := put(c.Rule, c.Line, strings.Join(c.Before, "\n"), strings.Join(c.After, "\n"), ""); err != nil {
			return err
		}
	}
	for _, l := range m.Reasons {
		if err := put(l.Rule, 0, "", "", l.Reason); err != nil {
			return err
		}
	}
	return nil
}

// Changes returns what rules did to the objects of a collection that are at the destination, by the object's path.
func (j *Journal) Changes(ctx context.Context, target, account, collection string) (map[string]ObjectChanges, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	all := map[string]ObjectChanges{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		var path, rule, before, after, reason string
		var line int
		err := rows.Scan(&path, &rule, &line, &before, &after, &reason)
		o := all[path]
		o.Account, o.Collection, o.Path = account, collection, path
		if line == 0 {
			o.Left = append(o.Left, mapping.Left{Rule: rule, Reason: reason})
		} else {
			o.Changes = append(o.Changes, mapping.Change{Rule: rule, Line: line, Before: splitLines(before), After: splitLines(after)})
		}
		all[path] = o
		return err
	}, `SELECT path, rule, line, before, after, reason FROM changes WHERE collection =
			(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?)
		ORDER BY path, number`, target, account, collection)
	if err != nil {
		return nil, err
	}
	return all, nil
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

// splitLines takes apart what putChanges joined; a content line holds no line break.
func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
