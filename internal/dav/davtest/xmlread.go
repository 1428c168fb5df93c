package davtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// element is an XML element of a request, or a property as it was set.
type element struct {
	name     xml.Name
	attr     []xml.Attr
	text     string // all character data directly inside
	children []element
}

// maxNesting bounds the recursion over elements. RFC 4791 needs less than ten levels.
const maxNesting = 64

var errNesting = errors.New("elements are nested too deep")

// parseXML reads a request body, nil for an empty one.
func parseXML(body []byte) (*element, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("request body: %w", err)
		}
		if start, ok := token.(xml.StartElement); ok {
			root, err := readElement(d, start, 1)
			if err != nil {
				return nil, fmt.Errorf("request body: %w", err)
			}
			return &root, trailing(d)
		}
	}
}

// readElement reads an element whose start tag was read.
func readElement(d *xml.Decoder, start xml.StartElement, depth int) (element, error) {
	e := element{name: start.Name, attr: attributes(start)}
	if depth > maxNesting {
		return e, errNesting
	}
	if !isLocalName(e.name.Local) {
		return e, fmt.Errorf("%q is no name of an element", e.name.Local)
	}
	var text []byte
	for {
		token, err := d.Token()
		if err != nil {
			return e, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			child, err := readElement(d, t, depth+1)
			if err != nil {
				return e, err
			}
			e.children = append(e.children, child)
		case xml.CharData:
			text = append(text, t...)
		case xml.EndElement:
			e.text = string(text)
			return e, nil
		}
	}
}

// isLocalName tells whether a name may stand without a prefix (XML names section 4). encoding/xml looks at names with
// their prefix only, and so takes x:0.
func isLocalName(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return (first == '_' || unicode.IsLetter(first)) && !strings.Contains(name, ":")
}

// trailing refuses anything but comments and space after the root.
func trailing(d *xml.Decoder) error {
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("request body: %w", err)
		}
		if _, ok := token.(xml.StartElement); ok {
			return errors.New("request body: a second root element")
		}
	}
}

// attributes returns the attributes of an element that are in no namespace, each name once: those that CalDAV and CardDAV
// define.
func attributes(start xml.StartElement) []xml.Attr {
	if len(start.Attr) == 0 {
		return nil
	}
	var attr []xml.Attr
	seen := map[string]bool{"xmlns": true}
	for _, a := range start.Attr {
		if a.Name.Space == "" && !seen[a.Name.Local] && isLocalName(a.Name.Local) {
			seen[a.Name.Local] = true
			attr = append(attr, a)
		}
	}
	return attr
}

// child returns the first child of that name, nil where there is none. It may be asked of nil.
func (e *element) child(name xml.Name) *element {
	if e == nil {
		return nil
	}
	for i := range e.children {
		if e.children[i].name == name {
			return &e.children[i]
		}
	}
	return nil
}

// attribute returns the value of an attribute, "" where it is missing.
func (e *element) attribute(local string) string {
	for _, a := range e.attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// value returns the element's text without the space around it. It may be asked of nil.
func (e *element) value() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.text)
}

// textElement makes an element that holds a text.
func textElement(name xml.Name, text string) element {
	return element{name: name, text: text}
}
