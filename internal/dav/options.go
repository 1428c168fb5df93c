package dav

import (
	"context"
	"net/http"
)

// Options asks the first home set of a service what the server can (RFC 4918 section 10.1) and takes the answer into the
// account's Service. The answers to other requests need not say it. A server that does not answer OPTIONS, as iCloud's
// for address books, is no error; only a login that is refused and the end of the context are.
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
	if err != nil {
		return context.Cause(ctx)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return answerError(request{method: http.MethodOptions, url: u}, resp)
	}
	discard(resp)
	if found := features(resp.Header); len(found) > 0 {
		s.Features = found
	}
	s.Silenced = s.Silenced || silenced(resp.Header)
	return nil
}
