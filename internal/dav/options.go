package dav

import (
	"context"
	"errors"
	"net/http"
)

// Options asks the first home set of a service what the server can (RFC 4918 section 10.1) and takes the answer into the
// account's Service. The answers to other requests need not say it. A server that does not answer OPTIONS, as iCloud's
// for address books, is no error; a login that is refused, a server that wants to be left alone, and the end of the context
// are.
func (a *Account) Options(ctx context.Context, k Kind) error {
	s := a.Services[k]
	if s == nil || len(s.HomeSets) == 0 {
		return nil
	}
	u, err := a.urlOf(s.HomeSets[0])
	if err != nil {
		return err
	}
	resp, err := a.send(ctx, request{method: http.MethodOptions, url: u, retries: 1})
	if _, tooLong := errors.AsType[*WaitError](err); tooLong {
		return err
	}
	if err != nil {
		return context.Cause(ctx)
	}
	if resp.StatusCode == http.StatusUnauthorized || isThrottle(resp.StatusCode) {
		return answerError(request{method: http.MethodOptions, url: u}, resp)
	}
	discard(resp)
	if found := features(resp.Header); len(found) > 0 {
		s.Features = found
	}
	s.recognizeStorage(resp.Header)
	s.recognize(u, resp.Header)
	return nil
}
