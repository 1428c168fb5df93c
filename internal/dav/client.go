package dav

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/icholy/digest"
)

// Auth is how a login proves itself.
type Auth string

// The ways to log in that the accounts file knows.
const (
	Basic  Auth = "basic"
	Digest Auth = "digest"
	Bearer Auth = "bearer"
)

// Login is one account at one server. Secret returns the password or token, another one than refused where it can: a
// token that has run out is fetched anew. It is called for each request and called with "" but after a refusal. It is nil
// where there is none: a login by the client certificate alone, or nobody's.
type Login struct {
	User   string
	Auth   Auth
	Secret func(ctx context.Context, refused string) (string, error)

	// For is the user whose account is meant, where User may be an administrator who acts for others: nothing is taken
	// for that account which the server does not say is. "" where the login is the user's own.
	For string

	// Principal is the path of that user's principal, where the server's current-user-principal would be the
	// administrator's; "" where it is right.
	Principal string

	// Aside, which may be nil, is called round each long wait that is not the login's own work.
	Aside Aside
}

// Client talks to one server for one login. It is safe for concurrent use.
type Client struct {
	net   *Network
	login Login
	trust trust
	base  *url.URL // what paths are resolved against; set by Open

	requests   atomic.Int64
	standing   standing
	anonymous  atomic.Bool // a PUT was answered without an ETag
	named      atomic.Bool // a PUT was answered with one
	cookies    cookies
	moves      moves
	downgrades downgrades
	asking     sync.Mutex // whether the login is still taken

	digestOnce sync.Once
	digest     *digest.Transport
	digestErr  error
}

// Requests returns how many HTTP requests the client has sent, redirects and repetitions included.
func (c *Client) Requests() int64 { return c.requests.Load() }

// User returns the login name that was taken, which may be what is before the @ of the one that was given.
func (c *Client) User() string { return c.login.User }

// request is what a verb wants sent. The body is bytes, so that it can be sent again and has a length (Radicale and
// others refuse chunked bodies).
type request struct {
	method  string
	url     *url.URL
	header  map[string]string
	body    []byte
	retries int  // 0 for the network's, negative for none
	anyway  bool // although the login was refused before

	anonymous bool // without credentials, also where they might go

	attempt int       // counted from 1
	putOff  time.Time // when the host first asked to be left alone instead of answering it, zero where it did not
}

