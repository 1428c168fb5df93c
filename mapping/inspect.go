package mapping

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"davferry/internal/dav"
)

// Info is what Inspect sees in an object.
type Info struct {
	// UID is that of the first component that has one, unescaped; "" where none has. UIDs lists all that differ, in
	// the order in which they first appear.
	UID  string
	UIDs []string

	// Components lists the types that the object holds, each once, in upper case: VEVENT, VTODO, VJOURNAL, VFREEBUSY,
	// VAVAILABILITY, X-… for calendars (VTIMEZONE is left out, it is nobody's data), VCARD for contacts.
	Components []string

	Version   string // VERSION of the calendar or the first card, such as "3.0"
	Method    string // METHOD in upper case (RFC 5546), "" where there is none
	Organizer bool   // a component has an ORGANIZER
	Attendee  bool   // a component has an ATTENDEE

	// Whole says that the object begins and ends like one of its kind. It does not say that it is valid.
	Whole bool

	// Problems says what is odd, in words for people, in a fixed order. Odd objects are real: what becomes of them is
	// for the engine to decide and for the destination to say.
	Problems []string
}

// Problem returns all Problems in one line, "" where there is none.
func (i Info) Problem() string { return strings.Join(i.Problems, "; ") }

// outermost is the component that objects of a kind consist of.
func outermost(k dav.Kind) string {
	if k == dav.AddressBook {
		return "VCARD"
	}
	return "VCALENDAR"
}

// Inspect says what an object is. It never fails: where data is no object of the kind, Problems says what it is
// instead.
func Inspect(k dav.Kind, data []byte) Info {
	in := inspector{outer: outermost(k)}
	for l := range Lines(data) {
		if !l.Blank() {
			in.line(l)
		}
	}
	in.info.UIDs, in.info.Components = in.uids.list, in.types.list
	if len(in.info.UIDs) > 0 {
		in.info.UID = in.info.UIDs[0]
	}
	in.info.Whole = in.whole(data)
	in.problems(data)
	return in.info
}

// UID returns what Inspect says is the UID of an object. It reads no further than it stands.
func UID(data []byte) string {
	var in inspector
	for l := range Lines(data) {
		switch name := l.Name(); {
		case equalFold(name, "BEGIN"):
			in.open(boundaryName(l))
		case equalFold(name, "END"):
			in.close(boundaryName(l))
		case equalFold(name, "UID") && in.carries():
			if in.uid(l); in.hasUID {
				return in.uids.list[0]
			}
		}
	}
	return ""
}

// inspector collects an Info line by line.
type inspector struct {
	info  Info
	outer string

	nesting
	uids      distinct
	types     distinct
	outers    int // components of the outermost kind
	without   int // components without UID
	hasUID    bool
	malformed int  // lines without a colon
	stray     bool // an END that nothing began
	last      Line
}

func (in *inspector) line(l Line) {
	in.last = l
	switch name := l.Name(); {
	case equalFold(name, "BEGIN"):
		in.begin(boundaryName(l))
	case equalFold(name, "END"):
		in.end(boundaryName(l))
	default:
		in.property(l, name)
	}
}

func (in *inspector) begin(name string) {
	if !in.open(name) {
		return
	}
	if name == in.outer && len(in.stack) == 1 {
		in.outers++
	}
	if in.carries() {
		in.hasUID = false
		in.types.add(name)
	}
}

func (in *inspector) end(name string) {
	if in.fits(name) && in.carries() && !in.hasUID {
		in.without++
	}
	in.stray = !in.close(name) || in.stray
}

func (in *inspector) property(l Line, name []byte) {
	switch {
	case equalFold(name, "UID") && in.carries():
		in.uid(l)
	case equalFold(name, "ORGANIZER") && in.carries():
		in.info.Organizer = true
	case equalFold(name, "ATTENDEE") && in.carries():
		in.info.Attendee = true
	case equalFold(name, "VERSION") && len(in.stack) == 1 && in.info.Version == "":
		in.info.Version = string(bytes.TrimSpace(l.Content().Value))
	case equalFold(name, "METHOD") && len(in.stack) == 1 && in.stack[0] == "VCALENDAR":
		in.info.Method = string(bytes.ToUpper(bytes.TrimSpace(l.Content().Value)))
	}
	if !l.hasColon() {
		in.malformed++
	}
}

