package migrate

import (
	"context"
	"slices"
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

// newMapped returns what rules made of something in this run.
func newMapped(r mapping.Result) *Mapped {
	return &Mapped{Changes: r.Changes, Reasons: r.Left, fresh: true,
		Changed: names(r.Changes, func(c mapping.Change) string { return c.Rule }),
		Left:    names(r.Left, func(l mapping.Left) string { return l.Rule }),
	}
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
	var joined []string // of a handful of rules
	for _, e := range list {
		if n := name(e); !slices.Contains(joined, n) {
			joined = append(joined, n)
		}
	}
	return strings.Join(joined, ",")
}

// apply makes of an object that was fetched, with its UID, what goes to the destination. It takes down in r what the rules
// did.
func (m *move) apply(r *result, o dav.Object, uid string) (dav.Object, string) {
	o, uid = m.applyRules(r, o, uid)
	s := m.subject(m.collection, o.Path)
	if uid != r.UID || m.job.Rules.GiveUIDs() || !m.hadOwnUID(s, m.journal[r.Path], uid, m.place.members) {
		return o, uid
	}
	own := m.withOwnUID(o.Path, o.Data)
	o.Data = own.Data
	r.SHA256, r.putUID = sum(o.Data), mapping.UID(o.Data)
	m.changed(r, own.Changes)
	return o, r.putUID
}

// applyRules applies the rules that were asked for.
func (m *move) applyRules(r *result, o dav.Object, uid string) (dav.Object, string) {
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
	r.Mapped = newMapped(mapped)
	r.Mapped.Rules, r.Mapped.UID, r.Mapped.Size, r.Mapped.stale = m.rulesKey, uid, int64(len(o.Data)), stale
	m.tellChanges(r, mapped.Changes, mapped.Left)
	return o, uid
}

func (t *transfer) subject(c dav.Collection, path string) mapping.Subject {
	return mapping.Subject{Kind: c.Kind, Account: t.account.Name, Collection: wholePath(c.Path), Path: path}
}

// mapTimezone makes of a collection what goes to the destination: its time zone is that of all its times without one, from
// the year of the run on.
func (t *transfer) mapTimezone(c dav.Collection) (dav.Collection, *Mapped) {
	now := time.Now()
	mapped := t.job.Rules.Timezone(c.Timezone, time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, time.UTC))
	m := newMapped(mapped)
	m.Rules, m.stale = t.job.Rules.Key(), true
	if m.tells() {
		c.Timezone = string(mapped.Data)
		t.tell(ObjectChanges{Account: t.account.Name, Collection: c.Path, Path: c.Path, Changes: mapped.Changes, Left: mapped.Left})
	}
	return c, m
}

// keepTimezone takes down what rules did to the time zone of a collection that was made just now.
func (t *transfer) keepTimezone(ctx context.Context, c dav.Collection, m *Mapped) error {
	t.report.changes.countCollection(m)
	if err := t.job.Journal.PutCollectionChanges(ctx, t.target, t.account.Name, c.Path, m); err != nil {
		return &runError{err}
	}
	return nil
}

// recallTimezone counts what rules did to the time zone of a collection when an earlier run made it.
func (t *transfer) recallTimezone(rec CollectionRecord) {
	if t.report.Forecast == nil {
		t.report.changes.countCollection(rec.mapped())
	}
}

// tellChanges is tell for an object.
func (m *move) tellChanges(r *result, changes []mapping.Change, left []mapping.Left) {
	m.tell(ObjectChanges{Account: m.account.Name, Collection: wholePath(m.collection.Path), Path: r.Path, UID: r.UID, Changes: changes, Left: left})
}

// tell shows what rules did, and keeps it for the report.
func (t *transfer) tell(c ObjectChanges) {
	if len(c.Changes)+len(c.Left) == 0 {
		return
	}
	if t.job.Changed != nil {
		t.job.Changed(c)
	}
	t.report.change(c)
}
