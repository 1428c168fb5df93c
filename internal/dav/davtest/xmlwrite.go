package davtest

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// PrefixStyle says how the server declares XML namespaces. All styles mean the same (XML names 1.0).
type PrefixStyle uint8

const (
	// PrefixDefault makes DAV: the default namespace and gives the others capital prefixes. Radicale and DAViCal.
	PrefixDefault PrefixStyle = iota
	// PrefixAll gives every namespace a prefix: d:, cal:, card:, cs:. sabre/dav, Cyrus, SOGo.
	PrefixAll
	// PrefixNumbered numbers the prefixes: ns0:, ns1:. Xandikos.
	PrefixNumbered
	// PrefixNone declares a default namespace anew on every element. Servers written with Go's encoding/xml.
	PrefixNone
)

// spaces are the namespaces that a document's root declares, with their prefixes in each style.
var spaces = []struct {
	space    string
	prefixes [3]string
}{
	{nsDAV, [3]string{"", "d", "ns0"}},
	{nsCalDAV, [3]string{"C", "cal", "ns1"}},
	{nsCardDAV, [3]string{"CR", "card", "ns2"}},
	{nsCalendarServer, [3]string{"CS", "cs", "ns3"}},
	{nsApple, [3]string{"ICAL", "ical", "ns4"}},
	{nsNextcloud, [3]string{"NC", "nc", "ns5"}},
}

// flushAt is how many octets of an answer are gathered before they are sent on.
const flushAt = 32 << 10

// tag is the spelling of an element's tags; open has no ">" yet, so that attributes may follow.
type tag struct{ open, end string }

// xmlWriter writes one document, gathering it in a buffer that never holds much more than one response.
type xmlWriter struct {
	w     io.Writer
	q     *Quirks
	buf   []byte
	tags  map[xml.Name]tag
	roots string // the declarations for the next element, which is the root
	err   error  // the first error of w
}

func newXMLWriter(w io.Writer, q *Quirks) *xmlWriter {
	x := &xmlWriter{w: w, q: q, buf: make([]byte, 0, flushAt+4096), tags: make(map[xml.Name]tag, 32)}
	x.buf = append(x.buf, `<?xml version="1.0" encoding="utf-8"?>`+"\n"...)
	if q.Prefixes != PrefixNone {
		var b strings.Builder
		for _, s := range spaces {
			b.WriteString(" xmlns")
			if p := s.prefixes[q.Prefixes]; p != "" {
				b.WriteString(":" + p)
			}
			b.WriteString(`="` + s.space + `"`)
		}
		x.roots = b.String()
	}
	return x
}

// tag returns the spelling of an element's tags in the document's style.
func (x *xmlWriter) tag(name xml.Name) tag {
	t, ok := x.tags[name]
	if !ok {
		t = x.makeTag(name)
		x.tags[name] = t
	}
	return t
}

func (x *xmlWriter) makeTag(name xml.Name) tag {
	if x.q.Prefixes != PrefixNone {
		for _, s := range spaces {
			if s.space != name.Space {
				continue
			}
			qualified := name.Local
			if p := s.prefixes[x.q.Prefixes]; p != "" {
				qualified = p + ":" + name.Local
			}
			return tag{open: "<" + qualified, end: "</" + qualified + ">"}
		}
	}
	declared := string(appendEscaped(nil, name.Space, true))
	return tag{open: "<" + name.Local + ` xmlns="` + declared + `"`, end: "</" + name.Local + ">"}
}

// start writes a start tag with attributes given as name, value, name, value.
func (x *xmlWriter) start(name xml.Name, attr ...string) {
	x.open(name, attr)
	x.buf = append(x.buf, '>')
}

// empty writes an empty element.
func (x *xmlWriter) empty(name xml.Name, attr ...string) {
	x.open(name, attr)
	x.buf = append(x.buf, '/', '>')
}

func (x *xmlWriter) open(name xml.Name, attr []string) {
	x.buf = append(x.buf, x.tag(name).open...)
	if x.roots != "" {
		x.buf = append(x.buf, x.roots...)
		x.roots = ""
	}
	for i := 0; i+1 < len(attr); i += 2 {
		x.buf = append(x.buf, ' ')
		x.buf = append(x.buf, attr[i]...)
		x.buf = append(x.buf, '=', '"')
		x.buf = appendEscaped(x.buf, attr[i+1], true)
		x.buf = append(x.buf, '"')
	}
}

func (x *xmlWriter) end(name xml.Name) { x.buf = append(x.buf, x.tag(name).end...) }

// text writes character data.
func (x *xmlWriter) text(s string) { x.buf = appendEscaped(x.buf, s, false) }

// element writes an element that holds a text.
func (x *xmlWriter) element(name xml.Name, text string) {
	x.start(name)
	x.text(text)
	x.end(name)
}

// inside writes what an element holds: a property, as a client set it.
func (x *xmlWriter) inside(e *element) {
	x.text(e.text)
	for i := range e.children {
		child := &e.children[i]
		var attr []string
		for _, a := range child.attr {
			attr = append(attr, a.Name.Local, a.Value)
		}
		x.start(child.name, attr...)
		x.inside(child)
		x.end(child.name)
	}
}

// name writes a display name or a description with what some servers do to these.
func (x *xmlWriter) name(s string) {
	if x.q.DoubleEscapedNames {
		s = string(appendEscaped(nil, s, false))
	}
	if !x.q.SurrogateReferences {
		x.text(s)
		return
	}
	for _, r := range s {
		if r < 0x10000 {
			x.text(string(r))
			continue
		}
		r -= 0x10000
		for _, half := range []rune{0xD800 + r>>10, 0xDC00 + r&0x3FF} {
			x.buf = append(x.buf, "&#"...)
			x.buf = strconv.AppendInt(x.buf, int64(half), 10)
			x.buf = append(x.buf, ';')
		}
	}
}

// flush sends what is gathered if it is enough, or whatever it is if all is set.
func (x *xmlWriter) flush(all bool) {
	if x.err != nil || len(x.buf) < flushAt && !all {
		return
	}
	_, x.err = x.w.Write(x.buf)
	x.buf = x.buf[:0]
}

// appendEscaped appends s as character data, or as an attribute's value. A CR becomes a reference, since a parser would
// make it LF (XML 1.0 section 2.11); what XML cannot carry becomes U+FFFD.
func appendEscaped(b []byte, s string, attribute bool) []byte {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '<':
			b = append(b, "&lt;"...)
		case r == '>':
			b = append(b, "&gt;"...)
		case r == '&':
			b = append(b, "&amp;"...)
		case r == '"' && attribute:
			b = append(b, "&quot;"...)
		case r == '\r', attribute && (r == '\n' || r == '\t'):
			b = append(b, "&#"...)
			b = strconv.AppendInt(b, int64(r), 10)
			b = append(b, ';')
		case r < ' ' && r != '\n' && r != '\t', r == 0xFFFE, r == 0xFFFF:
			b = append(b, "\uFFFD"...)
		default:
			b = utf8.AppendRune(b, r)
		}
		i += n
	}
	return b
}
