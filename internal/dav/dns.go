package dav

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Resolver answers the questions that discovery asks the DNS. The zero value asks the system's resolvers.
type Resolver struct {
	Addr    string        // host:port of the resolver to ask, "" for the system's
	Timeout time.Duration // how long one question may take, 0 for 10 seconds
}

func (r *Resolver) timeout() time.Duration {
	if r.Timeout <= 0 {
		return 10 * time.Second
	}
	return r.Timeout
}

// net returns the same resolver in the form that dialling needs.
func (r *Resolver) net() *net.Resolver {
	if r == nil || r.Addr == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: r.timeout()}
		return d.DialContext(ctx, network, r.Addr)
	}}
}

// srv returns the targets of an SRV name in the order in which to try them: by priority, within one at random by weight
// (RFC 2782). A name that does not exist has none.
func (r *Resolver) srv(ctx context.Context, name string) ([]*net.SRV, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	_, records, err := r.net().LookupSRV(ctx, "", "", dns.Fqdn(name)) // as it stands: a search list has no business here
	dnsErr, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case len(records) > 0:
		return records, nil // the ones with a usable name, also beside an error
	case isDNS && dnsErr.IsNotFound:
		return nil, nil
	case isDNS && dnsErr.IsTimeout, ctx.Err() != nil:
		return nil, r.silent()
	}
	return nil, r.name(err)
}

// mx returns the mail exchangers of a domain, those that are preferred first. A domain that does not exist has none.
func (r *Resolver) mx(ctx context.Context, domain string) ([]*net.MX, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	records, err := r.net().LookupMX(ctx, dns.Fqdn(domain))
	dnsErr, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case len(records) > 0, err == nil:
		return records, nil
	case isDNS && dnsErr.IsNotFound:
		return nil, nil
	case isDNS && dnsErr.IsTimeout, ctx.Err() != nil:
		return nil, r.silent()
	}
	return nil, r.name(err)
}

// name puts the resolver that was asked into an error; net names that of the system in any case.
func (r *Resolver) name(err error) error {
	if dnsErr, ok := errors.AsType[*net.DNSError](err); ok && r.Addr != "" {
		dnsErr.Server = r.Addr
	}
	return err
}

// errNoResolver says that nobody answers questions to the DNS.
var errNoResolver = errors.New("no answer from the resolver")

func (r *Resolver) silent() error {
	at := r.Addr
	if at == "" {
		at = "the one of this system"
	}
	return fmt.Errorf("%w %s within %v", errNoResolver, at, r.timeout())
}

// txt returns the character strings of all TXT records of a name, each apart: RFC 6763 section 6 puts several key=value
// pairs into one record, and net.LookupTXT joins them.
func (r *Resolver) txt(ctx context.Context, name string) ([]string, error) {
	servers, err := r.servers()
	if err != nil {
		strs, err := net.DefaultResolver.LookupTXT(ctx, dns.Fqdn(name))
		if dnsErr, isDNS := errors.AsType[*net.DNSError](err); isDNS && dnsErr.IsNotFound {
			return nil, nil
		}
		return strs, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout())
	defer cancel()
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeTXT)
	for _, server := range servers {
		var answer *dns.Msg
		if answer, err = r.exchange(ctx, question, server); err == nil {
			return txtStrings(answer), nil
		}
	}
	return nil, fmt.Errorf("TXT %s: %w", name, err)
}

func (r *Resolver) servers() ([]string, error) {
	if r.Addr != "" {
		return []string{r.Addr}, nil
	}
	config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil, err
	}
	var servers []string
	for _, s := range config.Servers {
		servers = append(servers, net.JoinHostPort(s, config.Port))
	}
	return servers, nil
}

// udpTries is how often a question is asked over UDP, where an answer may get lost.
const udpTries = 3

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// exchange asks over UDP, and over TCP where the answer does not fit.
func (r *Resolver) exchange(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	udp := dns.Client{Timeout: r.timeout() / (2 * udpTries)} // which leaves time for a second server
	answer, _, err := udp.ExchangeContext(ctx, question, server)
	for try := 1; try < udpTries && isTimeout(err) && ctx.Err() == nil; try++ {
		answer, _, err = udp.ExchangeContext(ctx, question, server)
	}
	if err == nil && answer.Truncated {
		tcp := dns.Client{Net: "tcp", Timeout: r.timeout() / 2}
		answer, _, err = tcp.ExchangeContext(ctx, question, server)
	}
	if err != nil {
		return nil, err
	}
	if answer.Rcode != dns.RcodeSuccess && answer.Rcode != dns.RcodeNameError {
		return nil, fmt.Errorf("%s answers %s", server, dns.RcodeToString[answer.Rcode])
	}
	return answer, nil
}

func txtStrings(answer *dns.Msg) []string {
	var out []string
	for _, rr := range answer.Answer {
		if txt, ok := rr.(*dns.TXT); ok {
			out = append(out, txt.Txt...)
		}
	}
	return out
}

// contextPaths returns the values of the "path" keys among the strings of TXT records (RFC 6764 section 4), each once.
func contextPaths(strs []string) []string {
	var paths []string
	for _, s := range strs {
		key, value, _ := strings.Cut(s, "=")
		value = strings.TrimSpace(value)
		if strings.EqualFold(strings.TrimSpace(key), "path") && strings.HasPrefix(value, "/") && !slices.Contains(paths, value) {
			paths = append(paths, value)
		}
	}
	return paths
}
