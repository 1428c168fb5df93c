package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// Difference is one thing in which two versions of an object differ in meaning.
type Difference struct {
	// Component says where: the component's type with UID and RECURRENCE-ID, such as "VEVENT 7b3c2a34 20260126T140000",
	// after those around it that have a UID, such as "VEVENT 7b3c2a34 / VALARM". "" is the outside of any component.
	Component string

	// Property is the name of the property with its group, in upper case; "" where the whole component is missing or
	// new, or where a line is no content line.
	Property string

	// Before and After are the property, or one value of a list, in the two versions, unfolded, on one line, 200 octets
	// of it round what differs; "" where the version has none.
	Before, After string
}

// String says in one line what differs, for people.
func (d Difference) String() string {
	what := d.Property
	switch {
	case what == "":
		what = d.Component
	case d.Component != "":
		what += " of " + d.Component
	}
	switch {
	case d.Before == "" && d.After == "":
		return what + " differs"
	case d.After == "":
		return fmt.Sprintf("%s is missing: %q", what, d.Before)
	case d.Before == "":
		return fmt.Sprintf("%s is new: %q", what, d.After)
	}
	return fmt.Sprintf("%s is %q instead of %q", what, d.After, d.Before)
}

// Comparison is what Compare finds.
type Comparison struct {
	// Identical says that both versions are the same bytes.
	Identical bool

	// Differences lists what was lost, added or changed. Where there are none, the versions are the same in meaning.
	Differences []Difference

	// Allowed names what was allowed for: the ways in which the versions are written differently and mean the same.
	Allowed []Allowance
}

// Equivalent says whether both versions mean the same.
func (c Comparison) Equivalent() bool { return len(c.Differences) == 0 }

// Diff returns how two versions of an object differ in meaning: none where they are the same but for what the Allowances
// allow.
func Diff(k dav.Kind, a, b []byte) []Difference { return Compare(k, a, b).Differences }

// Compare compares two versions of an object in meaning, a before and b after. It takes any bytes, and time in
// proportion to them.
//
// Components are matched by type, UID and RECURRENCE-ID, those that have the same or none of these (alarms) by what is
// in them, and what is left by position within its type. Properties are compared as multisets of name, parameters and
// value: names without case, parameters as multisets of unquoted and decoded values (RFC 6868), values by their type:
// texts unescaped, structured values by parts, base64 by bytes, keywords without case.
//
// A VTIMEZONE that no property refers to does not matter. One that is lost or says something else is a difference,
// unless its TZID is the name of a zone in the IANA database: servers and clients know these by name, Radicale adds
// a definition of its own and Cyrus (with tzdist) strips the one it was given.
func Compare(k dav.Kind, a, b []byte) Comparison {
	if bytes.Equal(a, b) {
		return Comparison{Identical: true}
	}
	c := comparer{canon: newCanonicaliser(k), entries: make(map[*component][]entry), digests: make(map[*component]string)}
	c.compare("", parse(a), parse(b))
	if len(c.differences) == 0 && c.rules == 0 {
		c.rules.add(LineEnds) // all that is left: blank lines, a byte order mark, the last line end
	}
	return Comparison{Differences: c.differences, Allowed: c.rules.list()}
}

// comparer holds what a comparison has found so far.
type comparer struct {
	canon       *canonicaliser
	entries     map[*component][]entry
	digests     map[*component]string
	differences []Difference
	rules       allowances
}

func (c *comparer) entriesOf(comp *component) []entry {
	if e, ok := c.entries[comp]; ok {
		return e
	}
	e := c.canon.entries(comp)
	c.entries[comp] = e
	return e
}

// compare compares two components that belong together; where names them.
func (c *comparer) compare(where string, a, b *component) {
	c.compareEntries(where, c.entriesOf(a), c.entriesOf(b))
	zonesA, othersA := splitZones(a.children)
	zonesB, othersB := splitZones(b.children)
	c.compareZones(a, zonesA, zonesB)
	m := c.match(othersA, othersB)
	for _, p := range m.pairs {
		c.compare(join(where, p.a), p.a, p.b)
	}
	for _, comp := range m.onlyA {
		c.differences = append(c.differences, Difference{Component: join(where, comp), Before: summary(comp)})
	}
	for _, comp := range m.onlyB {
		c.differences = append(c.differences, Difference{Component: join(where, comp), After: summary(comp)})
	}
	if m.moved {
		c.rules.add(Order)
	}
}

// compareEntries compares the sorted entries of two components.
func (c *comparer) compareEntries(where string, a, b []entry) {
	var onlyA, onlyB []*entry
	var places []place
	seen := [2]map[int]bool{{}, {}}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		order := 0
		switch {
		case i == len(a):
			order = 1
		case j == len(b):
			order = -1
		default:
			order = bytes.Compare(a[i].key, b[j].key)
		}
		switch {
		case order < 0:
			onlyA = append(onlyA, &a[i])
			i++
		case order > 0:
			onlyB = append(onlyB, &b[j])
			j++
		default:
			c.note(&a[i], &b[j], seen)
			places = append(places, place{a[i].place, b[j].place})
			i++
			j++
		}
	}
	if !inOrder(places) {
		c.rules.add(Order)
	}
	c.leftOver(where, onlyA, onlyB)
}

// place is where a property stands in each of two components.
type place struct{ a, b int }

func inOrder(places []place) bool {
	slices.SortFunc(places, func(p, q place) int { return p.a - q.a })
	for i := 1; i < len(places); i++ {
		if places[i].a != places[i-1].a && places[i].b < places[i-1].b {
			return false
		}
	}
	return true
}

