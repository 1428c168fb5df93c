package davtest

import (
	"net/url"
	"strings"
)

// HrefStyle says how the server spells the names in its hrefs. Whatever the style, it finds a resource under every
// legal spelling of its path.
type HrefStyle uint8

const (
	// HrefPlain escapes what a path segment must escape (RFC 3986 section 3.3), in upper-case hex. Cyrus and SOGo are
	// close to it.
	HrefPlain HrefStyle = iota
	// HrefEscapeAll escapes all but unreserved characters, in upper-case hex: @ is %40. Radicale and Xandikos.
	HrefEscapeAll
	// HrefLowerHex is HrefEscapeAll in lower-case hex, but for ":" and parentheses: ü is %c3%bc. sabre/dav 1.8.
	HrefLowerHex
	// HrefRaw escapes only what would end the path: a blank stays a blank. Zimbra.
	HrefRaw
)

const (
	unreservedMarks = "-._~"
	segmentMarks    = unreservedMarks + "!$&'()*+,;=:@"
	upperHex        = "0123456789ABCDEF"
	lowerHex        = "0123456789abcdef"
)

// keeps tells whether a style leaves a byte of a path segment as it is.
func (style HrefStyle) keeps(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	case style == HrefRaw:
		return c != '%' && c != '?' && c != '#' && c != '/' && c >= ' '
	case style == HrefEscapeAll:
		return strings.IndexByte(unreservedMarks, c) >= 0
	case style == HrefLowerHex:
		return strings.IndexByte(unreservedMarks+":()", c) >= 0
	default:
		return strings.IndexByte(segmentMarks, c) >= 0
	}
}

// appendSegment appends one path segment in the spelling of the style.
func (style HrefStyle) appendSegment(b []byte, segment string) []byte {
	hex := upperHex
	if style == HrefLowerHex {
		hex = lowerHex
	}
	for i := 0; i < len(segment); i++ {
		if c := segment[i]; style.keeps(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// respell returns a canonical path in the spelling of the style.
func (style HrefStyle) respell(path string) string {
	if style == HrefPlain {
		return path
	}
	var b []byte
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		b = style.appendSegment(append(b, '/'), unescape(segment))
	}
	return string(b)
}

// escapeSegment returns one path segment in its canonical spelling.
func escapeSegment(segment string) string {
	return string(HrefPlain.appendSegment(nil, segment))
}

// unescape decodes a segment that is known to be well escaped.
func unescape(segment string) string {
	if s, err := url.PathUnescape(segment); err == nil {
		return s
	}
	return segment
}

// canonicalPath turns a path, as a client spells it, into the form that the tree is keyed by: HrefPlain, without empty
// segments and without a last slash, so that the root is "". It reports false for a path that is not well escaped or
// that tries to climb.
func canonicalPath(escaped string) (string, bool) {
	if isCanonical(escaped) {
		return strings.TrimSuffix(escaped, "/"), true
	}
	var b []byte
	for segment := range strings.SplitSeq(escaped, "/") {
		if segment == "" {
			continue
		}
		name, err := url.PathUnescape(segment)
		if err != nil || name == "." || name == ".." || strings.IndexByte(name, 0) >= 0 {
			return "", false
		}
		b = HrefPlain.appendSegment(append(b, '/'), name)
	}
	return string(b), true
}

// isCanonical recognises the paths that nearly all requests carry, which need no rewriting.
func isCanonical(path string) bool {
	if path == "" || path[0] != '/' {
		return false
	}
	for i := 0; i < len(path); i++ {
		if path[i] == '/' {
			if i+1 < len(path) && (path[i+1] == '/' || path[i+1] == '.') {
				return false
			}
		} else if !HrefPlain.keeps(path[i]) {
			return false
		}
	}
	return true
}

// splitPath cuts a canonical path into that of the parent and the decoded last segment.
func splitPath(path string) (parent, name string) {
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", ""
	}
	return path[:i], unescape(path[i+1:])
}

// hrefPath returns the canonical path that an href in a request body means: a whole URL, an absolute path, or a path
// relative to the collection that the request is for (RFC 4918 section 8.3).
func hrefPath(href, collection string) (string, bool) {
	href = strings.TrimSpace(href)
	if isCanonical(href) {
		return strings.TrimSuffix(href, "/"), true
	}
	if i := strings.Index(href, "://"); i > 0 && !strings.Contains(href[:i], "/") {
		rest := href[i+3:]
		slash := strings.IndexByte(rest, '/')
		if slash < 0 {
			return "", false
		}
		href = rest[slash:]
	}
	href, _, _ = strings.Cut(href, "?")
	if !strings.HasPrefix(href, "/") {
		href = collection + "/" + href
	}
	return canonicalPath(href)
}
