package dav

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// maxResponse and maxElements bound what one DAV:response may hold, in octets and in elements with their attributes, so
// that no server can fill the memory.
const (
	maxResponse = 128 << 20
	maxElements = 20_000
)

// maxDepth bounds how deep elements may be nested. RFC 4791 and RFC 6352 need about eight levels.
const maxDepth = 64

// element is one XML element with its text and its children, the form in which property values are kept.
type element struct {
	Name     xml.Name
	Attr     []xml.Attr
	Text     []byte // all character data directly in the element
	Children []element
}

// response is a DAV:response element (RFC 4918 section 14.24).
type response struct {
	Href        string
	Status      int // of the whole response, 0 where it has propstat elements
	Propstats   []propstat
	Condition   string // the first child of DAV:error
	Description string // DAV:responsedescription
}

// propstat is a DAV:propstat element (RFC 4918 section 14.22).
type propstat struct {
	Status    int
	Props     []element
	Condition string
}

// prop returns the value of a property that the server has, nil where it has none or refuses it.
func (r *response) prop(space, local string) *element {
	for i := range r.Propstats {
		if s := r.Propstats[i].Status; s != 0 && (s < 200 || s > 299) {
			continue
		}
		for j := range r.Propstats[i].Props {
			if p := &r.Propstats[i].Props[j]; p.Name.Local == local && p.Name.Space == space {
				return p
			}
		}
	}
	return nil
}

// propStatus returns the status of a property, 0 where the response does not speak of it.
func (r *response) propStatus(space, local string) int {
	for _, ps := range r.Propstats {
		for _, p := range ps.Props {
			if p.Name.Local == local && p.Name.Space == space {
				return ps.Status
			}
		}
	}
	return 0
}

// text returns the value of a property as text without the white space around it, "" where there is none.
func (r *response) text(space, local string) string {
	if p := r.prop(space, local); p != nil {
		return p.text()
	}
	return ""
}

func (e *element) text() string { return strings.TrimSpace(string(e.Text)) }

// child returns the first child of that name, nil where there is none.
func (e *element) child(space, local string) *element {
	if e == nil {
		return nil
	}
	for i := range e.Children {
		if c := &e.Children[i]; c.Name.Local == local && c.Name.Space == space {
			return c
		}
	}
	return nil
}

func (e *element) has(space, local string) bool { return e.child(space, local) != nil }

// hrefs returns the text of all DAV:href children.
func (e *element) hrefs() []string {
	var out []string
	if e == nil {
		return nil
	}
	for i := range e.Children {
		if c := &e.Children[i]; c.Name.Local == "href" && c.Name.Space == nsDAV && len(c.Text) > 0 {
			out = append(out, c.text())
		}
	}
	return out
}