// note adds the rules by which two entries that mean the same are written differently: what was done to one line and
// not to the other, or, where the same was done to both, all of that. seen holds the places of lists, which are looked
// at as lines once and not for each of their values.
func (c *comparer) note(a, b *entry, seen [2]map[int]bool) {
	if a.part && seen[0][a.place] || b.part && seen[1][b.place] {
		c.rules |= a.rules ^ b.rules
		return
	}
	if a.part {
		seen[0][a.place] = true
	}
	if b.part {
		seen[1][b.place] = true
	}
	if bytes.Equal(a.line.Raw(), b.line.Raw()) {
		return
	}
	if !bytes.Equal(a.line.LineEnd(), b.line.LineEnd()) {
		c.rules.add(LineEnds)
	}
	if !a.line.Folded() && !b.line.Folded() && bytes.Equal(a.line.Text(), b.line.Text()) {
		return
	}
	if bytes.Equal(a.line.Text(), b.line.Text()) {
		if !bytes.Equal(withLF(a.line), withLF(b.line)) {
			c.rules.add(Folding)
		}
		return
	}
	if a.line.Folded() || b.line.Folded() {
		c.rules.add(Folding)
	}
	if rules := a.rules ^ b.rules; rules != 0 {
		c.rules |= rules
	} else {
		c.rules |= a.rules
	}
}

var lineEndings = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n")

// withLF returns a folded line with LF for each of its line ends.
func withLF(l Line) []byte {
	return []byte(lineEndings.Replace(string(l.raw[:l.size])))
}

// leftOver turns what has no counterpart into rules or differences, property by property.
func (c *comparer) leftOver(where string, onlyA, onlyB []*entry) {
	if len(onlyA)+len(onlyB) == 0 {
		return
	}
	groups := make(map[string]*[2][]*entry)
	var names []string
	for side, entries := range [2][]*entry{onlyA, onlyB} {
		for _, e := range entries {
			if e.prop.absentRule != 0 {
				c.rules.add(e.prop.absentRule)
				continue
			}
			g := groups[e.name]
			if g == nil {
				g = new([2][]*entry)
				groups[e.name] = g
				names = append(names, e.name)
			}
			g[side] = append(g[side], e)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		c.leftOverProperty(where, name, groups[name][0], groups[name][1])
	}
}

func (c *comparer) leftOverProperty(where, name string, a, b []*entry) {
	switch {
	case len(b) == 0:
		a = c.allow(a, false)
	case len(a) == 0:
		b = c.allow(b, true)
	}
	for _, p := range pairEntries(a, b) {
		before, after := excerpts(shown(p[0]), shown(p[1]), maxShown)
		c.differences = append(c.differences, Difference{Component: where, Property: name, Before: before, After: after})
	}
}

// allow takes those entries away that may come and go, given that the other version has no other property of their name.
func (c *comparer) allow(entries []*entry, added bool) []*entry {
	return slices.DeleteFunc(entries, func(e *entry) bool {
		switch {
		case e.isDefault():
			c.rules.add(DefaultValue)
		case e.empty():
			c.rules.add(EmptyProperty)
		case added && e.name == "CREATED" && e.prop.typ == dateTime:
			c.rules.add(CreatedAdded)
		case added && e.name == "VERSION":
			c.rules.add(VersionAdded)
		case !added && e.name == "METHOD":
			c.rules.add(NoMethod)
		default:
			return false
		}
		return true
	})
}

// pairEntries puts those entries together that probably are versions of one another: first those of the same value (an
// attendee with other parameters), then in order.
func pairEntries(a, b []*entry) [][2]*entry {
	byValue := make(map[string][]int)
	for j, e := range b {
		byValue[string(e.canonicalValue())] = append(byValue[string(e.canonicalValue())], j)
	}
	var pairs [][2]*entry
	used := make([]bool, len(b))
	var rest []*entry
	for _, e := range a {
		if js := byValue[string(e.canonicalValue())]; len(js) > 0 {
			byValue[string(e.canonicalValue())] = js[1:]
			used[js[0]] = true
			pairs = append(pairs, [2]*entry{e, b[js[0]]})
		} else {
			rest = append(rest, e)
		}
	}
	for j, e := range b {
		switch {
		case used[j]:
		case len(rest) > 0:
			pairs = append(pairs, [2]*entry{rest[0], e})
			rest = rest[1:]
		default:
			pairs = append(pairs, [2]*entry{nil, e})
		}
	}
	for _, e := range rest {
		pairs = append(pairs, [2]*entry{e, nil})
	}
	return pairs
}

// maxShown is how many octets of a property a Difference shows.
const maxShown = 200

// shown returns an entry as a report shows it: as it is written, or, for one value of a list, with that value alone.
func shown(e *entry) []byte {
	switch {
	case e == nil:
		return nil
	case string(e.key) == missingEnd:
		return []byte("END is missing")
	case !e.part:
		return e.line.Text()
	}
	head := bytes.ReplaceAll(bytes.TrimRight(e.key[:e.value], "\x00"), []byte{0}, []byte{';'})
	return slices.Concat(head, []byte{':'}, e.canonicalValue())
}

// summary shows the beginning of a component.
func summary(c *component) string {
	if s := oneLine(c.lines, maxShown); s != "" {
		return s
	}
	return "BEGIN:" + c.name
}

// join names a component within another. The calendar around it goes without saying.
func join(where string, c *component) string {
	name := c.name
	if uid := unescapeString(bytes.TrimSpace(c.value("UID"))); uid != "" {
		name += " " + excerpt([]byte(uid), maxShown)
	}
	if id := bytes.TrimSpace(c.value("RECURRENCE-ID")); len(id) > 0 {
		name += " " + excerpt(id, maxShown)
	}
	if where == "" || where == "VCALENDAR" {
		return name
	}
	return where + " / " + name
}
