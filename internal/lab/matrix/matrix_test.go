package matrix

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"davferry/internal/lab"
)

func TestMatrix(t *testing.T) {
	names := lab.Names()
	if s := os.Getenv("MATRIX"); s != "" {
		names = strings.Split(s, ",")
	}
	lab.Need(t, names...)
	program := filepath.Join(t.TempDir(), "davferry")
	if out, err := exec.Command("go", "build", "-o", program, "davferry/cmd/davferry").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, err := Run(t.Context(), program, lab.FolderFor(t), names, func(p Pair) {
		fmt.Printf("## %s -> %s: %d objects, %d lost %d extra %d refused %d changed\n", p.From, p.To, p.Objects, p.Count(Lost), p.Count(Extra), p.Count(Refused), p.Count(Changed))
		for _, f := range p.Fates {
			fmt.Printf("%s|%s|%s|%s|%s|%.150s\n", p.From, p.To, f.Object, f.Verdict, strings.Join(f.Properties, ","), strings.ReplaceAll(f.Detail, "\n", " "))
		}
	})
	if err != nil {
		t.Error(err)
	}
}
