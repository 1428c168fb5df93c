package davtest

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// block is a component with its properties and the components inside.
type block struct {
	name       string
	properties []string
	blocks     []*block
}

// rewrite serialises an object anew as Radicale does: properties sorted by name, names in upper case, folded at 75
// octets, CR LF. What is no balanced object, or nested too deep, stays as it is, so that it is judged for what it was.
func rewrite(data []byte) []byte {
	root := &block{}
	open := []*block{root}
	for line := range contentLines(data) {
		text := string(line.text())
		top := open[len(open)-1]
		switch name := line.name(); {
		case strings.TrimSpace(text) == "":
		case name == "BEGIN":
			if len(open) > maxNesting {
				return data
			}
			b := &block{name: strings.ToUpper(valueOf(line))}
			top.blocks = append(top.blocks, b)
			open = append(open, b)
		case name == "END":
			if len(open) == 1 || top.name != strings.ToUpper(valueOf(line)) {
				return data
			}
			open = open[:len(open)-1]
		default:
			top.properties = append(top.properties, upperName(text))
		}
	}
	if len(open) != 1 || len(root.blocks) != 1 || len(root.properties) > 0 {
		return data
	}
	var out bytes.Buffer
	root.blocks[0].write(&out)
	return out.Bytes()
}

func upperName(line string) string {
	end := strings.IndexAny(line, ":;")
	if end < 0 {
		return line
	}
	return strings.ToUpper(line[:end]) + line[end:]
}

func (b *block) write(out *bytes.Buffer) {
	slices.SortStableFunc(b.properties, func(a, c string) int {
		return strings.Compare(propertyName([]byte(a)), propertyName([]byte(c)))
	})
	fold(out, "BEGIN:"+b.name)
	for _, p := range b.properties {
		fold(out, p)
	}
	for _, inner := range b.blocks {
		inner.write(out)
	}
	fold(out, "END:"+b.name)
}

// fold writes a content line in pieces of at most 75 octets that never split a character (RFC 5545 section 3.1).
func fold(out *bytes.Buffer, line string) {
	for limit := 75; len(line) > limit; limit = 74 {
		n := limit
		for n > limit-utf8.UTFMax && !utf8.RuneStart(line[n]) {
			n--
		}
		out.WriteString(line[:n])
		out.WriteString("\r\n ")
		line = line[n:]
	}
	out.WriteString(line)
	out.WriteString("\r\n")
}
