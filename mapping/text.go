package mapping

import (
	"bytes"
	"iter"
)

// unescape appends a TEXT value (RFC 5545 section 3.3.11, RFC 6350 section 3.4) to dst as the text that it stands for.
// A backslash before any other character is kept: it means itself in what real programs write (C:\temp).
func unescape(dst, value []byte) []byte {
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) {
			if c, ok := escaped(value[i+1]); ok {
				dst = append(dst, c)
				i++
				continue
			}
		}
		dst = append(dst, value[i])
	}
	return dst
}

func escaped(c byte) (byte, bool) {
	switch c {
	case 'n', 'N':
		return '\n', true
	case '\\', ',', ';':
		return c, true
	}
	return 0, false
}

func unescapeString(value []byte) string {
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value)
	}
	return string(unescape(make([]byte, 0, len(value)), value))
}

// splitUnescaped yields the parts of value between those sep that no backslash stands before. An empty value has one
// part.
func splitUnescaped(value []byte, sep byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := 0
		for i := 0; i < len(value); i++ {
			switch value[i] {
			case '\\':
				i++
			case sep:
				if !yield(value[start:i]) {
					return
				}
				start = i + 1
			}
		}
		yield(value[start:])
	}
}

// decodeQuotedPrintable appends value, whose soft breaks are gone already, to dst (RFC 2045 section 6.7). What is no
// escape is kept as it is.
func decodeQuotedPrintable(dst, value []byte) []byte {
	for i := 0; i < len(value); i++ {
		if value[i] == '=' && i+2 < len(value) {
			hi, lo := unhex(value[i+1]), unhex(value[i+2])
			if hi >= 0 && lo >= 0 {
				dst = append(dst, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		dst = append(dst, value[i])
	}
	return dst
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
