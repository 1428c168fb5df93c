package main

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const spaceChild = "DAVFERRY_TEST_SPACE"

// TestStateWithoutSpace migrates with a state folder that has room for the beginning of a run. The run stops, says why, and
// goes on right once there is space: nothing is written twice.
func TestStateWithoutSpace(t *testing.T) {
	for kind, say := range map[string]string{
		"disk":  "database or disk is full (13); make space and run the same command again",
		"limit": "disk I/O error (778); the system takes no more of the file: see to a quota (quota), a limit on the size of files (ulimit -f) or a failing disk, then run the same command again",
	} {
		t.Run(kind, func(t *testing.T) {
			s := newCrashSite(t, crashCommand{verb: "migrate"}, newCrashSource())
			cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestSpaceChild$", "--", kind, s.dir}, s.command...)...)
			cmd.Env = append(os.Environ(), spaceChild+"=1")
			if kind == "disk" { // a small one of its own needs a mount namespace, and a right to it a user namespace
				cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
					UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}}
			}
			out, err := cmd.CombinedOutput()
			if errors.Is(err, syscall.EPERM) && kind == "disk" {
				t.Skip("this machine allows no namespaces, and so no disk of one's own; the limit on files stands for it")
			}
			if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
				t.Fatal(err)
			}
			first, second, _ := strings.Cut(string(out), "with space\n")
			if !strings.Contains(first, "status 1\n") || !strings.Contains(first, "journal.db: ") || !strings.Contains(first, say) {
				t.Errorf("without space:\n%s", first)
			}
			if !strings.Contains(second, "status 0\n") || !strings.Contains(second, "120 of 120 objects are at the destination") {
				t.Errorf("with space:\n%s", second)
			}
			if n := len(destinationOf(s.to)); n != 120+4 {
				t.Errorf("%d collections and objects at the destination", n)
			}
			for _, r := range requestsOf(s.to, http.MethodPut) {
				if r.Status == http.StatusNoContent {
					t.Errorf("%s was written over", r.Path)
				}
			}
		})
	}
}

// TestSpaceChild is the child of TestStateWithoutSpace: it runs the command line twice, first with little space.
func TestSpaceChild(t *testing.T) {
	if os.Getenv(spaceChild) == "" {
		return
	}
	kind, dir := flag.Arg(0), flag.Arg(1)
	state := filepath.Join(dir, "state")
	args := append(flag.Args()[2:], "--state", state, filepath.Join(dir, "accounts.csv"))
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	release, err := shorten(kind, state)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("status %d\n", run(t.Context(), args, strings.NewReader(""), os.Stdout, os.Stdout))
	if err := release(); err != nil {
		t.Fatal(err)
	}
	fmt.Println("with space")
	fmt.Printf("status %d\n", run(t.Context(), args, strings.NewReader(""), os.Stdout, os.Stdout))
}

// little is the space of the first run in octets: enough for an empty journal.
const little = 160 << 10

// shorten leaves little space for files in a folder, until release.
func shorten(kind, dir string) (release func() error, err error) {
	if kind == "disk" {
		mount := func(flags uintptr, size int) error {
			return syscall.Mount("tmpfs", dir, "tmpfs", flags, fmt.Sprintf("size=%d", size))
		}
		return func() error { return mount(syscall.MS_REMOUNT, 100*little) }, mount(0, little)
	}
	signal.Ignore(syscall.SIGXFSZ) // else the write that is too much ends the process, not the write
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		return nil, err
	}
	limit := before
	limit.Cur = little / 2 // of each file
	return func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
}
