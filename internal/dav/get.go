package dav

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// Get fetches one object of the account's own by its path, with what GET gives. An object that is not there is ErrGone.
func (a *Account) Get(ctx context.Context, c Collection, path string) (Object, error) {
	return a.get(ctx, c, "", Member{Path: path, Size: -1})
}

// get fetches one object with GET, whose body is the object's bytes beyond doubt; a card in that version, "" for what
// comes. An object that is not there is ErrGone.
func (a *Account) get(ctx context.Context, c Collection, version string, m Member) (Object, error) {
	collection, err := a.urlOf(c.Path)
	if err != nil {
		return Object{}, err
	}
	u, err := resolve(collection, m.Path)
	if err != nil {
		return Object{}, fmt.Errorf("GET %s: %w", m.Path, err)
	}
	req := request{method: http.MethodGet, url: u, header: map[string]string{"CalDAV-Timezones": "T"}}
	if version != "" {
		req.header["Accept"] = "text/vcard; version=" + version
	}
	for attempt := 1; ; attempt++ {
		o, again, err := a.getOnce(ctx, c.Kind, m, req)
		if err == nil {
			o.Path = m.Path
			if o.ETag == "" {
				o.ETag = m.ETag
			}
			return o, nil
		}
		if !again || attempt > a.net.settings.Retries || ctx.Err() != nil {
			return Object{}, err
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return Object{}, err
		}
	}
}

func (a *Account) getOnce(ctx context.Context, k Kind, m Member, req request) (o Object, again bool, err error) {
	resp, err := a.send(ctx, req)
	if err != nil {
		return o, false, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return o, false, fmt.Errorf("%w: %w", ErrGone, answerError(req, resp))
	default:
		return o, false, answerError(req, resp)
	}
	defer discard(resp)
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return o, true, fmt.Errorf("GET %s: the answer broke off after %d octets: %w", cleanURL(req.url), len(data), err)
	}
	if len(data) > maxResponse {
		return o, false, fmt.Errorf("GET %s: larger than %d MB", cleanURL(req.url), maxResponse>>20)
	}
	if !whole(k, data) && !vouchedFor(k, m, resp, data) {
		return o, endsWithConnection(resp), fmt.Errorf("GET %s: %d octets of %q in the place of the object: %s",
			cleanURL(req.url), len(data), resp.Header.Get("Content-Type"), excerptOf(stripMarkup(data)))
	}
	return Object{ETag: resp.Header.Get("ETag"), Data: data}, false, nil
}

// endsWithConnection tells whether only the end of the connection says that an answer is complete, as in HTTP/1.0: a cut
// is not to be told from an end.
func endsWithConnection(resp *http.Response) bool {
	return resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 && !resp.Uncompressed
}

// vouchedFor tells whether data that does not look like an object is one all the same, stored as it is, and no login page,
// error message or cut answer: the listing gave its length, or, where it gave none, the server its type.
func vouchedFor(k Kind, m Member, resp *http.Response, data []byte) bool {
	if m.Size >= 0 {
		return int64(len(data)) == m.Size
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case endsWithConnection(resp):
		return false
	case mediaType == k.MediaType(), k == AddressBook && (mediaType == "text/x-vcard" || mediaType == "text/directory"):
		return true
	}
	return (mediaType == "" || mediaType == "application/octet-stream") && !looksLikeHTML(data)
}
