package mapping

import (
	"bytes"
	"iter"
	"strings"
)

// Content is a content line taken apart: [group "."] name *(";" parameter) ":" value. All parts are unfolded and as
// written.
type Content struct {
	Group []byte // vCard only (RFC 6350 section 3.3), nil where there is none
	Name  []byte
	Value []byte // still escaped as its type asks for

	// Valid is false for a line without a name or without a colon. Name then holds what stands before the first
	// semicolon, and Value is nil.
	Valid bool

	params []byte // between the name's semicolon and the value's colon
}

// Param is one parameter of a content line.
type Param struct {
	Name []byte // as written; empty where vCard 2.1 leaves it out, as in TEL;HOME:…
	Raw  []byte // everything behind the "=", with its quotes
}

// Content takes the line apart.
func (l Line) Content() Content { return parseContent(l.Text()) }

func parseContent(text []byte) Content {
	var c Content
	end := headEnd(text)
	if end < 0 {
		c.Group, c.Name = splitGroup(text)
		return c
	}
	c.Group, c.Name = splitGroup(text[:end])
	colon := end
	if text[end] == ';' {
		if colon = valueColon(text); colon < 0 {
			c.params = text[end+1:]
			return c
		}
		c.params = text[end+1 : colon]
	}
	c.Value, c.Valid = text[colon+1:], len(c.Name) > 0
	return c
}

// valueColon returns the index of the colon before the value, -1 where there is none.
func valueColon(text []byte) int {
	i := headEnd(text)
	if i < 0 || text[i] == ':' {
		return i
	}
	if j := indexUnquoted(text[i:], ':'); j >= 0 {
		return i + j
	}
	return -1
}

// indexUnquoted returns the index of the first sep outside of double quotes, -1 where there is none. A quote that is
// never closed is a character like others, or CN="Name:mailto:… would have no value.
func indexUnquoted(b []byte, sep byte) int {
	quotes := true
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == sep:
			return i
		case b[i] == '"' && quotes:
			j := bytes.IndexByte(b[i+1:], '"')
			if quotes = j >= 0; quotes {
				i += 1 + j
			}
		}
	}
	return -1
}

// splitUnquoted yields the parts of b between those sep that stand outside of double quotes. An empty b has one part.
func splitUnquoted(b []byte, sep byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for {
			i := indexUnquoted(b, sep)
			if i < 0 {
				yield(b)
				return
			}
			if !yield(b[:i]) {
				return
			}
			b = b[i+1:]
		}
	}
}

// Params yields the parameters in the order in which they are written. Empty ones (two semicolons in a row) are left
// out.
func (c Content) Params() iter.Seq[Param] {
	return func(yield func(Param) bool) {
		if len(c.params) == 0 {
			return
		}
		for part := range splitUnquoted(c.params, ';') {
			if len(part) == 0 {
				continue
			}
			p := Param{Raw: part}
			if i := bytes.IndexByte(part, '='); i >= 0 {
				p.Name, p.Raw = part[:i], part[i+1:]
			}
			if !yield(p) {
				return
			}
		}
	}
}

// Param returns the first value of the first parameter called name (in upper case), and whether there is one.
func (c Content) Param(name string) (string, bool) {
	for p := range c.Params() {
		if equalFold(p.Name, name) {
			for v := range p.Values() {
				return v, true
			}
		}
	}
	return "", false
}

// Values yields the values of the parameter: unquoted and decoded (RFC 6868).
func (p Param) Values() iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range splitUnquoted(p.Raw, ',') {
			if !yield(decodeCaret(string(unquote(part)))) {
				return
			}
		}
	}
}

func unquote(b []byte) []byte {
	if len(b) >= 2 && b[0] == '"' && b[len(b)-1] == '"' {
		return b[1 : len(b)-1]
	}
	return b
}

var caretDecoder = strings.NewReplacer("^n", "\n", "^'", `"`, "^^", "^")

// decodeCaret undoes RFC 6868 section 3. A caret before any other character stands for itself.
func decodeCaret(v string) string {
	if strings.IndexByte(v, '^') < 0 {
		return v
	}
	return caretDecoder.Replace(v)
}
