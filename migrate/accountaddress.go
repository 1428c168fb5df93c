package migrate

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// What is wrong with an address. None of these repeats it: a password may stand in it.
var (
	errAddress   = errors.New("not a URL, host, host:port or mail address")
	errURL       = errors.New("not a valid URL")
	errScheme    = errors.New("only https:// and http:// lead to a server")
	errNoScheme  = errors.New("a URL begins with https://")
	errUserInfo  = errors.New("user name and password do not belong into a URL, where they end up in logs; use the columns ending in _user and _password")
	errQuery     = errors.New("has a query or a fragment; write ? as %3F and # as %23 where they belong to the path")
	errPlaintext = errors.New("http:// would send the password and all data unencrypted; use https://, or allow it with --allow-plaintext")
	errHost      = errors.New("not a valid host name")
	errPort      = errors.New("not a valid port")
)

// CheckAddress says whether an address can lead to a server: a URL, a host, host:port, or a mail address. Only with
// allowPlaintext may a URL be http:// on another machine. The error does not repeat the address.
func CheckAddress(address string, allowPlaintext bool) error {
	scheme, rest, isURL := strings.Cut(address, "://")
	switch {
	case hasControl(address):
		return errors.New("holds a control character")
	case isURL:
		return checkURL(address, scheme, rest, allowPlaintext)
	case strings.ContainsAny(address, "/\\"):
		return errNoScheme
	}
	if local, domain, isMail := cutLast(address, "@"); isMail {
		return checkMail(local, domain)
	}
	return checkHostPort(address)
}

func checkURL(address, scheme, rest string, allowPlaintext bool) error {
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	if strings.Contains(authority, "@") {
		return errUserInfo
	}
	if !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return errScheme
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errURL // not wrapped: its text repeats the URL
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(address, "#"):
		return errQuery
	case !validHost(u.Hostname()):
		return errHost
	case strings.HasSuffix(u.Host, ":") || u.Port() != "" && !validPort(u.Port()):
		return errPort
	case u.Scheme == "http" && !allowPlaintext && !isLoopback(u.Hostname()):
		return errPlaintext
	}
	return nil
}

func checkMail(local, domain string) error {
	switch {
	case strings.Contains(local, ":"):
		return errUserInfo
	case local == "" || strings.ContainsAny(local, " \t@") || !validHost(domain):
		return errAddress
	}
	return nil
}

func checkHostPort(address string) error {
	if !strings.Contains(address, ":") || isIP(address) {
		if !validHost(address) {
			return errAddress
		}
		return nil
	}
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil || !validHost(host):
		return errAddress
	case !validPort(port):
		return errPort
	}
	return nil
}

// validHost takes an IP address or a host name, also an internationalised one.
func validHost(host string) bool {
	if isIP(host) {
		return true
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, notInHostName) {
			return false
		}
	}
	return true
}

func notInHostName(r rune) bool {
	return r != '-' && r != '_' && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Nd)
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isLoopback says whether a host is this machine by the way it is written: nothing that DNS says makes it so.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// canonicalAddress returns one spelling for the addresses that are the same by their text alone.
func canonicalAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return strings.ToLower(address)
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" {
		u.Host = u.Host[:strings.LastIndexByte(u.Host, ':')]
	}
	return strings.TrimRight(u.String(), "/")
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}
