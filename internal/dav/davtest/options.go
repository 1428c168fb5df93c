package davtest

import (
	"errors"
	"net/http"
	"strings"
)

// options answers OPTIONS with the compliance classes (RFC 4791 section 5.1, RFC 6352 section 6.1).
func (x *exchange) options() error {
	_, err := x.target()
	unmapped := isStatus(err, http.StatusNotFound)
	if err != nil && (!unmapped || !x.q.AllowsWhereNothingIs) {
		return err
	}
	classes := []string{"1", "3", "extended-mkcol", "calendar-access", "addressbook"}
	if x.q.AutoSchedule {
		classes = append(classes, "calendar-auto-schedule")
	}
	x.w.Header().Set("DAV", strings.Join(classes, ", "))
	x.w.Header().Set("Allow", x.allowed(unmapped == x.q.AllowsWhereNothingIs))
	return x.send(http.StatusOK, "", nil)
}

// allowed returns the methods for Allow, those that make collections among them or not.
func (x *exchange) allowed(makes bool) string {
	const always = "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT"
	if makes && !x.q.MakesNone {
		return always + ", MKCALENDAR, MKCOL"
	}
	return always
}

func isStatus(err error, status int) bool {
	r, is := errors.AsType[*refusal](err)
	return is && r.status == status
}

// wellKnown answers the well-known URIs (RFC 6764 section 5), without login. It reports whether it did; a URI that
// answers itself is turned into the context path.
func (x *exchange) wellKnown() (done bool, err error) {
	var wk WellKnown
	switch x.path {
	case "/.well-known/caldav":
		wk = x.q.WellKnownCalDAV
	case "/.well-known/carddav":
		wk = x.q.WellKnownCardDAV
	default:
		return false, nil
	}
	base, _ := canonicalPath(x.q.Base)
	switch wk.Status {
	case 0:
		wk.Status = http.StatusMovedPermanently
	case http.StatusNotFound:
		return true, &refusal{status: http.StatusNotFound, text: "there is no well-known URI"}
	case http.StatusMultiStatus:
		x.path = base
		return false, nil
	}
	if wk.Target == "" {
		wk.Target = base + "/"
	}
	x.w.Header().Set("Location", wk.Target)
	return true, x.send(wk.Status, "", nil)
}
