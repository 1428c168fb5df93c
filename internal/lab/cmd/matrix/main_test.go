package main

import (
	"io"
	"strings"
	"testing"

	"davferry/internal/lab"
)

// TestRun moves from a server to itself, which takes everything that it gives.
func TestRun(t *testing.T) {
	lab.Need(t, "sabre")
	var out strings.Builder
	if err := run(t.Context(), []string{"-v", "sabre"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "| **sabre** |") || !strings.Contains(out.String(), " 0 / 0 / 0 |") {
		t.Error(out.String())
	}
}

func TestUsage(t *testing.T) {
	if err := run(t.Context(), []string{"exchange"}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "exchange") {
		t.Error(err)
	}
}
