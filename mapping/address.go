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

// AddressChanged is the name in a Change of what Addresses does.
const AddressChanged = "address"

// Addresses is the rule that gives people their new mail addresses. It changes calendar addresses and nothing else (RFC
// 5545 section 3.3.3): the values of ORGANIZER, ATTENDEE and CALENDAR-ADDRESS (RFC 9073 section 6.4), and in these
// properties the parameters SENT-BY, DELEGATED-TO, DELEGATED-FROM, MEMBER, DIR and EMAIL (RFC 7986 section 6.2). Names,
// descriptions and other texts stay, also where they hold an address.
//
// Addresses are compared without regard to upper and lower case, with or without mailto:. An address of its own wins
// over its domain.
type Addresses struct {
	contacts bool
	exact    map[string]string // new addresses by the old ones in lower case
	domains  map[string]string // new domains by the old ones in lower case
}

// NewAddresses returns the rule without any addresses. With contacts it changes the EMAIL of contacts as well.
func NewAddresses(contacts bool) *Addresses {
	return &Addresses{contacts: contacts, exact: map[string]string{}, domains: map[string]string{}}
}

// Add takes in that old becomes new: two mail addresses, or two domains written *@domain. What must stay as it is in a
// domain that changes becomes itself.
func (a *Addresses) Add(old, new string) error {
	oldDomain, all := strings.CutPrefix(old, "*@")
	newDomain, allNew := strings.CutPrefix(new, "*@")
	if all != allNew {
		return fmt.Errorf("%s cannot become %s: either both are *@domain or none is", old, new)
	}
	known, key, value := a.exact, strings.ToLower(old), new
	if all {
		known, key, value = a.domains, strings.ToLower(oldDomain), newDomain
	}
	if before, twice := known[key]; twice && before != value {
		return fmt.Errorf("%s has another new address already", old)
	}
	known[key] = value
	return nil
}

// Again tells whether what old becomes is itself an address that changes, so that the result would depend on how often
// the rule is applied. It is to be asked after the last Add.
func (a *Addresses) Again(old string) bool {
	if domain, all := strings.CutPrefix(old, "*@"); all {
		return a.domainAgain(strings.ToLower(domain))
	}
	first := a.exact[strings.ToLower(old)]
	second, found := a.lookup(first)
	return found && !strings.EqualFold(first, second)
}

// Round tells whether what old becomes, step by step, leads back to it: addresses that change places, which no order of the
// steps could do.
func (a *Addresses) Round(old string) bool {
	old = strings.ToLower(old)
	next := old
	for range len(a.exact) + len(a.domains) {
		domain, all := strings.CutPrefix(next, "*@")
		found := false
		if all {
			domain, found = a.domains[domain]
			next = "*@" + domain
		} else {
			next, found = a.lookup(next)
		}
		if next = strings.ToLower(next); !found || next == old {
			return found
		}
	}
	return false
}

func (a *Addresses) domainAgain(old string) bool {
	new := strings.ToLower(a.domains[old])
	if further, found := a.domains[new]; found && !strings.EqualFold(further, new) {
		return true
	}
	for address, becomes := range a.exact {
		local, domain, _ := strings.Cut(address, "@")
		_, excepted := a.exact[local+"@"+old]
		if domain == new && !excepted && !strings.EqualFold(becomes, address) {
			return true
		}
	}
	return false
}

// lookup returns what becomes of an address, false where it is no address that the rule knows.
func (a *Addresses) lookup(address string) (string, bool) {
	if new, found := a.exact[strings.ToLower(address)]; found {
		return new, true
	}
	at := strings.LastIndexByte(address, '@')
	if at <= 0 {
		return "", false
	}
	if domain, found := a.domains[strings.ToLower(address[at+1:])]; found {
		return address[:at+1] + domain, true
	}
	return "", false
}

// Key implements Rule.
func (a *Addresses) Key() string {
	h := sha256.New()
	for _, known := range []map[string]string{a.exact, a.domains} {
		for _, old := range slices.Sorted(maps.Keys(known)) {
			fmt.Fprintf(h, "%s\x00%s\x00", old, known[old])
		}
		h.Write([]byte{1})
	}
	return fmt.Sprintf("addresses %t %x", a.contacts, h.Sum(nil))
}

// Apply implements Rule.
func (a *Addresses) Apply(s Subject, e *Editor) []Left {
	for l := range Lines(e.Data()) {
		if s.Kind == dav.AddressBook {
			if a.contacts && l.Is("EMAIL") {
				a.edit(e, l, false)
			}
		} else if holdsCalendarAddress(l.Name()) {
			a.edit(e, l, true)
		}
	}
	return nil
}

func holdsCalendarAddress(name []byte) bool {
	switch len(name) { // spares nearly all lines the comparisons
	case len("ATTENDEE"):
		return equalFold(name, "ATTENDEE")
	case len("ORGANIZER"):
		return equalFold(name, "ORGANIZER")
	case len("CALENDAR-ADDRESS"):
		return equalFold(name, "CALENDAR-ADDRESS")
	}
	return false
}

// edit changes the addresses of one line.
func (a *Addresses) edit(e *Editor, l Line, params bool) {
	text := l.Text()
	c := parseContent(text)
	if !c.Valid {
		return
	}
	var all []splice
	if params {
		for p := range c.Params() {
			if isAddressParam(p.Name) {
				for part := range splitUnquoted(p.Raw, ',') {
					all = a.splice(all, text, unquote(part))
				}
			}
		}
	}
	if all = a.splice(all, text, c.Value); len(all) > 0 {
		e.Replace(AddressChanged, l, spliced(text, all))
	}
}

func isAddressParam(name []byte) bool {
	for _, known := range []string{"SENT-BY", "DELEGATED-TO", "DELEGATED-FROM", "MEMBER", "DIR", "EMAIL"} {
		if equalFold(name, known) {
			return true
		}
	}
	return false
}

// splice appends what becomes of an address in text, where it changes.
func (a *Addresses) splice(all []splice, text, value []byte) []splice {
	const scheme = "mailto:"
	value = bytes.TrimSpace(value)
	isURI := hasPrefixFold(value, scheme)
	if isURI {
		value = value[len(scheme):]
		if i := bytes.IndexByte(value, '?'); i >= 0 { // header fields (RFC 6068 section 2)
			value = value[:i]
		}
	}
	old := string(value)
	if isURI {
		old = decodePercent(old)
	} else if bytes.ContainsAny(value, ":/") {
		return all // a URI of another kind
	}
	new, found := a.lookup(old)
	if !found || new == old {
		return all
	}
	if isURI {
		new = addressEncoder.Replace(new)
	}
	at := offsetIn(text, value)
	return append(all, splice{at, at + len(value), new})
}

// addressEncoder writes an address into a mailto: URI (RFC 6068 section 2).
var addressEncoder = strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23", "&", "%26", "/", "%2F")
