package lab_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"davferry/internal/lab"
)

// TestNoProcessIsLeft ends servers in the three ways in which they end.
func TestNoProcessIsLeft(t *testing.T) {
	for _, name := range lab.Names() {
		t.Run(name+" stopped", func(t *testing.T) {
			lab.Need(t, name)
			dir := lab.FolderFor(t)
			s, err := lab.Start(t.Context(), name, dir, lab.Users(2))
			if err != nil {
				t.Fatal(err)
			}
			if len(processesOf(t, dir)) == 0 {
				t.Fatal("no process found while the server runs")
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if left := processesOf(t, dir); left != nil {
				t.Errorf("left after Stop: %v", left)
			}
		})
		t.Run(name+" with its context", func(t *testing.T) {
			lab.Need(t, name)
			ctx, cancel := context.WithCancel(t.Context())
			dir := lab.FolderFor(t)
			s, err := lab.Start(ctx, name, dir, lab.Users(1))
			if err != nil {
				t.Fatal(err)
			}
			cancel()
			waitGone(t, dir)
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
		t.Run(name+" with a killed test", func(t *testing.T) {
			lab.Need(t, name)
			if _, err := os.Stat("/proc/self"); err != nil {
				t.Skip("only Linux ends a process with its parent")
			}
			dir := lab.FolderFor(t)
			killChild(t, name, dir)
			waitGone(t, dir)
		})
	}
}

// killChild runs this test program again to start a server, and kills it.
func killChild(t *testing.T, name, dir string) {
	t.Helper()
	sockets := lab.FolderFor(t) // for what the child has no time to remove
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), "LAB_CHILD="+name, "LAB_CHILD_DIR="+dir, "TMPDIR="+sockets)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		t.Errorf("the child says %q, %v", line, err)
	}
	if len(processesOf(t, dir)) == 0 {
		t.Error("no process found while the server runs")
	}
	_ = child.Process.Kill()
	_ = child.Wait()
}

// TestChild is the program that killChild kills. On its own it does nothing.
func TestChild(t *testing.T) {
	name := os.Getenv("LAB_CHILD")
	if name == "" {
		return
	}
	if _, err := lab.Start(context.Background(), name, os.Getenv("LAB_CHILD_DIR"), lab.Users(1)); err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	select {}
}

// processesOf returns the command lines of the processes that name dir.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		command, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		if strings.Contains(string(command), dir) {
			found = append(found, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

// waitGone waits at most 10 s for the last process that names dir.
func waitGone(t *testing.T, dir string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if processesOf(t, dir) == nil {
			return
		}
	}
	t.Errorf("left: %v", processesOf(t, dir))
}

// TestServersBesideEachOther starts two of each at once: they must not want the same port.
func TestServersBesideEachOther(t *testing.T) {
	urls := make(map[string]bool)
	for range 2 {
		for _, name := range lab.Names() {
			urls[lab.StartFor(t, name, 1).URL] = true
		}
	}
	if len(urls) != 2*len(lab.Names()) {
		t.Errorf("the servers share URLs: %v", urls)
	}
}

func TestStartFailures(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lab.Start(t.Context(), "no-such-server", t.TempDir(), lab.Users(1)); err == nil {
		t.Error("a server that does not exist was started")
	}
	for _, name := range lab.Names() {
		t.Run(name, func(t *testing.T) {
			lab.Need(t, name)
			if _, err := lab.Start(ended, name, lab.FolderFor(t), lab.Users(1)); !errors.Is(err, context.Canceled) {
				t.Errorf("with an ended context: %v", err)
			}
			if _, err := lab.Start(t.Context(), name, filepath.Join(t.TempDir(), "missing"), lab.Users(1)); err == nil {
				t.Error("started in a folder that does not exist")
			}
		})
	}
}
