package mapping

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// Group is a group of contacts as its card describes it.
type Group struct {
	Name    string   // its FN, unescaped
	Members []string // as MemberKey returns them

	// More names what the card holds besides name and members, "" where that is nothing.
	More string
}

// MemberKey returns the form in which UIDs of contacts and references to them are compared: with urn:uuid: and without
// they name the same contact.
func MemberKey(uid string) string {
	_, id := cutURN(uid)
	return strings.ToLower(id)
}

// ReadGroup reads the card of a group, in either form. It is false where the card is none.
func ReadGroup(data []byte) (Group, bool) {
	var g Group
	if !isGroup(data) {
		return g, false
	}
	for l := range Lines(data) {
		c := l.Content()
		switch {
		case l.Blank():
		case l.Is("FN"):
			g.Name = unescapeString(bytes.TrimSpace(c.Value))
		case l.Is("MEMBER"), l.Is("X-ADDRESSBOOKSERVER-MEMBER"):
			g.Members = append(g.Members, MemberKey(unescapeString(bytes.TrimSpace(c.Value))))
		case !isGroupFrame(l):
			g.More = string(c.Name)
		}
	}
	return g, true
}

// isGroupFrame knows the properties that say of a group no more than that it is one, and who wrote it when.
func isGroupFrame(l Line) bool {
	for _, name := range []string{"BEGIN", "END", "VERSION", "PRODID", "UID", "N", "REV", "KIND", "X-ADDRESSBOOKSERVER-KIND"} {
		if l.Is(name) {
			return true
		}
	}
	return false
}

// Categories is the rule that writes into contacts to which groups they belong (RFC 2426 section 3.6.1), for
// destinations that have no groups.
type Categories struct {
	Names map[string][]string // of groups, in order, by the contact's MemberKey
}

// Key implements Rule.
func (c Categories) Key() string {
	h := sha256.New()
	for _, member := range slices.Sorted(maps.Keys(c.Names)) {
		fmt.Fprintf(h, "%q %q\n", member, c.Names[member])
	}
	return fmt.Sprintf("categories %x", h.Sum(nil))
}

// Apply implements Rule.
func (c Categories) Apply(s Subject, e *Editor) []Left {
	if s.Kind != dav.AddressBook || len(c.Names) == 0 {
		return nil
	}
	missing := slices.Clone(c.Names[MemberKey(UID(e.Data()))])
	if len(missing) == 0 || isGroup(e.Data()) {
		return nil
	}
	var list, end Line // where the categories go
	for l := range Lines(e.Data()) {
		switch {
		case l.Is("CATEGORIES") && l.Content().Valid:
			if list.End == 0 && !isQuotedPrintable(l.Text()) {
				list = l
			}
			missing = slices.DeleteFunc(missing, func(name string) bool { return hasCategory(l, name) })
		case l.Is("END"):
			end = l
		}
	}
	for i, name := range missing {
		missing[i] = escapeText(strings.ReplaceAll(name, `\`, `\\`), ",;")
	}
	added := strings.Join(missing, ",")
	switch {
	case added == "":
	case list.End > 0 && len(bytes.TrimSpace(list.Content().Value)) > 0:
		e.Replace(GroupForm, list, []byte(string(list.Text())+","+added))
	case end.End > 0:
		e.InsertBefore(GroupForm, end, []byte("CATEGORIES:"+added))
	}
	return nil
}

func hasCategory(l Line, name string) bool {
	for part := range splitUnescaped(l.Content().Value, ',') {
		if unescapeString(bytes.TrimSpace(part)) == name {
			return true
		}
	}
	return false
}
