package dav

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// TrustError says that a request was not sent because it would have taken the account's credentials, or its data, to a
// place that nobody named.
type TrustError struct {
	Kept   string // what was not sent: "the password"
	URL    string
	Reason string
	Remedy string
}

// Error says what was kept from whom, why, and how to allow it.
func (e *TrustError) Error() string {
	return fmt.Sprintf("%s was not sent to %s: %s; %s", e.Kept, e.URL, e.Reason, e.Remedy)
}

// trust decides where the credentials of one account may go: to the host that the accounts file names, to hosts of the
// same registrable domain over TLS (or without, where the user allows that: whoever on the way can answer for one host of
// a domain can answer for all), and to hosts the user vouches for. Names that DNS or a redirect brought up are none of
// these by themselves (RFC 6764 section 8).
type trust struct {
	named          []string // host names from the accounts file: of the URL, or the domain of the mail address
	hosts          []string // --trust-host
	provider       []string // hosts of the provider that the account is known to be at, and what is below them
	allowPlaintext bool
	kept           string // what is at stake, for messages
}

// atStake says what a login shows to hosts that may get it.
func (n *Network) atStake(login Login) string {
	switch {
	case login.Secret != nil && login.Auth == Bearer:
		return "the token"
	case login.Secret != nil:
		return "the password"
	case n.hasCertificate():
		return "the client certificate"
	}
	return "the request"
}

// check returns nil where credentials may be sent with a request for u, else a *TrustError.
func (t trust) check(u *url.URL) error {
	name := strings.ToLower(u.Hostname())
	if u.Scheme != "https" && !t.allowPlaintext && !isLoopback(name) {
		return &TrustError{t.kept, origin(u), "the connection is not encrypted", "use https, or allow it with --allow-plaintext"}
	}
	if slices.Contains(t.named, name) || slices.ContainsFunc(t.hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return nil
	}
	if slices.ContainsFunc(t.named, func(n string) bool { return sameSite(n, name) }) ||
		u.Scheme == "https" && slices.ContainsFunc(t.provider, func(h string) bool { return isBelow(name, h) }) {
		return nil
	}
	return &TrustError{t.kept, origin(u), fmt.Sprintf("%s does not belong to %s", name, strings.Join(t.named, ", ")),
		"if it is right, allow it with --trust-host " + name}
}

// isLoopback tells whether a host is this machine, written as such.
func isLoopback(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// sameSite tells whether two names have one registrable domain, such as dav.example.co.uk and example.co.uk.
func sameSite(a, b string) bool {
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return a == b
	}
	da, errA := publicsuffix.EffectiveTLDPlusOne(a)
	db, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && strings.EqualFold(da, db)
}
