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

// Service is one of the two services as discovery found it for an account.
type Service struct {
	Kind       Kind
	Principal  string   // path of the principal, or a URL on another host; "" where the address led to a collection
	HomeSets   []string // paths or URLs of the home sets (RFC 4791 section 6.2.1, RFC 6352 section 7.1.1)
	Collection string   // path of the one collection, where the address is that of a collection
	Features   []string // tokens of the DAV header (RFC 4918 section 10.1)
	Server     string   // the Server header

	// Silenced says that the headers of a quiet Put are known to keep this server from sending invitations.
	Silenced bool

	// exact says that the server's multistatus is known to hold objects octet for octet as GET returns them.
	exact bool

	// costlyState says that the server reads every object of a collection to say whether it has changed. Radicale 3.1.8
	// does, once for getctag and once for sync-token, which takes as long as listing it.
	costlyState bool

	outbox bool // the principal has a scheduling outbox (RFC 6638 section 2.1.1)
}

// Schedules tells whether the server may send invitations for what is written to it: it says so (RFC 6638 section 2), or
// it does not say what it can and gives the principal a scheduling outbox.
func (s *Service) Schedules() bool {
	return s.Has("calendar-auto-schedule") || s != nil && len(s.Features) == 0 && s.outbox
}

// Has tells whether the server announces a feature in its DAV header, such as "calendar-auto-schedule".
func (s *Service) Has(feature string) bool {
	return s != nil && slices.ContainsFunc(s.Features, func(f string) bool { return strings.EqualFold(f, feature) })
}

// Principal returns the URL of the account's principal, "" where none was found.
func (a *Account) Principal() string {
	for _, k := range Kinds {
		if s := a.Services[k]; s != nil && s.Principal != "" {
			if u, err := a.urlOf(s.Principal); err == nil {
				return cleanURL(u)
			}
		}
	}
	return ""
}

// Step is one question that discovery asked, what was answered, and what followed from it.
type Step struct {
	Kind     Kind
	Question string
	Answer   string
	Decision string
}

// Account is a login whose services were found.
type Account struct {
	*Client
	Services map[Kind]*Service
}

// Open finds the services of an account from an address: a URL, a host with or without port, or a mail address (RFC 6764).
// Each step is told to trace, which may be nil. A service that the account does not have is not in Services; an account
// that has neither is an error, and so is a login that is refused.
func (n *Network) Open(ctx context.Context, address string, login Login, trace func(Step)) (*Account, error) {
	target, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	if trace == nil {
		trace = func(Step) {}
	}
	client := &Client{net: n, login: login, trust: trust{
		named: []string{target.domain}, hosts: n.settings.TrustHosts, allowPlaintext: n.settings.AllowPlaintext}}
	provider := providerOf(target.domain)
	if provider != nil {
		client.trust.provider = provider.Hosts
	}
	d := &discovery{client: client, target: target, provider: provider, trace: trace, principals: map[string]*response{}}
	account := &Account{Client: client, Services: map[Kind]*Service{}}
	missing, err := d.findAll(ctx, account)
	if err == nil && len(account.Services) == 0 {
		err = d.homeless()
	}
	if err == nil && len(account.Services) == 0 {
		// Where nothing else leads to a server, its usual paths are tried; not for a service that it just does not have.
		d.lastResort = true
		missing, err = d.findAll(ctx, account)
	}
	if err == nil && len(account.Services) == 0 {
		err = fmt.Errorf("no CalDAV and no CardDAV service found for %s: %w", address, missing)
	}
	if err == nil {
		err = account.checkUser(ctx)
	}
	if err != nil {
		return nil, err
	}
	return account, nil
}

// findAll looks for both services. missing says why one is not there, which is no error.
func (d *discovery) findAll(ctx context.Context, account *Account) (missing, err error) {
	var reasons []error
	for _, k := range Kinds {
		service, err := d.find(ctx, k)
		switch {
		case service != nil:
			account.Services[k] = service
		case fatal(ctx, err):
			return nil, d.hint(err)
		case isOpen(err):
			return nil, fmt.Errorf("looking for the %s service of %s: %w", k.Service(), d.target.key, err)
		case err != nil:
			reasons = append(reasons, err)
		}
	}
	return join(reasons), nil
}

// fatal tells which errors end discovery at once: asking elsewhere would not help, and a login that is refused must not
// be tried at every door.
func fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || Status(err) == http.StatusUnauthorized)
}

