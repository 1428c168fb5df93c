package bag

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
)

// sealText stands before the seal, in the comment of a .zip and in the skippable frame at the end of a .tar.zst.
const sealText = "davferry sha256 "

const sealLen = 2 * sha256.Size

// Sealer passes the bytes of a packed archive on and closes them with a seal: the file's last 64 bytes are the SHA-256
// of all before them. A manifest covers what a container holds; the seal covers the container, so that no byte of an
// archive can change unseen. Other readers of the format skip it.
type Sealer struct {
	file io.WriteSeeker
	hash hash.Hash
	tail []byte // written, but the seal's place if nothing follows
}

// NewSealer returns a Sealer on an empty file.
func NewSealer(file io.WriteSeeker) *Sealer {
	return &Sealer{file: file, hash: sha256.New()}
}

// Write writes to the file.
func (s *Sealer) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.tail = append(s.tail, p[:n]...)
	if cut := len(s.tail) - sealLen; cut > 0 {
		s.hash.Write(s.tail[:cut])
		s.tail = append(s.tail[:0], s.tail[cut:]...)
	}
	return n, err
}

// ZipComment is the comment that a .zip needs to be sealed.
func ZipComment() string { return sealText + strings.Repeat("0", sealLen) }

// SkippableFrame is the frame that a .tar.zst needs at its end to be sealed (RFC 8878 section 3.1.2).
func SkippableFrame() []byte {
	content := ZipComment()
	frame := []byte{0x5D, 0x2A, 0x4D, 0x18, byte(len(content)), 0, 0, 0}
	return append(frame, content...)
}

// Close puts the seal in its place. It does not close the file.
func (s *Sealer) Close() error {
	if _, err := s.file.Seek(-sealLen, io.SeekEnd); err != nil {
		return err
	}
	_, err := io.WriteString(s.file, hex.EncodeToString(s.hash.Sum(nil)))
	return err
}

// CheckSeal says what is wrong with the seal of a packed archive; nil where it is right.
func CheckSeal(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	covered := info.Size() - sealLen
	if covered < int64(len(sealText)) {
		return fmt.Errorf("the seal is missing")
	}
	h := sha256.New()
	if _, err := io.CopyN(h, file, covered); err != nil {
		return err
	}
	seal, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != string(seal) {
		return fmt.Errorf("sha256 %s instead of %.64q, which the seal says", sum, seal)
	}
	return nil
}
