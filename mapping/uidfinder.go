package mapping

import (
	"bytes"
	"strings"

	"davferry/internal/dav"
)

// uidFinder collects where an object has UIDs, lacks them, and refers to others.
type uidFinder struct {
	nesting
	kind       dav.Kind
	current    int // the open component in components, -1 where there is none that counts
	components []uidComponent
	uids       []uidLine
	references []uidReference
	version4   bool
}

// uidLine is a line with a UID.
type uidLine struct {
	line Line
	uid  string // unescaped
}

// uidComponent is a component that must have a UID.
type uidComponent struct {
	head     Line // behind which a UID goes
	empty    Line // a UID without a value, the zero Line where there is none
	hasUID   bool
	override bool // it has a RECURRENCE-ID
	closed   bool // its END is there: the UID of one that is cut off may be in what is missing
}

// uidReference is a line that may refer to an object by its UID.
type uidReference struct {
	line    Line
	related bool // RELATED of a contact, which may also be a text or an address
	ownOnly bool // it counts only where it holds the UID of the object that it is in
}

func findUIDs(k dav.Kind, data []byte) *uidFinder {
	f := &uidFinder{kind: k, current: -1}
	for l := range Lines(data) {
		switch name := l.Name(); {
		case equalFold(name, "BEGIN"):
			f.begin(l)
		case equalFold(name, "END"):
			f.end(l)
		case f.carries():
			f.property(l, name)
		}
	}
	return f
}

// form returns a UUID as the object's format wants it in UID: vCard 4.0 has URIs there (RFC 6350 section 6.7.6).
func (f *uidFinder) form(id string) string {
	if f.version4 {
		return urnUUID + id
	}
	return id
}

func (f *uidFinder) begin(l Line) {
	name := boundaryName(l)
	if !f.open(name) || !f.carries() {
		return
	}
	f.current = -1
	switch name {
	case "VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VAVAILABILITY", "VCARD":
		f.current = len(f.components)
		f.components = append(f.components, uidComponent{head: l})
	}
}

func (f *uidFinder) end(l Line) {
	name := boundaryName(l)
	if f.fits(name) && f.carries() && f.current >= 0 {
		f.components[f.current].closed = true
		f.current = -1
	}
	f.close(name)
}

func (f *uidFinder) property(l Line, name []byte) {
	if len(name) == 0 || strings.IndexByte("UVRMX", upperByte(name[0])) < 0 {
		return // nearly all lines
	}
	switch {
	case equalFold(name, "UID"):
		f.uid(l)
	case equalFold(name, "RECURRENCE-ID") && f.current >= 0:
		f.components[f.current].override = true
	case equalFold(name, "VERSION") && f.kind == dav.AddressBook && f.current >= 0:
		f.components[f.current].head = l // which must stay the first in a card (RFC 6350 section 6.7.9)
		f.version4 = string(bytes.TrimSpace(l.Content().Value)) == "4.0"
	default:
		f.reference(l, name)
	}
}

func (f *uidFinder) uid(l Line) {
	c := l.Content()
	if !c.Valid {
		return
	}
	uid := unescapeString(bytes.TrimSpace(c.Value))
	switch {
	case uid != "":
		f.uids = append(f.uids, uidLine{l, uid})
		if f.current >= 0 {
			f.components[f.current].hasUID = true
		}
	case f.current >= 0:
		f.components[f.current].empty = l
	}
}

func (f *uidFinder) reference(l Line, name []byte) {
	r := uidReference{line: l}
	extension := len(name) > 2 && (name[0] == 'X' || name[0] == 'x') && name[1] == '-'
	switch {
	case f.kind == dav.Calendar && hasSuffixFold(name, "RELATED-TO") && (extension || len(name) == len("RELATED-TO")):
	case f.kind == dav.AddressBook && (equalFold(name, "MEMBER") || equalFold(name, "X-ADDRESSBOOKSERVER-MEMBER")):
	case f.kind == dav.AddressBook && equalFold(name, "RELATED"):
		r.related = true
	case extension:
		r.ownOnly = true
	default:
		return
	}
	f.references = append(f.references, r)
}

func hasSuffixFold(b []byte, suffix string) bool {
	return len(b) >= len(suffix) && strings.EqualFold(string(b[len(b)-len(suffix):]), suffix)
}
