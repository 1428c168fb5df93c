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

// follow sends a request, at once to where its resource is known to have moved.
func (c *Client) follow(ctx context.Context, req request) (*http.Response, error) {
	to := c.moves.of(req.url)
	if to == nil || req.anonymous {
		return c.followRedirects(ctx, req)
	}
	moved := req
	moved.url = to
	resp, err := c.once(ctx, moved)
	if err == nil && !stale(resp.StatusCode) {
		return resp, nil
	}
	c.moves.forget(req.url)
	if err != nil {
		return nil, err // it may have been acted on; whether to ask again is for send to say
	}
	discard(resp)
	return c.followRedirects(ctx, req)
}

// trail is the way that redirects have led a request.
type trail struct {
	seen map[string]bool // URLs that were asked
	lost *TrustError     // the last step that led out of TLS and was taken with TLS, nil for none
}

// followRedirects sends a request and follows redirects with method, body and headers kept, as RFC 6764 section 5 needs
// it. A 303 after a PUT is an answer, not a place to PUT again.
func (c *Client) followRedirects(ctx context.Context, req request) (*http.Response, error) {
	asked, way := req.url, trail{seen: map[string]bool{}}
	for {
		way.seen[req.url.String()] = true
		resp, err := c.once(ctx, req)
		if err != nil {
			return nil, err
		}
		switch {
		case isRedirect(req.method, resp):
			discard(resp)
			if req.url, err = c.next(req, resp, &way); err != nil {
				return nil, err
			}
			continue
		case way.lost != nil && isAbsent(resp.StatusCode):
			discard(resp)
			return nil, way.lost
		case len(way.seen) > 1 && !req.anonymous:
			c.moves.learn(asked, req.url, req.method, resp.StatusCode)
		}
		return resp, nil
	}
}

// next returns where an answer redirects a request to, an error where it is not to be followed.
func (c *Client) next(req request, resp *http.Response, way *trail) (*url.URL, error) {
	target, err := redirectTarget(req.url, resp)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %d: %w", req.method, cleanURL(req.url), resp.StatusCode, err)
	}
	if req.url.Scheme == "https" && target.Scheme == "http" && !c.trust.allowPlaintext {
		way.lost = &TrustError{c.trust.kept, origin(target), fmt.Sprintf("%s redirects to it without encryption", origin(req.url)),
			"use its https address, or allow it with --allow-plaintext"}
		if target = c.restoreTLS(req.url, target, way.lost); target == nil || way.seen[target.String()] {
			return nil, way.lost
		}
	}
	switch {
	case way.seen[target.String()]:
		return nil, fmt.Errorf("%s %s: %w: it leads round in a circle to %s", req.method, cleanURL(req.url), errRedirect, cleanURL(target))
	case len(way.seen) > maxRedirects:
		return nil, fmt.Errorf("%s %s: %w: more than %d in a row", req.method, cleanURL(req.url), errRedirect, maxRedirects)
	}
	return target, nil
}

// isAbsent tells answers that say that there is nothing of the kind here.
func isAbsent(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusMisdirectedRequest:
		return true
	}
	return false
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
