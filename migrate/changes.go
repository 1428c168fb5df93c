package migrate

import (
	"strings"

	"davferry/mapping"
)

// Changes is what rules changed on the way, in a Summary: the numbers, and the first of the changes. All of them are in the
// journal (Journal.RunChanges).
type Changes struct {
	Objects     int             `json:"objects"`               // at the destination that are not as the source has them
	Collections int             `json:"collections,omitempty"` // whose time zone is not
	ByRule      map[string]int  `json:"by_rule,omitempty"`     // objects and collections that a rule changed
	Left        map[string]int  `json:"left,omitempty"`        // of those in which a rule had to leave something as it is
	First       []ObjectChanges `json:"first,omitempty"`       // of what was read in this run
	More        int             `json:"more,omitempty"`        // what was read in this run and is not in First
}

// ObjectChanges is what rules did to one object, or to a collection's time zone.
type ObjectChanges struct {
	Account    string           `json:"account"`
	Collection string           `json:"collection"`
	Path       string           `json:"path"` // at the source; that of the collection where it is about its time zone
	UID        string           `json:"uid,omitempty"`
	Changes    []mapping.Change `json:"changes,omitempty"`
	Left       []mapping.Left   `json:"left,omitempty"`
}

// How many objects are listed with their changes: of one account, and of all.
const (
	maxAccountChanges = 20
	maxChanges        = 200
)

// count takes down objects that are at the destination, to which rules did the same.
func (c *Changes) count(m *Mapped, objects int) {
	if m == nil {
		return
	}
	if m.Changed != "" {
		c.Objects += objects
	}
	c.addNames(m, objects)
}

// countCollection takes down what rules did to the time zone of a collection.
func (c *Changes) countCollection(m *Mapped) {
	if m.Changed != "" {
		c.Collections++
	}
	c.addNames(m, 1)
}

func (c *Changes) addNames(m *Mapped, objects int) {
	c.ByRule = countNames(c.ByRule, m.Changed, objects)
	c.Left = countNames(c.Left, m.Left, objects)
}

func countNames(counts map[string]int, list string, objects int) map[string]int {
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		if counts == nil {
			counts = map[string]int{}
		}
		counts[name] += objects
	}
	return counts
}

// add adds up an account's.
func (c *Changes) add(o Changes) {
	c.Objects += o.Objects
	c.Collections += o.Collections
	c.ByRule = addCounts(c.ByRule, o.ByRule)
	c.Left = addCounts(c.Left, o.Left)
	room := min(maxChanges-len(c.First), len(o.First))
	c.First = append(c.First, o.First[:room]...)
	c.More += o.More + len(o.First) - room
}

func addCounts(counts, more map[string]int) map[string]int {
	for name, n := range more {
		if counts == nil {
			counts = map[string]int{}
		}
		counts[name] += n
	}
	return counts
}

// change lists an object that rules changed.
func (r *AccountReport) change(c ObjectChanges) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.changes.First) == maxAccountChanges {
		r.changes.More++
		return
	}
	r.changes.First = append(r.changes.First, c)
}
