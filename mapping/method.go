package mapping

import "davferry/internal/dav"

// MethodRemoved is the name in a Change of what Method does.
const MethodRemoved = "method-removed"

// Method is the rule that takes METHOD out of a calendar object, which RFC 4791 section 4.1 forbids in one that is stored.
// Exchange's and Outlook's invitations come with it. sabre/dav 4 answers 415 to it, Cyrus 3.6.1 403 where the object does
// not keep the rules for a message of that method (RFC 5546).
type Method struct{}

// Key implements Rule.
func (Method) Key() string { return "method" }

// Apply implements Rule.
func (Method) Apply(s Subject, e *Editor) []Left {
	if s.Kind != dav.Calendar {
		return nil
	}
	for _, whole := range parse(e.Data()).children {
		if whole.name != "VCALENDAR" {
			continue
		}
		for _, l := range whole.lines {
			if l.Is("METHOD") {
				e.Replace(MethodRemoved, l)
			}
		}
	}
	return nil
}
