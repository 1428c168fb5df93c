package davtest

import (
	"slices"
)

// members is what a collection holds, in the order in which it came. Every operation but a listing takes constant time.
type members struct {
	slots []*object           // nil where one was deleted
	index map[string]int      // of slots, by name
	uids  map[string][]string // names by UID: servers without a check hold several of one UID
	gone  map[string]uint64   // deleted names, with the revision at which they went
}

func newMembers() members {
	return members{index: map[string]int{}, uids: map[string][]string{}, gone: map[string]uint64{}}
}

func (m *members) get(name string) *object {
	if i, ok := m.index[name]; ok {
		return m.slots[i]
	}
	return nil
}

func (m *members) put(o *object) {
	if i, ok := m.index[o.name]; ok {
		m.forgetUID(m.slots[i])
		m.slots[i] = o
	} else {
		m.index[o.name] = len(m.slots)
		m.slots = append(m.slots, o)
		delete(m.gone, o.name)
	}
	if uid := o.facts.uid; uid != "" {
		m.uids[uid] = append(m.uids[uid], o.name)
	}
}

func (m *members) remove(o *object, revision uint64) {
	m.slots[m.index[o.name]] = nil
	delete(m.index, o.name)
	m.forgetUID(o)
	m.gone[o.name] = revision
	if len(m.slots) > 64 && len(m.index) < len(m.slots)/2 {
		m.compact()
	}
}

// compact drops the empty slots. It runs only when half of them are, so that a deletion costs constant time on average.
func (m *members) compact() {
	m.slots = slices.DeleteFunc(m.slots, func(o *object) bool { return o == nil })
	for i, o := range m.slots {
		m.index[o.name] = i
	}
}

func (m *members) forgetUID(o *object) {
	uid := o.facts.uid
	if uid == "" {
		return
	}
	names := slices.DeleteFunc(m.uids[uid], func(name string) bool { return name == o.name })
	if len(names) == 0 {
		delete(m.uids, uid)
	} else {
		m.uids[uid] = names
	}
}

// holder returns the name of another object with the UID, "" where there is none.
func (m *members) holder(uid, except string) string {
	if uid == "" {
		return ""
	}
	for _, name := range m.uids[uid] {
		if name != except {
			return name
		}
	}
	return ""
}

// list returns the objects that are there now.
func (m *members) list() []*object {
	objects := make([]*object, 0, len(m.index))
	for _, o := range m.slots {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return objects
}
