package migrate

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/gob"
	"fmt"
)

// Intent is what a run was about to put into one collection. It is in the journal from before the first of these PUTs
// until what became of each is: a run that is killed meanwhile leaves it behind, and the next one knows by it what it may
// find at the destination.
type Intent struct {
	ID         int64
	Collection string // the source's path
	Objects    []Intended
}

// Intended is an object that was about to be put.
type Intended struct {
	Record         // as it is to be recorded once it was put, but for the ETag that it gets
	Sent    string // lower-case hex SHA-256 of the bytes that are sent, which may be another form than the Record's
	Meaning string // their mapping.Digest, "" where the destination is not known to write objects anew
}

// Intend keeps that objects are about to be put, and returns the number by which to fulfil the intent. Once it has
// returned they may be put: the intent outlives the process. Like all of the journal it is not synced to the disk at once.
func (j *Journal) Intend(ctx context.Context, target, account, collection string, objects []Intended) (int64, error) {
	var body bytes.Buffer // gob, because a UID or an ETag may hold bytes that are no UTF-8
	if err := gob.NewEncoder(&body).Encode(objects); err != nil {
		return 0, fmt.Errorf("keeping what is to be put: %w", err)
	}
	key := collectionKey{target, account, collection}
	var id int64
	err := j.perform(ctx, func(ctx context.Context, s *statements) (err error) {
		id, err = s.intend(ctx, key, body.Bytes())
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Fulfil forgets an intent, once what became of its objects was recorded.
func (j *Journal) Fulfil(ctx context.Context, id int64) error {
	return j.submit(ctx, write{apply: func(ctx context.Context, s *statements) error {
		_, err := s.dropIntent.ExecContext(ctx, id)
		return err
	}})
}

// Intents returns what runs left behind of an account, the oldest first.
func (j *Journal) Intents(ctx context.Context, target, account string) ([]Intent, error) {
	if err := j.settle(ctx); err != nil {
		return nil, err
	}
	var intents []Intent
	var bodies [][]byte
	err := j.query(ctx, func(rows *sql.Rows) error {
		var i Intent
		var body []byte
		err := rows.Scan(&i.ID, &i.Collection, &body)
		intents, bodies = append(intents, i), append(bodies, body)
		return err
	}, `SELECT intents.id, path, objects FROM intents JOIN collections ON collections.id = collection
		WHERE target = ? AND account = ? ORDER BY intents.id`, target, account)
	if err != nil {
		return nil, err
	}
	for i, body := range bodies {
		if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&intents[i].Objects); err != nil {
			return nil, &JournalError{Path: j.path, Err: fmt.Errorf("%w: intent %d: %w", errDamaged, intents[i].ID, err), Advice: adviceDamaged}
		}
	}
	return intents, nil
}

func (s *statements) intend(ctx context.Context, key collectionKey, objects []byte) (id int64, err error) {
	collection, err := s.collectionID(ctx, key)
	if err != nil {
		return 0, err
	}
	result, err := s.addIntent.ExecContext(ctx, collection, objects)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}
