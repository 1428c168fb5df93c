package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	batchRows   = 1000                   // writes in one transaction at most
	batchDelay  = 200 * time.Millisecond // that a write waits for company at most
	queueLength = 2 * batchRows          // writes that wait while a batch is committed
	knownLimit  = 10_000                 // collections whose row number is remembered
)

type applyFunc func(context.Context, *statements) error

// write is something to keep. committed, where there is one, is closed when it is kept.
type write struct {
	apply     applyFunc
	committed chan<- struct{}
}

// journalWriter is the one goroutine that writes to the journal, and its connection.
type journalWriter struct {
	path       string
	statements *statements
	done       chan struct{} // closed at the end of run: by the queue's end or by an error
	err        atomic.Pointer[JournalError]
}

func newJournalWriter(ctx context.Context, db *sql.DB, path string) (*journalWriter, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, journalError(path, err)
	}
	s, err := prepareStatements(ctx, conn)
	if err != nil {
		return nil, errors.Join(journalError(path, err), conn.Close())
	}
	return &journalWriter{path: path, statements: s, done: make(chan struct{})}, nil
}

// run commits the queue in batches until it is closed. The run's context does not reach it: what was done before an
// interruption must be kept.
func (w *journalWriter) run(queue <-chan write, pending *atomic.Int64) {
	defer close(w.done)
	batch := make([]write, 0, batchRows)
	var due <-chan time.Time
	for open := true; open; {
		now := false
		select {
		case next, more := <-queue:
			if open = more; open {
				batch = append(batch, next)
			}
			now = !open || next.committed != nil || len(batch) == batchRows
		case <-due:
			now = true
		}
		if !now {
			if due == nil {
				due = time.After(batchDelay)
			}
			continue
		}
		if err := w.commit(batch); err != nil {
			w.err.Store(err)
			return
		}
		pending.Add(-int64(len(batch)))
		clear(batch) // the closures hold whole records
		batch, due = batch[:0], nil
	}
}

// commit applies a batch in one transaction.
func (w *journalWriter) commit(batch []write) *JournalError {
	if len(batch) == 0 {
		return nil
	}
	ctx := context.Background()
	if err := w.transact(ctx, batch); err != nil {
		return journalError(w.path, err)
	}
	for _, b := range batch {
		if b.committed != nil {
			close(b.committed)
		}
	}
	return nil
}

