package dav

import (
	"net/url"
	"path"
	"strings"
)

// Key returns the form in which hrefs are compared: the path alone, each segment decoded and encoded again in one way.
// Servers spell one resource in several ways (@ and %40, upper-case and lower-case hex, an absolute URL and a path), and
// answer with another spelling than the one they were asked with. An encoded slash stays apart from a real one.
func Key(href string) string {
	p := rawPath(href)
	if isPlain(p) {
		return p // the href's own string: a large collection has one for each object
	}
	segments := strings.Split(p, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(unescape(s))
	}
	return strings.Join(segments, "/")
}

// isPlain tells whether a path is made of characters that every server leaves as they are.
func isPlain(p string) bool {
	for i := range len(p) {
		switch c := p[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '/':
		default:
			return false
		}
	}
	return true
}

// SameResource tells whether two hrefs name one resource; a trailing slash makes no difference.
func SameResource(a, b string) bool {
	return strings.TrimSuffix(Key(a), "/") == strings.TrimSuffix(Key(b), "/")
}

// LastSegment returns the decoded last path segment of an href, without the slash of a collection.
func LastSegment(href string) string {
	return unescape(path.Base(strings.TrimSuffix(rawPath(href), "/")))
}

// rawPath returns the path of an href, still encoded, without query and fragment.
func rawPath(href string) string {
	if i := strings.Index(href, "://"); i > 0 && !strings.ContainsAny(href[:i], "/?#") {
		rest := href[i+len("://"):]
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return "/"
		}
		href = rest[slash:]
	}
	if i := strings.IndexAny(href, "?#"); i >= 0 {
		href = href[:i]
	}
	return href
}

func unescape(segment string) string {
	if s, err := url.PathUnescape(segment); err == nil {
		return s
	}
	return segment
}

// resolve makes the URL that an href means when it is met in the answer to a request for base. It is lenient: spaces and
// other characters that should have been encoded are (Zimbra writes them raw), and "a:b.ics" is a name, not a scheme.
func resolve(base *url.URL, href string) (*url.URL, error) {
	href = strings.TrimSpace(href)
	u, err := parseLenient(href)
	if err != nil || u.Scheme != "" && u.Host == "" {
		u, err = parseLenient("./" + href)
	}
	if err != nil {
		return nil, err
	}
	if u.Host != "" && u.Scheme == "" && strings.HasPrefix(href, "//") {
		// Xandikos writes a path with two slashes where it was asked with two; no server means another host by it.
		u = &url.URL{Path: "/" + strings.TrimLeft(u.Host+u.Path, "/")}
	}
	target := base.ResolveReference(u)
	target.User, target.Fragment = nil, ""
	return target, nil
}

func parseLenient(href string) (*url.URL, error) {
	if u, err := url.Parse(href); err == nil {
		return u, nil
	}
	return url.Parse(encodeSloppy(href))
}

// encodeSloppy encodes what a URL cannot hold and leaves alone what is encoded already.
func encodeSloppy(href string) string {
	var b strings.Builder
	for i := 0; i < len(href); i++ {
		switch c := href[i]; {
		case c == '%' && !isEncoded(href[i:]):
			b.WriteString("%25")
		case c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^`+"`{|}", c) >= 0:
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isEncoded(s string) bool {
	return len(s) >= 3 && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// origin returns scheme, host and port of a URL in one spelling.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
