package matrix

import (
	"slices"
	"strings"
	"testing"

	"davferry/internal/lab"
)

// TestCheck has a loss that is not known, one that is known and gone, and one that is another.
func TestCheck(t *testing.T) {
	known := []Loss{
		{To: "b", Verdict: Refused, Objects: "one two"},
		{To: "b", From: "a c", Verdict: Changed, Properties: "GEO N", Objects: "three"},
		{To: "b", From: "c", Verdict: Changed, Properties: "TEL", Objects: "four"},
	}
	all := []string{"four", "one", "three", "two"}
	tests := []struct {
		name    string
		objects []string
		fates   []Fate
		want    []string
	}{
		{"as known", all, []Fate{{Object: "one", Verdict: Refused}, {Object: "three", Verdict: Changed, Properties: []string{"GEO", "N"}},
			{Object: "two", Verdict: Refused}}, nil},
		{"not at the source", []string{"one"}, []Fate{{Object: "one", Verdict: Refused}}, nil},
		{"healed", []string{"one"}, nil, []string{"one is no longer refused"}},
		{"new", []string{"four"}, []Fate{{Object: "four", Verdict: Lost}}, []string{"four is lost"}},
		{"another verdict", []string{"one"}, []Fate{{Object: "one", Verdict: Lost}}, []string{"one is lost"}},
		{"another property", []string{"three"}, []Fate{{Object: "three", Verdict: Changed, Properties: []string{"N"}}}, []string{"three is changed N"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Check(Pair{From: "a", To: "b", Objects: test.objects, Fates: test.fates}, known)
			if !slices.EqualFunc(got, test.want, strings.Contains) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestTable(t *testing.T) {
	got := Table([]Pair{
		{From: "a", To: "a", Objects: []string{"one", "two"}},
		{From: "a", To: "b", Objects: []string{"one", "two"}, Fates: []Fate{{Verdict: Refused}, {Verdict: Failed}, {Verdict: Changed}, {Verdict: Lost}}},
	})
	want := "| from \\ to | objects | a | b |\n|---|---|---|---|\n| **a** | 2 | 0 / 0 / 0 | 1 / 2 / 1 |\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestKnownIsAboutServers finds misspelt names in Known.
func TestKnownIsAboutServers(t *testing.T) {
	for _, l := range Known {
		for _, name := range append(strings.Fields(l.From), l.To) {
			if !slices.Contains(lab.Names(), name) {
				t.Errorf("no server called %q: %+v", name, l)
			}
		}
		if l.Why == "" || l.Verdict == Lost || l.Verdict == Extra {
			t.Errorf("not to be known: %+v", l)
		}
	}
}
