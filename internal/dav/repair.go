package dav

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// damageMark stands where a server sent something that XML cannot hold: a control character, a byte that is not UTF-8,
// a reference to half a surrogate pair. It is a noncharacter (Unicode section 23.7), legal in XML and met in no text, so
// that a value which holds it is known to be damaged. Its neighbours are not.
const damageMark = '\uFDD0'

var damageMarkUTF8 = []byte(string(damageMark))

// damaged tells whether a value that came through a repairer is not what the server holds.
func damaged(value []byte) bool { return bytes.Contains(value, damageMarkUTF8) }

// repairer turns what servers send as XML into XML that encoding/xml reads to its end, and keeps the bytes of text as
// they are. encoding/xml stops for good at the first control character, invalid UTF-8 byte or surrogate reference, and
// it turns CR LF into LF as XML 1.0 section 2.11 asks, while Radicale, Xandikos and others send calendar data with its
// CR LF as it is. So, in text, CR becomes &#13;, "]]>" and CDATA sections become escaped text, and what is not legal
// becomes a damageMark. Declarations and processing instructions are left out: the declared character set is applied
// here already.
type repairer struct {
	src    io.Reader
	in     []byte // read and not yet looked at
	out    []byte // repaired and not yet handed on
	state  repairState
	err    error // of src, io.EOF among them
	chunk  []byte
	buf    []byte // the memory of out, used again
	length int    // octets of the tag so far
}

type repairState uint8

const (
	inText repairState = iota
	inTag
	inTagQuoteDouble
	inTagQuoteSingle
	inCDATA
	inComment
	inInstruction
)

const repairChunk = 32 << 10

// newRepairer starts to repair src. It reads the beginning of src for a byte order mark and the declared character set;
// one that is not known is an error.
func newRepairer(src io.Reader) (*repairer, error) {
	head := make([]byte, 1024)
	n, err := io.ReadFull(src, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	whole := io.MultiReader(bytes.NewReader(head), src)
	if label := declaredCharset(head); label != "" && !strings.EqualFold(label, "utf-8") {
		decoded, err := charset.NewReaderLabel(label, whole)
		if err != nil {
			return nil, fmt.Errorf("XML in the character set %q: %w", label, err)
		}
		whole = decoded
	}
	return &repairer{src: whole, chunk: make([]byte, repairChunk)}, nil
}

// declaredCharset returns the character set that an XML document names or shows by its byte order mark, "" for UTF-8.
func declaredCharset(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be"
	case !bytes.HasPrefix(head, []byte("<?xml")):
		return ""
	}
	declaration, _, _ := bytes.Cut(head, []byte("?>"))
	_, after, found := bytes.Cut(declaration, []byte("encoding"))
	if !found {
		return ""
	}
	after = bytes.TrimLeft(after, " \t\r\n=")
	if len(after) < 2 {
		return ""
	}
	label, _, _ := bytes.Cut(after[1:], after[:1])
	return string(label)
}

func (r *repairer) Read(p []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil && len(r.in) == 0 {
			return 0, r.err
		}
		r.fill()
		r.repair()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	return n, nil
}

// fill reads more input behind what repair left over.
func (r *repairer) fill() {
	if r.err != nil {
		return
	}
	n, err := r.src.Read(r.chunk)
	r.in = append(r.in, r.chunk[:n]...)
	r.err = err
}

