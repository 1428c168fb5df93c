package mapping

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"
)

// matching says which components of two versions belong together.
type matching struct {
	pairs        []pair
	onlyA, onlyB []*component
	moved        bool // the pairs stand in another order
}

type pair struct{ a, b *component }

// identity is what components are matched by first.
type identity struct{ name, uid, recurrence string }

func identityOf(c *component) identity {
	id := identity{name: c.name}
	for _, l := range c.lines {
		switch name := l.Name(); {
		case id.uid == "" && equalFold(name, "UID"):
			id.uid = unescapeString(bytes.TrimSpace(l.Content().Value))
		case id.recurrence == "" && equalFold(name, "RECURRENCE-ID"):
			id.recurrence = string(bytes.TrimSpace(l.Content().Value))
		}
	}
	return id
}

// match pairs the components of a with those of b: by type, UID and RECURRENCE-ID; among several of the same identity,
// equal ones first; then what is left by position, within the identity, at last within the type.
func (c *comparer) match(a, b []*component) matching {
	m := newMatcher(a, b)
	ids := func(comp *component) string {
		id := identityOf(comp)
		return id.name + "\x00" + id.uid + "\x00" + id.recurrence
	}
	keysA, keysB := keys(a, ids), keys(b, ids)
	if ambiguous(keysA) || ambiguous(keysB) {
		m.by(with(keysA, a, c.digest), with(keysB, b, c.digest))
	}
	m.by(keysA, keysB)
	types := func(comp *component) string { return comp.name }
	m.by(keys(a, types), keys(b, types))
	return m.result()
}

func keys(comps []*component, key func(*component) string) []string {
	all := make([]string, len(comps))
	for i, comp := range comps {
		all[i] = key(comp)
	}
	return all
}

func with(prefixes []string, comps []*component, key func(*component) string) []string {
	all := make([]string, len(comps))
	for i, comp := range comps {
		all[i] = prefixes[i] + "\x00" + key(comp)
	}
	return all
}

// matcher pairs components in several passes.
type matcher struct {
	a, b   []*component
	pairOf []int // of each a, the index in b, -1 for none
	taken  []bool
}

func newMatcher(a, b []*component) *matcher {
	m := &matcher{a: a, b: b, pairOf: make([]int, len(a)), taken: make([]bool, len(b))}
	for i := range m.pairOf {
		m.pairOf[i] = -1
	}
	return m
}

// ambiguous says whether a key stands there twice.
func ambiguous(keys []string) bool {
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		if seen[k] {
			return true
		}
		seen[k] = true
	}
	return false
}

// by pairs what is left and has the same key, in order.
func (m *matcher) by(keysA, keysB []string) {
	free := make(map[string][]int)
	for j, k := range keysB {
		if !m.taken[j] {
			free[k] = append(free[k], j)
		}
	}
	for i, k := range keysA {
		if m.pairOf[i] >= 0 || len(free[k]) == 0 {
			continue
		}
		j := free[k][0]
		free[k] = free[k][1:]
		m.pairOf[i], m.taken[j] = j, true
	}
}

func (m *matcher) result() matching {
	var r matching
	last := -1
	for i, j := range m.pairOf {
		if j < 0 {
			r.onlyA = append(r.onlyA, m.a[i])
			continue
		}
		r.pairs = append(r.pairs, pair{m.a[i], m.b[j]})
		r.moved = r.moved || j < last
		last = j
	}
	for j, taken := range m.taken {
		if !taken {
			r.onlyB = append(r.onlyB, m.b[j])
		}
	}
	return r
}

// digest returns what is the same for components that mean the same.
func (c *comparer) digest(comp *component) string {
	if d, ok := c.digests[comp]; ok {
		return d
	}
	d := c.digestWithout(comp, c.digest, func(*entry) bool { return false })
	c.digests[comp] = d
	return d
}

// zoneDigest returns what is the same for VTIMEZONEs that give the same times.
func (c *comparer) zoneDigest(comp *component) string {
	return c.digestWithout(comp, c.zoneDigest, isZoneDetail)
}

// digestWithout leaves those entries out for which skip is true, besides those that may always differ, and the components
// of which child says nothing.
func (c *comparer) digestWithout(comp *component, child func(*component) string, skip func(*entry) bool) string {
	h := sha256.New()
	h.Write([]byte(comp.name))
	entries := c.entriesOf(comp)
	for i := range entries {
		if e := &entries[i]; e.prop.absentRule == 0 && !e.isDefault() && !e.empty() && !skip(e) {
			h.Write([]byte{0xff})
			h.Write(e.key)
		}
	}
	var children []string
	for _, comp := range comp.children {
		if d := child(comp); d != "" {
			children = append(children, d)
		}
	}
	slices.Sort(children)
	for _, d := range children {
		h.Write([]byte{0xfe})
		h.Write([]byte(d))
	}
	return string(h.Sum(nil))
}

// isZoneDetail says whether a property of a VTIMEZONE has no bearing on any time.
func isZoneDetail(e *entry) bool {
	switch e.name {
	case "TZNAME", "TZURL", "COMMENT", "TZID-ALIAS-OF", "PROXIMITY":
		return true
	}
	return strings.HasPrefix(e.name, "X-")
}
