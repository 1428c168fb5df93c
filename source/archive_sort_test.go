package source

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSorterKeepsNoMoreThanItMay(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, limit := range []int{1, 100, 5000, 1 << 20} {
		s := newSorter(limit)
		var want []string
		for i := range 3000 {
			text := fmt.Sprintf("%d\x00%d", rand.IntN(1000), i)
			want = append(want, text)
			if err := s.add(text); err != nil {
				t.Fatal(err)
			}
			if s.size >= limit {
				t.Fatalf("limit %d: %d bytes are kept", limit, s.size)
			}
		}
		slices.Sort(want)
		for range 2 {
			var got []string
			for text, err := range s.all() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, text)
			}
			if !slices.Equal(got, want) {
				t.Errorf("limit %d: %d strings in %d runs are not those that were added, sorted", limit, len(got), len(s.runs))
			}
		}
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}
}
