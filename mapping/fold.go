package mapping

import "unicode/utf8"

// foldAt is how many octets a physical line holds without its line end (RFC 5545 section 3.1).
const foldAt = 75

// appendFolded appends a content line, without the line end behind it.
func appendFolded(dst, text, lineEnd []byte) []byte {
	room := foldAt
	for len(text) > room {
		cut := foldPoint(text, room)
		if cut >= len(text) {
			break
		}
		dst = append(dst, text[:cut]...)
		dst = append(dst, lineEnd...)
		dst = append(dst, ' ')
		text, room = text[cut:], foldAt-1
	}
	return append(dst, text...)
}

// foldPoint returns where the first of several physical lines of text ends: after at most room octets where that is
// possible.
func foldPoint(text []byte, room int) int {
	for cut := room; cut > 0; cut-- {
		if mayFold(text, cut) {
			return cut
		}
	}
	for cut := room + 1; cut < len(text); cut++ {
		if mayFold(text, cut) {
			return cut
		}
	}
	return len(text)
}

// mayFold says whether a physical line may end before text[cut]: not within a character, not after a CR, which would
// become part of the line end, and not after a "=", which is a soft break in quoted-printable.
func mayFold(text []byte, cut int) bool {
	if c := text[cut-1]; c == '\r' || c == '=' {
		return false
	}
	if utf8.RuneStart(text[cut]) {
		return true
	}
	// A continuation byte belongs to the character before it where there is one; stray ones are bytes like others.
	for start := cut - 1; start >= 0 && start > cut-utf8.UTFMax; start-- {
		if utf8.RuneStart(text[start]) {
			_, size := utf8.DecodeRune(text[start:])
			return start+size <= cut
		}
	}
	return true
}
