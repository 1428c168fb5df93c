package dav

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// probe asks one candidate whether it leads to the service.
func (d *discovery) probe(ctx context.Context, k Kind, at *candidate) (*Service, error) {
	if err := d.greet(ctx, k, at); err != nil {
		return nil, err
	}
	step := Step{Kind: k, Question: "PROPFIND " + cleanURL(at.url) + " (" + at.origin + ")"}
	r, answer, err := d.context(ctx, at.url)
	if lost := d.client.downgradeTo(at.url); lost.err != nil && isAbsent(Status(err)) {
		err = lost.err
	}
	if err != nil {
		step.Answer, step.Decision = answerText(err), "not here"
		if Status(err) == http.StatusUnauthorized {
			step.Decision = "the login is refused"
		}
		d.trace(step)
		return nil, err
	}
	at.answered = true
	service, err := d.service(ctx, k, r, answer, at.given)
	step.Answer = d.client.led(at.url, answer.url) + describe(r)
	switch {
	case err != nil:
		step.Decision = answerText(err)
	case service.Collection != "":
		step.Decision = "take this collection alone"
	default:
		step.Decision = "home set " + strings.Join(service.HomeSets, ", ")
	}
	d.trace(step)
	return service, err
}

// greet asks without credentials at a host that the user did not name, until one of its places wants a login. It returns
// an error where there is nothing to log in to. A redirect that everybody gets is followed for good: the host it comes
// from needs no credentials, and the other accounts of the domain need not be redirected.
func (d *discovery) greet(ctx context.Context, k Kind, at *candidate) error {
	known := d.net.isGreeted(at.url) && at.url.Path != wellKnown(k)
	if !at.chosen || known || !d.client.hasCredentials() || d.client.trust.check(at.url) != nil {
		return nil
	}
	step := Step{Kind: k, Question: "PROPFIND " + cleanURL(at.url) + " (" + at.origin + ", without the login)", Answer: "a multistatus", Decision: "log in there"}
	req := contextRequest(at.url)
	req.anonymous = true
	_, answer, err := d.ask(ctx, req)
	if err != nil {
		step.Answer = answerText(err)
	}
	switch {
	case at.wantsLogin(err), d.net.hasCertificate() && isUnreachable(err): // without the client certificate
		err = nil
		if final := answer.url; final != nil && final.String() != at.url.String() {
			step.Answer = d.client.led(at.url, final) + step.Answer
			at.url = final
		}
		d.net.setGreeted(at.url)
		at.chosen = false
	default:
		step.Decision = "not here"
	}
	d.trace(step)
	return err
}

// wantsLogin tells whether an answer without credentials leaves it open that one with them is another. A web page may be
// what the server shows to strangers, but not where the host is only a guess.
func (at *candidate) wantsLogin(err error) bool {
	status := Status(err)
	return err == nil || status == http.StatusUnauthorized || status == http.StatusForbidden || errors.Is(err, errNotMultistatus) && !at.guess
}

// describe says in a few words what a place answered.
func describe(r *response) string {
	if p := r.prop(nsDAV, "current-user-principal").hrefs(); len(p) > 0 {
		return "principal " + p[0]
	}
	return "no principal"
}

var contextProps = []propName{
	{nsDAV, "current-user-principal"}, {nsDAV, "resourcetype"},
	{nsCalDAV, "calendar-home-set"}, {nsCardDAV, "addressbook-home-set"},
}

// contextRequest asks a place for the principal.
func contextRequest(at *url.URL) request {
	req := propfindRequest(at, "0", contextProps)
	req.retries = 2
	return req
}

// context asks a place for the principal.
func (d *discovery) context(ctx context.Context, u *url.URL) (*response, answerTo, error) {
	r, answer, err := d.ask(ctx, contextRequest(u))
	if err != nil {
		return nil, answer, err
	}
	if p := r.prop(nsDAV, "current-user-principal"); p.has(nsDAV, "unauthenticated") {
		return nil, answer, &Error{Method: "PROPFIND", URL: cleanURL(u), StatusCode: http.StatusUnauthorized, Excerpt: "the server takes this login for nobody"}
	}
	return r, answer, nil
}

// ask sends a PROPFIND of Depth 0, not to a server that could not be reached a short while ago.
func (d *discovery) ask(ctx context.Context, req request) (*response, answerTo, error) {
	if err := d.net.isDead(req.url); err != nil {
		return nil, answerTo{}, err
	}
	r, answer, err := d.client.ask(ctx, req)
	if answer.url != nil && (err == nil || isDAV(answer.header) || leadsOn(req.url, answer.url)) {
		d.net.setProven(answer.url)
	}
	inTime := ctx.Err() == nil || context.Cause(ctx) == errSilent
	if bare := req.anonymous && d.net.hasCertificate(); inTime && !bare && isUnreachable(err) {
		unreachable, _ := errors.AsType[*unreachableError](err)
		d.net.buryServer(unreachable.at, err)
	}
	return r, answer, err
}

// isDAV tells whether a header is that of a CalDAV or CardDAV server, also where it asks for a login: few of them say what
// they can before, most have it in the realm ("Radicale - Password Required", "SabreDAV", "DAViCal CalDAV Server", "SOGo").
func isDAV(h http.Header) bool {
	if len(h.Values("DAV")) > 0 || h.Get("X-Sabre-Version") != "" {
		return true
	}
	challenge := strings.ToLower(strings.Join(h.Values("WWW-Authenticate"), " "))
	return slices.ContainsFunc([]string{"dav", "radicale", "sogo", "calendar"}, func(word string) bool { return strings.Contains(challenge, word) })
}

// leadsOn tells whether a well-known URI redirected to a place of its own, as only whoever has the service makes it do.
func leadsOn(asked, answered *url.URL) bool {
	isWellKnown := func(u *url.URL) bool {
		return slices.ContainsFunc(Kinds, func(k Kind) bool { return SameResource(u.EscapedPath(), wellKnown(k)) })
	}
	return isWellKnown(asked) && !isWellKnown(answered)
}
