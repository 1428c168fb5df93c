package mapping

import (
	"testing"

	"davferry/internal/dav"
)

// What a Digest is the same for, the tables of Compare and Diff say.
func BenchmarkDigest(b *testing.B) {
	b.SetBytes(int64(len(realistic)))
	for b.Loop() {
		Digest(dav.Calendar, realistic)
	}
}
