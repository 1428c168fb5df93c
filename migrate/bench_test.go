package migrate_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
	"davferry/sink"
)

// benchWorld is a world whose source holds events of about 2 KB in one calendar, and some contacts.
func benchWorld(b *testing.B, events, contacts int) *world {
	w := newWorld(b, davtest.Quirks{}, davtest.Quirks{})
	w.batch = 50
	calendar, _ := w.fill("anna", 0, contacts)
	filler := strings.Repeat("X-LINE:some text, as it stands in calendars everywhere\r\n", 32)
	for i := range events {
		w.from.PutObject(fmt.Sprintf("%se%d.ics", calendar, i), event(fmt.Sprintf("uid-e%d", i), "Event", filler))
	}
	w.from.SetRecording(false)
	w.to.SetRecording(false)
	return w
}

func report(b *testing.B, objects int) {
	b.ReportMetric(float64(objects)*float64(b.N)/b.Elapsed().Seconds(), "objects/s")
}

func BenchmarkExport(b *testing.B) {
	w := benchWorld(b, 2000, 500)
	for b.Loop() {
		dir := b.TempDir()
		archive, err := sink.CreateArchive(filepath.Join(dir, "archive"), "davferry test", time.Now())
		if err != nil {
			b.Fatal(err)
		}
		w.dir = dir
		job := w.job(migrate.Export)
		job.To, job.Target = archive, "archive"
		if s, err := w.runJob(b.Context(), job); err != nil || s.Objects.Created != 2500 {
			b.Fatal(s, err)
		}
		if err := archive.Commit(b.Context()); err != nil {
			b.Fatal(err)
		}
		archive.Close()
	}
	report(b, 2500)
}

func BenchmarkMigrate(b *testing.B) {
	w := benchWorld(b, 2000, 500)
	for b.Loop() {
		b.StopTimer()
		w.to, w.toURL = startServer(b, davtest.Quirks{})
		w.to.SetRecording(false)
		w.dir = b.TempDir()
		b.StartTimer()
		if s, err := w.runJob(b.Context(), w.job(migrate.Migrate)); err != nil || s.Objects.Created != 2500 {
			b.Fatal(s, err)
		}
	}
	report(b, 2500)
}

// BenchmarkMigrateAgain is a second run, which finds everything unchanged.
func BenchmarkMigrateAgain(b *testing.B) {
	w := benchWorld(b, 2000, 500)
	w.migrate()
	for b.Loop() {
		if s := w.migrate(); s.Objects.Unchanged != 2500 {
			b.Fatal(s.Objects)
		}
	}
	report(b, 2500)
}
