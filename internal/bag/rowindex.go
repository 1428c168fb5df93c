package bag

import (
	"fmt"
	"io"
	"iter"
	"math"
)

// RowIndex finds the rows of one collection in objects.csv without reading the others. It keeps some hundred bytes a
// collection, whatever the number of rows.
type RowIndex struct {
	r      io.ReaderAt
	column map[string]int
	fields int
	runs   map[rowKey][]rowRun
}

type rowKey struct{ account, collection string }

// rowRun is where rows of one collection stand together.
type rowRun struct {
	offset int64
	rows   int64
}

// IndexRows reads an objects.csv once, from its beginning to its end, and checks each of its rows.
func IndexRows(r io.ReaderAt) (*RowIndex, error) {
	rr := newRowReader(io.NewSectionReader(r, 0, math.MaxInt64))
	if err := rr.readHeader(); err != nil {
		return nil, err
	}
	x := &RowIndex{r: r, column: rr.column, fields: rr.fields, runs: make(map[rowKey][]rowRun)}
	var last rowKey
	for {
		row, offset, err := rr.next()
		if err == io.EOF {
			return x, nil
		}
		if err != nil {
			return nil, err
		}
		key := rowKey{row.Account, row.Collection}
		if runs := x.runs[key]; len(runs) == 0 || key != last {
			x.runs[key] = append(runs, rowRun{offset: offset})
			last = key
		}
		x.runs[key][len(x.runs[key])-1].rows++
	}
}

// Rows yields the rows of a collection, in the order of the file; it ends with the first error.
func (x *RowIndex) Rows(account, collection string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, run := range x.runs[rowKey{account, collection}] {
			rr := newRowReader(io.NewSectionReader(x.r, run.offset, math.MaxInt64-run.offset))
			rr.column, rr.csv.FieldsPerRecord = x.column, x.fields
			for range run.rows {
				row, _, err := rr.next()
				if err == io.EOF {
					err = fmt.Errorf("%s: shorter than it was", ObjectsFile)
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}
