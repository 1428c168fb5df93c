package mapping

// splice is new text for a part of a content line.
type splice struct {
	at, end int // in the unfolded text
	with    string
}

// offsetIn returns where part, a slice of text, begins in it.
func offsetIn(text, part []byte) int { return cap(text) - cap(part) }

// spliced returns text with the splices, which are in order and do not overlap. It does not write to text.
func spliced(text []byte, splices []splice) []byte {
	out := make([]byte, 0, len(text)+64)
	pos := 0
	for _, s := range splices {
		out = append(out, text[pos:s.at]...)
		out = append(out, s.with...)
		pos = s.end
	}
	return append(out, text[pos:]...)
}

// withValue returns the content line text with another value.
func withValue(text []byte, c Content, value string) []byte {
	return spliced(text, []splice{{offsetIn(text, c.Value), len(text), value}})
}