// discovery is the search for one account's services.
type discovery struct {
	client     *Client
	target     address
	provider   *Provider // nil where none is known
	lastResort bool      // only the usual paths are left to try
	trace      func(Step)
	principals map[string]*response // by URL: both services ask the same principal
}

// hint adds to a refused login what users of the provider must know.
func (d *discovery) hint(err error) error {
	if d.provider == nil || d.provider.Hint == "" || Status(err) != http.StatusUnauthorized {
		return err
	}
	return fmt.Errorf("%w; %s: %s", err, d.provider.Name, d.provider.Hint)
}

// openError says that a place which the user or the DNS named could not be asked, so that nobody knows whether the
// service is there. An account whose calendars cannot be looked for is not an account without calendars.
type openError struct{ err error }

func (e *openError) Error() string { return e.err.Error() }
func (e *openError) Unwrap() error { return e.err }

func isOpen(err error) bool {
	_, is := errors.AsType[*openError](err)
	return is
}

// judge tells an answer that means "not here" from none. A place that was only guessed may fail as it likes.
func (at candidate) judge(err error) error {
	if err == nil || at.guess || errors.Is(err, errNotMultistatus) || errors.Is(err, errRedirect) {
		return err
	}
	if status := Status(err); status == 0 || status >= 500 && status != http.StatusNotImplemented || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return &openError{err}
	}
	return err
}

// find walks the candidates until one leads to the service.
func (d *discovery) find(ctx context.Context, k Kind) (*Service, error) {
	w := d.client.net.walk(walkKey{k, d.target.key})
	w.mu.Lock()
	defer w.mu.Unlock()
	var failures []error
	for candidate := range d.candidates(ctx, k, w.found) {
		if candidate.err != nil {
			failures = append(failures, candidate.judge(candidate.err))
			continue
		}
		service, err := d.probe(ctx, k, candidate)
		err = candidate.judge(err)
		if service != nil || Status(err) == http.StatusUnauthorized {
			w.found = candidate.url
		}
		if service != nil || fatal(ctx, err) {
			return service, err
		}
		if err != nil {
			failures = append(failures, err)
		}
	}
	return nil, join(failures)
}

// failures is several errors in one line, each text once.
type failures []error

func join(errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return failures(errs)
}