// repair moves input to the output as far as it can be judged. What may go on in the next chunk stays, unless there is
// no next chunk.
func (r *repairer) repair() {
	r.out = r.buf[:0]
	rest := r.in
	for len(rest) > 0 {
		var n int
		switch r.state {
		case inText, inCDATA:
			n = r.text(rest)
		case inTag, inTagQuoteDouble, inTagQuoteSingle:
			n = r.tag(rest)
		case inComment:
			n = r.skipPast(rest, "-->")
		case inInstruction:
			n = r.skipPast(rest, "?>")
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	r.in = append(r.in[:0], rest...)
	r.buf = r.out
}

// lookahead is the longest thing that must be seen whole before it is judged: two references that make a pair.
const lookahead = 24

// plain tells which bytes of text need no look.
var plain = func() (t [256]bool) {
	for b := 0x20; b < 0x80; b++ {
		t[b] = true
	}
	t['\t'], t['\n'] = true, true
	t['<'], t['>'], t['&'], t[']'] = false, false, false, false
	return t
}()

// text repairs the beginning of a piece of text and returns how much of it is done.
func (r *repairer) text(in []byte) int {
	n := 0
	for n < len(in) && plain[in[n]] {
		n++
	}
	if n > 0 {
		r.out = append(r.out, in[:n]...)
		return n
	}
	if len(in) < lookahead && r.err == nil {
		return 0
	}
	switch b := in[0]; {
	case r.state == inCDATA && bytes.HasPrefix(in, []byte("]]>")):
		r.state = inText
		return 3
	case b == ']':
		return r.put("]", 1)
	case b == '>':
		return r.put("&gt;", 1)
	case b == '\r':
		return r.put("&#13;", 1)
	case r.state == inCDATA && b == '<':
		return r.put("&lt;", 1)
	case r.state == inCDATA && b == '&':
		return r.put("&amp;", 1)
	case b == '<':
		return r.markup(in)
	case b == '&':
		return r.reference(in)
	}
	return r.character(in)
}

func (r *repairer) put(s string, n int) int {
	r.out = append(r.out, s...)
	return n
}

// markup enters what begins with "<".
func (r *repairer) markup(in []byte) int {
	switch {
	case bytes.HasPrefix(in, []byte("<![CDATA[")):
		r.state = inCDATA
		return len("<![CDATA[")
	case bytes.HasPrefix(in, []byte("<!--")):
		r.state = inComment
		return len("<!--")
	case bytes.HasPrefix(in, []byte("<?")):
		r.state = inInstruction
		return len("<?")
	}
	r.state, r.length = inTag, 0
	return r.put("<", 1)
}

// maxTag bounds the length of one tag: encoding/xml keeps all attributes of it in memory.
const maxTag = 64 << 10

// tag copies markup up to its ">", which inside quotes is none.
func (r *repairer) tag(in []byte) int {
	for i, b := range in {
		if r.length++; r.length > maxTag {
			r.err = fmt.Errorf("a tag of more than %d octets", maxTag)
			return len(in)
		}
		switch {
		case b == '"' && r.state == inTag:
			r.state = inTagQuoteDouble
		case b == '"' && r.state == inTagQuoteDouble, b == '\'' && r.state == inTagQuoteSingle:
			r.state = inTag
		case b == '\'' && r.state == inTag:
			r.state = inTagQuoteSingle
		case b == '>' && r.state == inTag:
			r.state = inText
			r.out = append(r.out, in[:i+1]...)
			return i + 1
		}
	}
	r.out = append(r.out, in...)
	return len(in)
}

// skipPast leaves out everything up to and with end.
func (r *repairer) skipPast(in []byte, end string) int {
	if i := bytes.Index(in, []byte(end)); i >= 0 {
		r.state = inText
		return i + len(end)
	}
	if r.err != nil {
		return len(in)
	}
	return max(0, len(in)-len(end)+1)
}

// character copies one character that is not ASCII, or marks what is none.
func (r *repairer) character(in []byte) int {
	c, size := utf8.DecodeRune(in)
	if c == utf8.RuneError && size <= 1 || !legal(c) {
		r.out = append(r.out, damageMarkUTF8...)
		return size
	}
	r.out = append(r.out, in[:size]...)
	return size
}

// legal tells whether XML 1.0 section 2.2 knows the character.
func legal(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD || c >= 0x10000 && c <= utf8.MaxRune
}

// reference copies a character or entity reference. SOGo writes an emoji as two references to surrogates, which are
// put together here.
func (r *repairer) reference(in []byte) int {
	c, size, ok := numericReference(in)
	if !ok {
		return r.put("&", 1) // an entity; encoding/xml judges it
	}
	if c >= 0xD800 && c <= 0xDBFF {
		if low, more, ok := numericReference(in[size:]); ok && low >= 0xDC00 && low <= 0xDFFF {
			c, size = (c-0xD800)<<10+(low-0xDC00)+0x10000, size+more
		}
	}
	if !legal(c) {
		c = damageMark
	}
	r.out = append(r.out, "&#"...)
	r.out = strconv.AppendInt(r.out, int64(c), 10)
	r.out = append(r.out, ';')
	return size
}

// numericReference reads a reference such as &#13; or &#x1F389; at the beginning of in.
func numericReference(in []byte) (c rune, size int, ok bool) {
	if len(in) < 4 || in[0] != '&' || in[1] != '#' {
		return 0, 0, false
	}
	end := bytes.IndexByte(in[:min(len(in), lookahead/2)], ';')
	if end < 0 {
		return 0, 0, false
	}
	digits, base := string(in[2:end]), 10
	if digits != "" && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	v, err := strconv.ParseUint(digits, base, 31)
	if err != nil {
		return 0, 0, false
	}
	return rune(v), end + 1, true
}
