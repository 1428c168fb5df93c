package dav

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

// harmless tells which methods may be sent again whatever became of the first time. A PROPPATCH of ours only sets.
func harmless(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "PROPFIND", "PROPPATCH", "REPORT":
		return true
	}
	return false
}

// retryStatus is the table of the answers that may become better when asked again. everyMethod says that the server did
// not act on the request; the others may have, so that only harmless methods are repeated and a PUT is looked up.
var retryStatus = map[int]struct {
	everyMethod bool
	most        int // attempts at most, 0 for as many as the settings allow
}{
	http.StatusRequestTimeout:      {most: 2},
	http.StatusLocked:              {everyMethod: true, most: 3},
	http.StatusTooEarly:            {everyMethod: true, most: 2},
	http.StatusTooManyRequests:     {everyMethod: true},
	http.StatusInternalServerError: {most: 2}, // often a verdict about one object, which asking again does not change
	http.StatusBadGateway:          {},
	http.StatusServiceUnavailable:  {everyMethod: true},
	http.StatusGatewayTimeout:      {},
}

// isThrottle tells which answers ask for fewer requests, whatever the request was.
func isThrottle(status int) bool {
	return status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// translate gives answers that mean 429 in another way that status. Google answers 403 with a reason in JSON; taken for a
// refusal that is final it would cost the object.
func translate(resp *http.Response) {
	if resp.StatusCode != http.StatusForbidden {
		return
	}
	head, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10)) // who reads on meets the error again
	if bytes.Contains(head, []byte(`ateLimitExceeded"`)) {  // rateLimitExceeded, userRateLimitExceeded
		resp.StatusCode, resp.Status = http.StatusTooManyRequests, ""
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
}

// retryAnswer tells whether to ask again after the attempt-th answer, counted from 1.
func retryAnswer(method string, status, attempt, retries int) bool {
	row, ok := retryStatus[status]
	if !ok || attempt > retries || row.most > 0 && attempt >= row.most {
		return false
	}
	return row.everyMethod || harmless(method)
}

// retryError tells whether to ask again after an attempt without an answer.
func retryError(ctx context.Context, method string, err error, attempt, retries int) bool {
	if ctx.Err() != nil || attempt > retries || permanent(err) {
		return false
	}
	return harmless(method) || neverSent(err)
}

// permanent tells which errors another attempt does not mend.
func permanent(err error) bool {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.IsNotFound
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true
	}
	if _, tooLong := errors.AsType[*WaitError](err); tooLong {
		return true
	}
	_, refused := errors.AsType[*TrustError](err)
	return refused || errors.Is(err, errRedirect)
}

// neverSent tells whether the connection was not even made.
func neverSent(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

const (
	firstBackoff = 250 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff returns how long to wait after the attempt-th attempt: exponential, with jitter so that workers that failed
// together do not come back together.
func backoff(attempt int) time.Duration {
	d := min(firstBackoff<<min(attempt-1, 10), maxBackoff)
	return d/2 + rand.N(d/2+1)
}

// restOf returns for how long an answer that asks for fewer requests wants the host to be left alone. named tells that the
// server said so; else it is the time to wait after that many attempts.
func restOf(resp *http.Response, attempt int) (d time.Duration, named bool) {
	if d, named = retryAfter(resp.Header, time.Now()); !named {
		d = backoff(attempt)
	}
	return d, named
}

// retryAfter reads a Retry-After header, which is a number of seconds or a date (RFC 9110 section 10.2.3). A date is one
// of the server's clock, which is the one in its Date header, if there is one: this machine's may be wrong.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if v == "" {
		return 0, false
	}
	if seconds, err := strconv.Atoi(v); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<30)) * time.Second, true
	}
	date, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return max(0, date.Sub(now)), true
}
