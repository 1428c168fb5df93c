package dav

import (
	"net/http"
	"testing"
)

func TestBatchSize(t *testing.T) {
	status := func(code int) error { return &Error{Method: "REPORT", StatusCode: code} }
	answered := func(b *batchSize, times int) {
		for range times {
			b.learn(b.get(), nil)
		}
	}
	b := newBatchSize(50)
	b.learn(50, status(http.StatusGatewayTimeout))
	b.learn(50, status(http.StatusGatewayTimeout)) // asked for at the same time
	if b.get() != 25 {
		t.Errorf("after a failure: %d", b.get())
	}
	b.learn(25, status(http.StatusForbidden))
	b.learn(25, &brokenError{method: "REPORT"})
	if b.get() != 25 {
		t.Errorf("after errors that are no matter of size: %d", b.get())
	}
	b.learn(25, status(http.StatusRequestEntityTooLarge))
	answered(b, growAfter-1)
	if b.get() != 12 {
		t.Errorf("before it has proven good: %d", b.get())
	}
	answered(b, 1)
	if b.get() != 24 {
		t.Errorf("after it has: %d", b.get())
	}
	answered(b, 10*growAfter)
	if b.get() != 50 {
		t.Errorf("in the end: %d", b.get())
	}
	for range 10 {
		b.learn(b.get(), status(http.StatusInternalServerError))
	}
	if b.get() != 1 {
		t.Errorf("at the least: %d", b.get())
	}
}
