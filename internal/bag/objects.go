package bag

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// Row is a row of objects.csv: what became of one object that the source listed. Rows are sorted by the folder of
// their account and collection, then by Path.
type Row struct {
	Account    string // label
	Collection string // path at the source
	Path       string // at the source, as the source spells it
	ETag       string // at the source
	UID        string // "" where the object has none
	Bytes      int64  // octets of the stored file; 0 and an empty field where there is none
	SHA256     string // of the stored file, lower-case hexadecimal; "" where there is none
	Outcome    string // as in the report
	File       string // path in the archive, "" where the object is not in it
	Reason     string // why the object is not there or not as it was, in words; else ""
}

// objectColumns are the columns of objects.csv: first those that others may rely on, then those that came later.
var objectColumns = []string{
	"account", "collection", "path", "etag", "uid", "bytes", "sha256", "outcome",
	"file", "reason",
}

// ObjectsHeader is the first line of objects.csv.
var ObjectsHeader = strings.Join(objectColumns, ",") + "\n"

// RowWriter writes rows of objects.csv, without the header.
type RowWriter struct{ csv *csv.Writer }

// NewRowWriter returns a RowWriter on w.
func NewRowWriter(w io.Writer) *RowWriter { return &RowWriter{csv.NewWriter(w)} }

// Write writes one row.
func (w *RowWriter) Write(r Row) error {
	bytes := ""
	if r.File != "" {
		bytes = strconv.FormatInt(r.Bytes, 10)
	}
	return w.csv.Write([]string{
		r.Account, r.Collection, r.Path, r.ETag, r.UID, bytes, r.SHA256, r.Outcome,
		r.File, r.Reason,
	})
}

// Flush writes what is buffered and returns the first error of all writes.
func (w *RowWriter) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

// maxRow is the longest row that is read, in bytes. encoding/csv has no limit of its own: without one, an open
// quotation mark would take the rest of the file into memory.
const maxRow = 1 << 20

// ReadRows yields the rows of objects.csv and ends with the first error. Columns are found by their names, so that
// more of them are no error.
func ReadRows(r io.Reader) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		rr := newRowReader(r)
		err := rr.readHeader()
		for err == nil {
			var row Row
			row, _, err = rr.next()
			if err == nil && !yield(row, nil) {
				return
			}
		}
		if err != io.EOF {
			yield(Row{}, err)
		}
	}
}

// rowReader reads objects.csv, or a part of it that starts at a row.
type rowReader struct {
	limit  *rowLimit
	csv    *csv.Reader
	column map[string]int
	fields int // of every row, as of the header
}

func newRowReader(r io.Reader) *rowReader {
	limit := &rowLimit{r: r}
	rr := &rowReader{limit: limit, csv: csv.NewReader(limit)}
	rr.csv.ReuseRecord = true
	return rr
}

func (rr *rowReader) readHeader() error {
	record, err := rr.csv.Read()
	if err == io.EOF {
		return fmt.Errorf("%s: no header", ObjectsFile)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", ObjectsFile, err)
	}
	rr.column = make(map[string]int, len(record))
	rr.fields = len(record)
	for i, name := range record {
		rr.column[name] = i
	}
	for _, name := range objectColumns {
		if _, ok := rr.column[name]; !ok {
			return fmt.Errorf("%s: no column %q", ObjectsFile, name)
		}
	}
	return nil
}

// next returns the next row and the offset at which it starts; io.EOF after the last.
func (rr *rowReader) next() (Row, int64, error) {
	offset := rr.csv.InputOffset()
	rr.limit.since = 0
	record, err := rr.csv.Read()
	if err == io.EOF {
		return Row{}, offset, err
	}
	if err != nil {
		return Row{}, offset, fmt.Errorf("%s: %w", ObjectsFile, err)
	}
	row, err := rr.row(record)
	if err != nil {
		line, _ := rr.csv.FieldPos(0)
		return Row{}, offset, fmt.Errorf("%s: line %d: %w", ObjectsFile, line, err)
	}
	return row, offset, nil
}

func (rr *rowReader) row(record []string) (Row, error) {
	field := func(name string) string { return record[rr.column[name]] }
	row := Row{
		Account: field("account"), Collection: field("collection"), Path: field("path"), ETag: field("etag"),
		UID: field("uid"), SHA256: field("sha256"), Outcome: field("outcome"),
		File: field("file"), Reason: field("reason"),
	}
	if row.File == "" {
		return row, nil
	}
	var err error
	if row.Bytes, err = parseCount(field("bytes")); err != nil {
		return row, fmt.Errorf("bytes: %w", err)
	}
	if !isHex(row.SHA256, SHA256.hexLen()) {
		return row, fmt.Errorf("sha256: %.80q is no checksum", row.SHA256)
	}
	if CheckPath(row.File) != nil || !IsObject(row.File) {
		return row, fmt.Errorf("file: %.200q is no place of an object", row.File)
	}
	return row, nil
}

// rowLimit fails where a single row takes more than maxRow bytes.
type rowLimit struct {
	r     io.Reader
	since int // bytes read since the row began
}

func (l *rowLimit) Read(p []byte) (int, error) {
	if l.since > maxRow {
		return 0, fmt.Errorf("a row longer than %d bytes", maxRow)
	}
	n, err := l.r.Read(p)
	l.since += n
	return n, err
}
