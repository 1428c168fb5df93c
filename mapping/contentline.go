package mapping

import (
	"bytes"
	"iter"
	"strings"
)

// Line is one content line of an object (RFC 5545 section 3.1, RFC 6350 section 3.2): a range of the input that may
// span several physical lines. Nothing is copied until its unfolded text is asked for.
//
// A blank line is a Line too, so that the Lines of an input, written one after the other, are the input without its
// byte order mark: that is what lets an editor replace one of them and keep every other byte.
type Line struct {
	Start, End int // range in the input, with folds and the line end

	raw    []byte // input[Start:End]
	size   int    // of raw without its line end
	first  int    // of the first physical line, without its line end
	soft   bool   // physical lines are joined by quoted-printable soft breaks
	bareCR bool   // a CR alone ends a physical line
}

// byteOrderMark is U+FEFF in UTF-8. Thunderbird and .NET programs write it, most parsers refuse it.
const byteOrderMark = "\xef\xbb\xbf"

// Lines returns the content lines of data in order. It reads whatever real files hold:
//
//   - CR LF, LF and CR CR LF end a physical line; a CR alone does in files whose first line ends with one (classic
//     Mac OS), elsewhere it is a byte of the value;
//   - a physical line that begins with SP or HTAB continues the one before it, also within names, parameters and
//     UTF-8 sequences;
//   - the value of a quoted-printable property (vCard 2.1, vCalendar 1.0) that ends with "=" goes on in the next
//     physical line;
//   - a byte order mark belongs to no line; blank lines, a missing last line end and bytes that are not UTF-8 are
//     taken as they are.
func Lines(data []byte) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		s := newScanner(data)
		for s.next() {
			if !yield(s.line) {
				return
			}
		}
	}
}

// scanner walks over the content lines of data.
type scanner struct {
	data   []byte
	pos    int
	bareCR bool
	line   Line
}

func newScanner(data []byte) scanner {
	s := scanner{data: data, bareCR: endsWithBareCR(data)}
	if bytes.HasPrefix(data, []byte(byteOrderMark)) {
		s.pos = len(byteOrderMark)
	}
	return s
}

// endsWithBareCR says whether the first physical line of data ends with a CR that no LF belongs to. One look at the
// first line decides for the whole file: a CR in the middle of a file of another kind is a stray byte in a value, and
// to break the value there would tear it apart.
func endsWithBareCR(data []byte) bool {
	lf := bytes.IndexByte(data, '\n')
	if lf < 0 {
		lf = len(data)
	}
	first := data[:trimCR(data, 0, lf)]
	return bytes.IndexByte(first, '\r') >= 0
}

// trimCR returns end less the one or two CRs before it: a file whose line ends were converted once too often holds
// CR CR LF.
func trimCR(data []byte, start, end int) int {
	for range 2 {
		if end > start && data[end-1] == '\r' {
			end--
		}
	}
	return end
}

func (s *scanner) next() bool {
	if s.pos >= len(s.data) {
		return false
	}
	start := s.pos
	end, next := physicalLine(s.data, start, s.bareCR)
	l := Line{Start: start, first: end - start, bareCR: s.bareCR}
	encoding := softBreaks{head: s.data[start:end]}
	for next < len(s.data) {
		fold := s.data[next] == ' ' || s.data[next] == '\t'
		soft := end > start && s.data[end-1] == '=' && encoding.possible() && !isBoundary(s.data[next:])
		if !fold && !soft {
			break
		}
		l.soft = l.soft || soft
		end, next = physicalLine(s.data, next, s.bareCR)
	}
	l.End, l.raw, l.size = next, s.data[start:next], end-start
	s.line, s.pos = l, next
	return true
}

// physicalLine returns where the text of the physical line at pos ends and where the next one begins.
func physicalLine(data []byte, pos int, bareCR bool) (end, next int) {
	if bareCR {
		return physicalLineCR(data, pos)
	}
	i := bytes.IndexByte(data[pos:], '\n')
	if i < 0 {
		return trimCR(data, pos, len(data)), len(data)
	}
	return trimCR(data, pos, pos+i), pos + i + 1
}

func physicalLineCR(data []byte, pos int) (end, next int) {
	for i := pos; i < len(data); i++ {
		switch {
		case data[i] == '\n':
			return i, i + 1
		case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
			return i, i + 2
		case data[i] == '\r':
			return i, i + 1
		}
	}
	return len(data), len(data)
}

// softBreaks answers once a line whether it may hold soft breaks.
type softBreaks struct {
	head       []byte // the first physical line
	known, may bool
}

func (b *softBreaks) possible() bool {
	if !b.known {
		b.known, b.may = true, isQuotedPrintable(b.head)
	}
	return b.may
}

