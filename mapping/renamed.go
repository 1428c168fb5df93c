package mapping

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Renamed is the rule that gives another UID to objects whose UID something else has at the destination: the new UIDs by
// the old ones. The components of a series follow, and so do references in other objects, as of UIDs.
type Renamed map[string]string

// Key implements Rule.
func (r Renamed) Key() string {
	sum := sha256.New()
	for _, uid := range slices.Sorted(maps.Keys(r)) {
		fmt.Fprintf(sum, "%q %q\n", uid, r[uid])
	}
	return "renamed " + hex.EncodeToString(sum.Sum(nil)[:8])
}

// Apply implements Rule.
func (r Renamed) Apply(s Subject, e *Editor) []Left {
	found := findUIDs(s.Kind, e.Data())
	for _, have := range found.uids {
		if new := r[have.uid]; new != "" {
			text := have.line.Text()
			e.Replace(UIDCollision, have.line, withValue(text, parseContent(text), new))
		}
	}
	for _, ref := range found.references {
		text := ref.line.Text()
		c := parseContent(text)
		old := unescapeString(bytes.TrimSpace(c.Value))
		if new := r.reference(old); new != "" && (!ref.ownOnly || found.has(old)) {
			e.Replace(UIDReference, ref.line, withValue(text, c, new))
		}
	}
	return nil
}

// reference returns what becomes of a reference, which may be written as a URN where the UID is not; "" where it stays.
func (r Renamed) reference(old string) string {
	if new := r[old]; new != "" {
		return new
	}
	prefix, id := cutURN(old)
	if new := r[id]; prefix != "" && new != "" {
		_, newID := cutURN(new)
		return prefix + newID
	}
	return ""
}

// has tells whether the object has a UID.
func (f *uidFinder) has(uid string) bool {
	return slices.ContainsFunc(f.uids, func(l uidLine) bool { return l.uid == uid })
}
