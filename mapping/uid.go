package mapping

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"davferry/internal/dav"
)

// The names in a Change of what UIDs does.
const (
	UIDMissing   = "uid-missing"   // there was none
	UIDUnfit     = "uid-unfit"     // longer than 255 octets, or with control characters
	UIDNoUUID    = "uid-no-uuid"   // with All
	UIDDuplicate = "uid-duplicate" // another object has it and keeps it
	UIDCollision = "uid-collision" // something else has it, and the object was to get one of its own
	UIDReference = "uid-reference" // a reference to a UID that is replaced
)

// UIDs is the rule that gives objects UIDs that every server takes: to those without one, to those whose UID is too long
// or holds control characters, and to all but one of those that share one (Subject.Duplicate). With All it replaces
// every UID that is no UUID.
//
// A UID is replaced by a UUID of version 5 (RFC 9562 section 5.5):
//
//   - one that cannot stay, by a function of itself alone. So what refers to it follows without any knowledge of the
//     object that has it, in whatever collection or account that is; and a meeting stays one meeting for all the
//     people who have a copy of it;
//   - a missing or shared one, by a function of the account, the collection and the resource name, and of the UID where
//     there is one. It does not depend on the object's content, which may change between two runs.
//
// References follow: RELATED-TO and X- properties of that name, the components of a series in one object, X- properties
// that hold the object's own UID, and in contacts MEMBER, X-ADDRESSBOOKSERVER-MEMBER and RELATED. A RELATED that is a
// URI of another scheme than urn: stays, because it may as well be a link. What refers to a UID that several objects
// share means the one that keeps it.
type UIDs struct{ All bool }

// uidSpace is the name space of the UUIDs that UIDs makes.
var uidSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("davferry:uid"))

// maxUID is how many octets of a UID servers hold: DAViCal, SOGo and Nextcloud keep it in a column of 255 characters.
const maxUID = 255

// Key implements Rule.
func (u UIDs) Key() string { return "uids all=" + strconv.FormatBool(u.All) }

// Replacement returns what becomes of a UID and of what refers to it, and the name of the reason; "" where it stays.
func (u UIDs) Replacement(uid string) (replacement, rule string) {
	_, id := cutURN(uid)
	switch {
	case len(uid) > maxUID || hasControl([]byte(uid)) || strings.ContainsAny(uid, "\t\r\n"):
		rule = UIDUnfit
	case u.All && !isUUID(id):
		rule = UIDNoUUID
	default:
		return "", ""
	}
	return newUID(uid, id), rule
}

// newUID returns the UUID for name in the form of the UID that it replaces: a URI stays one.
func newUID(old, name string) string {
	prefix, _ := cutURN(old)
	if prefix == "" && looksLikeURI([]byte(old)) {
		prefix = urnUUID
	}
	return prefix + uuid.NewSHA1(uidSpace, []byte(name)).String()
}

// urnUUID is how a UUID is written as a URI (RFC 9562 section 4), in contacts above all.
const urnUUID = "urn:uuid:"

func cutURN(uid string) (prefix, id string) {
	if hasPrefixFold([]byte(uid), urnUUID) {
		return uid[:len(urnUUID)], uid[len(urnUUID):]
	}
	return "", uid
}

func isUUID(id string) bool { return len(id) == 36 && uuid.Validate(id) == nil }

// OwnUID returns the UID that an object gets because it has none, or because another object has its UID and keeps it.
// number tells several components of one object apart.
func (s Subject) OwnUID(uid string, number int) string {
	name := strings.Join([]string{s.Account, canonicalPath(s.Collection), lastSegment(s.Path), uid, strconv.Itoa(number)}, "\x00")
	return newUID(uid, name)
}

// Apply implements Rule.
func (u UIDs) Apply(s Subject, e *Editor) []Left {
	found := findUIDs(s.Kind, e.Data())
	w := uidWriter{rule: u, subject: s, editor: e, own: map[string]string{}}
	w.replace(found)
	w.fill(found)
	for _, r := range found.references {
		if !r.ownOnly || w.renamed {
			w.follow(r)
		}
	}
	return nil
}

// uidWriter makes the edits of one object.
type uidWriter struct {
	rule    UIDs
	subject Subject
	editor  *Editor
	own     map[string]string // what becomes of the UIDs that the object has, "" of those that stay
	renamed bool              // one of them is replaced
}

// replace gives the components with a UID their new one.
func (w *uidWriter) replace(found *uidFinder) {
	for _, have := range found.uids {
		new, rule := w.rule.Replacement(have.uid)
		if w.subject.Duplicate && have.uid == found.uids[0].uid {
			new, rule = w.subject.OwnUID(have.uid, 0), UIDDuplicate
		}
		w.own[have.uid] = new
		if rule != "" {
			w.renamed = true
			w.setValue(rule, have.line, new)
		}
	}
}

// fill gives the components without a UID one: the changed occurrences of a series that of the series, the rest one of
// their own.
func (w *uidWriter) fill(found *uidFinder) {
	if len(found.uids) > 0 {
		w.fillSeries(found)
		return
	}
	masters := 0
	for _, c := range found.components {
		if !c.closed {
			continue
		}
		number := 0
		if !c.override {
			number = masters
			masters++
		}
		w.put(c, found.form(w.subject.OwnUID("", number)))
	}
}

// fillSeries fills an object in which some components have a UID. Where they have different ones, it cannot be told
// which of them another component belongs to; and a second object in this one would be refused under a UID of its own.
func (w *uidWriter) fillSeries(found *uidFinder) {
	if len(w.own) > 1 {
		return
	}
	uid := string(bytes.TrimSpace(found.uids[0].line.Content().Value))
	if new := w.own[found.uids[0].uid]; new != "" {
		uid = new
	}
	for _, c := range found.components {
		if c.override && c.closed && !c.hasUID {
			w.put(c, uid)
		}
	}
}

func (w *uidWriter) put(c uidComponent, uid string) {
	if c.empty.End > 0 {
		w.setValue(UIDMissing, c.empty, uid)
		return
	}
	w.editor.InsertAfter(UIDMissing, c.head, []byte("UID:"+uid))
}

func (w *uidWriter) setValue(rule string, l Line, value string) {
	text := l.Text()
	w.editor.Replace(rule, l, withValue(text, parseContent(text), value))
}

// follow changes what refers to a UID that is replaced.
func (w *uidWriter) follow(r uidReference) {
	text := r.line.Text()
	c := parseContent(text)
	old := unescapeString(bytes.TrimSpace(c.Value))
	new, known := w.own[old]
	if !known && !r.ownOnly && w.isReference(r, c, old) {
		new, _ = w.rule.Replacement(old)
	}
	if new != "" {
		w.editor.Replace(UIDReference, r.line, withValue(text, c, new))
	}
}

// isReference tells the name of another object from an address or a text.
func (w *uidWriter) isReference(r uidReference, c Content, value string) bool {
	valueType, _ := c.Param("VALUE")
	switch {
	case value == "":
		return false
	case w.subject.Kind == dav.Calendar: // RFC 9253 section 4 lets RELATED-TO be a URI, which names no UID
		return !strings.EqualFold(valueType, "URI")
	case r.related: // else somebody's name, or a link
		return hasPrefixFold([]byte(value), "urn:")
	}
	scheme, _, _ := strings.Cut(strings.ToLower(value), ":")
	return !memberSchemes[scheme]
}

// memberSchemes are those of URIs that name a member of a group by how to reach them (RFC 6350 section 6.6.5).
var memberSchemes = map[string]bool{"mailto": true, "tel": true, "sip": true, "sips": true, "xmpp": true, "im": true, "sms": true}
