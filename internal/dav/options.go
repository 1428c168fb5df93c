package dav

import (
	"context"
	"net/http"
)

// Options asks the first home set of a service what the server can (RFC 4918 section 10.1) and takes the answer into the
// account's Service. The answers to other requests need not say it. A server that does not answer OPTIONS, as iCloud's
// for address books, is no error.
func (a *Account) Options(ctx context.Context, k Kind) error {
	s := a.Services[k]
	if s == nil || len(s.HomeSets) == 0 {
		return nil
	}
	u, err := a.urlOf(s.HomeSets[0])
	if err != nil {
		return err
	}
	resp, err := a.send(ctx, request{method: http.MethodOptions, url: u})
	if err != nil {
		return err
	}
	discard(resp)
	if found := features(resp.Header); len(found) > 0 {
		s.Features = found
	}
	s.Silenced = s.Silenced || silenced(resp.Header)
	return nil
}