// send sends a request, follows redirects, and asks again where that is harmless and may help. It returns the final
// answer, whatever its status; its body must be closed. An error means that there was no answer.
func (c *Client) send(ctx context.Context, req request) (*http.Response, error) {
	retries := c.net.settings.Retries
	if req.retries != 0 {
		retries = min(retries, req.retries)
	}
	asked := 0 // attempts that the server put off for a time of its own choice; not the retries bound them, but MaxWait
	for req.attempt = 1; ; req.attempt++ {
		resp, err := c.follow(ctx, req)
		tries := req.attempt - asked
		switch {
		case err != nil && !retryError(ctx, req.method, err, tries, retries):
			return nil, err
		case err == nil && !retryAnswer(req.method, resp.StatusCode, tries, retries):
			return resp, nil
		}
		wait := backoff(req.attempt)
		if err == nil {
			discard(resp)
			var chosen bool
			if wait, chosen = req.deferred(resp, wait); chosen {
				asked++
			}
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// deferred takes down that a server put the request off, and returns how long to wait before the next attempt, backoff
// where it did not. What the host's rest covers is waited for in acquire, by all its requests, and is 0 here. chosen says
// that the server chose a time that is longer than ours.
func (r *request) deferred(resp *http.Response, backoff time.Duration) (wait time.Duration, chosen bool) {
	if !isThrottle(resp.StatusCode) {
		return backoff, false
	}
	r.putOff = cmp.Or(r.putOff, time.Now())
	d, named := restOf(resp, r.attempt)
	if named && d < backoff {
		return backoff, false
	}
	return 0, named
}

// once sends a request one time to one place.
func (c *Client) once(ctx context.Context, req request) (*http.Response, error) {
	release, leave, err := c.enter(ctx, req)
	if err != nil {
		return nil, err
	}
	h := c.net.host(req.url.Host)
	ctx, watch := newWatch(ctx, c.net.settings.Timeout)
	hr, err := c.httpRequest(ctx, req, watch)
	if err != nil {
		leave(0)
		watch.stop()
		release()
		return nil, err
	}
	start := time.Now()
	c.requests.Add(1)
	resp, err := c.roundTrip(hr, req.anonymous)
	if err != nil {
		if err = watch.explain(err); errors.Is(err, errSilent) {
			h.silent(start)
		}
		leave(0)
		watch.stop()
		release()
		c.log(req, 0, start, err)
		return nil, &unreachableError{req.method, req.url, unwrapURL(err)}
	}
	watch.touch()
	c.log(req, resp.StatusCode, start, nil)
	translate(resp)
	h.learn(req, resp, start)
	leave(resp.StatusCode)
	resp.Body = &body{ReadCloser: resp.Body, watch: watch, release: release}
	return resp, nil
}

// enter waits until a request may be sent: the server takes its login, and its host has a place for it, which is held until
// release. leave must be called with the status of the answer, 0 for none.
func (c *Client) enter(ctx context.Context, req request) (release func(), leave func(status int), err error) {
	for {
		if err := c.admit(ctx, req); err != nil {
			return nil, nil, err
		}
		if err := c.prepare(ctx, req); err != nil {
			return nil, nil, err
		}
		release, err := c.net.host(req.url.Host).acquire(ctx, req.putOff, c.login.Aside)
		if wait, tooLong := errors.AsType[*WaitError](err); tooLong {
			wait.Answer.Method, wait.Answer.URL = req.method, cleanURL(req.url)
		}
		if err != nil {
			return nil, nil, err
		}
		if req.anonymous {
			return release, func(int) {}, nil
		}
		if epoch, ok := c.standing.begin(req.anyway); ok {
			return release, func(status int) { c.standing.end(epoch, c.refusals(status), req.method == http.MethodGet) }, nil
		}
		release() // the login was refused meanwhile
	}
}

// refusals is how often an answer says that the login was refused, negative for no answer. Digest has sent a password that
// was right before twice: the new challenge of a 401 may be all that was wrong.
func (c *Client) refusals(status int) int {
	switch {
	case status == 0:
		return -1
	case status != http.StatusUnauthorized:
		return 0
	case c.login.Auth == Digest && c.standing.wasTaken():
		return 2
	}
	return 1
}

// prepare checks that a request may go where it goes, and fetches the password before the host's place is taken: a
// password command takes its time.
func (c *Client) prepare(ctx context.Context, req request) error {
	if err := c.trust.check(req.url); err != nil && !isQuestion(req) {
		return fmt.Errorf("%s %s: %w", req.method, cleanURL(req.url), err)
	} else if err != nil || c.login.Secret == nil || req.anonymous {
		return nil
	}
	_, err := c.login.Secret(ctx, "")
	return err
}

// isQuestion tells requests that only ask what is there. No others go to a host that may not get credentials, also where
// the login has none: nobody's data goes to such a host, nor comes from it.
func isQuestion(req request) bool {
	return req.method == http.MethodOptions || req.method == "PROPFIND" && req.header["Depth"] == "0"
}

// hasCredentials tells whether requests carry what is not for everybody: a password, a token, or the client certificate.
func (c *Client) hasCredentials() bool { return c.login.Secret != nil || c.net.hasCertificate() }

func (c *Client) log(req request, status int, start time.Time, err error) {
	attrs := []any{"method", req.method, "url", cleanURL(req.url), "ms", time.Since(start).Milliseconds()}
	if err != nil {
		attrs = append(attrs, "error", unwrapURL(err).Error())
	} else {
		attrs = append(attrs, "status", status)
	}
	c.net.settings.Log.Log(context.Background(), slog.LevelDebug, "request", attrs...)
}

func (c *Client) httpRequest(ctx context.Context, req request, watch *watch) (*http.Request, error) {
	var payload io.Reader
	if req.body != nil {
		payload = &touching{bytes.NewReader(req.body), watch}
	}
	hr, err := http.NewRequestWithContext(ctx, req.method, req.url.String(), payload)
	if err != nil {
		return nil, err
	}
	if req.body != nil {
		hr.ContentLength = int64(len(req.body))
		hr.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(req.body)), nil }
	}
	hr.Header.Set("User-Agent", c.net.settings.UserAgent)
	if isLoopback(req.url.Hostname()) || req.method == http.MethodGet {
		// Without a network in between compression only costs; and some servers change the ETag of a compressed GET.
		hr.Header.Set("Accept-Encoding", "identity")
	}
	for k, v := range req.header {
		hr.Header.Set(k, v)
	}
	return hr, nil
}

// roundTrip adds the credentials where they may go, and sends.
func (c *Client) roundTrip(hr *http.Request, anonymous bool) (*http.Response, error) {
	if anonymous {
		return c.net.anonymous.Do(hr)
	}
	if distrust := c.trust.check(hr.URL); distrust != nil {
		resp, err := c.net.anonymous.Do(hr)
		if err == nil && resp.StatusCode == http.StatusUnauthorized {
			discard(resp)
			return nil, distrust
		}
		return resp, err
	}
	if !c.hasCredentials() {
		return c.net.http.Do(hr)
	}
	c.cookies.add(hr)
	resp, err := c.logInTrip(hr)
	if err == nil {
		c.cookies.keep(resp)
	}
	return resp, err
}

// logInTrip sends with the credentials of the login.
func (c *Client) logInTrip(hr *http.Request) (*http.Response, error) {
	switch {
	case c.login.Secret == nil: // the client certificate alone
		return c.net.http.Do(hr)
	case c.login.Auth == Digest:
		return c.digestTrip(hr)
	case c.login.Auth == Bearer:
		return c.bearerTrip(hr)
	}
	password, err := c.login.Secret(hr.Context(), "")
	if err != nil {
		return nil, err
	}
	hr.SetBasicAuth(c.login.User, password)
	return c.net.http.Do(hr)
}

func (c *Client) digestTrip(hr *http.Request) (*http.Response, error) {
	c.digestOnce.Do(func() {
		var password string
		password, c.digestErr = c.login.Secret(hr.Context(), "")
		c.digest = &digest.Transport{Username: c.login.User, Password: password, Transport: c.net.transports[0]}
	})
	if c.digestErr != nil {
		return nil, c.digestErr
	}
	return c.digest.RoundTrip(hr)
}

// bearerTrip sends the token, and a fresh one where the first is not taken (any more).
func (c *Client) bearerTrip(hr *http.Request) (*http.Response, error) {
	token, err := c.login.Secret(hr.Context(), "")
	if err != nil {
		return nil, err
	}
	hr.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.net.http.Do(hr)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	fresh, err := c.login.Secret(hr.Context(), token)
	if fresh != token && !c.standing.wasTaken() {
		c.standing.tried() // no token that ran out: it never was a good one, and this was a try like others
	}
	if err != nil {
		discard(resp)
		return nil, err
	}
	if fresh == token {
		return resp, nil
	}
	discard(resp)
	if hr.GetBody != nil {
		if hr.Body, err = hr.GetBody(); err != nil {
			return nil, err
		}
	}
	c.requests.Add(1)
	hr.Header.Set("Authorization", "Bearer "+fresh)
	return c.net.http.Do(hr)
}

// cleanURL returns a URL without what may be secret in it.
func cleanURL(u *url.URL) string {
	clean := *u
	clean.User, clean.RawQuery, clean.Fragment = nil, "", ""
	return clean.String()
}

// unwrapURL takes off the *url.Error, whose text repeats the method and the whole URL.
func unwrapURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// answerError makes the *Error of an answer that is not what was asked for, and closes it.
func answerError(req request, resp *http.Response) *Error {
	defer discard(resp)
	e := &Error{Method: req.method, URL: cleanURL(resp.Request.URL), StatusCode: resp.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	e.Condition, e.Excerpt = readError(text)
	e.Holder = readHolder(text, e.Condition)
	if wait := resp.Header.Get("Retry-After"); wait != "" {
		e.Excerpt = strings.TrimSpace("Retry-After: " + wait + " " + e.Excerpt)
	}
	return e
}
