package matrix

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/mapping"
)

// Verdict is how an object did not arrive as it was.
type Verdict string

// The verdicts.
const (
	Refused Verdict = "refused" // it is not there, and the report says that the answer is final
	Failed  Verdict = "failed"  // it is not there, and the report says that another try may help
	Changed Verdict = "changed" // it is there and says something else
	Lost    Verdict = "lost"    // it is not there, and the report does not say so
	Extra   Verdict = "extra"   // it is there and was not at the source, or is there twice
)

// Fate is what became of one object that did not arrive as it was.
type Fate struct {
	Object     string // its name without the extension; that at the destination for an extra one
	Verdict    Verdict
	Properties []string // that changed, sorted, each once; a whole component by its type with "()"
	Detail     string   // what the report says, or the first difference
}

// object is one that was read from a server.
type object struct {
	kind dav.Kind
	name string
	data []byte
}

func (o object) uid() string { return mapping.Inspect(o.kind, o.data).UID }

// judge compares what the source held with what the destination holds now.
func judge(before, after lab.Content, problems map[string]problem) []Fate {
	there := objectsOf(after)
	byUID := make(map[string][]int, len(there))
	for i, o := range there {
		byUID[o.uid()] = append(byUID[o.uid()], i)
	}
	used := make([]bool, len(there))
	var fates []Fate
	var unmatched []object
	for _, o := range apart(objectsOf(before), there) {
		i := match(o, byUID[o.uid()], there, used)
		switch {
		case i >= 0:
			used[i] = true
			fates = append(fates, compare(o, there[i])...)
		default:
			unmatched = append(unmatched, o)
		}
	}
	for _, o := range unmatched {
		fates = append(fates, missing(o, there, used, problems)...)
	}
	for i, o := range there {
		if !used[i] {
			fates = append(fates, Fate{Object: base(o.name), Verdict: Extra, Detail: "UID " + o.uid()})
		}
	}
	slices.SortFunc(fates, func(a, b Fate) int { return cmp.Compare(a.Object, b.Object) })
	return slices.CompactFunc(fates, func(a, b Fate) bool { return a.Object == b.Object && a.Verdict == b.Verdict && a.Verdict != Extra })
}

// apart takes the objects with several UIDs apart that are not there whole.
func apart(all, there []object) []object {
	var out []object
	for _, o := range all {
		parts := mapping.Split(o.kind, o.data)
		if parts == nil || slices.ContainsFunc(there, func(t object) bool { return t.uid() == o.uid() && len(mapping.Diff(o.kind, o.data, t.data)) == 0 }) {
			out = append(out, o)
			continue
		}
		for _, p := range parts {
			out = append(out, object{o.kind, o.name, p.Data})
		}
	}
	return out
}

// match finds the object in the destination's of the same UID, the most alike first.
func match(o object, candidates []int, there []object, used []bool) int {
	best, fewest := -1, 0
	for _, i := range candidates {
		if used[i] || there[i].kind != o.kind || o.uid() == "" && len(mapping.Diff(o.kind, o.data, there[i].data)) > 0 {
			continue
		}
		if n := len(mapping.Diff(o.kind, o.data, there[i].data)); best < 0 || n < fewest {
			best, fewest = i, n
		}
	}
	return best
}

// compare says how an object that is there differs.
func compare(a, b object) []Fate {
	differences := mapping.Diff(a.kind, asMarked(a, b), b.data)
	if len(differences) == 0 {
		return nil
	}
	var names []string
	for _, d := range differences {
		name := d.Property
		if name == "" {
			name = d.Component[strings.LastIndex(d.Component, "/")+1:]
			name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
			name += "()"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return []Fate{{Object: base(a.name), Verdict: Changed, Properties: slices.Compact(names), Detail: differences[0].String()}}
}

// asMarked returns an object with its people marked as those of its copy are. The marks keep DAViCal from telling them; they
// are the program's own change, of which its report has each line.
func asMarked(o, there object) []byte {
	if o.kind != dav.Calendar || !mapping.PeopleOf(there.data).Marked {
		return o.data
	}
	return mapping.Rules{mapping.ScheduleAgents{}}.Apply(mapping.Subject{Kind: o.kind}, o.data).Data
}

// missing says what became of an object whose UID is not at the destination. One without a UID may have got one there.
func missing(o object, there []object, used []bool, problems map[string]problem) []Fate {
	if p, told := problems[o.name]; told {
		return []Fate{{Object: base(o.name), Verdict: Verdict(p.Outcome), Detail: p.Message}}
	}
	if o.uid() == "" {
		best, fewest := -1, 0
		for i, candidate := range there {
			if used[i] || candidate.kind != o.kind {
				continue
			}
			if n := len(mapping.Diff(o.kind, o.data, candidate.data)); best < 0 || n < fewest {
				best, fewest = i, n
			}
		}
		if best >= 0 {
			used[best] = true
			return compare(o, there[best])
		}
	}
	return []Fate{{Object: base(o.name), Verdict: Lost}}
}

// objectsOf lists all objects, sorted by name.
func objectsOf(content lab.Content) []object {
	var all []object
	for _, collection := range slices.Sorted(maps.Keys(content)) {
		for _, name := range slices.Sorted(maps.Keys(content[collection])) {
			k := dav.Calendar
			if strings.HasSuffix(name, dav.AddressBook.Extension()) {
				k = dav.AddressBook
			}
			all = append(all, object{kind: k, name: name, data: content[collection][name]})
		}
	}
	return all
}

func base(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

func unescape(s string) (string, error) { return url.PathUnescape(s) }
