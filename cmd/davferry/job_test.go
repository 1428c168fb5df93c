package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A report that cannot be kept is said, whatever else happened, and is more than an object that was refused.
func TestWorse(t *testing.T) {
	full := errors.New("report.json: no space left on device")
	broken := fmt.Errorf("the journal: %w", full)
	tests := []struct {
		name         string
		err, trouble error
		status       int
		says         []string
	}{
		{"all is well", nil, nil, exitOK, nil},
		{"something refused", errIncomplete, nil, exitIncomplete, nil},
		{"something refused, no report", errIncomplete, full, exitFailed, []string{"no space left"}},
		{"interrupted, no report", errInterrupted, full, exitFailed, []string{"no space left"}},
		{"the journal broke and cannot be closed", broken, broken, exitFailed, []string{"the journal"}},
		{"two things", errors.New("the archive"), full, exitFailed, []string{"the archive", "no space left"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stderr strings.Builder
			if got := finish(t.Context(), worse(tt.err, tt.trouble), &stderr); got != tt.status {
				t.Errorf("exit %d, want %d", got, tt.status)
			}
			for _, want := range tt.says {
				if strings.Count(stderr.String(), want) != 1 {
					t.Errorf("stderr is %q, want %q in it once", stderr.String(), want)
				}
			}
		})
	}
}