// attr returns the value of an attribute without a namespace, "" where there is none.
func (e *element) attr(local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// errNotMultistatus says that a document is something else than a multistatus, a login page for example.
var errNotMultistatus = errors.New("the answer is no multistatus")

// errEmpty is errNotMultistatus of a document in which nothing stands.
var errEmpty = fmt.Errorf("%w: it is empty", errNotMultistatus)

// readMultistatus reads a DAV:multistatus document (RFC 4918 section 14.16) and yields one response at a time; only one
// is in memory. Damage inside a value stays there (see damaged). A document that is not well-formed or cut off yields
// the responses before the fault and then the error.
func readMultistatus(r io.Reader) iter.Seq2[*response, error] {
	return func(yield func(*response, error) bool) {
		x, err := newXMLReader(r)
		if err != nil {
			yield(nil, err)
			return
		}
		if err := x.enter(nsDAV, "multistatus"); err != nil {
			yield(nil, err)
			return
		}
		for {
			resp, err := x.nextResponse()
			if err == io.EOF {
				return
			}
			if !yield(resp, err) || err != nil {
				return
			}
		}
	}
}

// xmlReader pulls elements out of a document, bounded in depth and size.
type xmlReader struct {
	dec      *xml.Decoder
	budget   *budgetReader
	elements int // of the response so far
}

func newXMLReader(r io.Reader) (*xmlReader, error) {
	fixed, err := newRepairer(r)
	if err != nil {
		return nil, err
	}
	budget := &budgetReader{r: fixed, left: maxResponse}
	dec := xml.NewDecoder(budget)
	dec.Strict = false // bare "&" and HTML entities are taken as text
	dec.Entity = xml.HTMLEntity
	return &xmlReader{dec: dec, budget: budget}, nil
}

// enter reads up to the document's root element and checks its name. A document that ends within what may become its root
// was cut off; what it is nobody knows.
func (x *xmlReader) enter(space, local string) error {
	for empty := true; ; {
		tok, err := x.dec.Token()
		syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
		switch {
		case err == io.EOF && empty:
			return errEmpty
		case err == io.EOF:
			return fmt.Errorf("%w: it is mere text", errNotMultistatus)
		case isSyntax && syntax.Msg != "unexpected EOF":
			return fmt.Errorf("%w: %w", errNotMultistatus, err)
		case err != nil:
			return fmt.Errorf("multistatus broken off: %w", err)
		}
		if text, ok := tok.(xml.CharData); ok && len(bytes.TrimSpace(text)) > 0 {
			empty = false
		}
		if start, ok := tok.(xml.StartElement); ok {
			if name := realName(start.Name); name.Local != local || name.Space != space {
				return fmt.Errorf("%w but <%s>", errNotMultistatus, start.Name.Local)
			}
			return nil
		}
	}
}

// nextResponse returns the next response of the multistatus, io.EOF at its end. Other elements are passed over.
func (x *xmlReader) nextResponse() (*response, error) {
	for {
		tok, err := x.dec.Token()
		if err != nil {
			return nil, fmt.Errorf("multistatus broken off: %w", noEOF(err))
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			return nil, io.EOF
		case xml.StartElement:
			e, err := x.element(tok, 1)
			if err != nil {
				return nil, fmt.Errorf("multistatus broken off: %w", err)
			}
			x.budget.left, x.elements = maxResponse, 0
			if e.Name.Local == "response" && e.Name.Space == nsDAV {
				return newResponse(&e), nil
			}
		}
	}
}

// element reads an element to its end.
func (x *xmlReader) element(start xml.StartElement, depth int) (element, error) {
	e := element{Name: realName(start.Name)}
	if len(start.Attr) > 0 {
		e.Attr = append(e.Attr, start.Attr...)
	}
	if x.elements += 1 + len(start.Attr); x.elements > maxElements {
		return e, fmt.Errorf("a response of more than %d elements", maxElements)
	}
	if depth > maxDepth {
		return e, fmt.Errorf("elements nested deeper than %d", maxDepth)
	}
	for {
		tok, err := x.dec.Token()
		if err != nil {
			return e, noEOF(err)
		}
		switch tok := tok.(type) {
		case xml.CharData:
			e.Text = append(e.Text, tok...)
		case xml.StartElement:
			c, err := x.element(tok, depth+1)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, c)
		case xml.EndElement:
			return e, nil
		}
	}
}

// realName corrects namespaces that some servers misspell: SOGo's error documents use "DAV", and some write the
// calendarserver.org and apple.com names with https.
func realName(n xml.Name) xml.Name {
	switch n.Space {
	case "DAV":
		n.Space = nsDAV
	case "https://calendarserver.org/ns/":
		n.Space = nsCalendarServer
	case "https://apple.com/ns/ical/":
		n.Space = nsApple
	}
	return n
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func newResponse(e *element) *response {
	r := &response{}
	for i := range e.Children {
		c := &e.Children[i]
		if c.Name.Space != nsDAV {
			continue
		}
		switch c.Name.Local {
		case "href":
			if r.Href == "" {
				r.Href = c.text()
			}
		case "status":
			r.Status = parseStatus(c.text())
		case "propstat":
			r.Propstats = append(r.Propstats, newPropstat(c))
		case "error":
			r.Condition = errorCondition(c)
		case "responsedescription":
			r.Description = c.text()
		}
	}
	return r
}

func newPropstat(e *element) propstat {
	ps := propstat{Status: parseStatus(e.child(nsDAV, "status").textOrEmpty())}
	for i := range e.Children {
		if c := &e.Children[i]; c.Name.Local == "prop" && c.Name.Space == nsDAV {
			ps.Props = append(ps.Props, c.Children...)
		}
	}
	if c := e.child(nsDAV, "error"); c != nil {
		ps.Condition = errorCondition(c)
	}
	return ps
}

func (e *element) textOrEmpty() string {
	if e == nil {
		return ""
	}
	return e.text()
}

// parseStatus reads a status line such as "HTTP/1.1 200 OK"; "HTTP/1.1 200", "200 OK" and "200" occur too. It returns
// 0 for what is none.
func parseStatus(line string) int {
	for field := range strings.FieldsSeq(line) {
		if n, err := strconv.Atoi(field); err == nil && n >= 100 && n <= 599 {
			return n
		}
	}
	return 0
}

// budgetReader fails when more is read than was allowed since left was last set.
type budgetReader struct {
	r    io.Reader
	left int
}

func (b *budgetReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("a response larger than %d MB", maxResponse>>20)
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}
