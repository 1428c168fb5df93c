package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// CannotCreate says why a new collection of a kind could not be made, by what is known of the provider and by the requests
// that the server says it takes; "" where nothing speaks against it. What the login may do is in Limits. It makes nothing.
// A server that does not answer OPTIONS says nothing; a login that is refused, a host that wants to be left alone, and the
// end of the context are errors.
func (a *Account) CannotCreate(ctx context.Context, k Kind) (reason string, err error) {
	home, err := a.HomeFor(k)
	if err != nil {
		return err.Error(), nil
	}
	u, err := a.urlOf(home)
	if err != nil {
		return "", err
	}
	if p := providerOf(u.Hostname()); p != nil && slices.Contains(p.Fixed, k) {
		return fmt.Sprintf("%s lets no client make one; make it on its web pages, with the same name in the address", p.Name), nil
	}
	return a.cannotByMethods(ctx, k, withSlash(u))
}

// cannotByMethods asks with OPTIONS whether the requests that make a collection are taken in a home set. Most servers say
// so of the home set itself (Cyrus 3.6, DAViCal 1.1, Radicale 3.1, SOGo 5.8, Xandikos 0.2; all but Radicale answer 404
// below it where nothing is), sabre/dav only of a place in it where nothing is (4.4 does; RFC 4791 section 5.3.1 has the
// request go there). The token extended-mkcol says less: SOGo makes address books and does not announce it there.
func (a *Account) cannotByMethods(ctx context.Context, k Kind, home *url.URL) (reason string, err error) {
	var said []string
	for _, at := range []*url.URL{home, home.JoinPath(unusedName + "/")} {
		allow, err := a.allowed(ctx, at)
		if err != nil {
			return "", err
		}
		if slices.Contains(allow, "MKCOL") || k == Calendar && slices.Contains(allow, "MKCALENDAR") {
			return "", nil
		}
		said = append(said, allow...)
	}
	if !slices.Contains(said, "PROPFIND") { // no answer, or one of the web server in front, which speaks of pages
		return "", nil
	}
	requests := "neither MKCALENDAR nor MKCOL"
	if k == AddressBook {
		requests = "no MKCOL"
	}
	slices.Sort(said)
	return fmt.Sprintf("the server says of %s that it takes %s, only %s", cleanURL(home), requests, strings.Join(slices.Compact(said), ", ")), nil
}

// unusedName is one that no collection has.
const unusedName = "davferry-asks-whether-it-may"

// allowed returns the methods of the Allow header that OPTIONS gets (RFC 9110 section 10.2.1), none where the server does
// not say.
func (a *Account) allowed(ctx context.Context, at *url.URL) ([]string, error) {
	req := request{method: http.MethodOptions, url: at, retries: 1}
	resp, err := a.send(ctx, req)
	if _, tooLong := errors.AsType[*WaitError](err); tooLong {
		return nil, err
	}
	if err != nil {
		return nil, context.Cause(ctx)
	}
	if resp.StatusCode == http.StatusUnauthorized || isThrottle(resp.StatusCode) {
		return nil, answerError(req, resp)
	}
	discard(resp)
	if resp.StatusCode >= 300 {
		return nil, nil
	}
	return tokens(resp.Header, "Allow"), nil
}
