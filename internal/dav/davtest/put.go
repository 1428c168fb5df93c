package davtest

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// put answers a PUT (RFC 4791 section 5.3.2, RFC 6352 section 6.3.2).
func (x *exchange) put() error {
	parent, name := splitPath(x.path)
	n := x.s.find(parent)
	switch {
	case x.s.find(x.path) != nil:
		return &refusal{status: http.StatusMethodNotAllowed, text: "this is a collection"}
	case n == nil:
		return errNoParent
	case !x.mayRead(n):
		return errForbidden
	case n.col == nil || n.readOnly():
		return errReadOnly
	}
	o, err := x.acceptable(n.col, name)
	if err != nil {
		return err
	}
	old, err := x.store(n, o)
	if err != nil {
		return err
	}
	x.s.announce(x, n, old, o)
	if !x.q.NoETagOnPut {
		x.w.Header().Set("ETag", x.q.etag(o))
	}
	if old != nil {
		return x.send(http.StatusNoContent, "", nil)
	}
	return x.send(http.StatusCreated, "", nil)
}

// acceptable makes an object of the body, or refuses it.
func (x *exchange) acceptable(col *collection, name string) (*object, error) {
	kind := protocols[col.kind]
	if !acceptableType(x.r.Header.Get("Content-Type"), col.kind) {
		return nil, bodyRefusal(kind.supportedData.Space, kind.supportedData.Local, "this media type is not taken here")
	}
	if limit := x.q.MaxResourceSize; limit > 0 && int64(len(x.body)) > limit {
		return nil, bodyRefusal(kind.space, "max-resource-size", "the object is too large")
	}
	data := x.body
	if x.q.RewriteOnPut {
		data = rewrite(data)
	}
	o := newObject(name, data)
	if !o.facts.isA(col.kind) {
		return nil, bodyRefusal(kind.space, kind.validData.Local, "this is no "+col.kind.String()+" object")
	}
	if x.q.SeveralUIDs != 0 && holdsSeveral(data) {
		return nil, &refusal{status: x.q.SeveralUIDs, text: "several UIDs in one object", body: true}
	}
	if x.q.Method != 0 && hasMethod(data) {
		return nil, &refusal{status: x.q.Method, text: "an object must not have a METHOD property", body: true}
	}
	if col.kind == dav.Calendar && !col.takes(o.facts.component) {
		return nil, bodyRefusal(nsCalDAV, "supported-calendar-component", o.facts.component+" is not taken here")
	}
	if len(col.addressData) > 0 && !slices.Contains(col.addressData, o.facts.version) {
		return nil, bodyRefusal(nsCardDAV, "supported-address-data", "vCard "+o.facts.version+" is not taken here")
	}
	return o, nil
}

func bodyRefusal(space, local, text string) *refusal {
	r := &refusal{status: http.StatusForbidden, text: text, body: true}
	r.condition.Space, r.condition.Local = space, local
	return r
}

// acceptableType tells whether a body may have the media type. RFC 2425's text/directory and text/x-vcard are old names
// that clients still send.
func acceptableType(contentType string, k dav.Kind) bool {
	if contentType == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	if k == dav.AddressBook && (media == "text/x-vcard" || media == "text/directory") {
		return true
	}
	return strings.EqualFold(media, protocols[k].mediaType)
}

// store puts the object into its collection, if the request's conditions and the uniqueness of UIDs allow it.
func (x *exchange) store(n *node, o *object) (old *object, err error) {
	if x.q.UniqueUID != 0 && x.q.UniqueUIDPerUser && n.col.kind == dav.Calendar {
		n.owner.writing.Lock()
		defer n.owner.writing.Unlock()
		if holder := x.holderElsewhere(n, o); holder != "" {
			r := bodyRefusal(nsCalDAV, "unique-scheduling-object-resource", "another calendar has this UID")
			r.status, r.href = x.q.UniqueUID, holder
			return nil, r
		}
	}
	return n.col.put(o, func(old *object) error {
		if err := x.conditions(old); err != nil {
			return err
		}
		holder := n.col.holder(o.facts.uid, o.name)
		if x.q.UniqueUID == 0 || holder == "" {
			return nil
		}
		r := bodyRefusal(protocols[n.col.kind].space, "no-uid-conflict", "this UID is taken")
		r.status, r.href = x.q.UniqueUID, n.path+"/"+escapeSegment(holder)
		return r
	})
}

// holderElsewhere returns the path of an object with the UID in another calendar of the user, "" where there is none.
func (x *exchange) holderElsewhere(n *node, o *object) string {
	parent, _ := splitPath(n.path)
	for _, sibling := range x.s.childrenOf(x.s.find(parent)) {
		if sibling == n || sibling.col == nil || sibling.col.kind != n.col.kind || sibling.readOnly() {
			continue
		}
		if name := sibling.col.holderOf(o.facts.uid, ""); name != "" {
			return sibling.path + "/" + escapeSegment(name)
		}
	}
	return ""
}

// conditions checks If-None-Match and If-Match against the version that is there, nil for none (RFC 9110 section 13.1).
func (x *exchange) conditions(old *object) error {
	noneMatch, match := x.r.Header.Get("If-None-Match"), x.r.Header.Get("If-Match")
	if noneMatch != "" && old != nil && !x.q.IgnoreIfNoneMatch && matches(noneMatch, x.q.etag(old)) {
		return errStale
	}
	if match != "" && (old == nil || !matches(match, x.q.etag(old))) {
		return errStale
	}
	return nil
}
