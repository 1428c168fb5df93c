package dav

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// property is one value to set on a collection.
type property struct {
	name  propName
	label string // for people
	text  string
	comps []string // in the place of text, for the component set
	kept  func(got Collection) bool
	got   func(got Collection) string // what came of it, nil where that says people nothing
}

// lost says what came of a property that is not as asked.
func (p property) lost(got Collection) string {
	switch {
	case p.got == nil:
		return p.label
	case p.got(got) == "":
		return fmt.Sprintf("%s %q", p.label, excerptOf([]byte(p.text)))
	}
	return fmt.Sprintf("%s %q (it became %q)", p.label, excerptOf([]byte(p.text)), excerptOf([]byte(p.got(got))))
}

// properties lists what is to be set on a copy of c, the most important first.
func properties(c Collection) []property {
	t := c.Kind.traits()
	all := []property{
		{name: propName{nsDAV, "displayname"}, label: "display name", text: c.DisplayName,
			kept: func(got Collection) bool { return got.DisplayName == strings.TrimSpace(c.DisplayName) },
			got:  func(got Collection) string { return got.DisplayName }},
		{name: propName{nsCalDAV, "supported-calendar-component-set"}, label: "component set", comps: c.Components,
			kept: func(got Collection) bool { return takesAll(got.Components, c.Components) }},
		{name: propName{t.space, t.description}, label: "description", text: c.Description,
			kept: func(got Collection) bool { return sameText(got.Description, c.Description) },
			got:  func(got Collection) string { return got.Description }},
		{name: propName{nsCalDAV, "calendar-timezone"}, label: "time zone", text: c.Timezone,
			kept: func(got Collection) bool { return got.Timezone != "" }}, // servers write it in their own way
		{name: propName{nsApple, "calendar-color"}, label: "color", text: c.Color,
			kept: func(got Collection) bool { return sameColor(got.Color, c.Color) },
			got:  func(got Collection) string { return got.Color }},
		{name: propName{nsApple, "calendar-order"}, label: "order", text: c.Order,
			kept: func(got Collection) bool { return got.Order == c.Order }},
	}
	return slices.DeleteFunc(all, func(p property) bool { return p.text == "" && len(p.comps) == 0 })
}

// takesAll tells whether a component set holds all that are wanted; an empty one takes everything (RFC 4791 section 5.2.3).
func takesAll(set, want []string) bool {
	return len(set) == 0 || !slices.ContainsFunc(want, func(c string) bool { return !slices.Contains(set, strings.ToUpper(c)) })
}

func sameText(a, b string) bool {
	normal := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return normal(a) == normal(b)
}

// sameColor compares #RRGGBB and #RRGGBBAA, in which full opacity is the same as none named.
func sameColor(a, b string) bool {
	normal := func(s string) string {
		s = strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(s), "#"))
		if len(s) == 8 {
			s = strings.TrimSuffix(s, "FF")
		}
		return s
	}
	return normal(a) == normal(b)
}

// opaque writes #RRGGBB as #RRGGBBFF: SOGo 5.8.0 answers 400 to a color without its opacity.
func opaque(color string) string {
	if color = strings.TrimSpace(color); len(color) == len("#RRGGBB") && strings.HasPrefix(color, "#") {
		color += "FF"
	}
	return color
}

func (p property) write(b *bytes.Buffer) {
	name := prefixes[p.name.space] + ":" + p.name.local
	b.WriteString("<" + name + ">")
	for _, c := range p.comps {
		b.WriteString(`<c:comp name="`)
		xml.EscapeText(b, []byte(c))
		b.WriteString(`"/>`)
	}
	xml.EscapeText(b, []byte(p.text))
	b.WriteString("</" + name + ">")
}

// NoServiceError says that an account has nothing for one kind of collection.
type NoServiceError struct{ Kind Kind }

// Error says which service is missing.
func (e *NoServiceError) Error() string {
	return fmt.Sprintf("the account has no %s service there, so that it has no place for %ss", e.Kind.Protocol(), e.Kind)
}

