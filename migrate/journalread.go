package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Objects returns what is kept of a collection's objects, by their path at the source. It takes in what was recorded
// before the call.
func (j *Journal) Objects(ctx context.Context, target, account, collection string) (map[string]Record, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	records := map[string]Record{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		r, err := scanRecord(rows)
		records[r.Path] = r
		return err
	}, objectsOf, target, account, collection)
	if err != nil {
		return nil, err
	}
	return records, nil
}

// InOrder yields what is kept of a collection's objects, sorted by their path at the source, and ends with the first error.
// It takes in what was recorded before the call, and keeps one record at a time in memory.
func (j *Journal) InOrder(ctx context.Context, target, account, collection string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		err := j.settle(ctx)
		if err == nil {
			err = j.query(ctx, func(rows *sql.Rows) error {
				r, err := scanRecord(rows)
				if err == nil && !yield(r, nil) {
					err = errEnough
				}
				return err
			}, objectsOf+` ORDER BY path`, target, account, collection)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(Record{}, err)
		}
	}
}

// errEnough ends a query whose other rows nobody wants.
var errEnough = errors.New("enough")

// objectsOf asks for the records of one collection.
const objectsOf = `SELECT ` + objectColumns + ` FROM objects WHERE collection =
	(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?)`

// Object returns what is kept of one object, false where nothing is.
func (j *Journal) Object(ctx context.Context, target, account, collection, path string) (Record, bool, error) {
	if err := j.settle(ctx); err != nil {
		return Record{}, false, err
	}
	r, err := scanRecord(j.db.QueryRowContext(ctx, `SELECT `+objectColumns+` FROM objects WHERE path = ? AND collection =
		(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?)`, path, target, account, collection))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Record{}, false, nil
	case err != nil:
		return Record{}, false, j.readError(ctx, err)
	}
	return r, true, nil
}

const objectColumns = `path, etag, sha256, uid, size, outcome, reason, status, condition, dest_path, dest_etag, dest_size,
	created, vanished, rules, put_uid, put_size, changed, left_as_is, source_sha256, pieces, at`

// scanner is a row of an answer.
type scanner interface{ Scan(...any) error }

// scanRecord reads a row of objectColumns, after other columns.
func scanRecord(rows scanner, before ...any) (Record, error) {
	var r Record
	var at int64
	var mapped Mapped
	var pieces string
	err := rows.Scan(append(before, &r.Path, &r.ETag, &r.SHA256, &r.UID, &r.Size, &r.Outcome, &r.Reason, &r.Status, &r.Condition,
		&r.DestPath, &r.DestETag, &r.DestSize, &r.Created, &r.Vanished,
		&mapped.Rules, &mapped.UID, &mapped.Size, &mapped.Changed, &mapped.Left, &r.Source, &pieces, &at)...)
	r.At = time.Unix(0, at)
	if err == nil && pieces != "" {
		err = json.Unmarshal([]byte(pieces), &r.Pieces)
	}
	if mapped.Rules != "" || mapped.Changed != "" {
		r.Mapped = new(Mapped)
		*r.Mapped = mapped
	}
	return r, err
}

// Collection returns what is kept of a collection, false where nothing is.
func (j *Journal) Collection(ctx context.Context, target, account, path string) (CollectionRecord, bool, error) {
	if err := j.settle(ctx); err != nil {
		return CollectionRecord{}, false, err
	}
	row := j.db.QueryRowContext(ctx, `SELECT path, `+collectionColumns+` FROM collections
		WHERE target = ? AND account = ? AND path = ? AND at <> 0`, target, account, path)
	_, r, err := scanCollection(row)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return CollectionRecord{}, false, nil
	case err != nil:
		return CollectionRecord{}, false, j.readError(ctx, err)
	}
	return r, true, nil
}

// Collections returns what is kept of an account's collections, by their path at the source.
func (j *Journal) Collections(ctx context.Context, target, account string) (map[string]CollectionRecord, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	collections := map[string]CollectionRecord{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		path, r, err := scanCollection(rows)
		collections[path] = r
		return err
	}, `SELECT path, `+collectionColumns+` FROM collections WHERE target = ? AND account = ? AND at <> 0`, target, account)
	if err != nil {
		return nil, err
	}
	return collections, nil
}

const collectionColumns = `dest_path, ctag, sync_token, dest_ctag, dest_sync_token, terms, created, listed, outcome, reason, changed, left_as_is, at`

func scanCollection(row scanner) (path string, r CollectionRecord, err error) {
	var at int64
	err = row.Scan(&path, &r.DestPath, &r.State.CTag, &r.State.SyncToken, &r.Dest.CTag, &r.Dest.SyncToken, &r.Terms,
		&r.Created, &r.Listed, &r.Outcome, &r.Reason, &r.Changed, &r.Left, &at)
	r.At = time.Unix(0, at)
	return path, r, err
}

// Identities returns what Bind has kept, by subject.
func (j *Journal) Identities(ctx context.Context) (map[string]string, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	identities := map[string]string{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		var subject, identity string
		err := rows.Scan(&subject, &identity)
		identities[subject] = identity
		return err
	}, `SELECT subject, identity FROM identities`)
	return identities, err
}

