package sink_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"davferry/sink"
)

// BenchmarkArchive writes an archive of one account with 2,000 events of 1 KiB and reports what one of them costs,
// Commit included.
func BenchmarkArchive(b *testing.B) {
	const objects = 2000
	for _, form := range forms {
		b.Run(form, func(b *testing.B) {
			data := []byte(event(strings.Repeat("long ", 160)))
			b.SetBytes(int64(len(data)) * objects)
			for b.Loop() {
				if err := exportMany(b, filepath.Join(b.TempDir(), form), objects, data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/objects, "µs/object")
		})
	}
}

func exportMany(b *testing.B, path string, objects int, data []byte) error {
	a, err := sink.CreateArchive(path, "davferry test", start)
	if err != nil {
		return err
	}
	defer a.Close()
	acct, err := a.Account(aliceAccount)
	if err != nil {
		return err
	}
	c, _, err := acct.Create(b.Context(), work, "work")
	if err != nil {
		return err
	}
	var entries []sink.Entry
	for i := range objects {
		name := fmt.Sprintf("%d.ics", i)
		if _, _, err := acct.Put(b.Context(), c, name, data, ""); err != nil {
			return err
		}
		entries = append(entries, entry(work, name, string(data)))
	}
	if err := acct.Record(b.Context(), c, sink.EntriesOf(entries...)); err != nil {
		return err
	}
	return a.Commit(b.Context())
}
