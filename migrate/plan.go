package migrate

import (
	"slices"

	"davferry/internal/dav"
)

// remember takes out of the journal what earlier runs wrote, by UID.
func (m *move) remember() {
	m.given, m.byUID = map[string]bool{}, map[string]Record{}
	for _, rec := range m.journal {
		if rec.DestPath == "" || rec.UID == "" {
			continue
		}
		there, ok := m.place.members[dav.LastSegment(rec.DestPath)]
		if before, twice := m.byUID[rec.UID]; ok && (!twice || rec.knowsBetter(before, there)) {
			m.byUID[rec.UID] = rec
		}
	}
}

// knowsBetter tells which of two records of one UID counts: the one of the version that is at the destination, else that of
// the first path, in every run the same.
func (r Record) knowsBetter(other Record, there dav.Member) bool {
	if mine, its := r.wrote(there), other.DestPath == r.DestPath && other.wrote(there); mine != its {
		return mine
	}
	return r.Path < other.Path
}

// plan settles what is at the destination since an earlier run and unchanged at both ends, which takes no request, and
// returns the members to fetch.
func (m *move) plan(members []dav.Member) []dav.Member {
	if m.report.Forecast != nil {
		return members // what they are is to be told
	}
	if len(m.journal) == 0 {
		return members
	}
	var wanted []dav.Member
	for _, member := range members {
		rec, ok := m.journal[member.Path]
		if !ok || !m.isThere(rec, member) {
			wanted = append(wanted, member)
			continue
		}
		rec.Outcome, rec.Reason, rec.Vanished = string(Unchanged), "", false
		if m.job.To != nil {
			rec.Outcome = string(Created) // in this archive, by an earlier try
		}
		r := &result{Record: rec, name: dav.LastSegment(rec.DestPath), carried: rec.SHA256, before: rec.Mapped}
		for _, name := range rec.destNames() {
			m.give(name)
		}
		m.settle(r)
	}
	return wanted
}

// isThere tells whether the journal, the source's listing and the destination's listing agree about an object. A
// selection may have changed since; that counts in an archive, which holds what is selected now.
func (m *move) isThere(rec Record, member dav.Member) bool {
	if m.job.To != nil && m.job.Selection.looksInside() {
		return false
	}
	switch Outcome(rec.Outcome) {
	case Created, Updated, Unchanged:
	default:
		return false
	}
	if rec.Size >= 0 && member.Size >= 0 && rec.Size != member.Size {
		return false // SOGo's ETags count versions: an object that was deleted and made anew has the one of the old
	}
	if rec.Mapped.key() != m.rulesKey {
		return false
	}
	have, ok := m.place.members[dav.LastSegment(rec.DestPath)]
	return ok && rec.ETag != "" && rec.ETag == member.ETag && rec.wrote(have) && m.hasPieces(rec)
}

// hasPieces tells whether the destination has what else it had of an object that was split.
func (m *move) hasPieces(rec Record) bool {
	return !slices.ContainsFunc(rec.Pieces, func(p Piece) bool {
		have, ok := m.place.members[dav.LastSegment(p.DestPath)]
		return !ok || !p.record(rec).wrote(have)
	})
}

// wrote tells whether what the destination has is the version that the record is about. Where ETags count versions
// (SOGo), an object that was deleted and made anew has the ETag of the old one: mostly not its size.
func (r Record) wrote(have dav.Member) bool {
	return r.DestETag != "" && r.DestETag == have.ETag && (r.DestSize <= 0 || have.Size < 0 || r.DestSize == have.Size)
}
