package bag

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strings"
)

// Line is one line of a manifest: the checksum of a file in lower-case hexadecimal digits, and its path from the
// bag's root (RFC 8493 section 2.1.3).
type Line struct {
	Sum  string
	Path string
}

// maxLine is the longest line of a manifest or of bag-info.txt that is read, in bytes.
const maxLine = 64 << 10

// Section 2.1.3: these characters are percent-encoded in a path, and only these.
var pathEncoder = strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D")

// String returns the line as it stands in the file, with its LF. Two spaces are what `sha256sum -c` reads.
func (l Line) String() string { return l.Sum + "  " + pathEncoder.Replace(l.Path) + "\n" }

// ReadManifest yields the lines of a manifest; it ends with the first error. It takes lines as davferry writes them and
// no other spelling of the same: where every byte counts, another spelling is a changed byte.
func ReadManifest(r io.Reader, a Algorithm) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		br := bufio.NewReaderSize(r, maxLine)
		for n := 1; ; n++ {
			text, err := br.ReadSlice('\n')
			if err == io.EOF && len(text) == 0 {
				return
			}
			line, err := parseLine(text, a, err)
			if err != nil {
				yield(Line{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(line, nil) {
				return
			}
		}
	}
}

// parseLine parses a line with its LF; err is what reading it ended with.
func parseLine(text []byte, a Algorithm, err error) (Line, error) {
	switch {
	case err == io.EOF:
		return Line{}, fmt.Errorf("no line feed at its end")
	case err == bufio.ErrBufferFull:
		return Line{}, fmt.Errorf("longer than %d bytes", maxLine)
	case err != nil:
		return Line{}, err
	}
	sum, path, found := strings.Cut(strings.TrimSuffix(string(text), "\n"), "  ")
	if !found || !isHex(sum, a.hexLen()) {
		return Line{}, fmt.Errorf("no %s checksum, two spaces and a path: %.80q", a, text)
	}
	path, err = decodePath(path)
	if err != nil {
		return Line{}, err
	}
	return Line{Sum: sum, Path: path}, CheckPath(path)
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// decodePath undoes pathEncoder and refuses what pathEncoder does not write.
func decodePath(s string) (string, error) {
	if !strings.ContainsAny(s, "%\r") {
		return s, nil
	}
	path := strings.NewReplacer("%25", "%", "%0A", "\n", "%0D", "\r").Replace(s)
	if pathEncoder.Replace(path) != s {
		return "", fmt.Errorf("the path %.200q is not percent-encoded as RFC 8493 says", s)
	}
	return path, nil
}
