package matrix

import (
	"testing"

	"davferry/internal/lab"

	// What the program is made of, so that go test does not take the result of an older one from its cache.
	_ "davferry/migrate"
	_ "davferry/sink"
	_ "davferry/source"
)

// TestMatrix moves the account along every pair of servers. What does not arrive as it was is exactly what is known.
func TestMatrix(t *testing.T) {
	lab.Need(t, lab.Names()...)
	program, err := Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := Run(t.Context(), program, lab.FolderFor(t), lab.Names(), func(Pair) {})
	if err != nil {
		t.Fatal(err)
	}
	if want := len(lab.Names()) * len(lab.Names()); len(pairs) != want {
		t.Errorf("%d pairs, want %d", len(pairs), want)
	}
	for _, p := range pairs {
		if len(p.Objects) < 150 {
			t.Errorf("%s holds %d objects only", p.From, len(p.Objects))
		}
		for _, wrong := range Check(p, Known) {
			t.Error(wrong)
		}
	}
	t.Logf("lost / refused / changed\n%s", Table(pairs))
}
