package davtest

import (
	"encoding/xml"
	"net/http"

	"davferry/internal/dav"
)

var (
	namePropfind    = davName("propfind")
	nameFiniteDepth = davName("propfind-finite-depth")
)

// propRequest is which properties a PROPFIND or REPORT asks for.
type propRequest struct {
	x         *exchange
	wanted    []xml.Name
	all       bool   // DAV:allprop: what clients invented comes on top of wanted
	namesOnly bool   // DAV:propname
	report    bool   // in a REPORT, where objects' data may be asked for
	version   string // the vCard version asked for
	absent    []xml.Name
}

// propfind answers a PROPFIND (RFC 4918 section 9.1) of Depth 0 or 1. Without a Depth it is infinite, which this server
// does not do.
func (x *exchange) propfind() error {
	depth := x.r.Header.Get("Depth")
	if depth != "0" && depth != "1" {
		return &refusal{status: http.StatusForbidden, condition: nameFiniteDepth, text: "Depth must be 0 or 1"}
	}
	root, err := parseXML(x.body)
	if err != nil {
		return badXML(err)
	}
	if root != nil && root.name != namePropfind {
		return &refusal{status: http.StatusBadRequest, text: "the body is no DAV:propfind"}
	}
	res, err := x.target()
	if err != nil && (!x.q.ForeignTree207 || res.node == nil || x.mayRead(res.node)) {
		return err
	}
	p := x.properties(root)
	return x.multistatus(nameMultistatus, func(w *xmlWriter) {
		p.response(w, x.hrefOf(res), res)
		if depth == "1" && res.obj == nil {
			p.below(w, res.node)
		}
	})
}

// properties reads which properties are asked for; without a body that is all of them.
func (x *exchange) properties(root *element) *propRequest {
	p := &propRequest{x: x}
	prop := root.child(nameProp)
	switch {
	case prop != nil:
		p.ask(prop)
	case root.child(davName("propname")) != nil:
		p.all, p.namesOnly = true, true
		for name := range live {
			p.wanted = append(p.wanted, name)
		}
	default:
		p.all = true
		p.wanted = allProp
		if include := root.child(davName("include")); include != nil {
			p.wanted = append([]xml.Name{}, allProp...)
			p.ask(include)
		}
	}
	return p
}

func (p *propRequest) ask(prop *element) {
	for i := range prop.children {
		e := &prop.children[i]
		p.wanted = append(p.wanted, e.name)
		if e.name == protocols[dav.AddressBook].data {
			p.version = e.attribute("version")
		}
	}
}

// below writes the responses of a node's members.
func (p *propRequest) below(w *xmlWriter, n *node) {
	if n.col == nil {
		for _, child := range p.x.visible(n) {
			p.response(w, p.x.hrefOf(resource{node: child}), resource{node: child})
		}
		return
	}
	if p.x.mayRead(n) {
		p.members(w, n, n.col.snapshot())
	}
}

// members writes the responses of objects of a collection.
func (p *propRequest) members(w *xmlWriter, n *node, objects []*object) {
	base := p.x.href(n.path) + "/"
	var href []byte
	for _, o := range objects {
		href = p.x.q.Hrefs.appendSegment(append(href[:0], base...), o.name)
		p.response(w, string(href), resource{node: n, obj: o})
		if w.err != nil {
			return
		}
	}
}

// visible lists the nodes below one that the user is shown.
func (x *exchange) visible(n *node) []*node {
	var shown []*node
	books := 0
	for _, child := range x.s.childrenOf(n) {
		if !x.mayRead(child) && child.owner != n.owner {
			continue
		}
		if child.col != nil && child.col.kind == dav.AddressBook {
			books++
			if books > 1 && x.q.UserAgentRequired && x.r.UserAgent() == "" {
				continue
			}
		}
		shown = append(shown, child)
	}
	return shown
}

// response writes what there is of a resource, once or as often as the server is to repeat itself.
func (p *propRequest) response(w *xmlWriter, href string, res resource) {
	p.once(w, href, res)
	if p.x.q.DuplicateHrefs && res.obj != nil {
		p.once(w, href, res)
	}
	w.flush(false)
}

func (p *propRequest) once(w *xmlWriter, href string, res resource) {
	w.start(nameResponse)
	w.element(nameHref, href)
	if p.x.mayRead(res.node) {
		p.propstats(w, res)
	} else {
		propstat(w, p.wanted, statusLine(http.StatusForbidden))
	}
	w.end(nameResponse)
}

// propstats writes a propstat of 200 with what the resource has, and one of 404 with what it has not (RFC 4918 section
// 9.1.2).
func (p *propRequest) propstats(w *xmlWriter, res resource) {
	begin, found := len(w.buf), 0
	p.absent = p.absent[:0]
	w.start(namePropstat)
	w.start(nameProp)
	for _, name := range p.wanted {
		if p.property(w, name, res) {
			found++
		} else {
			p.absent = append(p.absent, name)
		}
	}
	if p.all {
		found += p.invented(w, res)
		p.absent = p.absent[:0]
	}
	if found == 0 && len(p.absent) > 0 {
		w.buf = w.buf[:begin]
	} else {
		w.end(nameProp)
		w.element(nameStatus, status200)
		w.end(namePropstat)
	}
	if len(p.absent) > 0 {
		propstat(w, p.absent, status404)
	}
}

// property writes one property and reports whether the resource has it.
func (p *propRequest) property(w *xmlWriter, name xml.Name, res resource) bool {
	begin := len(w.buf)
	w.start(name)
	inside := len(w.buf)
	if !p.value(w, name, res) {
		w.buf = w.buf[:begin]
		return false
	}
	if p.namesOnly {
		w.buf = w.buf[:inside]
	}
	w.end(name)
	return true
}

func (p *propRequest) value(w *xmlWriter, name xml.Name, res resource) bool {
	if write := live[name]; write != nil {
		return write(p, w, res)
	}
	if res.obj != nil || res.node.col == nil {
		return false
	}
	e, ok := res.node.col.property(name)
	w.inside(&e)
	return ok
}

// invented writes the properties that clients invented, which DAV:allprop brings too.
func (p *propRequest) invented(w *xmlWriter, res resource) int {
	if res.obj != nil || res.node.col == nil {
		return 0
	}
	n := 0
	for _, name := range res.node.col.kept() {
		standard := live[name] != nil || name.Space == nsCalDAV || name.Space == nsCardDAV
		if (!standard || p.namesOnly && live[name] == nil) && p.property(w, name, res) {
			n++
		}
	}
	return n
}

// propstat writes properties that are names only.
func propstat(w *xmlWriter, names []xml.Name, status string) {
	w.start(namePropstat)
	w.start(nameProp)
	for _, name := range names {
		w.empty(name)
	}
	w.end(nameProp)
	w.element(nameStatus, status)
	w.end(namePropstat)
}

// unauthenticated answers a PROPFIND without login (RFC 5397 section 3).
func (x *exchange) unauthenticated() error {
	return x.multistatus(nameMultistatus, func(w *xmlWriter) {
		w.start(nameResponse)
		w.element(nameHref, x.href(x.path)+"/")
		w.start(namePropstat)
		w.start(nameProp)
		w.start(davName("current-user-principal"))
		w.empty(davName("unauthenticated"))
		w.end(davName("current-user-principal"))
		w.end(nameProp)
		w.element(nameStatus, status200)
		w.end(namePropstat)
		w.end(nameResponse)
	})
}
