package davtest

import (
	"encoding/xml"
	"net/http"
	"slices"

	"davferry/internal/dav"
)

var nameSet = davName("set")

// creation is what MKCALENDAR and an extended MKCOL have in common.
type creation struct {
	kind       dav.Kind
	root       *element
	answer     xml.Name // root of the answer, where there is something to say
	locationOK string   // the precondition that a wrong place violates
	exists     *refusal
}

// mkcalendar answers MKCALENDAR (RFC 4791 section 5.3.1).
func (x *exchange) mkcalendar() error {
	root, err := parseXML(x.body)
	if err != nil {
		return badXML(err)
	}
	if root != nil && root.name != caldav("mkcalendar") {
		return &refusal{status: http.StatusUnsupportedMediaType, text: "the body is no CALDAV:mkcalendar"}
	}
	return x.create(creation{
		kind:       dav.Calendar,
		root:       root,
		answer:     caldav("mkcalendar-response"),
		locationOK: "calendar-collection-location-ok",
		exists:     &refusal{status: http.StatusForbidden, condition: davName("resource-must-be-null"), text: "it exists"},
	})
}

// mkcol answers an extended MKCOL (RFC 5689) of a calendar or an address book.
func (x *exchange) mkcol() error {
	root, err := parseXML(x.body)
	if err != nil {
		return badXML(err)
	}
	if root != nil && root.name != davName("mkcol") {
		return &refusal{status: http.StatusUnsupportedMediaType, text: "the body is no DAV:mkcol"}
	}
	c := creation{
		root:   root,
		answer: davName("mkcol-response"),
		exists: &refusal{status: http.StatusMethodNotAllowed, text: "it exists"},
	}
	for _, e := range properties(root, nameSet) {
		if e.name != nameResourceType || e.child(nameCollection) == nil {
			continue
		}
		if e.child(protocols[dav.Calendar].resourceType) != nil {
			c.kind, c.locationOK = dav.Calendar, "calendar-collection-location-ok"
		}
		if e.child(protocols[dav.AddressBook].resourceType) != nil {
			c.kind, c.locationOK = dav.AddressBook, "addressbook-collection-location-ok"
		}
	}
	if c.kind == 0 {
		text := "only calendars and address books are made here"
		return &refusal{status: http.StatusForbidden, condition: davName("valid-resourcetype"), text: text}
	}
	return x.create(c)
}

// properties lists the properties in all DAV:set or DAV:remove of a request.
func properties(root *element, in xml.Name) []*element {
	var list []*element
	if root == nil {
		return nil
	}
	for i := range root.children {
		if root.children[i].name != in {
			continue
		}
		prop := root.children[i].child(nameProp)
		for j := 0; prop != nil && j < len(prop.children); j++ {
			list = append(list, &prop.children[j])
		}
	}
	return list
}

// create makes the collection that the request's path names.
func (x *exchange) create(c creation) error {
	parent, _ := splitPath(x.path)
	home := x.s.find(parent)
	switch {
	case x.s.find(x.path) != nil:
		return c.exists
	case home == nil:
		return errNoParent
	case !x.mayRead(home):
		return errForbidden
	case !home.isHome(c.kind):
		condition := xml.Name{Space: protocols[c.kind].space, Local: c.locationOK}
		return &refusal{status: http.StatusForbidden, condition: condition, text: "not at this place"}
	}
	col := x.s.newCollection(c.kind)
	dropped, err := x.initialise(col, properties(c.root, nameSet))
	if err != nil {
		return err
	}
	x.restrict(col)
	x.s.mu.Lock()
	added := x.s.add(&node{path: x.path, owner: home.owner, col: col})
	x.s.mu.Unlock()
	if !added {
		return c.exists
	}
	if len(dropped) == 0 {
		return x.send(http.StatusCreated, "", nil)
	}
	return x.stream(http.StatusCreated, c.answer, func(w *xmlWriter) { propstat(w, dropped, status404) })
}

// restrict gives a new calendar the components that the server makes it for.
func (x *exchange) restrict(col *collection) {
	if col.kind != dav.Calendar {
		return
	}
	col.mu.Lock()
	asked := col.components()
	col.mu.Unlock()
	switch {
	case len(x.q.FixedComponents) > 0:
		asked = x.q.FixedComponents
	case x.q.OneComponent && (len(asked) == 0 || slices.Contains(asked, "VEVENT")):
		asked = []string{"VEVENT"}
	case x.q.OneComponent:
		asked = asked[:1]
	default:
		return
	}
	col.describe(dav.Collection{Kind: dav.Calendar, Components: asked})
}

// initialise sets the properties of a new collection and returns those that are not kept.
func (x *exchange) initialise(col *collection, props []*element) (dropped []xml.Name, err error) {
	for _, e := range props {
		switch {
		case e.name == nameResourceType:
		case !settable(e.name):
			return nil, &refusal{status: http.StatusForbidden, condition: nameCannotModify, text: e.name.Local}
		case x.q.KeepsAtCreation != nil && !slices.Contains(x.q.KeepsAtCreation, e.name.Local):
			dropped = append(dropped, e.name)
		default:
			col.props[e.name] = *e
		}
	}
	return dropped, nil
}
