package davtest

import "net/http"

// delete answers a DELETE of an object or a collection (RFC 4918 section 9.6).
func (x *exchange) delete() error {
	res, err := x.target()
	if err != nil {
		return err
	}
	if res.node.col == nil || res.node.readOnly() {
		return errReadOnly
	}
	gone := &refusal{status: http.StatusNotFound, text: "it was just deleted"}
	if res.obj == nil {
		match := x.r.Header.Get("If-Match")
		if x.q.CollectionETags && match != "" && !matches(match, res.node.col.ctag(res.node.col.state())) {
			return errStale
		}
		objects := res.node.col.snapshot()
		if !x.s.dropCollection(res.node.col) {
			return gone
		}
		for _, o := range objects {
			x.s.announce(x, res.node, o, nil)
		}
		return x.send(http.StatusNoContent, "", nil)
	}
	old, err := res.node.col.remove(res.obj.name, x.conditions)
	if err != nil {
		return err
	}
	if old == nil {
		return gone
	}
	x.s.announce(x, res.node, old, nil)
	return x.send(http.StatusNoContent, "", nil)
}
