package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ErrPrecondition says that a conditional PUT met another state than the one it was for: the name is taken, or the
// version there is another.
var ErrPrecondition = errors.New("the condition of the request does not hold")

// quietHeaders ask a server not to send invitations or cancellations. Each is the word of one server and means nothing
// to the others: Schedule-Reply to sabre/dav (RFC 6638 section 8.1 knows it for DELETE), X-NC-Scheduling to Nextcloud,
// Scheduling-Enabled to Cyrus.
var quietHeaders = map[string]string{"Schedule-Reply": "F", "X-NC-Scheduling": "false", "Scheduling-Enabled": "F"}

// Put stores data under a path in a collection of that kind and returns the ETag of the new version, "" where the server
// does not say. Without ifMatch the path must be free, with it the version there must be that one; else, and where the
// answer to a PUT was lost and something is there now, the error is ErrPrecondition. quiet asks the server not to tell
// anybody.
func (a *Account) Put(ctx context.Context, k Kind, path string, data []byte, ifMatch string, quiet bool) (etag string, err error) {
	u, err := a.urlOf(path)
	if err != nil {
		return "", err
	}
	req := request{method: http.MethodPut, url: u, body: data, header: map[string]string{"Content-Type": k.MediaType() + "; charset=utf-8"}}
	if data == nil {
		req.body = []byte{}
	}
	if ifMatch == "" {
		req.header["If-None-Match"] = "*"
	} else {
		req.header["If-Match"] = ifMatch
	}
	if quiet {
		for k, v := range quietHeaders {
			req.header[k] = v
		}
	}
	for attempt := 1; ; attempt++ {
		etag, err = a.putOnce(ctx, req)
		if err == nil && etag == "" {
			a.anonymous.Store(true)
			return a.stored(ctx, u), nil
		}
		if err == nil {
			a.named.Store(true)
		}
		if err == nil || !unanswered(err) || ctx.Err() != nil {
			return etag, err
		}
		there, lookErr := a.look(ctx, u)
		switch {
		case lookErr != nil:
			return "", err
		case there != "" && there != ifMatch:
			return "", fmt.Errorf("%w: something is there after %w", ErrPrecondition, err)
		case attempt > a.net.settings.Retries || Status(err) == http.StatusInternalServerError && attempt > 1:
			return "", err
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return "", err
		}
	}
}

// stored asks for the ETag of what was stored a moment ago, where the server did not say it: mostly because it has written
// the object anew (RFC 4791 section 5.3.4). Later it could be that of somebody else's version. It is "" where the server
// does not say it now either.
func (a *Account) stored(ctx context.Context, u *url.URL) string {
	etag, err := a.look(ctx, u)
	if err != nil || etag == "*" {
		return ""
	}
	return etag
}

func (a *Account) putOnce(ctx context.Context, req request) (etag string, err error) {
	resp, err := a.send(ctx, req)
	if err != nil {
		return "", err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		etag = resp.Header.Get("ETag")
		discard(resp)
		return etag, nil
	case http.StatusMultiStatus:
		return "", refusedInside(req, resp)
	}
	e := answerError(req, resp)
	if e.StatusCode == http.StatusPreconditionFailed && e.Condition == "" {
		return "", fmt.Errorf("%w: %w", ErrPrecondition, e)
	}
	return "", e
}

// refusedInside reads the refusal out of a multistatus: Xandikos answers a PUT that it refuses with 207.
func refusedInside(req request, resp *http.Response) error {
	defer discard(resp)
	e := &Error{Method: req.method, URL: cleanURL(resp.Request.URL), StatusCode: resp.StatusCode}
	for r, err := range readMultistatus(resp.Body) {
		if err != nil {
			e.Excerpt = err.Error()
			break
		}
		status, cond := r.Status, r.Condition
		for _, ps := range r.Propstats {
			status, cond = max(status, ps.Status), cond+ps.Condition
		}
		if status >= 300 {
			e.StatusCode, e.Condition, e.Excerpt = status, cond, excerptOf([]byte(r.Description))
			break
		}
	}
	return e
}

// unanswered tells whether it is open what became of a PUT.
func unanswered(err error) bool {
	switch Status(err) {
	case 0:
		_, refused := errors.AsType[*TrustError](err)
		return !refused && !errors.Is(err, errRedirect)
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return true
	}
	return false
}

// look returns the ETag of what is at a URL, "" where nothing is. An object without an ETag counts as "*".
func (a *Account) look(ctx context.Context, u *url.URL) (etag string, err error) {
	r, _, err := a.propfind(ctx, u, []propName{{nsDAV, "getetag"}})
	switch status := Status(err); {
	case status == http.StatusNotFound || status == http.StatusGone:
		return "", nil
	case err != nil:
		return "", err
	}
	if etag = r.text(nsDAV, "getetag"); etag == "" {
		etag = "*"
	}
	return etag, nil
}

// PathIn returns the path of a resource in a collection from its decoded name.
func PathIn(c Collection, name string) string {
	return strings.TrimSuffix(c.Path, "/") + "/" + url.PathEscape(name)
}
