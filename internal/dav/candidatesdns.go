package dav

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// word is what a domain says about a service in its SRV records.
type word uint8

const (
	silent    word = iota // nothing
	announced             // it has targets, or could not be asked
	denied                // it says that there is no such service
)

// serviceName is the name of a service's SRV and TXT records (RFC 6764 section 3): with TLS, or without for the scheme http.
func serviceName(k Kind, scheme, domain string) string {
	label := k.Service()
	if scheme == "https" {
		label += "s"
	}
	return "_" + label + "._tcp." + domain
}

// usableTargets leaves out the target ".", which means that there is none.
func usableTargets(records []*net.SRV) []*net.SRV {
	return slices.DeleteFunc(slices.Clone(records), func(r *net.SRV) bool { return strings.Trim(r.Target, ".") == "" })
}

// fromDNS asks for SRV and TXT records (RFC 6764 sections 3 and 4) of the service with TLS, or without for the scheme
// http. more is false where the search is over.
func (d *discovery) fromDNS(ctx context.Context, k Kind, scheme string, yield func(candidate) bool) (said word, more bool) {
	name := serviceName(k, scheme, d.target.domain)
	records, err := d.srv(ctx, name)
	step := Step{Kind: k, Question: "DNS SRV " + name}
	switch {
	case err != nil:
		step.Answer, step.Decision = err.Error(), "go on without"
		d.trace(step)
		return announced, yield(candidate{err: fmt.Errorf("DNS SRV %s: %w", name, err)})
	case len(records) == 0:
		step.Answer, step.Decision = "no record", "go on without"
		d.trace(step)
		return silent, true
	}
	usable := usableTargets(records)
	if len(usable) == 0 {
		step.Answer, step.Decision = `target "."`, "the domain says that it has no such service"
		d.trace(step)
		return denied, true
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
	return announced, more
}

// fromTargets takes the targets of SRV records in their order, at each the paths of the TXT records first.
func (d *discovery) fromTargets(k Kind, scheme string, records []*net.SRV, paths []string, yield func(candidate) bool) bool {
	for _, r := range records {
		host := targetHost(r, scheme)
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

// targetHost returns the target of an SRV record as the host of a URL.
func targetHost(r *net.SRV, scheme string) string {
	host, port := asciiName(strings.ToLower(strings.TrimSuffix(r.Target, "."))), strconv.Itoa(int(r.Port))
	if port == map[string]string{"https": "443", "http": "80"}[scheme] {
		return host
	}
	return net.JoinHostPort(host, port)
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
