package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"testing"
)

// A file that cannot grow has one of three reasons, and each asks for something else.
func TestAdviceWhereThereIsNoSpace(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"a full disk":     {syscall.ENOSPC, "make space"},
		"a quota":         {syscall.EDQUOT, "quota"},
		"a limit":         {syscall.EFBIG, "ulimit -f"},
		"something else":  {syscall.EACCES, ""},
		"no system error": {errors.New("no"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr strings.Builder
			err := fmt.Errorf("the archive a.zip was not written: %w", &fs.PathError{Op: "write", Path: "a.zip", Err: tt.err})
			if status := finish(t.Context(), err, &stderr); status != exitFailed {
				t.Errorf("exit status %d", status)
			}
			lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
			if len(lines) != 1+min(1, len(tt.want)) || !strings.Contains(lines[len(lines)-1], tt.want) {
				t.Errorf("it says\n%s", stderr.String())
			}
		})
	}
}
