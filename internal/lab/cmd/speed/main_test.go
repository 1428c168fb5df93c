package main

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"davferry/internal/lab"
)

func TestRun(t *testing.T) {
	lab.Need(t, "radicale")
	var stdout strings.Builder
	err := run(t.Context(), []string{"-events", "60", "-write-events", "6", "-write-contacts", "4", "-memory-events", "20",
		"-memory-more", "40", "-runs", "1", "-archive", "archive.zip"}, &stdout, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`20 events +[0-9.]+ MB in [0-9.]+ s\n`,
		`40 events +[0-9.]+ MB in [0-9.]+ s\n`,
		`bare, 1 connections +[0-9.]+ s +120 objects +6 requests`,
		`davferry export +[0-9.]+ s +120 objects +[0-9]+ requests  [0-9.]+ an object  [0-9.]+ × the bare requests\n`,
		`bare, 4 connections +[0-9.]+ s +10 objects +10 requests`,
		`davferry migrate +[0-9.]+ s +10 objects`,
	} {
		if !regexp.MustCompile(want).MatchString(stdout.String()) {
			t.Errorf("it does not tell %q:\n%s", want, stdout.String())
		}
	}
}

func TestUsage(t *testing.T) {
	var stderr strings.Builder
	if err := run(t.Context(), []string{"radicale"}, io.Discard, &stderr); err == nil || !strings.Contains(stderr.String(), "-runs") {
		t.Errorf("%v: %s", err, stderr.String())
	}
}
