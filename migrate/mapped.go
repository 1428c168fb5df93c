package migrate

import (
	"strings"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
)

// Mapped is what rules made of an object that is at the destination.
type Mapped struct {
	Rules   string           // key of the rules that it went through
	UID     string           // as put
	Size    int64            // octets as put
	Changed string           // names of the rules that changed it, separated by commas; "" where the bytes are the source's
	Left    string           // names of the rules that had to leave something as it is, likewise
	Changes []mapping.Change // each of them; Journal.Objects leaves them out
	Reasons []mapping.Left   // likewise

	fresh bool // of this run: its changes are to go into the journal
	stale bool // the journal has changes of an earlier run, which are to go
}

// key returns the key of the rules, "" where none were given.
func (m *Mapped) key() string {
	if m == nil {
		return ""
	}
	return m.Rules
}

// tells says whether the rules changed or left anything, so that the journal has more about it.
func (m *Mapped) tells() bool { return m != nil && (m.Changed != "" || m.Left != "") }

// summary returns what is kept of it while the run goes on.
func (m *Mapped) summary() *Mapped {
	if m == nil || m.Rules == "" && m.Changed == "" {
		return nil
	}
	return &Mapped{Rules: m.Rules, UID: m.UID, Size: m.Size, Changed: m.Changed, Left: m.Left}
}

// names joins what is in a list once each.
func names[E any](list []E, name func(E) string) string {
	var joined []string
	seen := map[string]bool{}
	for _, e := range list {
		if n := name(e); !seen[n] {
			seen[n] = true
			joined = append(joined, n)
		}
	}
	return strings.Join(joined, ",")
}

// apply makes of an object that was fetched, with its UID, what goes to the destination. It takes down in r what the rules
// did.
func (m *move) apply(r *result, o dav.Object, uid string) (dav.Object, string) {
	stale := m.journal[r.Path].Mapped.tells()
	if len(m.rules) == 0 {
		if r.Mapped = nil; stale {
			r.Mapped = &Mapped{UID: uid, Size: r.Size, fresh: true, stale: true}
		}
		return o, uid
	}
	s := m.subject(m.collection, o.Path)
	s.CardVersions = m.place.collection.AddressData
	s.Duplicate = m.isDuplicate(s, uid)
	mapped := m.rules.Apply(s, o.Data)
	mapped.Left = m.groups.leaves(o.Path, mapped.Left)
	if len(mapped.Changes) > 0 {
		o.Data = mapped.Data
		uid = mapping.UID(o.Data)
		r.SHA256 = sum(o.Data)
	}
	r.Mapped = &Mapped{
		Rules: m.rulesKey, UID: uid, Size: int64(len(o.Data)), Changes: mapped.Changes, Reasons: mapped.Left, fresh: true, stale: stale,
		Changed: names(mapped.Changes, func(c mapping.Change) string { return c.Rule }),
		Left:    names(mapped.Left, func(l mapping.Left) string { return l.Rule }),
	}
	m.tell(r)
	return o, uid
}

func (t *transfer) subject(c dav.Collection, path string) mapping.Subject {
	return mapping.Subject{Kind: c.Kind, Account: t.account.Name, Collection: wholePath(c.Path), Path: path}
}

// mapTimezone makes of a collection what goes to the destination: its time zone is that of all its times without one, from
// the year of the run on.
func (t *transfer) mapTimezone(c dav.Collection) dav.Collection {
	now := time.Now()
	mapped := t.job.Rules.Timezone(c.Timezone, time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, time.UTC))
	if len(mapped.Changes)+len(mapped.Left) == 0 {
		return c
	}
	c.Timezone = string(mapped.Data)
	changes := ObjectChanges{Account: t.account.Name, Collection: c.Path, Path: c.Path, Changes: mapped.Changes, Left: mapped.Left}
	if t.job.Changed != nil {
		t.job.Changed(changes)
	}
	t.report.change(changes)
	return c
}

// tell shows what the rules did to an object, and keeps it for the report.
func (m *move) tell(r *result) {
	if len(r.Mapped.Changes)+len(r.Mapped.Reasons) == 0 {
		return
	}
	m.tellChanges(r, r.Mapped.Changes, r.Mapped.Reasons)
}

func (m *move) tellChanges(r *result, changes []mapping.Change, left []mapping.Left) {
	c := ObjectChanges{Account: m.account.Name, Collection: wholePath(m.collection.Path), Path: r.Path, UID: r.UID, Changes: changes, Left: left}
	if m.job.Changed != nil {
		m.job.Changed(c)
	}
	m.report.change(c)
}
