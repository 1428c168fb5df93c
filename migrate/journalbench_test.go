package migrate

import (
	"fmt"
	"testing"
)

func BenchmarkJournalRecord(b *testing.B) {
	ctx := b.Context()
	j := openTestJournal(b, b.TempDir())
	records := make([]Record, 10_000)
	for i := range records {
		records[i] = testRecord(i)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := j.Record(ctx, testTarget, "alice", fmt.Sprintf("/cal%d/", n/len(records)), records[n%len(records)]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	if err := j.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkJournalObjects(b *testing.B) {
	ctx, dir := b.Context(), b.TempDir()
	j := openTestJournal(b, dir)
	const n = 100_000
	for i := range n {
		if err := j.Record(ctx, testTarget, "alice", "/cal/", testRecord(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Flush(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		objects, err := j.Objects(ctx, testTarget, "alice", "/cal/")
		if err != nil || len(objects) != n {
			b.Fatal(len(objects), err)
		}
	}
}

func BenchmarkJournalOpen(b *testing.B) {
	ctx, dir := b.Context(), b.TempDir()
	j := openTestJournal(b, dir)
	for i := range 200_000 {
		if err := j.Record(ctx, testTarget, "alice", fmt.Sprintf("/cal%d/", i/10_000), testRecord(i)); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		j, err := OpenJournal(ctx, dir)
		if err != nil {
			b.Fatal(err)
		}
		j.Close()
	}
}
