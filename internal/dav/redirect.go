package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

const maxRedirects = 5

// errRedirect marks a redirect that is not followed.
var errRedirect = errors.New("redirect not followed")

// follow sends a request and follows redirects with method, body and headers kept, as RFC 6764 section 5 needs it. A 303
// after a PUT is an answer, not a place to PUT again.
func (c *Client) follow(ctx context.Context, req request) (*http.Response, error) {
	seen := map[string]bool{}
	for {
		seen[req.url.String()] = true
		resp, err := c.once(ctx, req)
		if err != nil || !isRedirect(req.method, resp) {
			return resp, err
		}
		target, err := redirectTarget(req.url, resp)
		discard(resp)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %d: %w", req.method, cleanURL(req.url), resp.StatusCode, err)
		}
		switch {
		case seen[target.String()]:
			return nil, fmt.Errorf("%s %s: %w: it leads round in a circle to %s", req.method, cleanURL(req.url), errRedirect, cleanURL(target))
		case len(seen) > maxRedirects:
			return nil, fmt.Errorf("%s %s: %w: more than %d in a row", req.method, cleanURL(req.url), errRedirect, maxRedirects)
		case req.url.Scheme == "https" && target.Scheme == "http" && !c.trust.allowPlaintext:
			return nil, &TrustError{origin(target), fmt.Sprintf("%s redirects to it without encryption", origin(req.url)), "use its https address, or allow it with --allow-plaintext"}
		}
		req.url = target
	}
}

func isRedirect(method string, resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	case http.StatusSeeOther:
		return resp.Header.Get("Location") != "" && harmless(method)
	}
	return false
}

// redirectTarget resolves a Location, which may be relative and may hold characters that should have been encoded.
func redirectTarget(base *url.URL, resp *http.Response) (*url.URL, error) {
	u, err := parseLenient(resp.Header.Get("Location"))
	if err != nil {
		return nil, fmt.Errorf("%w: Location: %w", errRedirect, err)
	}
	target := base.ResolveReference(u)
	target.User, target.Fragment = nil, ""
	if target.Scheme != "https" && target.Scheme != "http" || target.Host == "" {
		return nil, fmt.Errorf("%w: Location %q is no web address", errRedirect, cleanURL(target))
	}
	return target, nil
}
