package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// Table writes the pairs as the README's table in Markdown: a row for each source, a column for each destination, and in
// each field how many objects were lost without a word, how many are not there and in the report, and how many were
// changed.
func Table(pairs []Pair) string {
	var sources, destinations []string
	cells := map[[2]string]string{}
	held := map[string]int{}
	for _, p := range pairs {
		sources, destinations = append(sources, p.From), append(destinations, p.To)
		held[p.From] = len(p.Objects)
		cells[[2]string{p.From, p.To}] = fmt.Sprintf("%d / %d / %d", p.Count(Lost)+p.Count(Extra), p.Count(Refused)+p.Count(Failed), p.Count(Changed))
	}
	sources, destinations = distinct(sources), distinct(destinations)
	var b strings.Builder
	fmt.Fprintf(&b, "| from \\ to | objects | %s |\n|---|---|%s\n", strings.Join(destinations, " | "), strings.Repeat("---|", len(destinations)))
	for _, from := range sources {
		fmt.Fprintf(&b, "| **%s** | %d |", from, held[from])
		for _, to := range destinations {
			fmt.Fprintf(&b, " %s |", cells[[2]string{from, to}])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
