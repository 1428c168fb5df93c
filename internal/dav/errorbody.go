package dav

import (
	"bytes"
	"encoding/xml"
	"strings"
	"unicode/utf8"
)

// readError reads the body of an error answer: the precondition of a DAV:error document (RFC 4918 section 16), and the
// beginning of its text in one line.
func readError(text []byte) (condition, excerpt string) {
	trimmed := bytes.TrimSpace(text)
	if bytes.HasPrefix(trimmed, []byte("<")) && !looksLikeHTML(trimmed) {
		if c, e, ok := readErrorXML(trimmed); ok {
			return c, e
		}
	}
	return "", excerptOf(stripMarkup(trimmed))
}

func looksLikeHTML(text []byte) bool {
	head := bytes.ToLower(text[:min(len(text), 200)])
	return bytes.Contains(head, []byte("<html")) || bytes.Contains(head, []byte("<!doctype html"))
}

// readErrorXML looks for the first DAV:error anywhere in a document: some servers put it into a multistatus.
func readErrorXML(text []byte) (condition, excerpt string, ok bool) {
	x, err := newXMLReader(bytes.NewReader(text))
	if err != nil {
		return "", "", false
	}
	for {
		tok, err := x.dec.Token()
		if err != nil {
			return "", "", false
		}
		start, isStart := tok.(xml.StartElement)
		if !isStart || start.Name.Local != "error" {
			continue
		}
		e, err := x.element(start, 1)
		if err != nil {
			return "", "", false
		}
		return errorCondition(&e), excerptOf([]byte(e.allText())), true
	}
}

// readHolder returns the href of the object that has the UID, out of the body of an answer with such a condition. It is ""
// where none is named.
func readHolder(text []byte, condition string) string {
	if condition != "no-uid-conflict" && condition != "unique-scheduling-object-resource" {
		return ""
	}
	x, err := newXMLReader(bytes.NewReader(text))
	if err != nil {
		return ""
	}
	for inside := false; ; {
		tok, err := x.dec.Token()
		if err != nil {
			return ""
		}
		start, isStart := tok.(xml.StartElement)
		if !isStart {
			continue
		}
		inside = inside || start.Name.Local == condition
		if inside && start.Name.Local == "href" {
			e, err := x.element(start, 1)
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(e.Text))
		}
	}
}

// errorCondition returns the first child that is a condition. sabre/dav puts its version, exception and message there
// too, in its own namespace.
func errorCondition(e *element) string {
	for _, c := range e.Children {
		if c.Name.Space != "http://sabredav.org/ns" {
			return c.Name.Local
		}
	}
	return ""
}

// allText returns the text of an element and of what is in it, conditions' hrefs included.
func (e *element) allText() string {
	var b strings.Builder
	b.Write(e.Text)
	for i := range e.Children {
		b.WriteByte(' ')
		b.WriteString(e.Children[i].allText())
	}
	return b.String()
}

// stripMarkup takes the tags out of an HTML page, and what stands in its head.
func stripMarkup(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte("<")) {
		return text
	}
	lower := bytes.ToLower(text)
	if i := bytes.Index(lower, []byte("<body")); i >= 0 && len(lower) == len(text) {
		text = text[i:]
	}
	var out []byte
	depth := 0
	for _, b := range text {
		switch {
		case b == '<':
			depth++
			out = append(out, ' ')
		case b == '>' && depth > 0:
			depth--
		case depth == 0:
			out = append(out, b)
		}
	}
	return out
}

const maxExcerpt = 200

// excerptOf makes one short line of a text, without control characters.
func excerptOf(text []byte) string {
	s := strings.ToValidUTF8(string(text[:min(len(text), 8*maxExcerpt)]), "\uFFFD")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == damageMark }), " ")
	if len(s) <= maxExcerpt {
		return s
	}
	cut := maxExcerpt
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
