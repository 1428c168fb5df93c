package dav

import (
	"context"
	"slices"
	"strconv"
	"strings"
)

// Limits is what a server says beforehand of what may be written to a collection or to a home set. Not all that is said is
// enforced (DAViCal 1.1 takes tasks in a calendar for events), and most servers say little.
type Limits struct {
	MaxSize int64 // max-resource-size in octets (RFC 4791 section 5.2.5, RFC 6352 section 6.2.3), 0 where not said
	Quota   int64 // DAV:quota-available-bytes (RFC 4331 section 3), -1 where not said

	// Privileges are those of DAV:current-user-privilege-set (RFC 3744 section 5.4), none where not said.
	Privileges []string

	// ComponentSets are the component sets that a new calendar may have, of a home set that says so:
	// CALDAV:supported-calendar-component-sets of draft-daboo-caldav-extensions. None where not said.
	ComponentSets [][]string
}

// Grants tells whether the login may do what a privilege stands for: it is granted by itself, as part of DAV:write or of
// DAV:all (RFC 3744 section 3), or the server does not say what is granted.
func (l Limits) Grants(privilege string) bool {
	return len(l.Privileges) == 0 || slices.ContainsFunc(l.Privileges, func(p string) bool {
		return p == privilege || p == "all" || p == "write"
	})
}

var limitProps = map[Kind][]propName{
	Calendar: {
		{nsCalDAV, "max-resource-size"}, {nsDAV, "quota-available-bytes"}, {nsDAV, "current-user-privilege-set"},
		{nsCalDAV, "supported-calendar-component-sets"},
	},
	AddressBook: {{nsCardDAV, "max-resource-size"}, {nsDAV, "quota-available-bytes"}, {nsDAV, "current-user-privilege-set"}},
}

// Limits asks a collection or a home set of a kind for its limits. A server that does not answer such a question says
// nothing, which is no error; an error has no HTTP status, or is a login that is refused.
func (a *Account) Limits(ctx context.Context, k Kind, path string) (Limits, error) {
	limits := Limits{Quota: -1}
	u, err := a.urlOf(path)
	if err != nil {
		return limits, err
	}
	r, _, err := a.propfind(ctx, u, limitProps[k])
	switch status := Status(err); {
	case status == 401 || err != nil && status == 0:
		return limits, err
	case err != nil:
		return limits, nil
	}
	space := k.traits().space
	limits.MaxSize = max(0, number(r.text(space, "max-resource-size"), 0))
	limits.Quota = max(-1, number(r.text(nsDAV, "quota-available-bytes"), -1)) // Nextcloud: -3 where there is no limit
	for _, privilege := range childrenOf(r.prop(nsDAV, "current-user-privilege-set")) {
		for _, name := range privilege.Children {
			limits.Privileges = append(limits.Privileges, name.Name.Local)
		}
	}
	for _, set := range childrenOf(r.prop(nsCalDAV, "supported-calendar-component-sets")) {
		var names []string
		for _, comp := range set.Children {
			names = append(names, strings.ToUpper(comp.attr("name")))
		}
		limits.ComponentSets = append(limits.ComponentSets, names)
	}
	return limits, nil
}

// number reads a decimal number, and returns otherwise for what is none.
func number(text string, otherwise int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// Identity is the same for two accounts that are one by what their servers say: the principal, or without one the first
// home set or the collection, as a URL in one spelling. "" where there is nothing to tell.
func (a *Account) Identity() string {
	for _, k := range Kinds {
		s := a.Services[k]
		switch {
		case s == nil:
		case s.Principal != "":
			return a.identity(s.Principal)
		case s.Collection != "":
			return a.identity(s.Collection)
		case len(s.HomeSets) > 0:
			return a.identity(s.HomeSets[0])
		}
	}
	return ""
}
