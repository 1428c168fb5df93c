package dav

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ErrGone says that an object which a listing named is not there any more. Only the answer to a request for that one
// object says so, never its absence from a batch.
var ErrGone = errors.New("gone from the server since it was listed")

// Error is an answer that is not what was asked for: what was asked, and what was answered.
type Error struct {
	Method     string
	URL        string // without user info and query
	StatusCode int    // of the answer, or of the response inside the multistatus that is meant
	Condition  string // the precondition or postcondition that failed, such as "no-uid-conflict" (RFC 4918 section 16)
	Holder     string // path of the object that has the UID, where the answer names one (RFC 4791 section 5.3.2.1)
	Excerpt    string // the beginning of the answer's text, in one line
}

// Error says what was asked of whom, and what was answered.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.URL, e.StatusCode)
	if text := http.StatusText(e.StatusCode); text != "" {
		b.WriteByte(' ')
		b.WriteString(text)
	}
	if e.Condition != "" {
		fmt.Fprintf(&b, " (%s)", e.Condition)
	}
	if e.Excerpt != "" {
		fmt.Fprintf(&b, ": %s", e.Excerpt)
	}
	return b.String()
}

// Status returns the HTTP status of the *Error in err's chain, 0 where there is none.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.StatusCode
	}
	return 0
}

// unreachableError says that a server gave no answer.
type unreachableError struct {
	method string
	at     *url.URL
	err    error
}

func (e *unreachableError) Error() string {
	return fmt.Sprintf("%s %s: %v", e.method, cleanURL(e.at), e.err)
}
func (e *unreachableError) Unwrap() error { return e.err }

// isUnreachable tells whether a server gave no answer.
func isUnreachable(err error) bool {
	_, is := errors.AsType[*unreachableError](err)
	_, distrusted := errors.AsType[*TrustError](err)
	return is && !distrusted
}