// AccountNames returns the accounts that any run has come to, sorted.
func (j *Journal) AccountNames(ctx context.Context) ([]string, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	var names []string
	err := j.query(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, `SELECT DISTINCT account FROM accounts ORDER BY account`)
	return names, err
}

// Vanished returns the objects of an account that may be at the destination and that the source lists no more, by their
// collection's path.
func (j *Journal) Vanished(ctx context.Context, target, account string) (map[string][]Record, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	vanished := map[string][]Record{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		var collection string
		r, err := scanRecord(rows, &collection)
		vanished[collection] = append(vanished[collection], r)
		return err
	}, `SELECT (SELECT path FROM collections WHERE id = collection), `+objectColumns+` FROM objects
		WHERE vanished AND collection IN (SELECT id FROM collections WHERE target = ? AND account = ?)
		ORDER BY collection, path`, target, account)
	return vanished, err
}

// AtDestination counts the objects of an account that are at the destination as far as the journal knows.
func (j *Journal) AtDestination(ctx context.Context, target, account string) (n int, err error) {
	if err := j.settle(ctx); err != nil {
		return 0, err
	}
	err = j.db.QueryRowContext(ctx, `SELECT count(*) FROM objects WHERE dest_path <> ''
		AND collection IN (SELECT id FROM collections WHERE target = ? AND account = ?)`, target, account).Scan(&n)
	if err != nil {
		return 0, j.readError(ctx, err)
	}
	return n, nil
}

// HasUID tells whether an account has an object of that UID at the destination as far as the journal knows.
func (j *Journal) HasUID(ctx context.Context, target, account, uid string) (has bool, err error) {
	if err := j.settle(ctx); err != nil {
		return false, err
	}
	err = j.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM objects WHERE uid = ? AND dest_path <> ''
		AND collection IN (SELECT id FROM collections WHERE target = ? AND account = ?))`, uid, target, account).Scan(&has)
	if err != nil {
		return false, j.readError(ctx, err)
	}
	return has, nil
}

// AccountsWithUID returns the accounts that have an object of that UID at any destination as far as the journal knows.
func (j *Journal) AccountsWithUID(ctx context.Context, uid string) ([]string, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	var names []string
	err := j.query(ctx, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	}, `SELECT DISTINCT account FROM collections WHERE id IN (SELECT collection FROM objects WHERE uid = ? AND dest_path <> '')`, uid)
	return names, err
}

// Targets returns where an account's objects were carried to, and how.
func (j *Journal) Targets(ctx context.Context, account string) ([]string, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	var targets []string
	err := j.query(ctx, func(rows *sql.Rows) error {
		var target string
		err := rows.Scan(&target)
		targets = append(targets, target)
		return err
	}, `SELECT DISTINCT target FROM collections WHERE account = ? ORDER BY target`, account)
	return targets, err
}

// Tally is a number of objects with one outcome, for one reason.
type Tally struct {
	Outcome, Reason string
	Objects         int
}

// Tallies counts the objects that a collection's source lists, by outcome and reason.
func (j *Journal) Tallies(ctx context.Context, target, account, collection string) ([]Tally, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	var tallies []Tally
	err := j.query(ctx, func(rows *sql.Rows) error {
		var t Tally
		err := rows.Scan(&t.Outcome, &t.Reason, &t.Objects)
		tallies = append(tallies, t)
		return err
	}, `SELECT outcome, reason, count(*) FROM objects WHERE NOT vanished AND collection =
		(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?) GROUP BY outcome, reason`,
		target, account, collection)
	return tallies, err
}

// Audit compares, for the collections that the current run brought to an end, the number of objects that were listed with
// the number of those that have an outcome. An error that names the first difference is davferry's own.
func (j *Journal) Audit(ctx context.Context) error {
	if err := j.settle(ctx); err != nil {
		return err
	}
	var differences []string
	err := j.query(ctx, func(rows *sql.Rows) error {
		var account, path string
		var listed, recorded int64
		err := rows.Scan(&account, &path, &listed, &recorded)
		differences = append(differences, fmt.Sprintf("%s of %s: %d objects listed, %d with an outcome", path, account, listed, recorded))
		return err
	}, `SELECT account, path, listed, (SELECT count(*) FROM objects WHERE collection = c.id AND NOT vanished) AS recorded
		FROM collections c WHERE run = ? AND outcome IN (?, ?) AND listed <> recorded LIMIT 10`,
		j.run.Load(), CollectionSettled, CollectionIncomplete)
	if err != nil {
		return err
	}
	if len(differences) > 0 {
		return fmt.Errorf("davferry's own error: the journal's sums are not right: %s", strings.Join(differences, "; "))
	}
	return nil
}

// query hands each row of an answer to scan.
func (j *Journal) query(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	if err := eachRow(ctx, j.db, scan, text, args...); err != nil {
		return j.readError(ctx, err)
	}
	return nil
}

func eachRow(ctx context.Context, db querier, scan func(*sql.Rows) error, text string, args ...any) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readError tells a read that was broken off from one that failed.
func (j *Journal) readError(ctx context.Context, err error) error { return openError(ctx, j.path, err) }
