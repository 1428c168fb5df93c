package dav

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// address is where discovery starts.
type address struct {
	url    *url.URL // of an explicit URL
	domain string   // host of the URL, or the domain of a mail address
	port   string   // of "host:port"
	mail   bool     // the domain is that of a mail address, which need not be a host's
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
		u.Host = strings.Replace(u.Host, u.Hostname(), asciiName(strings.ToLower(u.Hostname())), 1)
		if u.Path == "" {
			u.Path = "/"
		}
		return address{url: u, domain: u.Hostname(), key: u.String()}, nil
	}
	at := strings.LastIndexByte(s, '@')
	host := s[at+1:]
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), ""
	}
	if name == "" || strings.ContainsAny(name, "/ \t") {
		return address{}, fmt.Errorf("%q is no URL, host or mail address", s)
	}
	name = asciiName(strings.ToLower(strings.TrimSuffix(name, ".")))
	a := address{domain: name, port: port, mail: at >= 0, key: net.JoinHostPort(name, port)}
	if a.mail {
		a.key = "@" + name
	}
	return a, nil
}

// asciiName returns a name as the DNS and certificates spell it: müller.example as xn--mller-kva.example.
func asciiName(name string) string {
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

// isHost tells whether the domain stands for one machine, about which the DNS has no services to tell.
func (a address) isHost() bool {
	return a.port != "" || isLoopback(a.domain) || net.ParseIP(a.domain) != nil
}

// place is the same for all addresses of one server or domain.
func (a address) place() string {
	if a.url != nil {
		return origin(a.url)
	}
	return a.hostPort("")
}

// mailbox splits a mail address in two. It is false for what is none, such as "anna@example.org%admin".
func mailbox(s string) (local, domain string, ok bool) {
	local, domain, ok = strings.Cut(s, "@")
	isName := func(r rune) bool {
		return r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
	}
	return local, domain, ok && local != "" && domain != "" && strings.IndexFunc(domain, func(r rune) bool { return !isName(r) }) < 0
}
