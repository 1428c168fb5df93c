package mapping

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// excerpt returns the beginning of b, at most n octets of it, as text that is valid UTF-8 and stays in one line: line
// breaks and control characters become a sign, bytes that are not UTF-8 are written as \xE9.
func excerpt(b []byte, n int) string {
	if len(b) <= n {
		return printable(b)
	}
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return printable(b[:n]) + "…"
}

// excerpts returns excerpts of two versions of a text. Where one is longer than n and they begin alike, they begin
// shortly before the first octet that differs.
func excerpts(a, b []byte, n int) (string, string) {
	same := 0
	for same < len(a) && same < len(b) && a[same] == b[same] {
		same++
	}
	start := same - n/4
	if max(len(a), len(b)) <= n || len(a) == 0 || len(b) == 0 || start <= 0 {
		return excerpt(a, n), excerpt(b, n)
	}
	for start > 0 && !utf8.RuneStart(a[start]) {
		start--
	}
	return "…" + excerpt(a[start:], n), "…" + excerpt(b[start:], n)
}

func printable(b []byte) string {
	var s strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&s, "\\x%02X", b[0])
		case r < ' ' || r == 0x7f:
			s.WriteRune('␣')
		default:
			s.Write(b[:size])
		}
		b = b[size:]
	}
	return s.String()
}

// oneLine joins lines for an excerpt of at most n octets.
func oneLine(lines []Line, n int) string {
	var b []byte
	for _, l := range lines {
		if len(b) > n {
			break
		}
		if len(b) > 0 {
			b = append(b, " | "...)
		}
		text := l.Text()
		b = append(b, text[:min(len(text), n)]...)
	}
	return excerpt(bytes.TrimSpace(b), n)
}
