package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"davferry/migrate"
)

// A line of the bar never wraps, however narrow the terminal is and whatever it changes to.
func TestBarFitsTheTerminal(t *testing.T) {
	for _, width := range []int{200, 80, 40, 10, 1} {
		var out strings.Builder
		w := &barWriter{w: &out, width: func() int { return width }}
		const line = "migrate: 12/345, 6/7 accounts  3% |██            | (8 objects/s) [9s:10s]"
		if n, err := w.Write([]byte("\r" + line + clearRest)); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		text := strings.TrimSuffix(strings.TrimPrefix(out.String(), "\r"), clearRest)
		if n := len([]rune(text)); n > max(0, width-barMargin) || !strings.HasPrefix(line, text) {
			t.Errorf("width %d: %q", width, out.String())
		}
	}
}

func TestBarIsClearedAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var out strings.Builder
		showBar(ctx, migrate.Migrate, &migrate.Progress{}, &barWriter{w: &out, width: func() int { return 80 }})
		if text := out.String(); !strings.Contains(text, "\rmigrate: 0/0, 0/0 accounts") || !strings.HasSuffix(text, clearLine) {
			t.Errorf("%q", text)
		}
	})
}

func TestLinesComeEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		var out strings.Builder
		showLines(ctx, migrate.Export, &migrate.Progress{}, &out)
		want := "davferry: export: 0 of 0 objects found so far, 0 of 0 accounts finished, 0 objects/s, 10s\n" +
			"davferry: export: 0 of 0 objects found so far, 0 of 0 accounts finished, 0 objects/s, 20s\n"
		if out.String() != want {
			t.Errorf("%q", out.String())
		}
	})
}
