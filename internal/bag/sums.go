package bag

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"sync"
)

// Algorithm is a checksum algorithm by its BagIt name (RFC 8493 section 2.4).
type Algorithm string

// The algorithms of an archive; SHA-512 is the one that RFC 8493 wants of every reader.
const (
	SHA256 Algorithm = "sha256"
	SHA512 Algorithm = "sha512"
)

// Algorithms lists those of which an archive has manifests.
var Algorithms = []Algorithm{SHA256, SHA512}

// Manifest returns the name of the payload manifest.
func (a Algorithm) Manifest() string { return "manifest-" + string(a) + ".txt" }

// TagManifest returns the name of the tag manifest.
func (a Algorithm) TagManifest() string { return "tagmanifest-" + string(a) + ".txt" }

// hexLen is the length of a checksum in hexadecimal digits.
func (a Algorithm) hexLen() int {
	if a == SHA512 {
		return 2 * sha512.Size
	}
	return 2 * sha256.Size
}

// Sums are the checksums of one file.
type Sums struct {
	SHA256 [sha256.Size]byte
	SHA512 [sha512.Size]byte
}

// SumsOf returns the checksums of data.
func SumsOf(data []byte) Sums {
	return Sums{SHA256: sha256.Sum256(data), SHA512: sha512.Sum512(data)}
}

// Hex returns one of the checksums in lower-case hexadecimal digits.
func (s Sums) Hex(a Algorithm) string {
	if a == SHA512 {
		return hex.EncodeToString(s.SHA512[:])
	}
	return hex.EncodeToString(s.SHA256[:])
}

// ETag returns the ETag of a file with these checksums: it names the bytes, so it survives any crash and any move.
func (s Sums) ETag() string { return `"sha256-` + s.Hex(SHA256) + `"` }

// ETagOf returns the ETag of a file that holds data.
func ETagOf(data []byte) string { return Sums{SHA256: sha256.Sum256(data)}.ETag() }

// Hasher is a writer that computes the checksums and the size of what is written to it.
type Hasher struct {
	sha256, sha512 hash.Hash
	size           int64
}

// NewHasher returns a Hasher to which nothing is written yet.
func NewHasher() *Hasher {
	return &Hasher{sha256: sha256.New(), sha512: sha512.New()}
}

// Write never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	h.sha256.Write(p)
	h.sha512.Write(p)
	h.size += int64(len(p))
	return len(p), nil
}

// Sums returns the checksums of what was written so far.
func (h *Hasher) Sums() Sums {
	var s Sums
	h.sha256.Sum(s.SHA256[:0])
	h.sha512.Sum(s.SHA512[:0])
	return s
}

// Size returns how many octets were written so far.
func (h *Hasher) Size() int64 { return h.size }

// SumReader returns the checksums and the size of all that r holds.
func SumReader(r io.Reader) (Sums, int64, error) {
	h := NewHasher()
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(h, struct{ io.Reader }{r}, *buffer) // a file would read itself, with a buffer of its own
	return h.Sums(), h.Size(), err
}

// buffers are what SumReader reads into: an archive has many small files.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 32<<10)
	return &b
}}
