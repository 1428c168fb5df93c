package mapping

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"davferry/internal/dav"
)

// FuzzZones: no object panics or takes long; what is not recorded stays byte for byte, and twice is once.
func FuzzZones(f *testing.F) {
	seeds, err := filepath.Glob("testdata/zones/*/before.ics")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("%d seeds, %v", len(seeds), err)
	}
	for i, seed := range seeds {
		data, err := os.ReadFile(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, i%4)
	}
	var rules [4]Rules
	for i := range rules {
		floating := ""
		if i >= 2 {
			floating = "Europe/Paris"
		}
		z, err := NewZones(i%2 == 1, floating)
		if err != nil {
			f.Fatal(err)
		}
		rules[i] = Rules{z}
	}
	f.Fuzz(func(t *testing.T, data []byte, i int) {
		rule, s := rules[i&3], Subject{Kind: dav.Calendar}
		before := bytes.Clone(data)
		start := time.Now()
		result := rule.Apply(s, data)
		if took := time.Since(start); took > 5*time.Second {
			t.Fatalf("took %s", took)
		}
		if !bytes.Equal(data, before) {
			t.Fatal("the object that was given is written to")
		}
		if len(result.Changes) == 0 && !bytes.Equal(result.Data, before) {
			t.Fatal("changed without a record")
		}
		if len(result.Left) > 0 && len(result.Changes) > 0 {
			t.Fatal("changed in part")
		}
		checkUnchangedLines(t, before, result)
		if again := rule.Apply(s, result.Data); len(again.Changes) > 0 {
			t.Fatalf("applied twice it changes more:\n%s", record(again))
		}
	})
}
