package migrate

import (
	"context"
	"strings"
)

// RecordNothing makes a journal forget at once what becomes of objects, for benchmarks of what it costs.
func (j *Journal) RecordNothing(ctx context.Context) error {
	s := j.writer.statements
	stmt, err := s.conn.PrepareContext(ctx, "SELECT "+strings.Repeat("?,", 16)+"?")
	if err != nil {
		return err
	}
	s.prepared = append(s.prepared, stmt)
	s.object = stmt
	return nil
}
