package davtest

import (
	"encoding/xml"
	"net/http"
)

// Names of the elements that a multistatus is made of (RFC 4918 section 14).
var (
	nameMultistatus = davName("multistatus")
	nameResponse    = davName("response")
	namePropstat    = davName("propstat")
	nameStatus      = davName("status")
	status200       = statusLine(http.StatusOK)
	status404       = statusLine(http.StatusNotFound)
)

// multistatus answers 207 with a document that write fills. Nothing of the answer is held back for longer than one
// response, and no lock is held.
func (x *exchange) multistatus(root xml.Name, write func(*xmlWriter)) error {
	return x.stream(http.StatusMultiStatus, root, write)
}

// stream answers with a document.
func (x *exchange) stream(status int, root xml.Name, write func(*xmlWriter)) error {
	x.w.Header().Set("Content-Type", "application/xml; charset=utf-8")
	x.w.WriteHeader(status)
	w := newXMLWriter(x.w, x.q)
	w.start(root)
	write(w)
	w.end(root)
	w.flush(true)
	return w.err
}

// href returns the spelling of a canonical path in answers.
func (x *exchange) href(path string) string { return x.origin() + x.q.Hrefs.respell(path) }

// origin begins every href where they are to be whole URLs.
func (x *exchange) origin() string {
	if !x.q.AbsoluteHrefs {
		return ""
	}
	if x.r.TLS != nil {
		return "https://" + x.r.Host
	}
	return "http://" + x.r.Host
}

// hrefOf returns the spelling of a resource's href: that of a collection ends with a slash (RFC 4918 section 5.2).
func (x *exchange) hrefOf(res resource) string {
	if res.obj == nil {
		return x.href(res.node.path) + "/"
	}
	return x.href(res.node.path) + "/" + string(x.q.Hrefs.appendSegment(nil, res.obj.name))
}

// statusResponse writes a response that is nothing but a status.
func statusResponse(w *xmlWriter, href string, status int) {
	w.start(nameResponse)
	w.element(nameHref, href)
	w.element(nameStatus, statusLine(status))
	w.end(nameResponse)
}
