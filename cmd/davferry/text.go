package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// steers tells the characters that do not belong on a terminal unless davferry itself sends them: control characters,
// and those that turn the direction of the text after them.
func steers(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// printable makes what a server sent safe to show on a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if steers(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// marshalJSON returns v as an indented JSON document that is safe to show on a terminal: encoding/json escapes the
// control characters of ASCII, but neither DEL nor those from U+0080 to U+009F.
func marshalJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return withoutSteering(text.Bytes()), nil
}

// withoutSteering returns a JSON document with the characters escaped that a terminal must not see.
func withoutSteering(text []byte) []byte {
	var out bytes.Buffer
	for rest := text; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r != '\n' && steers(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.Write(rest[:size])
		}
		rest = rest[size:]
	}
	return out.Bytes()
}

// printJSON writes the result as one JSON document.
func printJSON(w io.Writer, v any) error {
	text, err := marshalJSON(v)
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

// count returns a number with its noun in the right number.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// size writes a number of octets as people read it.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%.0f MB", float64(n)/(1<<20))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
