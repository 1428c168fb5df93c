package dav

import (
	"net/url"
	"slices"
	"strings"
)

// Provider is what is known of a service that many people use: where it is when the DNS does not say so, which hosts its
// accounts live on, and what its users must know. What a server says of itself wins over this.
type Provider struct {
	Name    string
	Domains []string // of mail addresses
	Hosts   []string // names, and what is below them, that belong to it and may get its accounts' credentials
	MX      []string // names, and what is below them, of mail exchangers that take the mail of its customers' own domains
	CalDAV  string   // where to ask for the principal; {user} and {local} stand for the login and what is before its @
	CardDAV string   // "" where it has no such service, or none is known
	Fixed   []Kind   // kinds of which a client cannot make collections
	Hint    string   // what to do when the login is refused
	Source  string   // where this is known from
}

// Product is server software that people run at their own hosts.
type Product struct {
	Name    string
	CalDAV  string // context path (RFC 6764 section 4); {user} and {local} stand for the login and what is before its @
	CardDAV string // "" where none is known
	Source  string // where this is known from
}

// ProviderFor returns the row of the table of providers that an address belongs to, nil where none does.
func ProviderFor(address string) *Provider {
	target, err := parseAddress(address)
	if err != nil {
		return nil
	}
	return providerOf(target.domain)
}

// providerOf returns the provider of a mail domain or of a host, nil where none is known.
func providerOf(domain string) *Provider {
	for i := range Providers {
		p := &Providers[i]
		if slices.Contains(p.Domains, domain) || slices.ContainsFunc(p.Hosts, func(h string) bool { return isBelow(domain, h) }) {
			return p
		}
	}
	return nil
}

// isBelow tells whether a host name is another or below it.
func isBelow(name, above string) bool {
	return name == above || strings.HasSuffix(name, "."+above)
}

// url returns where to start for a kind and a login, nil where the provider has no such service.
func (p *Provider) url(k Kind, user string) *url.URL {
	return fill(map[Kind]string{Calendar: p.CalDAV, AddressBook: p.CardDAV}[k], user)
}

// path returns the context path for a kind and a login, nil where none is known.
func (p *Product) path(k Kind, user string) *url.URL {
	return fill(map[Kind]string{Calendar: p.CalDAV, AddressBook: p.CardDAV}[k], user)
}

// fill makes a URL of a template for a login, nil of an empty one.
func fill(template, user string) *url.URL {
	local, _, _ := strings.Cut(user, "@")
	text := strings.NewReplacer("{user}", url.PathEscape(user), "{local}", url.PathEscape(local)).Replace(template)
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return nil
	}
	return u
}
