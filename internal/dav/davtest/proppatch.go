package davtest

import (
	"encoding/xml"
	"net/http"
	"slices"
)

// proppatch answers PROPPATCH (RFC 4918 section 9.2): all of it is done, or nothing.
func (x *exchange) proppatch() error {
	root, err := parseXML(x.body)
	if err != nil {
		return badXML(err)
	}
	if root == nil || root.name != davName("propertyupdate") {
		return &refusal{status: http.StatusBadRequest, text: "the body is no DAV:propertyupdate"}
	}
	res, err := x.target()
	if err != nil {
		return err
	}
	if res.obj != nil || res.node.col == nil || res.node.readOnly() {
		return errReadOnly
	}
	set, remove := properties(root, nameSet), properties(root, davName("remove"))
	refused, others := x.judge(append(slices.Clone(set), remove...))
	if len(refused) == 0 {
		x.apply(res.node.col, set, remove)
	}
	return x.multistatus(nameMultistatus, func(w *xmlWriter) {
		w.start(nameResponse)
		w.element(nameHref, x.hrefOf(res))
		if len(refused) > 0 {
			propstat(w, refused, statusLine(http.StatusForbidden))
			if len(others) > 0 {
				propstat(w, others, statusLine(http.StatusFailedDependency))
			}
		} else {
			propstat(w, others, status200)
		}
		w.end(nameResponse)
	})
}

// judge parts the properties into those that cannot be changed and the others.
func (x *exchange) judge(props []*element) (refused, others []xml.Name) {
	for _, e := range props {
		fixed := e.name == nameComponentSet || slices.Contains(x.q.Unsettable, e.name.Local)
		if fixed || !settable(e.name) {
			refused = append(refused, e.name)
		} else {
			others = append(others, e.name)
		}
	}
	return refused, others
}

func (x *exchange) apply(col *collection, set, remove []*element) {
	col.mu.Lock()
	defer col.mu.Unlock()
	for _, e := range set {
		if !slices.Contains(x.q.Forgets, e.name.Local) {
			col.props[e.name] = *e
		}
	}
	for _, e := range remove {
		delete(col.props, e.name)
	}
	col.revision++
}
