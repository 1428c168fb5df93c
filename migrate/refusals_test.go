package migrate_test

import (
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// What servers answer to an object that they do not take, whatever the status means elsewhere. Each is final for that
// object, in the server's words, and for no other.
func TestRefusalsInAllDisguises(t *testing.T) {
	t.Parallel()
	const davError = `<?xml version="1.0"?><D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:valid-calendar-data/>` +
		`<D:responsedescription>Failed iTIP restrictions</D:responsedescription></D:error>`
	const multistatus = `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:response><D:href>http%3A//x</D:href>` +
		`<D:status>HTTP/1.1 412 Precondition Failed</D:status><D:error><C:valid-calendar-data/></D:error>` +
		`<D:responsedescription>Not a valid calendar file.</D:responsedescription></D:response></D:multistatus>`
	for name, test := range map[string]struct {
		status    int
		text      string
		want      int // the status in the report
		condition string
		says      string
	}{
		"207 of Xandikos: a multistatus with the refusal": {http.StatusMultiStatus, multistatus, 412, "valid-calendar-data", "Not a valid calendar file."},
		"400 of Radicale: no reason":                      {http.StatusBadRequest, "Bad Request", 400, "", "Bad Request"},
		"403 of Cyrus: a condition and a reason":          {http.StatusForbidden, davError, 403, "valid-calendar-data", "Failed iTIP restrictions"},
		"404 of SOGo: a page about an object not found":   {http.StatusNotFound, "<!DOCTYPE html><html><body>the requested object could not be found!</body></html>", 404, "", "could not be found"},
		"409 of Radicale: for a lone time zone":           {http.StatusConflict, "", 409, "", ""},
		"412 of DAViCal: no calendar content":             {http.StatusPreconditionFailed, "No calendar content", 412, "", "No calendar content"},
		"413 of nginx in front":                           {http.StatusRequestEntityTooLarge, "too large", 413, "", "too large"},
		"415 of sabre/dav":                                {http.StatusUnsupportedMediaType, "This resource only supports valid iCalendar 2.0 data", 415, "", "valid iCalendar"},
		"500 of DAViCal: a database that takes no such":   {http.StatusInternalServerError, "DAViCal Fatal Error", 500, "", "DAViCal Fatal Error"},
		"501 of SOGo: a date that it cannot read":         {http.StatusNotImplemented, "", 501, "", ""},
		"502 of a backend that it breaks":                 {http.StatusBadGateway, "bad gateway", 502, "", "bad gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			w.retries = 1
			calendar, _ := w.fill("anna", 6, 0)
			w.from.PutObject(calendar+"bad.ics", event("bad", "Unloved"))
			w.to.Inject(davtest.Fault{Method: "PUT", Contains: "UID:bad\r\n", Times: -1, Status: test.status, Text: test.text})
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 7, Created: 6, Refused: 1})
			if p := s.Problems[0]; p.Status != test.want || p.Condition != test.condition || !strings.Contains(p.Message, test.says) || p.UID != "bad" {
				t.Errorf("%+v", p)
			}
			w.want(w.migrate(), migrate.Counts{Listed: 7, Unchanged: 6, Refused: 1})
		})
	}
}
