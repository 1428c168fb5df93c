package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// Loss is what a server does to objects, whoever gives them to it: a loss that no client can prevent, or one that
// davferry takes rather than mail somebody.
type Loss struct {
	To         string // the server; names as of lab.Names
	From       string // the sources from which it happens, separated by spaces; "" for all
	Verdict    Verdict
	Properties string // those that are changed, separated by spaces, as in Fate
	Objects    string // to which it happens, separated by spaces, where the source holds them
	Why        string
}

// hits tells whether the loss is one of the way from one server to another.
func (l Loss) hits(from, to string) bool {
	return l.To == to && (l.From == "" || slices.Contains(strings.Fields(l.From), from))
}

// Check compares what became of the objects of a pair with the losses that are known, and returns what is new and what
// is healed, a line each.
func Check(p Pair, known []Loss) []string {
	expected := map[string]Loss{}
	var wrong []string
	for _, l := range known {
		if !l.hits(p.From, p.To) {
			continue
		}
		for _, name := range strings.Fields(l.Objects) {
			if _, twice := expected[name]; twice {
				wrong = append(wrong, fmt.Sprintf("%s to %s: %s is known twice", p.From, p.To, name))
			}
			if slices.Contains(p.Objects, name) {
				expected[name] = l
			}
		}
	}
	for _, f := range p.Fates {
		l, ok := expected[f.Object]
		delete(expected, f.Object)
		if properties := strings.Join(f.Properties, " "); !ok || l.Verdict != f.Verdict || l.Properties != properties {
			wrong = append(wrong, fmt.Sprintf("%s to %s: %s is %s %s, which is new: %s", p.From, p.To, f.Object, f.Verdict, properties, f.Detail))
		}
	}
	for name, l := range expected {
		wrong = append(wrong, fmt.Sprintf("%s to %s: %s is no longer %s %s (%s)", p.From, p.To, name, l.Verdict, l.Properties, l.Why))
	}
	slices.Sort(wrong)
	return wrong
}
