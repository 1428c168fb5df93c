package dav

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// propName names a property in a request.
type propName struct{ space, local string }

// prefixes are the namespace prefixes of requests.
var prefixes = map[string]string{nsDAV: "d", nsCalDAV: "c", nsCardDAV: "k", nsCalendarServer: "cs", nsApple: "ic", nsNextcloud: "nc"}

// openElement begins the root element of a request with all prefixes declared.
func openElement(b *bytes.Buffer, name propName) {
	b.WriteString(xml.Header)
	fmt.Fprintf(b, `<%s:%s`, prefixes[name.space], name.local)
	for _, space := range []string{nsDAV, nsCalDAV, nsCardDAV, nsCalendarServer, nsApple, nsNextcloud} {
		fmt.Fprintf(b, ` xmlns:%s="%s"`, prefixes[space], space)
	}
	b.WriteByte('>')
}

func closeElement(b *bytes.Buffer, name propName) {
	fmt.Fprintf(b, `</%s:%s>`, prefixes[name.space], name.local)
}

func writeProps(b *bytes.Buffer, props []propName) {
	b.WriteString(`<d:prop>`)
	for _, p := range props {
		fmt.Fprintf(b, `<%s:%s/>`, prefixes[p.space], p.local)
	}
	b.WriteString(`</d:prop>`)
}

const xmlType = "application/xml; charset=utf-8"

// propfindRequest builds a PROPFIND (RFC 4918 section 9.1). The depth is always sent: without it Xandikos walks the tree.
func propfindRequest(u *url.URL, depth string, props []propName) request {
	var b bytes.Buffer
	root := propName{nsDAV, "propfind"}
	openElement(&b, root)
	writeProps(&b, props)
	closeElement(&b, root)
	return request{method: "PROPFIND", url: u, body: b.Bytes(), header: map[string]string{"Depth": depth, "Content-Type": xmlType}}
}

// answerTo is an answer's frame: where it came from in the end, and what the server says of itself.
type answerTo struct {
	url    *url.URL // after redirects
	header http.Header
}

// multistatus sends a request and hands each response of the multistatus to each. begin is called before the first
// response, or where there will be none, and again where an answer broke off and the request is sent once more.
func (c *Client) multistatus(ctx context.Context, req request, begin func(answerTo), each func(*response) error) error {
	for attempt := 1; ; attempt++ {
		err := c.multistatusOnce(ctx, req, begin, each)
		broken, isBroken := errors.AsType[*brokenError](err)
		if !isBroken || attempt > c.net.settings.Retries || attempt > 3 || req.retries < 0 || ctx.Err() != nil || !broken.cut {
			return err
		}
		if err := sleep(ctx, backoff(attempt)); err != nil {
			return err
		}
	}
}

// brokenError says that an answer with the right status could not be read to its end.
type brokenError struct {
	method, url string
	cut         bool // by the network; else the server's XML is at fault
	err         error
}

func (e *brokenError) Error() string { return fmt.Sprintf("%s %s: %v", e.method, e.url, e.err) }
func (e *brokenError) Unwrap() error { return e.err }

func (c *Client) multistatusOnce(ctx context.Context, req request, begin func(answerTo), each func(*response) error) error {
	resp, err := c.send(ctx, req)
	if err != nil {
		return err
	}
	begin(answerTo{resp.Request.URL, resp.Header})
	// Some servers answer 200 where 207 is meant; the document decides.
	if resp.StatusCode != http.StatusMultiStatus && resp.StatusCode != http.StatusOK {
		return answerError(req, resp)
	}
	defer discard(resp)
	for r, err := range readMultistatus(resp.Body) {
		if err == errEmpty && endsWithConnection(resp) {
			err = io.ErrUnexpectedEOF // HTTP/1.0: only the end of the connection says that there is nothing
		}
		if err != nil {
			syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
			cut := (!isSyntax || syntax.Msg == "unexpected EOF") && !errors.Is(err, errNotMultistatus)
			return &brokenError{req.method, cleanURL(req.url), cut, err}
		}
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

// propfind asks for the properties of one resource (Depth 0) and returns the response that is about it.
func (c *Client) propfind(ctx context.Context, u *url.URL, props []propName) (*response, answerTo, error) {
	return c.ask(ctx, propfindRequest(u, "0", props))
}

// ask sends a PROPFIND of Depth 0.
func (c *Client) ask(ctx context.Context, req request) (*response, answerTo, error) {
	var found *response
	var answer answerTo
	u := req.url
	err := c.multistatus(ctx, req, func(a answerTo) { answer, found = a, nil }, func(r *response) error {
		if found == nil || SameResource(r.Href, answer.url.EscapedPath()) {
			found = r
		}
		return nil
	})
	if err != nil {
		return nil, answer, err
	}
	if found == nil {
		return nil, answer, &Error{Method: "PROPFIND", URL: cleanURL(u), StatusCode: http.StatusMultiStatus, Excerpt: "a multistatus without a response"}
	}
	if found.Status >= 300 { // Xandikos answers 207 with a 404 inside for what is not there
		return nil, answer, &Error{Method: "PROPFIND", URL: cleanURL(u), StatusCode: found.Status, Condition: found.Condition, Excerpt: excerptOf([]byte(found.Description))}
	}
	return found, answer, nil
}
