package bag

import (
	"encoding/csv"
	"io"
	"time"
)

// FetchedHeader is the first line of fetched.csv.
const FetchedHeader = "file,fetched\n"

// FetchedWriter writes rows of fetched.csv, without the header.
type FetchedWriter struct{ csv *csv.Writer }

// NewFetchedWriter returns a FetchedWriter on w.
func NewFetchedWriter(w io.Writer) *FetchedWriter { return &FetchedWriter{csv.NewWriter(w)} }

// Write writes when the object at a path in the archive was fetched, in UTC (RFC 3339).
func (w *FetchedWriter) Write(path string, t time.Time) error {
	return w.csv.Write([]string{path, t.UTC().Format(time.RFC3339)})
}

// Flush writes what is buffered and returns the first error of all writes.
func (w *FetchedWriter) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}