// HomeFor returns the home set in which new collections of a kind are made. An account without the service is a
// *NoServiceError.
func (a *Account) HomeFor(k Kind) (string, error) {
	switch s := a.Services[k]; {
	case s == nil:
		return "", &NoServiceError{Kind: k}
	case len(s.HomeSets) == 0:
		return "", fmt.Errorf("the address is that of one %s, %s, and not of a home set in which others can be made", k, s.Collection)
	default:
		return s.HomeSets[0], nil
	}
}

// CreateCollection makes a collection called name in the home set of its kind, with the properties of c, reads it back,
// and sets one by one what the server did not take at once. It returns the collection as it is then, and the names of the
// properties that are not as asked, with what came of them where that can be said. A collection that is there already is
// returned as it is.
func (a *Account) CreateCollection(ctx context.Context, c Collection, name string) (created Collection, lost []string, err error) {
	home, err := a.HomeFor(c.Kind)
	if err != nil {
		return created, nil, err
	}
	u, err := a.urlOf(strings.TrimSuffix(home, "/") + "/" + name + "/")
	if err != nil {
		return created, nil, err
	}
	whole := c
	if a.Services[c.Kind].Storage().NarrowNames && strings.TrimSpace(narrow(c.DisplayName)) != strings.TrimSpace(c.DisplayName) {
		c.DisplayName = narrow(c.DisplayName)
	}
	existed, err := a.makeCollection(ctx, c, u)
	if err != nil {
		return created, nil, err
	}
	if created, err = a.readCollection(ctx, c.Kind, u); err != nil || existed {
		return created, nil, err
	}
	wanting := slices.DeleteFunc(properties(c), func(p property) bool { return p.kept(created) })
	if len(wanting) == 0 {
		return created, lostOf(properties(whole), created), nil
	}
	for _, p := range wanting {
		err := a.proppatch(ctx, u, p)
		if other := opaque(p.text); Status(err) != 0 && p.label == "color" && other != p.text {
			p.text = other
			err = a.proppatch(ctx, u, p)
		}
		if err != nil && Status(err) == 0 {
			return created, nil, err
		}
	}
	if created, err = a.readCollection(ctx, c.Kind, u); err != nil {
		return created, nil, err
	}
	return created, lostOf(properties(whole), created), nil
}

// lostOf says what came of those properties that are not as asked.
func lostOf(wanted []property, got Collection) (lost []string) {
	for _, p := range wanted {
		if !p.kept(got) {
			lost = append(lost, p.lost(got))
		}
	}
	return lost
}

// narrow takes the characters above U+FFFF out of a name. What joins them to others goes too.
func narrow(name string) string {
	const joiner, variation = '\u200d', '\ufe0f'
	kept := strings.Map(func(r rune) rune {
		if r > 0xffff || r == joiner || r == variation {
			return -1
		}
		return r
	}, name)
	return strings.Join(strings.Fields(kept), " ")
}

// makeCollection sends the request that makes it: MKCALENDAR (RFC 4791 section 5.3.1) or an extended MKCOL (RFC 5689),
// first with all properties, then with fewer: some servers refuse the whole request for one property.
func (a *Account) makeCollection(ctx context.Context, c Collection, u *url.URL) (existed bool, err error) {
	all := properties(c)
	if c.Kind == AddressBook {
		// sabre/dav refuses an address book with a property that it does not know; color and order are PROPPATCHed.
		all = slices.DeleteFunc(all, func(p property) bool { return p.name.space == nsApple })
	}
	few := slices.DeleteFunc(slices.Clone(all), func(p property) bool {
		return p.label != "display name" && p.label != "component set"
	})
	requests := []request{mkcolRequest(u, c.Kind, all), mkcolRequest(u, c.Kind, few), mkcolRequest(u, c.Kind, nil)}
	if c.Kind == Calendar {
		requests = append([]request{mkcalendarRequest(u, all), mkcalendarRequest(u, few)}, requests[1:]...)
	}
	var first error
	for _, req := range requests {
		err := a.make(ctx, c.Kind, req)
		if err == nil {
			return false, nil
		}
		if ctx.Err() != nil || Status(err) == 0 || Status(err) == http.StatusUnauthorized || unanswered(err) {
			return false, err
		}
		if first == nil {
			first = err
		}
		// Every server has its own word for "it is there already"; a look says it for sure.
		if _, err := a.readCollection(ctx, c.Kind, u); err == nil {
			return true, nil
		}
	}
	return false, first
}