// maxHead is how much of a line is searched for an encoding parameter.
const maxHead = 1024

// isQuotedPrintable says whether the line that begins with head declares quoted-printable: ENCODING=QUOTED-PRINTABLE or
// the bare QUOTED-PRINTABLE of vCard 2.1. Base64 ends with "=" as well and must not be taken for it.
func isQuotedPrintable(head []byte) bool {
	head = head[:min(len(head), maxHead)]
	if i := valueColon(head); i >= 0 {
		head = head[:i]
	}
	return containsFold(head, "QUOTED-PRINTABLE")
}

// isBoundary says whether a physical line begins or ends a component. Such a line is never the rest of a value: an
// unfinished soft break before END:VCARD is a slip of the writer (Nokia and early Android phones).
func isBoundary(data []byte) bool {
	return hasPrefixFold(data, "BEGIN:") || hasPrefixFold(data, "END:")
}

func hasPrefixFold(data []byte, prefix string) bool {
	return len(data) >= len(prefix) && strings.EqualFold(string(data[:len(prefix)]), prefix)
}

func containsFold(data []byte, upper string) bool {
	for i := 0; i+len(upper) <= len(data); i++ {
		if data[i]&^0x20 == upper[0] && hasPrefixFold(data[i:], upper) {
			return true
		}
	}
	return false
}

// Raw returns the line as it stands in the input, with folds and line end.
func (l Line) Raw() []byte { return l.raw }

// LineEnd returns the bytes that end the line: CR LF, LF, CR CR LF, CR, or none at the end of the input.
func (l Line) LineEnd() []byte { return l.raw[l.size:] }

// Blank says whether the line holds nothing but its line end.
func (l Line) Blank() bool { return l.size == 0 }

// Folded says whether the line spans several physical lines.
func (l Line) Folded() bool { return l.first != l.size }

// Text returns the line unfolded and without its line end. It is a part of the input where the line is not folded;
// it must not be written to.
func (l Line) Text() []byte {
	if !l.Folded() {
		return l.raw[:l.size:l.size]
	}
	return l.AppendText(make([]byte, 0, l.size))
}

// AppendText appends what Text returns to dst.
func (l Line) AppendText(dst []byte) []byte {
	body := l.raw[:l.size]
	for pos := 0; pos < len(body); {
		end, next := physicalLine(body, pos, l.bareCR)
		switch {
		case l.soft && end > pos && body[end-1] == '=' && l.endsPhysical(body, end, next):
			dst = append(dst, body[pos:end-1]...)
			pos = next
		case next >= len(body):
			return append(dst, body[pos:]...)
		default:
			dst = append(dst, body[pos:end]...)
			pos = next + 1 // the white space of the fold
		}
	}
	return dst
}

// endsPhysical says whether a line end stands between end and next. Where body ends without one, physicalLine may
// still have passed over CRs, which are bytes of the value there.
func (l Line) endsPhysical(body []byte, end, next int) bool {
	return end < next && (l.bareCR || body[next-1] == '\n')
}

// Name returns the property name as written, without its group; for a line that is no content line, what stands where
// the name would.
func (l Line) Name() []byte {
	_, name := splitGroup(l.head())
	return name
}

// Is says whether the line's property name is name, which is in upper case.
func (l Line) Is(name string) bool {
	return equalFold(l.Name(), name)
}

// equalFold compares ASCII names. It takes no allocation and, unlike bytes.EqualFold, no notice of Unicode: U+017F is
// no S.
func equalFold(b []byte, upper string) bool {
	if len(b) != len(upper) {
		return false
	}
	for i := range b {
		if upperByte(b[i]) != upper[i] {
			return false
		}
	}
	return true
}

func upperByte(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// head returns group and name. They stand in the first physical line but for the rare fold within a name, so that a
// photo of megabytes is not unfolded for its name.
func (l Line) head() []byte {
	physical := l.raw[:l.first]
	if i := headEnd(physical); i >= 0 {
		return physical[:i]
	}
	text := l.Text()
	if i := headEnd(text); i >= 0 {
		return text[:i]
	}
	return text
}

func headEnd(text []byte) int {
	for i, c := range text {
		if c == ';' || c == ':' {
			return i
		}
	}
	return -1
}

func splitGroup(head []byte) (group, name []byte) {
	if i := bytes.LastIndexByte(head, '.'); i >= 0 {
		return head[:i], head[i+1:]
	}
	return nil, head
}

// hasColon says whether the line has a value. Where its first physical line has a colon, that is enough: a colon inside
// of quotes with no value behind them is not looked for here.
func (l Line) hasColon() bool {
	return bytes.IndexByte(l.raw[:l.first], ':') >= 0 || l.Content().Valid
}