func (f failures) Error() string {
	var texts []string
	for _, err := range f {
		if text := err.Error(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

func (f failures) Unwrap() []error { return f }

// probe asks one candidate whether it leads to the service. It returns neither service nor error where the place is fine
// but has no such service.
func (d *discovery) probe(ctx context.Context, k Kind, at candidate) (*Service, error) {
	step := Step{Kind: k, Question: "PROPFIND " + cleanURL(at.url) + " (" + at.origin + ")"}
	r, answer, err := d.context(ctx, at.url)
	if err != nil {
		step.Answer, step.Decision = err.Error(), "not here"
		d.trace(step)
		return nil, err
	}
	service, err := d.service(ctx, k, r, answer, at.given)
	step.Answer, step.Decision = describe(r), "no "+k.Service()+" here"
	switch {
	case err != nil:
		step.Decision = err.Error()
	case service != nil && service.Collection != "":
		step.Decision = "take this collection alone"
	case service != nil:
		step.Decision = "home set " + strings.Join(service.HomeSets, ", ")
	}
	d.trace(step)
	return service, err
}

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

// context asks a place for the principal.
func (d *discovery) context(ctx context.Context, u *url.URL) (*response, answerTo, error) {
	if err := d.client.net.isDead(u); err != nil {
		return nil, answerTo{}, err
	}
	req := propfindRequest(u, "0", contextProps)
	req.retries = 2
	r, answer, err := d.client.ask(ctx, req)
	if err != nil {
		if _, refused := errors.AsType[*TrustError](err); ctx.Err() == nil && Status(err) == 0 && !refused && !errors.Is(err, errNotMultistatus) && !errors.Is(err, errRedirect) {
			d.client.net.bury(u, err)
		}
		return nil, answer, err
	}
	if p := r.prop(nsDAV, "current-user-principal"); p.has(nsDAV, "unauthenticated") {
		return nil, answer, &Error{Method: "PROPFIND", URL: cleanURL(u), StatusCode: http.StatusUnauthorized, Excerpt: "the server takes this login for nobody"}
	}
	return r, answer, nil
}

// service follows the principal to the home sets.
func (d *discovery) service(ctx context.Context, k Kind, r *response, answer answerTo, given bool) (*Service, error) {
	if d.client.base == nil {
		d.client.base = answer.url
	}
	s := &Service{Kind: k, Features: features(answer.header), Server: answer.header.Get("Server"), Silenced: silenced(answer.header), exact: isRadicale(answer.header), costlyState: isRadicale(answer.header)}
	kind, isCollection := collectionKind(r)
	if given && isCollection {
		if kind != k {
			return nil, nil
		}
		s.Collection = d.client.pathOf(answer.url)
		return s, nil
	}
	if principal := d.principalHref(r); principal != "" {
		u, err := resolve(answer.url, principal)
		if err != nil {
			return nil, err
		}
		if r, err = d.principal(ctx, u); err != nil {
			return nil, d.ofPrincipal(err)
		}
		answer.url, s.Principal = u, d.client.pathOf(u)
	}
	s.outbox = len(r.prop(nsCalDAV, "schedule-outbox-URL").hrefs()) > 0
	if status := r.propStatus(k.traits().space, k.traits().homeSet); status >= 500 || s.Principal != "" && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		// It is kept from us, or the server failed: either way it is not known to be absent.
		return nil, &openError{&Error{Method: "PROPFIND", URL: cleanURL(answer.url), StatusCode: status, Excerpt: "the server does not say what its " + k.traits().homeSet + " is"}}
	}
	for _, href := range r.prop(k.traits().space, k.traits().homeSet).hrefs() {
		u, err := resolve(answer.url, href)
		if err != nil {
			return nil, err
		}
		s.HomeSets = append(s.HomeSets, d.client.pathOf(withSlash(u)))
	}
	if len(s.HomeSets) == 0 {
		return nil, nil
	}
	return s, nil
}

func (d *discovery) principal(ctx context.Context, u *url.URL) (*response, error) {
	if r := d.principals[u.String()]; r != nil {
		return r, nil
	}
	r, _, err := d.client.propfind(ctx, u, []propName{
		{nsCalDAV, "calendar-home-set"}, {nsCardDAV, "addressbook-home-set"}, {nsDAV, "displayname"},
		{nsCalDAV, "calendar-user-address-set"}, {nsCalDAV, "schedule-outbox-URL"},
	})
	if err != nil {
		return nil, fmt.Errorf("the principal: %w", err)
	}
	d.principals[u.String()] = r
	return r, nil
}

// welcome asks whether the login is still taken, after a 401 for one object.
func (a *Account) welcome(ctx context.Context) bool {
	a.asking.Lock()
	defer a.asking.Unlock()
	req := propfindRequest(a.base, "0", []propName{{nsDAV, "current-user-principal"}})
	req.anyway = a.rejections.Load() <= maxRejections+2 // two requests that were under way at once may have been refused
	_, _, err := a.ask(ctx, req)
	return err == nil
}

// features splits the DAV header, which may be repeated.
func features(h http.Header) []string {
	var out []string
	for _, line := range h.Values("DAV") {
		for token := range strings.SplitSeq(line, ",") {
			if token = strings.TrimSpace(token); token != "" {
				out = append(out, token)
			}
		}
	}
	return out
}

// silenced tells servers that keep quiet when quietHeaders ask them to: Cyrus (Scheduling-Enabled: F, measured with
// 3.6.1) and sabre/dav with what is built on it (Schedule-Reply: F, measured with 4.7.1).
func silenced(h http.Header) bool {
	return strings.HasPrefix(h.Get("Server"), "Cyrus-HTTP") || h.Get("X-Sabre-Version") != ""
}

// isRadicale knows Radicale by its DAV header. Its multistatus holds objects as they are, or is not well-formed because of
// them (proven with 3.1.8 by the interop tests), so that no lengths are needed as a proof: each costs it a look into
// the object, a fifth of the time of a listing.
func isRadicale(h http.Header) bool {
	return h.Get("DAV") == "1, 2, 3, calendar-access, addressbook, extended-mkcol"
}

// withSlash returns the URL of a collection as servers want it, with its trailing slash.
func withSlash(u *url.URL) *url.URL {
	if strings.HasSuffix(u.Path, "/") {
		return u
	}
	return u.JoinPath("/")
}

// pathOf returns the form in which a URL is kept: the path alone at the account's server, the whole URL elsewhere.
func (c *Client) pathOf(u *url.URL) string {
	if c.base != nil && origin(u) != origin(c.base) {
		return cleanURL(u)
	}
	return u.EscapedPath()
}

// urlOf is the reverse of pathOf.
func (c *Client) urlOf(path string) (*url.URL, error) {
	if c.base == nil {
		return nil, fmt.Errorf("no server for %s", path)
	}
	return resolve(c.base, path)
}
