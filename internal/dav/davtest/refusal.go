package davtest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
)

// refusal is an answer that is not what was asked for. With a condition it is a DAV:error (RFC 4918 section 16).
type refusal struct {
	status    int
	condition xml.Name
	href      string // canonical path inside the condition, such as the holder of a UID
	text      string // for people
	body      bool   // it is about the object that was sent, not about the request
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %s %s", r.status, r.condition.Local, r.text)
}

var (
	errForbidden = &refusal{status: http.StatusForbidden, condition: nameNeedPrivilege, text: "this is another user's"}
	errReadOnly  = &refusal{status: http.StatusForbidden, condition: nameNeedPrivilege, text: "this cannot be changed"}
	errNoParent  = &refusal{status: http.StatusConflict, text: "there is no collection to put it into"}
	errStale     = &refusal{status: http.StatusPreconditionFailed, text: "the version there is another"}
)

// badXML is the refusal of a request body that cannot be read.
func badXML(err error) *refusal {
	return &refusal{status: http.StatusBadRequest, text: err.Error()}
}

// refuse answers with a refusal. Of any other error nobody is left to be told.
func (x *exchange) refuse(err error) {
	var r *refusal
	if !errors.As(err, &r) {
		return
	}
	// What writing returns is an error of the connection, see above.
	switch {
	case r.body && x.q.RefusePutWith207 && x.r.Method == http.MethodPut:
		_ = x.refuseInside(r)
	case r.condition.Local == "":
		_ = x.send(r.status, "text/plain; charset=utf-8", []byte(r.text+"\n"))
	default:
		w := newXMLWriter(nil, x.q)
		x.writeCondition(w, r)
		_ = x.send(r.status, "application/xml; charset=utf-8", w.buf)
	}
}

// refuseInside answers 207 with a response of 412, as Xandikos refuses an object.
func (x *exchange) refuseInside(r *refusal) error {
	return x.multistatus(davName("multistatus"), func(w *xmlWriter) {
		w.start(davName("response"))
		w.element(nameHref, x.href(x.path))
		w.element(davName("status"), statusLine(http.StatusPreconditionFailed))
		x.writeCondition(w, r)
		w.element(davName("responsedescription"), r.text)
		w.end(davName("response"))
	})
}

func (x *exchange) writeCondition(w *xmlWriter, r *refusal) {
	w.start(davName("error"))
	if r.href == "" {
		w.empty(r.condition)
	} else {
		w.start(r.condition)
		w.element(nameHref, x.href(r.href))
		w.end(r.condition)
	}
	w.end(davName("error"))
}

func davName(local string) xml.Name { return xml.Name{Space: nsDAV, Local: local} }

// statusLine is a status as DAV:status spells it (RFC 4918 section 14.28).
func statusLine(status int) string {
	return fmt.Sprintf("HTTP/1.1 %d %s", status, http.StatusText(status))
}
