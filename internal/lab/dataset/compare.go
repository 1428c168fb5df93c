package dataset

import (
	"fmt"
	"slices"
	"strings"
)

// Compare returns how two objects differ in their content lines, empty where they do not: "-" is only in a, "+" only
// in b. It looks away from what servers do with an object that they parse and write again, and which says nothing:
// the order of properties, of components, of parameters and of the parts of a recurrence rule, upper and lower case of
// names, quotes round parameter values, and folding.
func Compare(a, b []byte) []string {
	left, right := contentLines(a), contentLines(b)
	var differences []string
	for _, line := range left {
		if i := slices.Index(right, line); i >= 0 {
			right = slices.Delete(right, i, i+1)
		} else {
			differences = append(differences, "- "+line)
		}
	}
	for _, line := range right {
		differences = append(differences, "+ "+line)
	}
	return differences
}

// contentLines returns the content lines in one spelling, each with the components that it lies in before it.
// A component is told from its siblings by its UID, its RECURRENCE-ID and, for what has neither, its place among those
// of its sort in the order of their lines.
func contentLines(data []byte) []string {
	unfolded := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "").Replace(string(data))
	root := &component{}
	open := []*component{root}
	for line := range strings.Lines(unfolded) {
		line = strings.TrimRight(line, "\r\n")
		last := open[len(open)-1]
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToUpper(name) {
		case "":
		case "BEGIN":
			child := &component{name: strings.ToUpper(value)}
			last.children = append(last.children, child)
			open = append(open, child)
		case "END":
			open = open[:max(1, len(open)-1)]
		default:
			last.lines = append(last.lines, canonicalLine(line))
		}
	}
	return root.flatten("")
}

// component is one component of an object in the spelling of contentLines.
type component struct {
	name     string
	lines    []string
	children []*component
}

// flatten returns the lines of the component and of those in it, with the path to each before it.
func (c *component) flatten(prefix string) []string {
	slices.Sort(c.lines)
	var all []string
	for _, line := range c.lines {
		all = append(all, prefix+line)
	}
	slices.SortFunc(c.children, func(a, b *component) int { return strings.Compare(a.key(), b.key()) })
	for i, child := range c.children {
		all = append(all, child.flatten(fmt.Sprintf("%s%s#%d/", prefix, child.name, i))...)
	}
	return all
}

// key is what siblings are sorted by.
func (c *component) key() string {
	lines := slices.Clone(c.lines)
	slices.Sort(lines)
	slices.SortStableFunc(lines, func(a, b string) int {
		return strings.Compare(keyRank(a), keyRank(b))
	})
	return c.name + "\n" + strings.Join(lines, "\n")
}

// keyRank puts what identifies a component before the rest.
func keyRank(line string) string {
	for _, name := range []string{"UID", "RECURRENCE-ID", "TZID"} {
		if strings.HasPrefix(line, name+":") || strings.HasPrefix(line, name+";") {
			return "0"
		}
	}
	return "1"
}

// canonicalLine spells a content line in one way.
func canonicalLine(line string) string {
	head, value := splitLine(line)
	parts := splitOutsideQuotes(head, ';')
	name := strings.ToUpper(parts[0])
	var parameters []string
	for _, p := range parts[1:] {
		key, values, _ := strings.Cut(p, "=")
		for _, v := range splitOutsideQuotes(values, ',') {
			parameters = append(parameters, strings.ToUpper(key)+"="+strings.Trim(v, `"`))
		}
	}
	slices.Sort(parameters)
	if name == "RRULE" {
		rule := strings.Split(value, ";")
		slices.Sort(rule)
		value = strings.Join(rule, ";")
	}
	return strings.Join(append([]string{name}, parameters...), ";") + ":" + value
}

// splitLine cuts a content line at the first colon that stands outside of quotes.
func splitLine(line string) (head, value string) {
	parts := splitOutsideQuotes(line, ':')
	if len(parts) == 1 {
		return line, ""
	}
	return parts[0], line[len(parts[0])+1:]
}

func splitOutsideQuotes(s string, separator byte) []string {
	var parts []string
	quoted, from := false, 0
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}
