package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var errNotReady = errors.New("not ready")

// shell runs a script.
func shell(dir, script string) command {
	return command{name: "program", dir: dir, args: []string{"/bin/sh", "-c", script}}
}

func never(context.Context) error { return errNotReady }

// TestEarlyEnd has a program end before it is ready: the error tells how and quotes what it wrote.
func TestEarlyEnd(t *testing.T) {
	p, err := start(t.Context(), shell(t.TempDir(), "echo the port is taken; exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	err = p.ready(t.Context(), never)
	for _, want := range []string{"program ended before it was ready", "exit status 3", "the port is taken"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if err := p.stop(); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("stop: %v", err)
	}
}

func TestNotReady(t *testing.T) {
	p, err := start(t.Context(), shell(t.TempDir(), "echo waiting for Godot; sleep 100"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = p.ready(ctx, never)
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errNotReady) || !strings.Contains(err.Error(), "Godot") {
		t.Errorf("ready: %v", err)
	}
}

func TestMissingProgram(t *testing.T) {
	if _, err := start(t.Context(), command{name: "program", dir: t.TempDir(), args: []string{"/no/such/program"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("start: %v", err)
	}
}

// TestWholeGroupEnds has a program that ignores the polite signal and has a child of its own.
func TestWholeGroupEnds(t *testing.T) {
	dir := t.TempDir()
	p, err := start(t.Context(), shell(dir, "trap '' TERM; sleep 100 & echo $! >child; wait; sleep 100"))
	if err != nil {
		t.Fatal(err)
	}
	var child string
	err = p.ready(t.Context(), func(context.Context) error {
		data, err := os.ReadFile(filepath.Join(dir, "child"))
		if err == nil && len(data) == 0 {
			err = errNotReady
		}
		child = strings.TrimSpace(string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	// It has its signal; the kernel may take a moment, and init may take its time to forget a dead process.
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		state, err := os.ReadFile("/proc/" + child + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
	}
	t.Errorf("the child %s lives", child)
}
