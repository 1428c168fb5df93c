package dav

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
)

// Delete removes the object at a path where it is the version with that ETag still (RFC 9110 section 13.1.1); where it is
// another, the error is ErrPrecondition. One that is not there any more is no error. quiet asks the server not to tell
// anybody: deleting a meeting cancels it (RFC 6638 section 3.2.1).
func (a *Account) Delete(ctx context.Context, path, ifMatch string, quiet bool) error {
	header := map[string]string{"If-Match": ifMatch}
	if quiet {
		maps.Copy(header, quietHeaders)
	}
	return a.delete(ctx, path, header)
}

// DeleteCollection removes a collection with everything in it (RFC 4918 section 9.6.1). One that is not there any more is
// no error. What is in it is the caller's to know: where ifMatch, of CollectionETag, is not "", a server that minds it for
// collections refuses with ErrPrecondition when something has come to the collection since. With others what comes between
// the caller's last look and the DELETE goes too; quiet asks the server not to tell anybody of that (RFC 6638 section
// 3.2.3.2).
func (a *Account) DeleteCollection(ctx context.Context, c Collection, ifMatch string, quiet bool) error {
	header := map[string]string{}
	if quiet {
		maps.Copy(header, quietHeaders)
	}
	if ifMatch != "" {
		header["If-Match"] = ifMatch
	}
	return a.delete(ctx, c.Path, header)
}

// CollectionETag returns the ETag of a collection, "" where the server has none that DeleteCollection may name. Radicale
// 3.1.8 makes it of all that is in the collection; SOGo 5.8.0 says "None" of each.
func (a *Account) CollectionETag(ctx context.Context, c Collection) (string, error) {
	if a.Services[c.Kind].Storage().FragileDelete {
		return "", nil
	}
	u, err := a.urlOf(c.Path)
	if err != nil {
		return "", err
	}
	etag, err := a.look(ctx, u)
	if etag == "*" || etag == `"None"` {
		etag = ""
	}
	return etag, err
}

// Gone tells whether a server says of a path that nothing is there. err says what it answered instead.
func (a *Account) Gone(ctx context.Context, path string) (gone bool, err error) {
	u, err := a.urlOf(path)
	if err != nil {
		return false, err
	}
	_, _, err = a.propfind(ctx, u, []propName{{nsDAV, "resourcetype"}})
	status := Status(err)
	return status == http.StatusNotFound || status == http.StatusGone, err
}

// delete sends a DELETE. It is safe to send again: what the first did is not there the second time.
func (a *Account) delete(ctx context.Context, path string, header map[string]string) error {
	u, err := a.urlOf(path)
	if err != nil {
		return err
	}
	req := request{method: http.MethodDelete, url: u, header: header}
	for attempt := 1; ; attempt++ {
		err = a.deleteOnce(ctx, req)
		if attempt > 1 && errors.Is(err, ErrPrecondition) {
			// sabre/dav says so of what is not there: the first DELETE may have done it.
			if there, lookErr := a.look(ctx, u); lookErr == nil && there == "" {
				return nil
			}
		}
		if err == nil || !unanswered(err) || ctx.Err() != nil || attempt > a.net.settings.Retries {
			return err
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return err
		}
	}
}

func (a *Account) deleteOnce(ctx context.Context, req request) error {
	resp, err := a.send(ctx, req)
	if err != nil {
		return err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent, http.StatusNotFound, http.StatusGone:
		discard(resp)
		return nil
	case http.StatusMultiStatus:
		return refusedInside(req, resp)
	}
	e := answerError(req, resp)
	if e.StatusCode == http.StatusPreconditionFailed {
		return fmt.Errorf("%w: %w", ErrPrecondition, e)
	}
	return e
}
