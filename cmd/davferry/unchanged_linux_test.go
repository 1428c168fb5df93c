package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// BenchmarkUnchanged is a second run of the program over 100,000 objects in 20 collections of which none has changed, with
// the servers in another process: its time, and the most memory that it had.
//
//	go test ./cmd/davferry -run XXX -bench Unchanged -benchtime 5x
func BenchmarkUnchanged(b *testing.B) {
	for name, quirks := range map[string]davtest.Quirks{"ctag": {}, "listing": {NoCTag: true, NoSyncToken: true}} {
		b.Run(name, func(b *testing.B) {
			dir := b.TempDir()
			migrate := func() (peak int) {
				cmd := exec.CommandContext(b.Context(), "davferry", "migrate", "accounts.csv", "--json")
				cmd.Dir = dir
				if err := cmd.Start(); err != nil {
					b.Fatal(err)
				}
				watched := make(chan int)
				go func() { watched <- watchPeak(cmd.Process.Pid) }()
				if err := cmd.Wait(); err != nil {
					b.Error(err)
				}
				return <-watched
			}
			prepareUnchanged(b, dir, quirks)
			migrate()
			peak := 0
			for b.Loop() {
				peak = max(peak, migrate())
			}
			b.ReportMetric(float64(peak)/1024, "MB-peak")
		})
	}
}

// watchPeak returns the most memory that a process had, in KB, once it has ended. The kernel is asked while it runs: what
// getrusage says at the end counts in the memory of the process that started it.
func watchPeak(pid int) (peak int) {
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		_, after, running := strings.Cut(string(status), "VmHWM:")
		if err != nil || !running {
			return peak
		}
		// What cannot be read is no new peak.
		fmt.Sscan(after, &peak)
		time.Sleep(5 * time.Millisecond)
	}
}

// prepareUnchanged starts two servers, of which one holds 100,000 events, and writes an accounts file.
func prepareUnchanged(b *testing.B, dir string, quirks davtest.Quirks) {
	var urls [2]string
	for i := range urls {
		s := davtest.New()
		s.SetQuirks(quirks)
		s.SetRecording(false)
		s.AddUser("anna", scriptPassword)
		l, err := s.Start("")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { l.Close() })
		if urls[i] = l.URL; i > 0 {
			continue
		}
		for c := range 20 {
			path := s.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: fmt.Sprint("c", c)})
			for e := range 5000 {
				s.PutObject(fmt.Sprintf("%s%d.ics", path, e), component("VEVENT", fmt.Sprint(c, "-", e), "SUMMARY:Event"))
			}
		}
	}
	accounts := fmt.Sprintf("source,source_user,source_password,destination,destination_user,destination_password\n%s,anna,%s,%s,anna,%s\n",
		urls[0], scriptPassword, urls[1], scriptPassword)
	if err := os.WriteFile(filepath.Join(dir, "accounts.csv"), []byte(accounts), 0o600); err != nil {
		b.Fatal(err)
	}
}
