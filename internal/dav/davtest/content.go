package davtest

import (
	"bytes"
	"iter"
	"strings"

	"davferry/internal/dav"
)

// contentLine is one logical line of an iCalendar or vCard object (RFC 5545 section 3.1, RFC 6350 section 3.2).
type contentLine struct {
	raw    []byte // with its folds and its line end, exactly as it is in the object
	folded bool
}

// contentLines cuts an object into its logical lines. Joined, their raw bytes are the object.
func contentLines(data []byte) iter.Seq[contentLine] {
	return func(yield func(contentLine) bool) {
		for len(data) > 0 {
			n, folded := physicalLine(data), false
			for n < len(data) && (data[n] == ' ' || data[n] == '\t') {
				n += physicalLine(data[n:])
				folded = true
			}
			if !yield(contentLine{raw: data[:n], folded: folded}) {
				return
			}
			data = data[n:]
		}
	}
}

func physicalLine(data []byte) int {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	return len(data)
}

// text returns the line unfolded and without its line end.
func (l contentLine) text() []byte {
	if !l.folded {
		return bytes.TrimRight(l.raw, "\r\n")
	}
	n := physicalLine(l.raw)
	out := make([]byte, 0, len(l.raw))
	out = append(out, bytes.TrimRight(l.raw[:n], "\r\n")...)
	for rest := l.raw[n:]; len(rest) > 0; rest = rest[n:] {
		n = physicalLine(rest)
		out = append(out, bytes.TrimRight(rest[1:n], "\r\n")...)
	}
	return out
}

// lineEnd returns what ends the line: CR LF, LF or nothing.
func (l contentLine) lineEnd() []byte {
	return l.raw[len(bytes.TrimRight(l.raw, "\r\n")):]
}

// name returns the name of the line's property in upper case, without its group. It looks at the first octets only, so
// that a photo is not unfolded to learn that it is one.
func (l contentLine) name() string {
	head := l.raw
	if l.folded && bytes.IndexAny(head[:physicalLine(head)], ":;") < 0 {
		head = l.text()
	}
	return strings.ToUpper(propertyName(head))
}

// propertyName returns the name of a line's property without its group.
func propertyName(line []byte) string {
	end := bytes.IndexAny(line, ":;")
	if end < 0 {
		return ""
	}
	name := line[:end]
	if dot := bytes.LastIndexByte(name, '.'); dot >= 0 {
		name = name[dot+1:]
	}
	return string(name)
}

// splitLine cuts an unfolded line into everything before the colon that ends the parameters, and the value.
func splitLine(text []byte) (head, value string) {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ':' && !quoted:
			return string(text[:i]), string(text[i+1:])
		}
	}
	return string(text), ""
}

// parameter returns the value of a parameter in the head of a line, without its quotes.
func parameter(head, name string) string {
	_, params, _ := strings.Cut(head, ";")
	for params != "" {
		var p string
		p, params = cutUnquoted(params, ';')
		if key, value, ok := strings.Cut(p, "="); ok && strings.EqualFold(key, name) {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

func cutUnquoted(s string, sep byte) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// facts is what the server needs to know of an object's text.
type facts struct {
	uid       string
	component string // the calendar object's first component that is no time zone, such as VEVENT
	version   string // VERSION of the outermost component
	balanced  bool   // every BEGIN has its END, and there is one outermost component
	outer     string // the outermost component
}

// readFacts reads an object once. It never fails: what is not there is empty.
func readFacts(data []byte) facts {
	var f facts
	var open []string
	closed, wrong := 0, false
	for line := range contentLines(data) {
		switch property := line.name(); {
		case property == "BEGIN":
			name := strings.ToUpper(valueOf(line))
			f.begin(name, open)
			wrong = wrong || len(open) == 0 && closed > 0
			open = append(open, name)
		case property == "END":
			if n := len(open); n == 0 || open[n-1] != strings.ToUpper(valueOf(line)) {
				wrong = true
			} else {
				open = open[:n-1]
			}
			if len(open) == 0 {
				closed++
			}
		case len(open) == 0:
			wrong = wrong || len(bytes.TrimSpace(line.raw)) > 0
		case property == "UID" && f.uid == "" && len(open) <= 2: // below that it is an alarm's (RFC 9074)
			f.uid = valueOf(line)
		case property == "VERSION" && len(open) == 1:
			f.version = valueOf(line)
		}
	}
	f.balanced = !wrong && closed == 1 && len(open) == 0
	return f
}

func (f *facts) begin(name string, open []string) {
	switch {
	case len(open) == 0 && f.outer == "":
		f.outer = name
	case len(open) == 1 && f.component == "" && name != "VTIMEZONE":
		f.component = name
	}
}

// holdsSeveral tells whether an object holds several UIDs, but for those of alarms.
func holdsSeveral(data []byte) bool {
	depth, uid := 0, ""
	for line := range contentLines(data) {
		switch value := valueOf(line); line.name() {
		case "BEGIN":
			depth++
		case "END":
			depth--
		case "UID":
			if depth <= 2 && uid != "" && value != uid {
				return true
			}
			uid = value
		}
	}
	return false
}

func hasMethod(data []byte) bool {
	for line := range contentLines(data) {
		if line.name() == "METHOD" {
			return true
		}
	}
	return false
}

func valueOf(line contentLine) string {
	_, value := splitLine(line.text())
	return strings.TrimSpace(value)
}

// isA tells whether an object is of the kind: its first line is BEGIN of the right component, and it ends.
func (f facts) isA(k dav.Kind) bool {
	return f.balanced && f.outer == protocols[k].component
}

// fitsXML tells whether XML 1.0 can carry the bytes as text at all.
func fitsXML(data []byte) bool { return firstUnfit(data) == len(data) }