func (w *journalWriter) transact(ctx context.Context, batch []write) error {
	conn := w.statements.conn
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, b := range batch {
		if err := b.apply(ctx, w.statements); err != nil {
			conn.ExecContext(ctx, "ROLLBACK") // fails where the error has rolled back already
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		conn.ExecContext(ctx, "ROLLBACK")
		return err
	}
	return nil
}

// failure returns the error that ended the writer.
func (w *journalWriter) failure() error {
	if err := w.err.Load(); err != nil {
		return err
	}
	return nil
}

// close gives the connection back, after run has ended.
func (w *journalWriter) close() error {
	err := w.statements.close()
	if failure := w.failure(); failure != nil {
		return failure
	}
	if err != nil {
		return journalError(w.path, err)
	}
	return nil
}

// collectionKey names a collection in the journal.
type collectionKey struct{ target, account, path string }

// statements are what the writer does to the journal, on its connection and within its transaction.
type statements struct {
	conn     *sql.Conn
	known    map[collectionKey]int64 // row numbers in table collections
	blocks   map[*string]int64       // numbers in table texts, by the first line
	prepared []*sql.Stmt

	object, newCollection, findCollection, collection, account *sql.Stmt
	dropChanges, addChanges, addText, ownChanges               *sql.Stmt
	addIntent, dropIntent                                      *sql.Stmt
}

func prepareStatements(ctx context.Context, conn *sql.Conn) (*statements, error) {
	s := &statements{conn: conn, known: map[collectionKey]int64{}, blocks: map[*string]int64{}}
	for _, p := range []struct {
		stmt **sql.Stmt
		text string
	}{
		{&s.object, `INSERT OR REPLACE INTO objects (collection, path, etag, sha256, uid, size, outcome, reason, status,
			condition, dest_path, dest_etag, dest_size, created, vanished, rules, put_uid, put_size, changed, left_as_is, source_sha256, pieces, run, at)
			VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`},
		{&s.dropChanges, `DELETE FROM changes WHERE collection = ? AND path = ?`},
		{&s.addChanges, `INSERT OR REPLACE INTO changes (collection, path, diff) VALUES (?,?,?)`},
		{&s.addText, `INSERT OR IGNORE INTO texts (id, text) VALUES (?,?)`},
		{&s.ownChanges, `UPDATE collections SET changed = ?, left_as_is = ? WHERE id = ?`},
		{&s.addIntent, `INSERT INTO intents (collection, objects) VALUES (?,?)`},
		{&s.dropIntent, `DELETE FROM intents WHERE id = ?`},
		{&s.newCollection, `INSERT OR IGNORE INTO collections (target, account, path) VALUES (?,?,?)`},
		{&s.findCollection, `SELECT id FROM collections WHERE target = ? AND account = ? AND path = ?`},
		{&s.collection, `UPDATE collections SET dest_path = ?, ctag = ?, sync_token = ?, dest_ctag = ?, dest_sync_token = ?, terms = ?,
			created = ?, listed = ?, outcome = ?, reason = ?, run = ?, at = ? WHERE id = ?`},
		{&s.account, `INSERT OR REPLACE INTO accounts (target, account, state, reason, run, at) VALUES (?,?,?,?,?,?)`},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return nil, err
		}
		*p.stmt = stmt
		s.prepared = append(s.prepared, stmt)
	}
	return s, nil
}

func (s *statements) close() error {
	var errs []error
	for _, stmt := range s.prepared {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, s.conn.Close())...)
}

func (s *statements) putObject(ctx context.Context, key collectionKey, r Record, run, at int64) error {
	id, err := s.collectionID(ctx, key)
	if err != nil {
		return err
	}
	mapped := r.Mapped
	if mapped == nil {
		mapped = &Mapped{}
	}
	pieces, err := encodePieces(r.Pieces)
	if err != nil {
		return err
	}
	_, err = s.object.ExecContext(ctx, id, r.Path, r.ETag, r.SHA256, r.UID, r.Size, r.Outcome, r.Reason, r.Status,
		r.Condition, r.DestPath, r.DestETag, r.DestSize, r.Created, r.Vanished,
		mapped.Rules, mapped.UID, mapped.Size, mapped.Changed, mapped.Left, r.Source, pieces, run, at)
	if err != nil || !mapped.fresh {
		return err
	}
	return s.putChanges(ctx, id, r.Path, mapped)
}

// encodePieces returns how the journal keeps the pieces of an object that was split, "" for none.
func encodePieces(pieces []Piece) (string, error) {
	if len(pieces) == 0 {
		return "", nil
	}
	text, err := json.Marshal(pieces)
	return string(text), err
}

func (s *statements) forgetObject(ctx context.Context, key collectionKey, path string) error {
	err := s.change(ctx, key, `DELETE FROM changes WHERE collection = ? AND path = ?`, path)
	if err == nil {
		err = s.change(ctx, key, `DELETE FROM objects WHERE collection = ? AND path = ?`, path)
	}
	return err
}

func (s *statements) forgetCollection(ctx context.Context, key collectionKey) error {
	err := s.change(ctx, key, `DELETE FROM changes WHERE collection = ?`)
	if err == nil {
		err = s.change(ctx, key, `DELETE FROM intents WHERE collection = ?`)
	}
	if err == nil {
		err = s.change(ctx, key, `DELETE FROM objects WHERE collection = ?`)
	}
	if err == nil {
		err = s.change(ctx, key, `DELETE FROM collections WHERE id = ?`)
	}
	delete(s.known, key)
	return err
}

