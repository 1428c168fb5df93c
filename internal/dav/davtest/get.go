package davtest

import (
	"net/http"
	"strings"
)

// get answers GET and HEAD of an object. A collection has no representation of its own here.
func (x *exchange) get() error {
	res, err := x.target()
	if err != nil {
		return err
	}
	if res.obj == nil {
		x.w.Header().Set("Allow", "OPTIONS, DELETE, PROPFIND, PROPPATCH, REPORT")
		return &refusal{status: http.StatusMethodNotAllowed, text: "this is a collection"}
	}
	etag := x.q.etag(res.obj)
	h := x.w.Header()
	h.Set("ETag", etag)
	h.Set("Last-Modified", res.obj.modified.Format(http.TimeFormat))
	if listed := x.r.Header.Get("If-None-Match"); listed != "" && matches(listed, etag) {
		x.w.WriteHeader(http.StatusNotModified)
		return nil
	}
	version := ""
	if strings.Contains(strings.ReplaceAll(x.r.Header.Get("Accept"), " ", ""), "version=4.0") {
		version = "4.0"
	}
	return x.send(http.StatusOK, contentType(res.node.col.kind), x.serves(res, version))
}

// matches tells whether a header's list of ETags has this one (RFC 9110 section 8.8.3). Servers that send weak or
// unquoted ETags take them back, so that quotes and W/ do not count here.
func matches(list, etag string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		if entry = bare(entry); entry == "*" || entry == bare(etag) {
			return true
		}
	}
	return false
}

func bare(etag string) string {
	return strings.Trim(strings.TrimPrefix(strings.TrimSpace(etag), "W/"), `"`)
}
