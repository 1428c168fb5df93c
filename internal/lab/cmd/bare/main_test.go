package main

import (
	"io"
	"strings"
	"testing"

	"davferry/internal/lab"
)

func TestRun(t *testing.T) {
	lab.Need(t, "radicale")
	var stdout strings.Builder
	err := run(t.Context(), []string{"-events", "60", "-write-events", "3", "-write-contacts", "2", "-runs", "1", "radicale"}, &stdout, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	// two calendars of 60 events each: 2 listings, 4 batches
	for _, want := range []string{"list one calendar, [getetag]", "read, 4 connections", "120 objects       6 requests", "5 objects       5 requests"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("it does not tell %q:\n%s", want, stdout.String())
		}
	}
}