// make sends a request for a new collection. Where it is open what became of it, the collection is looked for, and the
// request sent again only where it is not there: a server may close a connection at the moment in which it is used again.
func (a *Account) make(ctx context.Context, k Kind, req request) error {
	for attempt := 1; ; attempt++ {
		err := a.makeOnce(ctx, req)
		if err == nil || !unanswered(err) || ctx.Err() != nil {
			return err
		}
		_, lookErr := a.readCollection(ctx, k, req.url)
		switch {
		case lookErr == nil:
			return nil
		case Status(lookErr) != http.StatusNotFound, Status(err) == http.StatusInternalServerError, attempt > a.net.settings.Retries:
			return err
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return err
		}
	}
}

// makeOnce sends a request for a new collection once. A 207 holds a refusal (RFC 5689 section 3), and on Xandikos also
// the properties that were not kept beside a collection that was made, which 201 says.
func (a *Account) makeOnce(ctx context.Context, req request) error {
	resp, err := a.send(ctx, req)
	if err != nil {
		return err
	}
	switch resp.StatusCode {
	case http.StatusCreated, http.StatusOK, http.StatusNoContent:
		discard(resp)
		return nil
	case http.StatusMultiStatus:
		return refusedInside(req, resp)
	}
	return answerError(req, resp)
}

func mkcalendarRequest(u *url.URL, props []property) request {
	var b bytes.Buffer
	root := propName{nsCalDAV, "mkcalendar"}
	openElement(&b, root)
	writeSet(&b, props)
	closeElement(&b, root)
	req := request{method: "MKCALENDAR", url: u, body: b.Bytes(), header: map[string]string{"Content-Type": xmlType}}
	if len(props) == 0 {
		req.body, req.header = nil, nil // sabre/dav 4 answers 400 or 500 to an empty DAV:prop
	}
	return req
}

func mkcolRequest(u *url.URL, k Kind, props []property) request {
	var b bytes.Buffer
	root := propName{nsDAV, "mkcol"}
	openElement(&b, root)
	t := k.traits()
	b.WriteString(`<d:set><d:prop><d:resourcetype><d:collection/><` + prefixes[t.space] + `:` + t.resourceType + `/></d:resourcetype>`)
	for _, p := range props {
		p.write(&b)
	}
	b.WriteString(`</d:prop></d:set>`)
	closeElement(&b, root)
	return request{method: "MKCOL", url: u, body: b.Bytes(), header: map[string]string{"Content-Type": xmlType}}
}

func writeSet(b *bytes.Buffer, props []property) {
	b.WriteString(`<d:set><d:prop>`)
	for _, p := range props {
		p.write(b)
	}
	b.WriteString(`</d:prop></d:set>`)
}

// proppatch sets one property (RFC 4918 section 9.2). One a request: servers refuse all for the sake of one.
func (a *Account) proppatch(ctx context.Context, u *url.URL, p property) error {
	var b bytes.Buffer
	root := propName{nsDAV, "propertyupdate"}
	openElement(&b, root)
	writeSet(&b, []property{p})
	closeElement(&b, root)
	req := request{method: "PROPPATCH", url: u, body: b.Bytes(), header: map[string]string{"Content-Type": xmlType}}
	resp, err := a.send(ctx, req)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusMultiStatus && resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNoContent {
		return answerError(req, resp)
	}
	discard(resp) // the properties are read back: a "200" inside may lie
	return nil
}

// readCollection reads a collection's properties. A resource that is no collection of the kind is an error.
func (a *Account) readCollection(ctx context.Context, k Kind, u *url.URL) (Collection, error) {
	found, err := a.listDepth(ctx, a.Services[k], u, "0", func(string) {})
	if err != nil {
		return Collection{}, err
	}
	if len(found) != 1 || found[0].Kind != k {
		return Collection{}, fmt.Errorf("PROPFIND %s: %w", cleanURL(u), errNoCollection)
	}
	return found[0], nil
}

var errNoCollection = errors.New("it is no collection of the wanted kind")
