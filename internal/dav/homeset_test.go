package dav_test

import (
	"strings"
	"testing"

	"davferry/internal/dav"
)

// folderOf is a multistatus that lists a place and what is in it.
func folderOf(place string, members ...string) string {
	types := map[string]string{"": "<d:collection/>", "calendar": "<d:collection/><c:calendar/>", "addressbook": "<d:collection/><k:addressbook/>"}
	text := `DAV: 1, 3, access-control, calendar-access, addressbook

<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:k="urn:ietf:params:xml:ns:carddav">`
	for _, m := range append([]string{place}, members...) {
		path, kind, _ := strings.Cut(m, " ")
		text += "<d:response><d:href>" + path + "</d:href><d:propstat><d:prop><d:resourcetype>" + types[kind] +
			"</d:resourcetype></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
	}
	return text + "</d:multistatus>"
}

// A server that names no principal is asked what it lists.
func TestHomeWithoutAPrincipal(t *testing.T) {
	const at = "https://example.test"
	tests := []struct {
		name, replay string
		want         string // home set of the calendars, "" for none
	}{
		{"the place holds calendars", answer("PROPFIND "+at+"/ login", 207, folderOf("/", "/work/ calendar", "/notes/")), "/"},
		{"the user's folder holds calendars, atmail",
			answer("PROPFIND "+at+"/ login depth 0", 207, folderOf("/")) + answer("PROPFIND "+at+"/ login depth 1", 207, folderOf("/", "/anna@example.test/")) +
				answer("PROPFIND "+at+"/anna@example.test/ login", 207, folderOf("/anna@example.test/", "/anna@example.test/work/ calendar")), "/anna@example.test/"},
		{"the user's folder is empty",
			answer("PROPFIND "+at+"/ login depth 0", 207, folderOf("/")) + answer("PROPFIND "+at+"/ login depth 1", 207, folderOf("/", "/bert@example.test/", "/Anna/")) +
				answer("PROPFIND "+at+"/Anna/ login", 207, folderOf("/Anna/")), "/Anna/"},
		{"other people's folders", answer("PROPFIND "+at+"/ login depth 0", 207, folderOf("/")) + answer("PROPFIND "+at+"/ login depth 1", 207, folderOf("/", "/bert/", "/carl/")) +
			answer("PROPFIND "+at+"/bert/ login", 207, folderOf("/bert/", "/bert/work/ calendar")), ""},
		{"files", answer("PROPFIND "+at+"/ login depth 0", 207, folderOf("/")) + answer("PROPFIND "+at+"/ login depth 1", 207, folderOf("/", "/pictures/")) +
			answer("PROPFIND "+at+"/pictures/ login", 207, folderOf("/pictures/")), ""},
		{"address books only", answer("PROPFIND "+at+"/ login", 207, folderOf("/", "/friends/ addressbook")), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, "", tt.replay)
			a, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
			var got string
			if err == nil && a.Services[dav.Calendar] != nil {
				got = strings.Join(a.Services[dav.Calendar].HomeSets, " ")
			}
			if got != tt.want {
				t.Errorf("home set %q, want %q; error is %v", got, tt.want, err)
			}
		})
	}
}
