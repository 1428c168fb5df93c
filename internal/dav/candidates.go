package dav

import (
	"context"
	"iter"
	"net"
	"net/url"
	"slices"
	"strings"
)

// stage is how far discovery goes.
type stage uint8

const (
	named  stage = iota // what the user, the table of providers and the DNS name, and the domain itself
	beyond              // where that led to neither service: what else the host may have
)

// The ports of Apple's Calendar Server, which its clients ask where the usual ones have nothing.
const (
	appleTLSPort   = "8443"
	applePlainPort = "8008"
)

// candidates yields the places to look at, in the order of RFC 6764 section 6, the user's own URL before all.
func (d *discovery) candidates(ctx context.Context, k Kind, start *candidate) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		if start != nil && !yield(*start) {
			return
		}
		switch {
		case d.stage == beyond:
			d.fromBeyond(ctx, k, yield)
		case d.target.url != nil:
			_ = d.fromURL(k, yield) && d.fromProvider(k, yield)
		case d.target.isHost():
			_ = d.fromProvider(k, yield) && d.fromHost(k, yield)
		default:
			_ = d.fromProvider(k, yield) && d.fromDomain(ctx, k, yield)
		}
	}
}

// fromBeyond goes on where all that was named led to neither service: not for one that is just not there beside the
// other, which would then come from another server than the user named.
func (d *discovery) fromBeyond(ctx context.Context, k Kind, yield func(candidate) bool) {
	if d.target.url == nil && d.target.mail && !d.target.isHost() {
		for _, host := range d.hostsOfDomain(ctx, k) {
			if !d.fromProducts(k, &url.URL{Scheme: "https", Host: host}, yield) {
				return
			}
		}
		return
	}
	if d.target.url == nil {
		d.fromProducts(k, &url.URL{Scheme: "https", Host: d.target.hostPort("")}, yield)
		return
	}
	if d.target.isHost() || d.fromDomain(ctx, k, yield) {
		d.fromProducts(k, d.target.url, yield)
	}
}

// maxTargets is how many targets of SRV records are searched for what software may be there.
const maxTargets = 2

// hostsOfDomain returns the hosts that a domain has for a service with TLS: the targets of its SRV records, else itself.
func (d *discovery) hostsOfDomain(ctx context.Context, k Kind) []string {
	records, err := d.srv(ctx, serviceName(k, "https", d.target.domain))
	if err != nil || len(records) == 0 {
		return []string{d.target.hostPort("")}
	}
	var hosts []string
	for _, r := range usableTargets(records) {
		if host := targetHost(r, "https"); len(hosts) < maxTargets && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func wellKnown(k Kind) string { return "/.well-known/" + k.Service() }

// fromProvider looks the domain up in the table of providers.
func (d *discovery) fromProvider(k Kind, yield func(candidate) bool) bool {
	if d.provider == nil {
		return true
	}
	u := d.provider.url(k, d.client.login.User)
	step := Step{Kind: k, Question: "the table of providers: " + d.target.domain, Answer: d.provider.Name, Decision: "it names no " + k.Service() + " server",
		Provider: d.provider}
	if u != nil {
		step.Decision = "look at " + cleanURL(u)
	}
	if d.provider.Hint != "" {
		step.Answer += ", " + d.provider.Hint
	}
	d.trace(step)
	return u == nil || yield(candidate{url: u, origin: "the table of providers: " + d.provider.Name, own: true, table: true, forUser: func(user string) *url.URL { return d.provider.url(k, user) }})
}

// fromProducts tries where server software usually is. At a host that the user did not name nothing is sent before it asks
// for a login.
func (d *discovery) fromProducts(k Kind, host *url.URL, yield func(candidate) bool) bool {
	for _, p := range Products {
		if p.path(k, "") == nil || d.net.isDead(host) != nil {
			continue
		}
		place := func(user string) *url.URL { return host.ResolveReference(p.path(k, user)) }
		at := candidate{url: place(d.client.login.User), origin: "where " + p.Name + " is", guess: true, chosen: d.target.mail, product: true, forUser: place}
		if !yield(at) {
			return false
		}
	}
	return true
}

// fromURL takes the address given, then what else is at its host.
func (d *discovery) fromURL(k Kind, yield func(candidate) bool) bool {
	if !yield(candidate{url: d.target.url, origin: "the address given", given: true, own: true}) {
		return false
	}
	for _, p := range []string{wellKnown(k), "/"} {
		u := &url.URL{Scheme: d.target.url.Scheme, Host: d.target.url.Host, Path: p}
		if SameResource(p, d.target.url.EscapedPath()) {
			continue
		}
		if !yield(candidate{url: u, origin: p + " of the host given"}) {
			return false
		}
	}
	return true
}

// fromHost takes the name of one server: with its port, as an IP address, or on this machine.
func (d *discovery) fromHost(k Kind, yield func(candidate) bool) bool {
	if !d.guess(k, "https", d.target.port, yield) {
		return false
	}
	return !isLoopback(d.target.domain) && !d.client.trust.allowPlaintext || d.guess(k, "http", d.target.port, yield)
}

// fromDomain asks the DNS, then the domain itself; only with TLS unless the user allows more. What the DNS says to be
// decidedly not there (RFC 2782) is not looked for. Who keeps the mail comes last: that says least about calendars.
func (d *discovery) fromDomain(ctx context.Context, k Kind, yield func(candidate) bool) bool {
	secure, more := d.fromDNS(ctx, k, "https", yield)
	if !more || secure != denied && !(d.guess(k, "https", "", yield) && d.guess(k, "https", appleTLSPort, yield)) {
		return false
	}
	plain := silent
	if d.client.trust.allowPlaintext {
		plain, more = d.fromDNS(ctx, k, "http", yield)
		if !more || plain != denied && !(d.guess(k, "http", "", yield) && d.guess(k, "http", applePlainPort, yield)) {
			return false
		}
	}
	return secure != silent || plain != silent || d.fromMail(ctx, k, yield)
}

// guess takes the domain for the name of the server.
func (d *discovery) guess(k Kind, scheme, port string, yield func(candidate) bool) bool {
	for _, p := range []string{wellKnown(k), "/"} {
		u := &url.URL{Scheme: scheme, Host: d.target.hostPort(port), Path: p}
		if !yield(candidate{url: u, origin: "the domain itself", guess: true, chosen: d.target.mail}) {
			return false
		}
	}
	return true
}

// hostPort returns the domain as the host of a URL.
func (a address) hostPort(port string) string {
	if port == "" {
		port = a.port
	}
	if port == "" && !strings.Contains(a.domain, ":") {
		return a.domain
	}
	return strings.TrimSuffix(net.JoinHostPort(a.domain, port), ":")
}
