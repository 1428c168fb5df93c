package dav

import (
	"bytes"
	"sync/atomic"
)

// whole tells whether data begins and ends as an object of the kind does. sabre/dav 1.8 cuts an object off at a NUL
// within a well-formed multistatus. What is stored but is no such object is fetched with GET, whose word is final.
func whole(k Kind, data []byte) bool {
	begin := []byte(k.traits().begin)
	end := append([]byte("END:"), begin[len("BEGIN:"):]...)
	data = bytes.TrimRight(data, "\r\n")
	return len(data) >= len(begin)+len(end) &&
		bytes.EqualFold(data[:len(begin)], begin) && bytes.EqualFold(data[len(data)-len(end):], end)
}

// fidelity decides whether data from a multistatus is, octet for octet, what a GET would return. Radicale and Xandikos
// send calendar data as it is; sabre/dav leaves out the CR of each line, as XML allows (RFC 4791 section 9.6); DAViCal and
// SOGo replace or leave out what XML cannot hold. The length that the listing gave is the proof. Where it does not fit,
// objects are fetched both ways, until enough of them with CR LF line ends were equal and the lengths are known to lie.
// Where the listing gives no lengths, only a GET of each object is as good.
type fidelity struct {
	known   bool // the server is known for it
	equal   atomic.Int32
	unequal atomic.Bool
}

// believeAfter is how many objects must have been equal both ways.
const believeAfter = 5

func (f *fidelity) believed() bool { return f.equal.Load() >= believeAfter && !f.unequal.Load() }

// exact returns the bytes that the server serves, or false where only a GET can tell.
func (f *fidelity) exact(data []byte, size int64) ([]byte, bool) {
	if size == int64(len(data)) {
		return data, true
	}
	hasCR := bytes.IndexByte(data, '\r') >= 0
	if lines := bytes.Count(data, []byte{'\n'}); !hasCR && size == int64(len(data)+lines) {
		// Each line end lost one octet, and lines is how many line ends there are: each was CR LF.
		return bytes.ReplaceAll(data, []byte{'\n'}, []byte("\r\n")), true
	}
	return data, (f.known || size >= 0 && f.believed()) && !bytes.Contains(data, []byte("\uFFFD"))
}

// compared takes in what one object was like both ways. An object without CR says nothing about a server that leaves CR
// out.
func (f *fidelity) compared(multiget, get []byte) {
	switch {
	case !bytes.Equal(multiget, get):
		f.unequal.Store(true)
	case bytes.IndexByte(get, '\r') >= 0:
		f.equal.Add(1)
	}
}
