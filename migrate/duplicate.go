package migrate

import (
	"context"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
)

// uidOwners knows which object keeps a UID that several have: the object's path, by the UID as it is at the destination.
type uidOwners map[string]string

// claim takes a UID for an object. It is false where another has it.
func (u uidOwners) claim(uid, path string) bool {
	owner, taken := u[uid]
	if !taken {
		u[uid] = path
	}
	return !taken || owner == path
}

// calendarOwners takes out of the journal which objects keep their UID at a destination that takes it once in all
// calendars of an account.
func (t *transfer) keepCalendarUIDs(ctx context.Context, collections []dav.Collection) error {
	if !t.job.Rules.GiveUIDs() || t.storage(dav.Calendar).UIDs != dav.UIDsOfUser {
		return nil
	}
	t.calendarOwners = uidOwners{}
	for _, c := range collections {
		if c.Kind != dav.Calendar || c.Skip != "" {
			continue
		}
		records, err := t.job.Journal.Objects(ctx, t.target, t.account.Name, c.Path)
		if err != nil {
			return &runError{err}
		}
		for _, rec := range records {
			t.keepUID(t.calendarOwners, rec, t.subject(c, rec.Path))
		}
	}
	return nil
}

// storage returns what is known of how the destination keeps objects of a kind.
func (t *transfer) storage(k dav.Kind) dav.Storage {
	if t.toDAV == nil {
		return dav.Storage{}
	}
	return t.toDAV.Services[k].Storage()
}

// keepUIDs takes out of the journal which of the collection's objects keep their UID.
func (m *move) keepUIDs() {
	if !m.job.Rules.GiveUIDs() {
		return
	}
	if m.calendarOwners != nil && m.collection.Kind == dav.Calendar {
		m.owners = m.calendarOwners
		return
	}
	m.owners = uidOwners{}
	for _, member := range m.inventory.members { // in their order, so that it is the same one in every run
		rec := m.journal[member.Path]
		if _, there := m.place.members[dav.LastSegment(rec.DestPath)]; there {
			m.keepUID(m.owners, rec, m.subject(m.collection, rec.Path))
		}
	}
}

// keepUID takes down that an object has its UID at the destination since an earlier run, unless it was given another.
func (t *transfer) keepUID(owners uidOwners, rec Record, s mapping.Subject) {
	if rec.DestPath != "" && rec.UID != "" && !rec.hasOwnUID(s) {
		owners.claim(t.job.Rules.UID(rec.UID), rec.Path)
	}
}

// hasOwnUID tells whether an earlier run gave the object a UID of its own because another keeps the one that it had.
func (r Record) hasOwnUID(s mapping.Subject) bool {
	return r.Mapped != nil && r.UID != "" && r.Mapped.UID == s.OwnUID(r.UID, 0)
}

// isDuplicate tells whether another object keeps the UID that this one has. An object that was given a UID of its own in
// an earlier run has it for good, whatever became of the other: the names at the destination remember that, also where
// the journal is lost.
func (m *move) isDuplicate(s mapping.Subject, uid string) bool {
	if m.owners == nil || uid == "" {
		return false
	}
	if rec := m.journal[s.Path]; rec.UID == uid && rec.hasOwnUID(s) {
		return true
	}
	if m.job.To == nil && len(m.place.members) > 0 {
		if _, there := m.place.members[mapping.ResourceName(s.Kind, s.OwnUID(uid, 0), s.Path)]; there {
			return true
		}
	}
	return !m.owners.claim(m.job.Rules.UID(uid), s.Path)
}

// underOtherRules returns what the destination holds in an object's place from a run with other rules, whose journal is
// lost: under the UID that the object has at the source, or under one that rules would give it. To put it beside that
// would double it. uid is the one that it goes under now.
func (m *move) underOtherRules(ctx context.Context, r *result, uid string) (dav.Member, error) {
	if m.job.To != nil || len(m.place.members) == 0 || r.DestPath != "" {
		return dav.Member{}, nil
	}
	s := m.subject(m.collection, r.Path)
	own := s.OwnUID(r.UID, 0)
	names := []string{mapping.ResourceName(s.Kind, own, s.Path)}
	if r.UID != "" && uid != own {
		replaced, _ := mapping.UIDs{All: true}.Replacement(r.UID)
		names = append(names, mapping.ResourceName(s.Kind, r.UID, s.Path), mapping.ResourceName(s.Kind, replaced, s.Path))
	} else {
		names = append(names, mapping.ResourceName(s.Kind, "", s.Path))
	}
	for _, name := range names {
		if there, ok := m.place.members[name]; ok && m.isFree(name) {
			m.give(name)
			return there, nil
		}
	}
	if uid == own || uid == r.UID {
		return dav.Member{}, nil
	}
	return m.sameUID(ctx, r.UID)
}

// isFree tells whether no other object has a name at the destination, in this run or since an earlier one.
func (m *move) isFree(name string) bool {
	if m.wrote == nil {
		m.wrote = map[string]bool{}
		for _, rec := range m.journal {
			for _, name := range rec.destNames() {
				m.wrote[name] = true
			}
		}
	}
	return !m.given[strings.ToLower(name)] && !m.wrote[name]
}
