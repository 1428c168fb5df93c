package mapping

import (
	"slices"
	"testing"

	"davferry/internal/dav"
)

func TestRenamed(t *testing.T) {
	rule := Renamed{"a": "new-a", "urn:uuid:1": "urn:uuid:2"}
	for _, test := range []struct {
		name       string
		kind       dav.Kind
		data, want string
		rules      []string
	}{
		{"an object and its overrides", dav.Calendar, calendarOf("BEGIN:VEVENT\nUID:a\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260101\nEND:VEVENT\n"),
			calendarOf("BEGIN:VEVENT\nUID:new-a\nEND:VEVENT\nBEGIN:VEVENT\nUID:new-a\nRECURRENCE-ID:20260101\nEND:VEVENT\n"), []string{UIDCollision}},
		{"what refers to it", dav.Calendar, calendarOf("BEGIN:VTODO\nUID:b\nRELATED-TO;RELTYPE=PARENT:a\nX-NOTE:a\nEND:VTODO\n"),
			calendarOf("BEGIN:VTODO\nUID:b\nRELATED-TO;RELTYPE=PARENT:new-a\nX-NOTE:a\nEND:VTODO\n"), []string{UIDReference}},
		{"groups", dav.AddressBook, "BEGIN:VCARD\nVERSION:4.0\nUID:g\nMEMBER:urn:uuid:1\nMEMBER:urn:uuid:a\nMEMBER:urn:uuid:b\nEND:VCARD\n",
			"BEGIN:VCARD\nVERSION:4.0\nUID:g\nMEMBER:urn:uuid:2\nMEMBER:urn:uuid:new-a\nMEMBER:urn:uuid:b\nEND:VCARD\n", []string{UIDReference}},
		{"all else", dav.Calendar, calendarOf(eventB), calendarOf(eventB), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Rules{rule}.Apply(Subject{Kind: test.kind}, []byte(test.data))
			if string(r.Data) != test.want || !slices.Equal(r.Names(), test.rules) {
				t.Errorf("%q %v\nwant %q %v", r.Data, r.Names(), test.want, test.rules)
			}
			if again := (Rules{rule}).Apply(Subject{Kind: test.kind}, r.Data); len(again.Changes) > 0 {
				t.Errorf("applied again it changes %+v", again.Changes)
			}
		})
	}
	if rule.Key() == (Renamed{"a": "other"}).Key() || rule.Key() != (Renamed{"urn:uuid:1": "urn:uuid:2", "a": "new-a"}).Key() {
		t.Error("the key does not tell the settings")
	}
}
