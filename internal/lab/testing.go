package lab

import (
	"context"
	"os"
	"testing"
)

// Need skips the test, by name, unless all named servers are installed. With DAVFERRY_LAB=require in the environment
// the test fails instead: continuous integration sets it, so that none is skipped there. DAVFERRY_LAB=skip skips all.
func Need(t testing.TB, names ...string) {
	t.Helper()
	want := os.Getenv("DAVFERRY_LAB")
	for _, name := range names {
		err := Available(name)
		switch {
		case want == "skip":
			t.Skip("DAVFERRY_LAB=skip")
		case err == nil:
		case want == "require":
			t.Fatal(err)
		default:
			t.Skip(err)
		}
	}
}

// StartRadicale starts Radicale with n users in a folder of the test's own and stops it at the test's end, after the
// clean-ups that the test itself registers later. Where it is not installed the test is skipped, see Need.
func StartRadicale(t testing.TB, n int) *Server {
	t.Helper()
	return StartFor(t, "radicale", n)
}

// StartXandikos is StartRadicale for Xandikos.
func StartXandikos(t testing.TB, n int) *Server {
	t.Helper()
	return StartFor(t, "xandikos", n)
}

// StartFor is StartRadicale for the named server.
func StartFor(t testing.TB, name string, n int) *Server {
	t.Helper()
	Need(t, name)
	// The test's own context ends before its clean-ups run, which may still need the server.
	s, err := Start(context.WithoutCancel(t.Context()), name, FolderFor(t), Users(n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// FolderFor makes a folder for the state of a server that is removed at the test's end; see Folder.
func FolderFor(t testing.TB) string {
	t.Helper()
	dir, err := Folder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}
