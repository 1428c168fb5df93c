package dav

import (
	"errors"
	"net/http"
	"sync"
)

// batchSize is how many objects of a collection are asked for at once. It is halved when a batch fails for what may be its
// size, and grows back with batches that are answered, so that a server that cannot bear large ones is not asked each
// time again for what it cannot do, and one that had a bad moment is not asked for little for ever.
type batchSize struct {
	most int

	mu   sync.Mutex
	now  int
	good int // batches of that size that were answered in a row
}

// growAfter is how many batches must be answered before the next is twice as large.
const growAfter = 8

func newBatchSize(most int) *batchSize {
	most = max(1, most)
	return &batchSize{most: most, now: most}
}

func (b *batchSize) get() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// learn takes in how a batch of n objects ended.
func (b *batchSize) learn(n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		if b.good++; b.good >= growAfter && b.now < b.most {
			b.now, b.good = min(b.most, 2*b.now), 0
		}
	case n > 1 && n <= b.now && tooLarge(err):
		b.now, b.good = n/2, 0
	}
}

// tooLarge tells whether a batch may have failed because it was large. XML that is not well-formed is the fault of an
// object in it, not of their number.
func tooLarge(err error) bool {
	if broken, ok := errors.AsType[*brokenError](err); ok {
		return broken.cut
	}
	switch Status(err) {
	case 0, http.StatusRequestEntityTooLarge, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		return true
	}
	return false
}
