package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFolder shows why the state of servers is not in a folder of t.TempDir, which only its owner may enter.
func TestFolder(t *testing.T) {
	dir := FolderFor(t)
	if err := passable(dir); err != nil {
		t.Error(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := passable(closed); err == nil || !strings.Contains(err.Error(), closed) {
		t.Errorf("a folder with mode 700: %v", err)
	}
}
