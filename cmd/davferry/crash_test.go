package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var (
	crashes   = flag.Int("crashes", 10, "how often TestCrash kills the program")
	crashSeed = flag.Uint64("crashseed", 0, "what TestCrash draws the moments from; 0 for the time")
)

// crashVerbs are the command lines that are killed and finished.
var crashVerbs = []crashVerb{
	{"migrate", ""},
	{"export", "archive"},
	{"import", ""},
	{"export", "archive.zip"},
	{"export", "archive.tar.zst"},
}

type crashVerb struct{ verb, archive string }

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
	source := newCrashSource()
	undisturbed, requests := map[crashVerb]*crashSite{}, map[crashVerb]int{}
	for _, v := range crashVerbs {
		undisturbed[v] = newCrashSite(t, v, source)
		undisturbed[v].finish(t)
		requests[v] = undisturbed[v].reset()
	}
	kills, missed := 0, 0
	for round := 0; kills < *crashes && missed < 100 && !t.Failed(); round++ {
		v := crashVerbs[round%len(crashVerbs)]
		t.Run(fmt.Sprint(round, " ", v.verb, " ", v.archive), func(t *testing.T) {
			s := newCrashSite(t, v, source)
			for range 1 + random.IntN(3) {
				if s.crash(t, drawMoment(random, requests[v])) {
					kills++
				} else {
					missed++
				}
			}
			s.finish(t)
			s.compare(t, undisturbed[v])
		})
	}
	t.Logf("killed %d times; %d times it was over before", kills, missed)
	if t.Failed() {
		t.Logf("once more: go test ./cmd/davferry -run TestCrash -crashes %d -crashseed %d", *crashes, seed)
	}
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
	m := moment{request: random.IntN(requests + requests/8), acted: random.IntN(2) == 0}
	if m.request >= requests {
		m.request = requests - random.IntN(3)
		m.later = time.Duration(random.IntN(60)) * time.Millisecond
	}
	if m.request == 0 {
		m.later = time.Duration(random.IntN(100)) * time.Millisecond
	}
	return m
}
