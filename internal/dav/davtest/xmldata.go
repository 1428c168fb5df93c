package davtest

import (
	"bytes"
	"unicode/utf8"
)

// DataForm says how calendar-data and address-data stand in the XML. After parsing they are all the object, but for
// the CR of its line ends: a parser makes CR LF into LF (XML 1.0 section 2.11).
type DataForm uint8

const (
	// DataRaw writes CR LF as it is, so that a plain parser loses the CR. Radicale, Xandikos, Cyrus, DAViCal, SOGo.
	DataRaw DataForm = iota
	// DataCharRef writes CR as &#13;, the one form that survives a plain parser. The address-data of sabre/dav.
	DataCharRef
	// DataStripCR leaves CR out, as RFC 4791 section 9.6 allows. The calendar-data of sabre/dav.
	DataStripCR
	// DataCDATA writes a CDATA section with raw CR LF.
	DataCDATA
)

// Unfit says what becomes of an object that XML 1.0 cannot carry: with control characters, or not in UTF-8.
type Unfit uint8

const (
	// UnfitOmitted answers with a propstat of 404 for the data, so that the client must GET it. The honest way.
	UnfitOmitted Unfit = iota
	// UnfitRaw puts the bytes into the XML, which is not well-formed then, for all members of the answer. Radicale,
	// Cyrus, and sabre/dav for some.
	UnfitRaw
	// UnfitReplaced drops control characters and replaces broken UTF-8: GET and multiget differ. DAViCal and SOGo.
	UnfitReplaced
	// UnfitFails answers the whole REPORT with 500. Xandikos, for a vCard that is not UTF-8.
	UnfitFails
	// UnfitCut ends the data at the first such byte, well-formed and with status 200. sabre/dav 1.8, at a NUL.
	UnfitCut
)

// data writes an object's bytes as the text of an element.
func (x *xmlWriter) data(b []byte) {
	if x.q.Data == DataCDATA {
		x.buf = append(x.buf, "<![CDATA["...)
		x.buf = append(x.buf, bytes.ReplaceAll(b, []byte("]]>"), []byte("]]]]><![CDATA[>"))...)
		x.buf = append(x.buf, "]]>"...)
		return
	}
	from := 0
	for i, c := range b {
		reference := ""
		switch c {
		case '&':
			reference = "&amp;"
		case '<':
			reference = "&lt;"
		case '>':
			reference = "&gt;"
		case '\r':
			if x.q.Data == DataRaw {
				continue
			}
			if x.q.Data == DataCharRef {
				reference = "&#13;"
			}
		default:
			continue
		}
		x.buf = append(append(x.buf, b[from:i]...), reference...)
		from = i + 1
	}
	x.buf = append(x.buf, b[from:]...)
}

// fit returns what an object that does not fit into XML is served as, and false where its data is left out.
func (u Unfit) fit(data []byte) ([]byte, bool) {
	switch u {
	case UnfitRaw:
		return data, true
	case UnfitReplaced:
		return replaceUnfit(data), true
	case UnfitCut:
		return data[:firstUnfit(data)], true
	default:
		return nil, false
	}
}

func replaceUnfit(data []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, data)
}

func firstUnfit(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if isControl(r) || r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(data)
}

// isControl tells whether a character is none of XML's (XML 1.0 section 2.2).
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}
