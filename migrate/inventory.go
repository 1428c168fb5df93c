package migrate

import (
	"cmp"
	"iter"
	"slices"
	"sync"

	"davferry/internal/dav"
)

// inventory is what a collection holds at the source, and what became of each object. It is all that a run keeps of a
// collection in memory, so it keeps no more than it needs.
type inventory struct {
	members []dav.Member // sorted by path, no path twice

	mu      sync.Mutex
	results []*result // in the order of members, nil for an object without an outcome
}

// newInventory takes over the members, which byPath has sorted.
func newInventory(members []dav.Member) *inventory {
	return &inventory{members: members, results: make([]*result, len(members))}
}

// byPath is the order of an inventory, the same in every run: where two objects want one name, the same one gets it
// each time.
func byPath(a, b dav.Member) int { return cmp.Compare(a.Path, b.Path) }

// index returns an object's place, false where the source did not list it.
func (inv *inventory) index(path string) (int, bool) {
	return slices.BinarySearchFunc(inv.members, path, func(m dav.Member, path string) int { return cmp.Compare(m.Path, path) })
}

func (inv *inventory) has(path string) bool {
	_, ok := inv.index(path)
	return ok
}

// settled tells whether an object has its outcome.
func (inv *inventory) settled(path string) bool {
	i, ok := inv.index(path)
	inv.mu.Lock()
	defer inv.mu.Unlock()
	return ok && inv.results[i] != nil
}

// settle keeps an object's outcome, in place of one that it had before. first is true where it had none.
func (inv *inventory) settle(path string, r *result) (first bool) {
	i, ok := inv.index(path)
	if !ok {
		return false
	}
	inv.mu.Lock()
	defer inv.mu.Unlock()
	first = inv.results[i] == nil
	inv.results[i] = r
	return first
}

// result returns an object's outcome, nil where it has none.
func (inv *inventory) result(path string) *result {
	i, ok := inv.index(path)
	inv.mu.Lock()
	defer inv.mu.Unlock()
	if !ok {
		return nil
	}
	return inv.results[i]
}

// extend takes in a later listing, sorted by path, and returns those of its members that are new or have changed since the
// earlier one, how many are new, and how many are not listed any more. The latter stay: they were listed, and have their
// outcome. Nothing settles meanwhile.
func (inv *inventory) extend(later []dav.Member) (late []dav.Member, added, dropped int) {
	earlier := inventory{members: inv.members, results: inv.results}
	inv.members, inv.results = make([]dav.Member, 0, len(later)), make([]*result, 0, len(later))
	i := 0
	keep := func() {
		inv.members, inv.results = append(inv.members, earlier.members[i]), append(inv.results, earlier.results[i])
		i++
	}
	for _, m := range later {
		for i < len(earlier.members) && earlier.members[i].Path < m.Path {
			keep()
			dropped++
		}
		if i == len(earlier.members) || earlier.members[i].Path != m.Path {
			inv.members, inv.results = append(inv.members, m), append(inv.results, nil)
			late, added = append(late, m), added+1
			continue
		}
		if earlier.members[i].ETag != m.ETag {
			late = append(late, m)
		}
		earlier.members[i] = m
		keep()
	}
	for i < len(earlier.members) {
		keep()
		dropped++
	}
	return late, added, dropped
}

// take takes objects out of the inventory, and returns them. Nothing settles meanwhile.
func (inv *inventory) take(which func(path string) bool) (taken []dav.Member) {
	members, results := inv.members[:0:0], inv.results[:0:0]
	for i, m := range inv.members {
		if which(m.Path) {
			taken = append(taken, m)
			continue
		}
		members, results = append(members, m), append(results, inv.results[i])
	}
	if len(taken) > 0 {
		inv.members, inv.results = members, results
	}
	return taken
}

// all yields the objects in their order. The result is nil for one without an outcome. Nothing settles meanwhile.
func (inv *inventory) all() iter.Seq2[dav.Member, *result] {
	return func(yield func(dav.Member, *result) bool) {
		for i, m := range inv.members {
			if !yield(m, inv.results[i]) {
				return
			}
		}
	}
}