func (in *inspector) uid(l Line) {
	uid := unescapeString(bytes.TrimSpace(l.Content().Value))
	if uid == "" {
		return
	}
	in.hasUID = true
	in.uids.add(uid)
}

// distinct is a list of strings that differ, in the order in which they came.
type distinct struct {
	list []string
	seen map[string]bool // of list, once that is too long to be searched
}

const maxSearched = 16

func (d *distinct) add(s string) {
	if d.seen == nil && len(d.list) <= maxSearched && slices.Contains(d.list, s) || d.seen[s] {
		return
	}
	d.list = append(d.list, s)
	if len(d.list) > maxSearched && d.seen == nil {
		d.seen = make(map[string]bool)
		for _, s := range d.list {
			d.seen[s] = true
		}
	}
	if d.seen != nil {
		d.seen[s] = true
	}
}

func (in *inspector) whole(data []byte) bool {
	return hasPrefixFold(trimStart(data), "BEGIN:"+in.outer) &&
		in.last.Is("END") && boundaryName(in.last) == in.outer && len(in.stack) == 0
}

// trimStart takes away what some servers and editors put before an object.
func trimStart(data []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(data, []byte(byteOrderMark)), " \t\r\n")
}

func (in *inspector) problems(data []byte) {
	if p := notAnObject(in.outer, data); p != "" {
		in.info.Problems = append(in.info.Problems, p)
		return
	}
	add := func(odd bool, format string, args ...any) {
		if odd {
			in.info.Problems = append(in.info.Problems, fmt.Sprintf(format, args...))
		}
	}
	add(!in.info.Whole, "truncated: does not end with END:%s", in.outer)
	add(in.stray, "an END that does not fit its BEGIN")
	add(in.outers > 1, "%d %ss in one object", in.outers, in.outer)
	add(len(in.info.Components) == 0, "no component that holds data")
	add(in.info.UID == "" && len(in.info.Components) > 0, "no UID")
	add(in.info.UID != "" && in.without > 0, "%d of its components without UID", in.without)
	add(len(in.info.UIDs) > 1, "several UIDs (%d)", len(in.info.UIDs))
	add(in.info.Method != "", "METHOD:%s", in.info.Method)
	add(in.malformed > 0, "%d lines that are no content lines", in.malformed)
	add(hasControl(data), "control characters")
	add(!utf8.Valid(data), "not UTF-8")
	add(bytes.HasPrefix(data, []byte(byteOrderMark)), "byte order mark")
}

// notAnObject says what data is where it does not begin like an object, "" where it does.
func notAnObject(outer string, data []byte) string {
	start := trimStart(data)
	switch {
	case len(start) == 0:
		return "empty"
	case hasPrefixFold(start, "BEGIN:"+outer):
		return ""
	case hasPrefixFold(start, "<!DOCTYPE html"), hasPrefixFold(start, "<html"):
		return "an HTML page"
	case start[0] == '<':
		return "XML or HTML"
	case bytes.IndexByte(start[:min(len(start), 8)], 0) >= 0, hasPrefixFold(start, "\xff\xfe"), hasPrefixFold(start, "\xfe\xff"):
		return "UTF-16 or binary data"
	case hasPrefixFold(start, "BEGIN:"):
		return fmt.Sprintf("begins with %q, not with BEGIN:%s", excerpt(firstLine(start), 40), outer)
	}
	return "does not begin with BEGIN:" + outer
}

func firstLine(data []byte) []byte {
	for l := range Lines(data) {
		return l.Text()
	}
	return nil
}

// hasControl says whether data holds characters that neither format allows (RFC 5545 section 3.1) and that XML cannot
// carry: those below space but for HTAB and line ends, and DEL.
func hasControl(data []byte) bool {
	for len(data) >= 8 {
		if mayHaveControl(binary.LittleEndian.Uint64(data)) && slices.ContainsFunc(data[:8], isControl) {
			return true
		}
		data = data[8:]
	}
	return slices.ContainsFunc(data, isControl)
}

func isControl(c byte) bool { return c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7f }

// mayHaveControl says whether one of eight octets is below space or is DEL. Hardly any eight of a text have one.
func mayHaveControl(eight uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	del := eight ^ 0x7f*ones // DEL becomes zero
	return ((eight-' '*ones)&^eight|(del-ones)&^del)&highs != 0
}