func (s *statements) reaffirm(ctx context.Context, key collectionKey, run, at int64) error {
	return s.change(ctx, key, `UPDATE objects SET outcome = ?2, reason = '', run = ?3, at = ?4
		WHERE collection = ?1 AND NOT vanished AND outcome IN (?2, ?5, ?6)`, Unchanged, run, at, Created, Updated)
}

// vanish keeps only what may be at the destination.
func (s *statements) vanish(ctx context.Context, key collectionKey) error {
	err := s.change(ctx, key, `DELETE FROM objects WHERE collection = ? AND dest_path = ''`)
	if err == nil {
		err = s.change(ctx, key, `UPDATE objects SET vanished = 1 WHERE collection = ?`)
	}
	return err
}

// change executes a statement about a collection, whose row number is its first argument.
func (s *statements) change(ctx context.Context, key collectionKey, text string, args ...any) error {
	id, err := s.collectionID(ctx, key)
	if err != nil {
		return err
	}
	_, err = s.conn.ExecContext(ctx, text, append([]any{id}, args...)...)
	return err
}

func (s *statements) putCollection(ctx context.Context, key collectionKey, r CollectionRecord, run, at int64) error {
	id, err := s.collectionID(ctx, key)
	if err != nil {
		return err
	}
	_, err = s.collection.ExecContext(ctx, r.DestPath, r.State.CTag, r.State.SyncToken, r.Dest.CTag, r.Dest.SyncToken, r.Terms,
		r.Created, r.Listed, r.Outcome, r.Reason, run, at, id)
	return err
}

func (s *statements) putAccount(ctx context.Context, target, account string, r AccountRecord, run, at int64) error {
	_, err := s.account.ExecContext(ctx, target, account, r.State, r.Reason, run, at)
	return err
}

// collectionID returns the row number of a collection, which its first object may make.
func (s *statements) collectionID(ctx context.Context, key collectionKey) (int64, error) {
	if id, ok := s.known[key]; ok {
		return id, nil
	}
	if _, err := s.newCollection.ExecContext(ctx, key.target, key.account, key.path); err != nil {
		return 0, err
	}
	var id int64
	if err := s.findCollection.QueryRowContext(ctx, key.target, key.account, key.path).Scan(&id); err != nil {
		return 0, err
	}
	if len(s.known) >= knownLimit {
		clear(s.known)
	}
	s.known[key] = id
	return id, nil
}

func (s *statements) startRun(ctx context.Context, verb string) (int64, error) {
	result, err := s.conn.ExecContext(ctx, `INSERT INTO runs (verb, started) VALUES (?, ?)`, verb, time.Now().UnixNano())
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (s *statements) finishRun(ctx context.Context, id int64, exit int) error {
	_, err := s.conn.ExecContext(ctx, `UPDATE runs SET finished = ?, exit = ? WHERE id = ?`, time.Now().UnixNano(), exit, id)
	return err
}

// bind compares identities with those that are kept, and keeps the new ones where none differs. foreign names all that
// differ.
func (s *statements) bind(ctx context.Context, identities map[string]string) (foreign, err error) {
	var changed, added []string
	for subject, identity := range identities {
		var kept string
		err := s.conn.QueryRowContext(ctx, `SELECT identity FROM identities WHERE subject = ?`, subject).Scan(&kept)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			added = append(added, subject)
		case err != nil:
			return nil, err
		case kept != identity:
			changed = append(changed, fmt.Sprintf("its %s is %s, not %s", subject, kept, identity))
		}
	}
	if len(changed) > 0 {
		slices.Sort(changed)
		return errors.New(strings.Join(changed, "; ")), nil
	}
	for _, subject := range added {
		_, err := s.conn.ExecContext(ctx, `INSERT INTO identities (subject, identity) VALUES (?, ?)`, subject, identities[subject])
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}
