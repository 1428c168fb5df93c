package mapping

import (
	"bytes"
	"fmt"
	"strings"

	"davferry/internal/dav"
)

// GroupForm is the name in a Change or Left of what Groups does.
const GroupForm = "group-form"

// The forms of groups of contacts.
const (
	GroupsKind  = "kind"  // KIND:group and MEMBER (RFC 6350 sections 6.1.4 and 6.6.5)
	GroupsApple = "apple" // X-ADDRESSBOOKSERVER-KIND and -MEMBER, which Apple's and most other programs use in vCard 3.0
)

// Groups is the rule that writes groups of contacts in one form, GroupsKind or GroupsApple.
type Groups struct{ Form string }

// groupForms are the two names of each property of a group.
var groupForms = []struct{ kind, apple string }{
	{"KIND", "X-ADDRESSBOOKSERVER-KIND"},
	{"MEMBER", "X-ADDRESSBOOKSERVER-MEMBER"},
}

// Key implements Rule.
func (g Groups) Key() string { return "groups " + g.Form }

// Apply implements Rule.
func (g Groups) Apply(s Subject, e *Editor) []Left {
	if s.Kind != dav.AddressBook || !isGroup(e.Data()) {
		return nil
	}
	var edits []cardEdit
	for l := range Lines(e.Data()) {
		name := g.name(l)
		if name == "" {
			continue
		}
		text := l.Text()
		c := parseContent(text)
		if g.Form == GroupsApple && l.Is("MEMBER") && !hasPrefixFold(c.Value, urnUUID) {
			return []Left{{GroupForm, fmt.Sprintf("the member %s has no UUID, which this form wants", excerpt(c.Value, 60))}}
		}
		at := offsetIn(text, c.Name)
		edits = append(edits, cardEdit{line: l, with: [][]byte{spliced(text, []splice{{at, at + len(c.Name), name}})}})
	}
	for _, edit := range edits {
		e.Replace(GroupForm, edit.line, edit.with...)
	}
	return nil
}

// name returns the name that a line's property has in the form, "" where it stays.
func (g Groups) name(l Line) string {
	for _, names := range groupForms {
		switch {
		case g.Form == GroupsKind && l.Is(names.apple):
			return names.kind
		case g.Form == GroupsApple && l.Is(names.kind):
			return names.apple
		}
	}
	return ""
}

// isGroup says whether a card is a group.
func isGroup(data []byte) bool {
	for l := range Lines(data) {
		for _, name := range []string{"KIND", "X-ADDRESSBOOKSERVER-KIND"} {
			if l.Is(name) && strings.EqualFold(string(bytes.TrimSpace(l.Content().Value)), "group") {
				return true
			}
		}
	}
	return false
}
