package migrate_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
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

// BenchmarkMigrate migrates to an empty account, with the journal and, to tell what that costs, without it.
func BenchmarkMigrate(b *testing.B) {
	for _, journal := range []bool{true, false} {
		b.Run(map[bool]string{true: "journal", false: "none"}[journal], func(b *testing.B) {
			w := benchWorld(b, 2000, 500)
			for b.Loop() {
				b.StopTimer()
				w.to, w.toURL = startServer(b, davtest.Quirks{})
				w.to.SetRecording(false)
				w.dir, w.forgetful = b.TempDir(), !journal
				b.StartTimer()
				if s, err := w.runJob(b.Context(), w.job(migrate.Migrate)); s == nil && journal || s != nil && s.Objects.Created != 2500 {
					b.Fatal(s, err)
				}
			}
			report(b, 2500)
		})
	}
}

// BenchmarkMigrateWithRules tells what rules cost that change nothing, and what one costs that changes every object.
func BenchmarkMigrateWithRules(b *testing.B) {
	addresses := mapping.NewAddresses(true)
	if err := addresses.Add("*@old.example", "*@new.example"); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name  string
		rules mapping.Rules
	}{
		{"none", nil},
		{"nothing changed", mapping.Rules{mapping.UIDs{}, addresses, mapping.Cards{Version: "3.0"}}},
		{"all changed", mapping.Rules{mapping.UIDs{All: true}}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := benchWorld(b, 10_000, 0)
			w.rules = bb.rules
			for b.Loop() {
				b.StopTimer()
				w.to, w.toURL = startServer(b, davtest.Quirks{})
				w.to.SetRecording(false)
				w.dir = b.TempDir()
				b.StartTimer()
				if s := w.migrate(); s.Objects.Created != 10_000 {
					b.Fatal(s.Objects)
				}
			}
			report(b, 10_000)
		})
	}
}

// BenchmarkUnchanged is a second run over 20 collections with 5,000 objects each, of servers that say whether a collection
// has changed and of servers that do not.
func BenchmarkUnchanged(b *testing.B) {
	for name, quirks := range map[string]davtest.Quirks{"ctag": {}, "listing": {NoCTag: true, NoSyncToken: true}} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, quirks, quirks)
			w.batch = 50
			w.from.SetRecording(false)
			w.to.SetRecording(false)
			for c := range 20 {
				calendar := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: fmt.Sprintf("c%d", c)})
				for i := range 5000 {
					w.from.PutObject(fmt.Sprintf("%se%d.ics", calendar, i), event(fmt.Sprintf("uid-%d-%d", c, i), "Event"))
				}
			}
			w.migrate()
			for b.Loop() {
				if s := w.migrate(); s.Objects.Unchanged != 100_000 {
					b.Fatal(s.Objects)
				}
			}
			report(b, 100_000)
		})
	}
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
