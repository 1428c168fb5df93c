package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
)

var (
	crashes   = flag.Int("crashes", 15, "how often TestCrash kills the program")
	crashSeed = flag.Uint64("crashseed", 0, "what TestCrash draws the moments from; 0 for the time")
)

// crashCommands are the command lines that are killed and finished.
var crashCommands = []crashCommand{
	{verb: "migrate"},
	{verb: "export", archive: "archive"},
	{verb: "import"},
	{verb: "migrate", title: "with changes at the source meanwhile", edits: true},
	{verb: "export", archive: "archive.zip"},
	{verb: "migrate", title: "of what has changed", before: (*crashSite).migrateAndChange},
	{verb: "export", archive: "archive.tar.zst"},
	{verb: "migrate", title: "of what is deleted", before: (*crashSite).migrateAndDelete, flags: []string{"--delete", "--yes"}},
	{verb: "rollback", before: (*crashSite).migrate},
}

// crashCommand is a command line that is killed.
type crashCommand struct {
	verb, archive string
	title         string // what is special about it
	flags         []string
	before        func(*crashSite, *testing.T) // what comes before it, nil for nothing
	edits         bool                         // the source is edited after each kill
}

// TestCrash kills the program with SIGKILL at random moments, once to three times, and lets the same command finish then.
// What is there in the end must be what a run leaves that nobody disturbed, and the journal must say so.
//
//	go test ./cmd/davferry -run TestCrash -crashes 30
//
// is the long form. A moment is told by the requests before it; the same seed draws the same ones.
func TestCrash(t *testing.T) {
	seed := *crashSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	random := rand.New(rand.NewPCG(seed, 0))
	undisturbed, requests := make([]*crashSite, len(crashCommands)), make([]int, len(crashCommands))
	source := newCrashSource()
	kills, missed := 0, 0
	first := random.IntN(len(crashCommands))
	for round := first; kills < *crashes && missed < *crashes+100 && !t.Failed(); round++ {
		n := round % len(crashCommands)
		c := crashCommands[n]
		if undisturbed[n] == nil {
			undisturbed[n], requests[n] = newUndisturbed(t, c, source)
		}
		t.Run(strings.TrimSpace(fmt.Sprint(round-first, " ", c.verb, " ", c.archive, c.title)), func(t *testing.T) {
			s := newCrashSite(t, c, source)
			for kill := range 1 + random.IntN(3) {
				if s.crash(t, drawMoment(random, requests[n])) {
					kills++
				} else {
					missed++
				}
				if c.edits {
					s.edit(kill)
				}
			}
			s.editAll()
			s.finish(t)
			s.compare(t, undisturbed[n])
		})
	}
	t.Logf("killed %d times; %d times it was over before", kills, missed)
	if kills < *crashes && !t.Failed() {
		t.Errorf("it was killed %d times, not %d", kills, *crashes)
	}
	if t.Failed() {
		t.Logf("once more: go test ./cmd/davferry -run TestCrash -crashes %d -crashseed %d", *crashes, seed)
	}
}

// newUndisturbed returns a site whose command was not killed, and how many requests it took.
func newUndisturbed(t *testing.T, c crashCommand, source *davtest.Server) (s *crashSite, requests int) {
	s = newCrashSite(t, c, source)
	s.editAll()
	s.finish(t)
	return s, s.reset()
}

// moment is when the program is killed: when a request comes or, later, once it was answered. The first is request 1; 0
// stands for the start of the program.
type moment struct {
	request int
	acted   bool // the server has acted on it, and says so to nobody
	later   time.Duration
}

// drawMoment draws a moment of a run that takes so many requests, or one soon after them: the journal is closed and the
// archive packed then.
func drawMoment(random *rand.Rand, requests int) moment {
	m := moment{request: random.IntN(requests + requests/8 + 1), acted: random.IntN(2) == 0}
	if m.request >= requests {
		m.request = requests - random.IntN(3)
		m.later = time.Duration(random.IntN(60)) * time.Millisecond
	}
	if m.request == 0 {
		m.later = time.Duration(random.IntN(100)) * time.Millisecond
	}
	return m
}
