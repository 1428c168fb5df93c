package migrate

import (
	"context"
	"errors"
	"strings"
)

// RecordNothing makes a journal forget at once what becomes of objects, for benchmarks of what it costs.
func (j *Journal) RecordNothing(ctx context.Context) error {
	s := j.writer.statements
	stmt, err := s.conn.PrepareContext(ctx, "SELECT "+strings.Repeat("?,", 22)+"?") // as many as there are of an object
	if err != nil {
		return err
	}
	s.prepared = append(s.prepared, stmt)
	s.object = stmt
	return nil
}

// Kill has a journal end as kill -9 ends it: what it has not committed is lost, and nothing is taken any more.
func (j *Journal) Kill() {
	// An error is what this is for.
	_ = j.perform(context.Background(), func(context.Context, *statements) error { return ErrKilled })
}

// ErrKilled ends a journal that was killed.
var ErrKilled = errors.New("killed by the test")

// TargetOf returns the way that the journal's rows of an account are about.
func (j *Job) TargetOf(a Account) string { return j.target(a) }

// Sum is the checksum of an object in the journal.
func Sum(data []byte) string { return sum(data) }
