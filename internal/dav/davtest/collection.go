package davtest

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"davferry/internal/dav"
)

// collection is a calendar or an address book with its objects. Its lock is held for single steps only, never while an
// answer is written.
type collection struct {
	kind        dav.Kind
	id          string // never used twice, so that a token of a deleted collection is known as such
	special     *special
	addressData []string // vCard versions, where they were given

	mu       sync.RWMutex
	deleted  bool
	revision uint64
	props    map[xml.Name]element
	members
}

func newCollection(k dav.Kind, id string) *collection {
	return &collection{kind: k, id: id, props: map[xml.Name]element{}, members: newMembers()}
}

// describe sets the properties of c.
func (col *collection) describe(c dav.Collection) {
	col.addressData = slices.Clone(c.AddressData)
	for _, p := range []struct {
		name xml.Name
		text string
	}{
		{nameDisplayName, c.DisplayName},
		{protocols[c.Kind].description, c.Description},
		{nameColor, c.Color},
		{nameOrder, c.Order},
		{nameTimezone, c.Timezone},
	} {
		if p.text != "" {
			col.props[p.name] = textElement(p.name, p.text)
		}
	}
	if len(c.Components) > 0 {
		set := element{name: nameComponentSet}
		for _, name := range c.Components {
			attr := []xml.Attr{{Name: xml.Name{Local: "name"}, Value: name}}
			set.children = append(set.children, element{name: nameComponent, attr: attr})
		}
		col.props[nameComponentSet] = set
	}
}

// description is the reverse of describe.
func (col *collection) description() dav.Collection {
	col.mu.RLock()
	defer col.mu.RUnlock()
	text := func(name xml.Name) string { return col.props[name].text }
	return dav.Collection{
		Kind:        col.kind,
		DisplayName: text(nameDisplayName),
		Description: text(protocols[col.kind].description),
		Color:       text(nameColor),
		Order:       text(nameOrder),
		Timezone:    text(nameTimezone),
		Components:  col.components(),
		CTag:        col.ctag(col.revision),
		SyncToken:   col.token(col.revision),
		AddressData: slices.Clone(col.addressData),
	}
}

// components lists the component types that the collection takes, none where it takes all (RFC 4791 section 5.2.3). The
// lock is the caller's.
func (col *collection) components() []string {
	var names []string
	for _, e := range col.props[nameComponentSet].children {
		if e.name == nameComponent {
			names = append(names, strings.ToUpper(e.attribute("name")))
		}
	}
	return names
}

func (col *collection) takes(component string) bool {
	col.mu.RLock()
	defer col.mu.RUnlock()
	set, ok := col.components(), false
	for _, name := range set {
		ok = ok || name == component
	}
	return ok || len(set) == 0
}

func (col *collection) property(name xml.Name) (element, bool) {
	col.mu.RLock()
	defer col.mu.RUnlock()
	e, ok := col.props[name]
	return e, ok
}

// ctag and token are a state of the collection as its two properties spell it.
func (col *collection) ctag(revision uint64) string { return fmt.Sprintf(`"%s-%d"`, col.id, revision) }

const tokenPrefix = "http://davferry.invalid/sync/"

func (col *collection) token(revision uint64) string {
	return fmt.Sprintf("%s%s/%d", tokenPrefix, col.id, revision)
}

// parseToken returns the revision of a sync-token that this collection gave out; "" is the beginning (RFC 6578 section
// 3.4).
func (col *collection) parseToken(token string) (uint64, bool) {
	if token == "" {
		return 0, true
	}
	number, ok := strings.CutPrefix(token, tokenPrefix+col.id+"/")
	revision, err := strconv.ParseUint(number, 10, 64)
	return revision, ok && err == nil && revision <= col.state()
}

func (col *collection) state() uint64 {
	col.mu.RLock()
	defer col.mu.RUnlock()
	return col.revision
}

// kept lists the properties of a collection that clients set.
func (col *collection) kept() []xml.Name {
	col.mu.RLock()
	defer col.mu.RUnlock()
	var names []xml.Name
	for name := range col.props {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b xml.Name) int { return strings.Compare(a.Space+a.Local, b.Space+b.Local) })
	return names
}

// versions are the vCard versions that an address book announces (RFC 6352 section 6.2.2).
func (col *collection) versions() []string {
	if len(col.addressData) > 0 {
		return col.addressData
	}
	return []string{"3.0", "4.0"}
}

// object returns the member of that name, nil where there is none.
func (col *collection) object(name string) *object {
	col.mu.RLock()
	defer col.mu.RUnlock()
	return col.get(name)
}

// snapshot returns the members as they are at one moment.
func (col *collection) snapshot() []*object {
	col.mu.RLock()
	defer col.mu.RUnlock()
	return col.list()
}

// holderOf returns the name of another object with the UID, "" where there is none.
func (col *collection) holderOf(uid, except string) string {
	col.mu.RLock()
	defer col.mu.RUnlock()
	return col.holder(uid, except)
}

// put stores o if check agrees. check sees the version that is there, nil where there is none, and no other change comes
// between it and the storing.
func (col *collection) put(o *object, check func(old *object) error) (old *object, err error) {
	col.mu.Lock()
	defer col.mu.Unlock()
	if col.deleted {
		return nil, errNoParent
	}
	old = col.get(o.name)
	if err := check(old); err != nil {
		return old, err
	}
	if old != nil {
		o.version = old.version + 1
	}
	col.revision++
	o.revision = col.revision
	col.members.put(o)
	return old, nil
}

// remove deletes the member of that name if check agrees. It returns nil where there is none.
func (col *collection) remove(name string, check func(*object) error) (*object, error) {
	col.mu.Lock()
	defer col.mu.Unlock()
	o := col.get(name)
	if o == nil {
		return nil, nil
	}
	if err := check(o); err != nil {
		return o, err
	}
	col.revision++
	col.members.remove(o, col.revision)
	return o, nil
}

// change is one step of sync-collection: an object, or a name that is gone.
type change struct {
	name     string
	object   *object // nil where it was deleted
	revision uint64
}

// changes lists what came after a revision, in order, and the revision that it leads to.
func (col *collection) changes(since uint64) ([]change, uint64) {
	col.mu.RLock()
	defer col.mu.RUnlock()
	var list []change
	for _, o := range col.slots {
		if o != nil && o.revision > since {
			list = append(list, change{o.name, o, o.revision})
		}
	}
	if since > 0 {
		for name, revision := range col.gone {
			if revision > since {
				list = append(list, change{name, nil, revision})
			}
		}
	}
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.revision, b.revision) })
	return list, col.revision
}
