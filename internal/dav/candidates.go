package dav

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/url"
	"slices"
	"strconv"
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
	switch {
	case d.target.mail:
	case d.target.url == nil:
		d.fromProducts(k, &url.URL{Scheme: "https", Host: d.target.hostPort("")}, yield)
	case d.target.isHost() || d.fromDomain(ctx, k, yield):
		d.fromProducts(k, d.target.url, yield)
	}
}

func wellKnown(k Kind) string { return "/.well-known/" + k.Service() }

// fromProvider looks the domain up in the table of providers.
func (d *discovery) fromProvider(k Kind, yield func(candidate) bool) bool {
	if d.provider == nil {
		return true
	}
	u := d.provider.url(k, d.client.login.User)
	step := Step{Kind: k, Question: "the table of providers: " + d.target.domain, Answer: d.provider.Name, Decision: "it names no " + k.Service() + " server"}
	if u != nil {
		step.Decision = "look at " + cleanURL(u)
	}
	if d.provider.Hint != "" {
		step.Answer += ", " + d.provider.Hint
	}
	d.trace(step)
	return u == nil || yield(candidate{url: u, origin: "the table of providers: " + d.provider.Name, own: true, table: true, forUser: func(user string) *url.URL { return d.provider.url(k, user) }})
}

// fromProducts tries where server software usually is, at a host that the user named.
func (d *discovery) fromProducts(k Kind, host *url.URL, yield func(candidate) bool) {
	for _, p := range Products {
		if p.path(k, "") == nil {
			continue
		}
		place := func(user string) *url.URL { return host.ResolveReference(p.path(k, user)) }
		if !yield(candidate{url: place(d.client.login.User), origin: "where " + p.Name + " is", guess: true, forUser: place}) {
			return
		}
	}
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
// decidedly not there (RFC 2782) is not looked for.
func (d *discovery) fromDomain(ctx context.Context, k Kind, yield func(candidate) bool) bool {
	there, more := d.fromDNS(ctx, k, "https", yield)
	if !more || there && !(d.guess(k, "https", "", yield) && d.guess(k, "https", appleTLSPort, yield)) {
		return false
	}
	if !d.client.trust.allowPlaintext {
		return true
	}
	there, more = d.fromDNS(ctx, k, "http", yield)
	return more && (!there || d.guess(k, "http", "", yield) && d.guess(k, "http", applePlainPort, yield))
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

// fromDNS asks for SRV and TXT records (RFC 6764 sections 3 and 4) of the service with TLS, or without for the scheme
// http. there is false where the domain says that it has no such service, more where the search is over.
func (d *discovery) fromDNS(ctx context.Context, k Kind, scheme string, yield func(candidate) bool) (there, more bool) {
	label := k.Service()
	if scheme == "https" {
		label += "s"
	}
	name := "_" + label + "._tcp." + d.target.domain
	records, err := d.srv(ctx, name)
	step := Step{Kind: k, Question: "DNS SRV " + name}
	switch {
	case err != nil:
		step.Answer, step.Decision = err.Error(), "go on without"
		d.trace(step)
		return true, yield(candidate{err: fmt.Errorf("DNS SRV %s: %w", name, err)})
	case len(records) == 0:
		step.Answer, step.Decision = "no record", "go on without"
		d.trace(step)
		return true, true
	}
	usable := slices.DeleteFunc(slices.Clone(records), func(r *net.SRV) bool { return strings.Trim(r.Target, ".") == "" })
	if len(usable) == 0 {
		step.Answer, step.Decision = `target "."`, "the domain says that it has no such service"
		d.trace(step)
		return false, true
	}
	for _, r := range usable {
		step.Answer = fmt.Sprintf("priority %d, weight %d, port %d, %s", r.Priority, r.Weight, r.Port, r.Target)
		step.Decision = "look there"
		d.trace(step)
	}
	paths, err := d.txtPaths(ctx, k, name)
	more = d.fromTargets(k, scheme, usable, paths, yield)
	if more && err != nil { // what the record says may be the one place where the service is
		more = yield(candidate{err: fmt.Errorf("DNS TXT %s: %w", name, err)})
	}
	return true, more
}

// fromTargets takes the targets of SRV records in their order, at each the paths of the TXT records first.
func (d *discovery) fromTargets(k Kind, scheme string, records []*net.SRV, paths []string, yield func(candidate) bool) bool {
	usual := map[string]string{"https": "443", "http": "80"}[scheme]
	for _, r := range records {
		host, port := asciiName(strings.ToLower(strings.TrimSuffix(r.Target, "."))), strconv.Itoa(int(r.Port))
		if port != usual {
			host = net.JoinHostPort(host, port)
		}
		for i, p := range append(slices.Clip(paths), wellKnown(k), "/") {
			at := candidate{url: contextURL(scheme, host, p), origin: "the SRV record", chosen: true}
			if i < len(paths) {
				at.origin, at.own = "the SRV and TXT records", true
			}
			if !yield(at) {
				return false
			}
		}
	}
	return true
}

// contextURL makes a URL of a path as a TXT record spells it.
func contextURL(scheme, host, path string) *url.URL {
	u := &url.URL{Scheme: scheme, Host: host, Path: path}
	if parsed, err := parseLenient(path); err == nil && parsed.Host == "" {
		u.Path, u.RawPath = parsed.Path, parsed.RawPath
	}
	return u
}

// srv asks for SRV records. A resolver that did not answer is not asked again for a while.
func (d *discovery) srv(ctx context.Context, name string) ([]*net.SRV, error) {
	if err := d.net.buried(d.resolver()); err != nil {
		return nil, err
	}
	records, err := d.net.settings.Resolver.srv(ctx, name)
	if errors.Is(err, errNoResolver) && ctx.Err() == nil {
		d.net.bury(d.resolver(), err)
	}
	return records, err
}

// resolver is the place of a grave: a resolver may be silent about one domain only.
func (d *discovery) resolver() string { return "the resolver of " + d.target.domain }

func (d *discovery) txtPaths(ctx context.Context, k Kind, name string) ([]string, error) {
	strs, err := d.net.settings.Resolver.txt(ctx, name)
	step := Step{Kind: k, Question: "DNS TXT " + name, Answer: "no record", Decision: "go on with " + wellKnown(k)}
	if err != nil {
		step.Answer = err.Error()
	}
	paths := contextPaths(strs)
	if len(strs) > 0 {
		step.Answer = strings.Join(strs, " ")
	}
	if len(paths) > 0 {
		step.Decision = "look at " + strings.Join(paths, ", ")
	}
	d.trace(step)
	return paths, err
}
