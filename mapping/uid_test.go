package mapping

import (
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
)

func TestUIDReplacement(t *testing.T) {
	tests := []struct {
		name string
		uid  string
		all  bool
		want string // the rule
	}{
		{"any UID that fits", "abc@example.org", false, ""},
		{"255 octets", strings.Repeat("a", 255), false, ""},
		{"256 octets", strings.Repeat("a", 256), false, UIDUnfit},
		{"characters of several octets", strings.Repeat("日", 86), false, UIDUnfit},
		{"a control character", "a\x07b", false, UIDUnfit},
		{"a tab", "a\tb", false, UIDUnfit},
		{"a line break", "a\nb", false, UIDUnfit},
		{"no UUID", "abc@example.org", true, UIDNoUUID},
		{"a UUID", "0b5e1c5c-5d0e-4c2b-8a2e-111111111111", true, ""},
		{"a UUID in upper case", "0B5E1C5C-5D0E-4C2B-8A2E-111111111111", true, ""},
		{"a UUID as a URI", "urn:uuid:0b5e1c5c-5d0e-4c2b-8a2e-111111111111", true, ""},
		{"a UUID in braces", "{0b5e1c5c-5d0e-4c2b-8a2e-111111111111}", true, UIDNoUUID},
		{"a UUID without hyphens", "0b5e1c5c5d0e4c2b8a2e111111111111", true, UIDNoUUID},
		{"a UUID with more behind it", "0b5e1c5c-5d0e-4c2b-8a2e-111111111111-2", true, UIDNoUUID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := UIDs{All: tt.all}
			got, rule := u.Replacement(tt.uid)
			if rule != tt.want || (got != "") != (rule != "") {
				t.Fatalf("Replacement(%q) = %q, %q", tt.uid, got, rule)
			}
			if again, _ := u.Replacement(got); got != "" && again != "" {
				t.Errorf("the replacement %s would be replaced", got)
			}
		})
	}
}

func TestOwnUIDsDiffer(t *testing.T) {
	base := Subject{Kind: dav.Calendar, Account: "jane", Collection: "/jane/work/", Path: "/jane/work/a.ics"}
	other := func(change func(*Subject)) Subject {
		s := base
		change(&s)
		return s
	}
	uids := []string{
		base.OwnUID("", 0),
		base.OwnUID("", 1),
		base.OwnUID("x", 0),
		other(func(s *Subject) { s.Account = "joe" }).OwnUID("", 0),
		other(func(s *Subject) { s.Collection = "/jane/home/" }).OwnUID("", 0),
		other(func(s *Subject) { s.Path = "/jane/work/b.ics" }).OwnUID("", 0),
	}
	for i, uid := range uids {
		if slices.Index(uids, uid) != i {
			t.Errorf("%s is the UID of two", uid)
		}
	}
	escaped := other(func(s *Subject) { s.Path = "/jane/work/%61.ics" })
	if escaped.OwnUID("", 0) != base.OwnUID("", 0) {
		t.Error("another way of escaping the path makes another UID")
	}
}

func TestUIDsOfWhatIsNoObject(t *testing.T) {
	for name, input := range map[string]string{
		"nothing":       "",
		"an HTML page":  "<html><body>UID:</body></html>",
		"only a zone":   "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:X\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n",
		"cut off":       "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n",
		"nested events": "BEGIN:VCALENDAR\r\nBEGIN:X-WRAP\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:X-WRAP\r\nEND:VCALENDAR\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			result := Rules{UIDs{All: true}}.Apply(Subject{Kind: dav.Calendar}, []byte(input))
			if string(result.Data) != input || len(result.Changes) > 0 {
				t.Errorf("became %q", result.Data)
			}
		})
	}
}
