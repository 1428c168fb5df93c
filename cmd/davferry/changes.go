package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"davferry/migrate"
)

// changePrinter shows what rules do to objects like a diff. It may be called from several goroutines.
type changePrinter struct {
	mu sync.Mutex
	w  io.Writer
}

func (p *changePrinter) print(c migrate.ObjectChanges) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, "--- %s: %s\n", printable(c.Account), printable(c.Path))
	for _, change := range c.Changes {
		fmt.Fprintf(p.w, "@@ line %d: %s @@\n", change.Line, change.Rule)
		for _, text := range change.Before {
			fmt.Fprintf(p.w, "-%s\n", printable(text))
		}
		for _, text := range change.After {
			fmt.Fprintf(p.w, "+%s\n", printable(text))
		}
	}
	for _, left := range c.Left {
		fmt.Fprintf(p.w, "@@ left as it is: %s @@\n %s\n", left.Rule, printable(left.Reason))
	}
	fmt.Fprintln(p.w)
}

// printChanges says how many objects rules changed.
func printChanges(w io.Writer, c migrate.Changes) {
	zones := ""
	if c.Collections > 0 {
		zones = fmt.Sprintf(" and the time zones of %s", count(c.Collections, "collection"))
	}
	fmt.Fprintf(w, "%s%s changed by rules%s\n", count(c.Objects, "object"), zones, byRule(": ", c.ByRule))
	if len(c.Left) > 0 {
		fmt.Fprintf(w, "left as they are, although a rule was asked for%s\n", byRule(": ", c.Left))
	}
}

// byRule lists counts, the largest first, behind a text; nothing where there are none.
func byRule(before string, counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	if len(names) == 0 {
		return ""
	}
	return before + strings.Join(names, ", ")
}

// printMeetings says of how many meetings the users have to tell each other themselves from now on.
func printMeetings(w io.Writer, s *migrate.Summary) {
	if n := s.Meetings.NotUpdated; n > 0 {
		fmt.Fprintf(w, "%s that the destination will not update by itself\n", count(n, "future meeting"))
	}
}
