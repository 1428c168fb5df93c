package dav

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// address is where discovery starts.
type address struct {
	url    *url.URL // of an explicit URL
	domain string   // host of the URL, or the domain of a mail address
	port   string   // of "host:port"
	key    string   // what is the same for all accounts that are found in the same way
}

func parseAddress(s string) (address, error) {
	s = strings.TrimSpace(s)
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return address{}, fmt.Errorf("%q is no http:// or https:// address", s)
		}
		u.User, u.Fragment = nil, ""
		if u.Path == "" {
			u.Path = "/"
		}
		return address{url: u, domain: strings.ToLower(u.Hostname()), key: u.String()}, nil
	}
	host := s[strings.LastIndexByte(s, '@')+1:]
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	if name == "" || strings.ContainsAny(name, "/ \t") {
		return address{}, fmt.Errorf("%q is no URL, host or mail address", s)
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return address{domain: name, port: port, key: net.JoinHostPort(name, port)}, nil
}

// walkKey and walk remember for a run where a domain's service was found, so that ten thousand accounts of a domain cost
// one walk.
type walkKey struct {
	kind    Kind
	address string
}

type walk struct {
	mu    sync.Mutex
	found *url.URL
}

func (n *Network) walk(key walkKey) *walk {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.walks[key]
	if w == nil {
		w = &walk{}
		n.walks[key] = w
	}
	return w
}

// candidate is a URL where a service may be.
type candidate struct {
	url    *url.URL
	origin string // how it came up, for people
	given  bool   // by the user
	guess  bool   // by nobody: the domain of a mail address need not be that of a server
	err    error  // in the place of a URL: a question to the DNS that failed
}

// candidates yields the places to look at, in the order of RFC 6764 section 6, the user's own URL before all.
func (d *discovery) candidates(ctx context.Context, k Kind, known *url.URL) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		if d.lastResort {
			d.fromProducts(yield)
			return
		}
		if known != nil && !yield(candidate{url: known, origin: "found before"}) {
			return
		}
		if d.target.url != nil {
			if d.fromURL(k, yield) {
				d.fromProvider(k, yield)
			}
			return
		}
		if !d.fromProvider(k, yield) {
			return
		}
		if d.target.port != "" || isLoopback(d.target.domain) || net.ParseIP(d.target.domain) != nil {
			d.fromHost(k, yield)
			return
		}
		if d.fromDNS(ctx, k, yield) {
			d.fromHost(k, yield)
		}
	}
}

func wellKnown(k Kind) string { return "/.well-known/" + k.Service() }

// fromProvider looks the domain up in the table of providers.
func (d *discovery) fromProvider(k Kind, yield func(candidate) bool) bool {
	if d.provider == nil {
		return true
	}
	u := d.provider.url(k, d.client.login.User)
	return u == nil || yield(candidate{url: u, origin: "the table of providers: " + d.provider.Name})
}

// fromProducts tries where server software usually is, at a host that the user named.
func (d *discovery) fromProducts(yield func(candidate) bool) {
	if d.target.url == nil {
		return
	}
	for _, p := range Products {
		u := &url.URL{Scheme: d.target.url.Scheme, Host: d.target.url.Host, Path: p.Path}
		if !yield(candidate{url: u, origin: "where " + p.Name + " is", guess: true}) {
			return
		}
	}
}

func (d *discovery) fromURL(k Kind, yield func(candidate) bool) bool {
	if !yield(candidate{url: d.target.url, origin: "the address given", given: true}) {
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

// fromHost takes the domain for the name of the server.
func (d *discovery) fromHost(k Kind, yield func(candidate) bool) bool {
	schemes := []string{"https"}
	if isLoopback(d.target.domain) || d.client.trust.allowPlaintext {
		schemes = append(schemes, "http")
	}
	host := d.target.domain
	if d.target.port != "" || strings.Contains(host, ":") {
		host = strings.TrimSuffix(net.JoinHostPort(host, d.target.port), ":")
	}
	for _, scheme := range schemes {
		for _, p := range []string{wellKnown(k), "/"} {
			at := candidate{url: &url.URL{Scheme: scheme, Host: host, Path: p}, origin: "the domain itself", guess: true}
			if !yield(at) {
				return false
			}
		}
	}
	return true
}

// fromDNS asks for SRV and TXT records (RFC 6764 sections 3 and 4). It returns false when the search is over.
func (d *discovery) fromDNS(ctx context.Context, k Kind, yield func(candidate) bool) bool {
	name := "_" + k.Service() + "s._tcp." + d.target.domain
	resolver := d.client.net.settings.Resolver
	records, err := resolver.srv(ctx, name)
	step := Step{Kind: k, Question: "DNS SRV " + name}
	switch {
	case err != nil:
		step.Answer, step.Decision = err.Error(), "go on without"
		d.trace(step)
		return yield(candidate{err: fmt.Errorf("DNS SRV %s: %w", name, err)})
	case len(records) == 0:
		step.Answer, step.Decision = "no record", "go on without"
		d.trace(step)
		return true
	case len(records) == 1 && strings.Trim(records[0].Target, ".") == "":
		step.Answer, step.Decision = "target \".\"", "the domain says that it has no such service there"
		d.trace(step)
		return true
	}
	for _, r := range records {
		step.Answer = fmt.Sprintf("priority %d, weight %d, port %d, %s", r.Priority, r.Weight, r.Port, r.Target)
		step.Decision = "look there"
		d.trace(step)
	}
	paths := d.txtPaths(ctx, k, name)
	for _, r := range records {
		host := net.JoinHostPort(strings.TrimSuffix(r.Target, "."), strconv.Itoa(int(r.Port)))
		for _, p := range append(paths, wellKnown(k), "/") {
			if !yield(candidate{url: &url.URL{Scheme: "https", Host: strings.TrimSuffix(host, ":443"), Path: p}, origin: "SRV " + name}) {
				return false
			}
		}
	}
	return true
}

func (d *discovery) txtPaths(ctx context.Context, k Kind, name string) []string {
	strs, err := d.client.net.settings.Resolver.txt(ctx, name)
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
	return paths
}
