package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"davferry/internal/dav"
)

// maxName is the length in octets that no name made here exceeds. Radicale refuses names of more than 255 octets,
// SOGo of 300; archive paths on Windows have 260 characters for all their parts.
const maxName = 120

// tagDigits is how many hexadecimal digits of a SHA-256 tell names apart: 64 bits. Among a million UIDs two have the same
// with a probability of 1 to 36 million.
const tagDigits = 16

// tag returns the digits that stand for s.
func tag(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:tagDigits]
}

// isTagged says whether a name looks as if it ended with a tag. Such a name is never used as it is, so that what is used
// as it is and what carries a tag are two sets without a common member.
func isTagged(name string) bool {
	i := len(name) - tagDigits
	return i > 0 && name[i-1] == '-' && strings.Trim(name[i:], "0123456789abcdefABCDEF") == ""
}

// ResourceName returns the name under which an object is stored at a destination: [A-Za-z0-9._-] only, at most 120
// characters with the extension, never beginning with a dot. It is a function of the UID alone, or, for an object
// without one, of the last segment of its path at the source.
//
// Names decide over data loss: SOGo lets a name with an apostrophe overwrite another object, Cyrus and DAViCal refuse or
// lose names with other characters. And two objects must not share one, also not where the destination takes upper
// and lower case for the same. Therefore:
//
//   - a UID of lower-case letters, digits, dots, underscores and hyphens is the name as it is;
//   - any other UID is made readable (what is not allowed becomes a hyphen, its length is cut) and a tag follows, 16
//     hexadecimal digits of its SHA-256. That goes for UIDs with upper-case letters as well: "A" and "a" are two
//     UIDs (RFC 5545 section 3.8.4.7) and would be one file. An upper-case UUID stays readable before its tag;
//   - UIDs that look tagged themselves, that end with the extension, or that are device names of Windows carry a tag
//     as well.
//
// Two UIDs thus have the same name only if 64 bits of their hashes agree.
func ResourceName(k dav.Kind, uid string, path string) string {
	ext := k.Extension()
	if uid == "" {
		segment := lastSegment(path)
		return readable(strings.TrimSuffix(segment, ext), maxName-tagDigits-1-len(ext)) + "-" + tag("path\x00"+segment) + ext
	}
	if isPlainUID(uid, ext) {
		return uid + ext
	}
	return readable(uid, maxName-tagDigits-1-len(ext)) + "-" + tag(uid) + ext
}

func isPlainUID(uid, ext string) bool {
	for i := range len(uid) {
		if c := uid[i]; !isNameByte(c) || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return len(uid)+len(ext) <= maxName && !strings.HasPrefix(uid, ".") && !strings.HasSuffix(uid, ".") &&
		!strings.HasSuffix(uid, ext) && !isTagged(uid) && !isDeviceName(uid)
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-'
}

// readable returns what people can recognise s by: at most n bytes of [A-Za-z0-9._-], beginning with a letter or digit.
func readable(s string, n int) string {
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < n; i++ {
		c := s[i]
		if !isNameByte(c) {
			c = '-'
		}
		if b.Len() > 0 || c != '-' && c != '.' {
			b.WriteByte(c)
		}
	}
	if name := strings.TrimRight(b.String(), "-."); name != "" {
		return name
	}
	return "object"
}

// isDeviceName says whether Windows takes a file name for a device, whatever its extension.
func isDeviceName(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	for _, device := range []string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(base, device); ok && slices.Contains(deviceNumbers, n) {
			return true
		}
	}
	return false
}

// deviceNumbers holds superscripts as well, which Windows takes for digits here.
var deviceNumbers = []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "¹", "²", "³"}

// lastSegment returns the last segment of a path, percent-decoded. An escape that is none stands for itself, as servers
// list it.
func lastSegment(path string) string {
	segments := strings.Split(strings.TrimRight(path, "/"), "/")
	return decodePercent(segments[len(segments)-1])
}

func decodePercent(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// canonicalPath returns one spelling for all spellings of a path: servers differ in what they escape and in the case of
// the digits.
func canonicalPath(path string) string {
	if isCanonical(path) {
		return path // a large collection has one for each object
	}
	segments := strings.Split(strings.TrimRight(path, "/"), "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(decodePercent(s))
	}
	return strings.Join(segments, "/")
}

// isCanonical tells the paths that canonicalPath would return as they are, but for some with other characters.
func isCanonical(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '/':
		default:
			return false
		}
	}
	return !strings.HasSuffix(path, "/")
}

// reserved are collection names that servers keep for themselves: what is made under one is refused, hidden, or taken
// for something else.
var reserved = []string{
	"inbox", "outbox", "notifications", "notification", "freebusy", "dropbox", // CalendarServer, sabre/dav
	"attachments",                                                                                                 // Cyrus
	"trashbin", "contact_birthdays", "app-generated", "z-app-generated", "z-server-generated", "public-calendars", // Nextcloud
	"calendar-proxy-read", "calendar-proxy-write", // DAViCal, CalendarServer
	"principals",
}

// collectionSpace is the name space of the names that CollectionFallback makes (RFC 9562 section 5.5).
var collectionSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("davferry:collection"))

// CollectionName returns the name of a new collection at a destination, from the path of the one at the source: its last
// segment where that is safe everywhere (letters, digits and hyphens, at most 64, no name that servers reserve: Cyrus
// refuses a dot and everything that would have to be escaped), else what CollectionFallback makes of the path.
func CollectionName(path string) string {
	if name := lastSegment(path); isPlainCollection(name) {
		return name
	}
	return CollectionFallback(path)
}

// CollectionFallback returns a name for the collection at path that is safe everywhere and that no other collection
// has: a UUID made from the path (version 5), the same in every run and for every way of escaping the path. It serves
// where CollectionName's is taken: Radicale and DAViCal keep calendars and address books in one home set, where a
// calendar "personal" and an address book "personal" cannot both be.
func CollectionFallback(path string) string {
	return uuid.NewSHA1(collectionSpace, []byte(canonicalPath(path))).String()
}

func isPlainCollection(name string) bool {
	if len(name) == 0 || len(name) > 64 || isDeviceName(name) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; !isNameByte(c) || c == '.' || c == '_' {
			return false
		}
	}
	lower := strings.ToLower(name)
	for _, r := range reserved {
		if lower == r || strings.HasPrefix(lower, r+"--") {
			return false
		}
	}
	return !strings.HasPrefix(name, "-")
}
