package dav

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Companies have their mail, and with it their calendars, at a large provider, under a domain of their own. Where such a
// domain says nothing of CalDAV and CardDAV, its MX record tells the provider. It is a hint and no more: a mail exchanger
// says little about calendars, and a forged record would hand a company's passwords to somebody else, even if only to a
// row of the table. Nothing is asked of the provider, which would learn the user's name, unless one of its hosts is
// vouched for with --trust-host.

// fromMail looks up the provider that keeps the mail of a domain of which nothing else is known.
func (d *discovery) fromMail(ctx context.Context, k Kind, yield func(candidate) bool) bool {
	if d.provider != nil || d.target.url != nil {
		return true
	}
	step := Step{Kind: k, Question: "DNS MX " + d.target.domain}
	records, err := d.mx(ctx)
	if err != nil {
		step.Answer, step.Decision = err.Error(), "go on without"
		d.trace(step)
		return true
	}
	exchanger, p := providerOfMail(records)
	step.Answer = exchangers(records)
	if p == nil {
		step.Decision = "no provider of the table"
		d.trace(step)
		return true
	}
	d.net.setMailProvider(d.target.domain, p)
	d.client.trust.provider = d.trustedHosts()
	at := d.atMailProvider(k, exchanger, p)
	step.Decision, step.Provider = at.origin, p
	d.trace(step)
	at.origin = "the MX record: " + p.Name
	return yield(at)
}

// atMailProvider returns the place of a provider that the MX record led to, or an error in its place, with the decision
// as its origin.
func (d *discovery) atMailProvider(k Kind, exchanger string, p *Provider) candidate {
	name := p.Name
	if p.Hint != "" {
		name += ", " + p.Hint
	}
	place := func(user string) *url.URL { return p.url(k, user) }
	u := place(d.client.login.User)
	switch {
	case u == nil:
		return candidate{guess: true, origin: fmt.Sprintf("%s; it names no %s server", name, k.Service()),
			err: &mailHostError{d.target.domain, exchanger, p}}
	case d.client.trust.check(u) != nil:
		return candidate{guess: true, origin: fmt.Sprintf("%s; nothing is asked of %s unless --trust-host %s says that it is right", name, u.Hostname(), u.Hostname()),
			err: &TrustError{d.client.trust.kept, origin(u), fmt.Sprintf("only the MX record %s of %s leads there (%s)", exchanger, d.target.domain, name),
				"if it is right, allow it with --trust-host " + u.Hostname()}}
	}
	return candidate{url: u, origin: name + "; look at " + cleanURL(u), guess: true, chosen: true, own: true, table: true, forUser: place}
}

// mailHostError says that the provider that keeps the mail of a domain has no such service.
type mailHostError struct {
	domain, exchanger string
	provider          *Provider
}

func (e *mailHostError) Error() string {
	text := fmt.Sprintf("the mail of %s is at %s (MX %s)", e.domain, e.provider.Name, e.exchanger)
	if e.provider.Hint != "" {
		text += ": " + e.provider.Hint
	}
	return text
}

// mx asks for the mail exchangers of the domain, those that are preferred first.
func (d *discovery) mx(ctx context.Context) ([]*net.MX, error) {
	if err := d.net.buried(d.resolver()); err != nil {
		return nil, err
	}
	records, err := d.net.settings.Resolver.mx(ctx, d.target.domain)
	if errors.Is(err, errNoResolver) && ctx.Err() == nil {
		d.net.bury(d.resolver(), err)
	}
	return records, err
}

// providerOfMail returns the row of the table that a mail exchanger belongs to, the preferred one's; nil for none.
func providerOfMail(records []*net.MX) (exchanger string, p *Provider) {
	for _, r := range records {
		host := exchangerOf(r)
		for i := range Providers {
			if slices.ContainsFunc(Providers[i].MX, func(above string) bool { return isBelow(host, above) }) {
				return host, &Providers[i]
			}
		}
	}
	return "", nil
}

func exchangerOf(r *net.MX) string {
	return asciiName(strings.ToLower(strings.TrimSuffix(r.Host, ".")))
}

func exchangers(records []*net.MX) string {
	if len(records) == 0 {
		return "no record"
	}
	var hosts []string
	for _, r := range records {
		hosts = append(hosts, exchangerOf(r))
	}
	return strings.Join(hosts, ", ")
}

func (n *Network) setMailProvider(domain string, p *Provider) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mail[domain] = p
}

func (n *Network) mailProvider(domain string) *Provider {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.mail[domain]
}

// trustedHosts returns the hosts of the account's provider: of a row that the address belongs to all; of one that the MX
// record led to all where the user vouches for one of them.
func (d *discovery) trustedHosts() []string {
	if d.provider != nil {
		return d.provider.Hosts
	}
	p := d.net.mailProvider(d.target.domain)
	if p == nil {
		return nil
	}
	vouched := slices.ContainsFunc(d.net.settings.TrustHosts, func(host string) bool {
		return slices.ContainsFunc(p.Hosts, func(above string) bool { return isBelow(strings.ToLower(host), above) })
	})
	if !vouched {
		return nil
	}
	return p.Hosts
}
