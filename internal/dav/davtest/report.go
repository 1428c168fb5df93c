package davtest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"davferry/internal/dav"
)

var (
	nameSyncCollection  = davName("sync-collection")
	nameSupportedReport = davName("supported-report")
	nameValidSyncToken  = davName("valid-sync-token")
	nameCompFilter      = caldav("comp-filter")
)

// report answers a REPORT (RFC 3253 section 3.6) on a collection.
func (x *exchange) report() error {
	root, err := parseXML(x.body)
	if err != nil {
		return badXML(err)
	}
	if root == nil {
		return &refusal{status: http.StatusBadRequest, text: "a REPORT needs a body"}
	}
	res, err := x.target()
	if err != nil {
		return err
	}
	unsupported := &refusal{status: http.StatusForbidden, condition: nameSupportedReport, text: root.name.Local}
	if res.obj != nil || res.node.col == nil {
		return unsupported
	}
	kind := protocols[res.node.col.kind]
	p := x.properties(root)
	p.report = true
	switch {
	case root.name == kind.multiget:
		return x.multiget(p, root, res.node)
	case root.name == kind.query:
		return x.query(p, root, res.node)
	case root.name == nameSyncCollection && !x.q.NoSyncToken:
		return x.sync(p, root, res.node)
	}
	return unsupported
}

// asked is an href of a multiget with what it leads to.
type asked struct {
	href string // as the server spells it, or as it came where it is no path
	res  resource
	ok   bool
}

// multiget answers calendar-multiget (RFC 4791 section 7.9) and addressbook-multiget (RFC 6352 section 8.7).
func (x *exchange) multiget(p *propRequest, root *element, n *node) error {
	if x.q.DepthZeroMultiget && x.r.Header.Get("Depth") == "0" {
		return x.multistatus(nameMultistatus, func(w *xmlWriter) {
			p.response(w, x.hrefOf(resource{node: n}), resource{node: n})
		})
	}
	hrefs := x.askedFor(root)
	if x.record != nil {
		x.record.Hrefs = len(hrefs)
	}
	if x.q.MultigetCap > 0 {
		hrefs = hrefs[:min(len(hrefs), x.q.MultigetCap)]
	}
	list := make([]asked, len(hrefs))
	for i, href := range hrefs {
		list[i] = x.ask(href, n)
		if !list[i].ok && x.q.WholeMultiget404 {
			return &refusal{status: http.StatusNotFound, text: list[i].href}
		}
		if list[i].ok && !list[i].res.obj.fits && x.q.Unfit == UnfitFails {
			return &refusal{status: http.StatusInternalServerError, text: "Internal Server Error"}
		}
	}
	return x.multistatus(nameMultistatus, func(w *xmlWriter) {
		for i := range list {
			if !x.q.LyingMultiget || !list[i].ok || !x.lie(p, w, i, &list[i]) {
				x.answerHref(p, w, &list[i])
			}
			if w.err != nil {
				return
			}
		}
	})
}

func (x *exchange) askedFor(root *element) []string {
	var hrefs []string
	for i := range root.children {
		if root.children[i].name == nameHref {
			hrefs = append(hrefs, root.children[i].value())
		}
	}
	return hrefs
}

// ask looks an href up. Objects in other collections of the same user are found too, as on Xandikos and sabre/dav.
func (x *exchange) ask(href string, n *node) asked {
	path, ok := hrefPath(href, n.path)
	if !ok {
		return asked{href: href}
	}
	res, ok := x.s.resolve(path)
	if !ok || res.obj == nil || !x.mayRead(res.node) || res.node.col.kind != n.col.kind {
		return asked{href: x.href(path)}
	}
	return asked{href: x.hrefOf(res), res: res, ok: true}
}

func (x *exchange) answerHref(p *propRequest, w *xmlWriter, a *asked) {
	switch {
	case a.ok:
		p.response(w, a.href, a.res)
	case !x.q.OmitMissingHrefs:
		statusResponse(w, a.href, http.StatusNotFound)
		w.flush(false)
	}
}

// lie answers the i-th href of a multiget as LyingMultiget says, and reports false where that is as it should be.
func (x *exchange) lie(p *propRequest, w *xmlWriter, i int, a *asked) bool {
	switch i % 8 {
	case 0:
	case 1:
		statusResponse(w, a.href, http.StatusNotFound)
	case 2:
		statusResponse(w, a.href, http.StatusForbidden)
	case 3:
		statusResponse(w, a.href, http.StatusInsufficientStorage)
	case 4:
		w.start(nameResponse)
		w.element(nameHref, a.href)
		propstat(w, p.wanted, statusLine(http.StatusOK))
		w.end(nameResponse)
	case 5:
		p.response(w, a.href+"-of-another", a.res)
	case 6:
		p.response(w, a.href, a.res)
		p.response(w, a.href, a.res)
	default:
		return false
	}
	w.flush(false)
	return true
}

// query answers calendar-query (RFC 4791 section 7.8) and addressbook-query (RFC 6352 section 8.6) with all objects, or
// with those of the component or of the vCard version that the filter names; no other filter is looked at.
func (x *exchange) query(p *propRequest, root *element, n *node) error {
	component := ""
	if n.col.kind == dav.Calendar {
		outer := root.child(caldav("filter")).child(nameCompFilter)
		if inner := outer.child(nameCompFilter); inner != nil {
			component = strings.ToUpper(inner.attribute("name"))
		}
	}
	objects := n.col.snapshot()
	if component != "" {
		all := objects
		objects = nil
		for _, o := range all {
			if o.facts.component == component {
				objects = append(objects, o)
			}
		}
	}
	if version := versionFilter(root); version != "" {
		objects = slices.DeleteFunc(slices.Clone(objects), func(o *object) bool { return o.facts.version != version })
	}
	return x.multistatus(nameMultistatus, func(w *xmlWriter) { p.members(w, n, objects) })
}

// versionFilter returns the vCard version that an addressbook-query names, "" where it names none.
func versionFilter(root *element) string {
	filter := root.child(carddav("filter")).child(carddav("prop-filter"))
	if filter == nil || !strings.EqualFold(filter.attribute("name"), "VERSION") {
		return ""
	}
	return filter.child(carddav("text-match")).value()
}

// sync answers sync-collection (RFC 6578 section 3.2).
func (x *exchange) sync(p *propRequest, root *element, n *node) error {
	since, ok := n.col.parseToken(root.child(nameSyncToken).value())
	if !ok {
		return &refusal{status: http.StatusForbidden, condition: nameValidSyncToken, text: "the sync-token is not known"}
	}
	changes, state := n.col.changes(since)
	cut := false
	limit, err := strconv.Atoi(root.child(davName("limit")).child(davName("nresults")).value())
	if err == nil && limit > 0 && len(changes) > limit {
		changes, cut = changes[:limit], true
		state = changes[limit-1].revision
	}
	base := x.href(n.path) + "/"
	return x.multistatus(nameMultistatus, func(w *xmlWriter) {
		for _, c := range changes {
			href := base + string(x.q.Hrefs.appendSegment(nil, c.name))
			if c.object == nil {
				statusResponse(w, href, http.StatusNotFound)
				w.flush(false)
			} else {
				p.response(w, href, resource{node: n, obj: c.object})
			}
		}
		if cut { // RFC 6578 section 3.6
			statusResponse(w, base, http.StatusInsufficientStorage)
		}
		w.element(nameSyncToken, n.col.token(state))
	})
}
