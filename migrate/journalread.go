package migrate

import (
	"context"
	"database/sql"
	"errors"
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
	}, `SELECT path, etag, sha256, uid, size, outcome, reason, status, condition, dest_path, dest_etag, created, at
		FROM objects WHERE collection =
			(SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?)`, target, account, collection)
	if err != nil {
		return nil, err
	}
	return records, nil
}

func scanRecord(rows *sql.Rows) (Record, error) {
	var r Record
	var at int64
	err := rows.Scan(&r.Path, &r.ETag, &r.SHA256, &r.UID, &r.Size, &r.Outcome, &r.Reason, &r.Status, &r.Condition,
		&r.DestPath, &r.DestETag, &r.Created, &at)
	r.At = time.Unix(0, at)
	return r, err
}

// Collection returns what is kept of a collection, false where nothing is.
func (j *Journal) Collection(ctx context.Context, target, account, path string) (CollectionRecord, bool, error) {
	var r CollectionRecord
	if err := j.settle(ctx); err != nil {
		return r, false, err
	}
	var at int64
	err := j.db.QueryRowContext(ctx, `SELECT dest_path, ctag, sync_token, created, listed, outcome, reason, at
		FROM collections WHERE target = ? AND account = ? AND path = ? AND at <> 0`, target, account, path).
		Scan(&r.DestPath, &r.CTag, &r.SyncToken, &r.Created, &r.Listed, &r.Outcome, &r.Reason, &at)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r, false, nil
	case err != nil:
		return CollectionRecord{}, false, j.readError(ctx, err)
	}
	r.At = time.Unix(0, at)
	return r, true, nil
}

// Accounts returns how far each account of a target is, by its name.
func (j *Journal) Accounts(ctx context.Context, target string) (map[string]AccountRecord, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	accounts := map[string]AccountRecord{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		var name string
		var r AccountRecord
		var at int64
		err := rows.Scan(&name, &r.State, &r.Reason, &at)
		r.At = time.Unix(0, at)
		accounts[name] = r
		return err
	}, `SELECT account, state, reason, at FROM accounts WHERE target = ?`, target)
	if err != nil {
		return nil, err
	}
	return accounts, nil
}

// Outcomes counts the objects of a target by account and outcome.
func (j *Journal) Outcomes(ctx context.Context, target string) (map[string]map[string]int64, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	counts := map[string]map[string]int64{}
	err := j.query(ctx, func(rows *sql.Rows) error {
		var account, outcome string
		var n int64
		err := rows.Scan(&account, &outcome, &n)
		if counts[account] == nil {
			counts[account] = map[string]int64{}
		}
		counts[account][outcome] = n
		return err
	}, `SELECT c.account, o.outcome, count(*) FROM collections c JOIN objects o ON o.collection = c.id
		WHERE c.target = ? GROUP BY c.account, o.outcome`, target)
	if err != nil {
		return nil, err
	}
	return counts, nil
}

// LastRun returns the latest run, false where there was none.
func (j *Journal) LastRun(ctx context.Context) (RunRecord, bool, error) {
	if err := j.settle(ctx); err != nil {
		return RunRecord{}, false, err
	}
	var r RunRecord
	var started int64
	var finished sql.NullInt64
	err := j.db.QueryRowContext(ctx, `SELECT id, verb, started, finished, ifnull(exit, -1)
		FROM runs ORDER BY id DESC LIMIT 1`).Scan(&r.ID, &r.Verb, &started, &finished, &r.Exit)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return RunRecord{}, false, nil
	case err != nil:
		return RunRecord{}, false, j.readError(ctx, err)
	}
	r.Started = time.Unix(0, started)
	if finished.Valid {
		r.Finished = time.Unix(0, finished.Int64)
	}
	return r, true, nil
}

// query hands each row of an answer to scan.
func (j *Journal) query(ctx context.Context, scan func(*sql.Rows) error, text string, args ...any) error {
	rows, err := j.db.QueryContext(ctx, text, args...)
	if err != nil {
		return j.readError(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return j.readError(ctx, err)
		}
	}
	if err := rows.Err(); err != nil {
		return j.readError(ctx, err)
	}
	return nil
}

// readError tells a read that was broken off from one that failed.
func (j *Journal) readError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return journalError(j.path, err)
}
