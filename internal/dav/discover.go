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

	// Addresses are the calendar user addresses of the account (RFC 6638 section 2.4.1) as the server gives them: mostly
	// mailto: URIs and paths.
	Addresses []string

	storage *Storage // the row of the table that knows the server, nil where none does

	// exact says that the server's multistatus is known to hold objects octet for octet as GET returns them.
	exact bool

	// ctagOnly says that getctag tells as much as sync-token does, and that each costs the server a look at every object of
	// the collection. Radicale 3.1.8 takes 45 µs an object for one of them, and 600 for one of a listing.
	ctagOnly bool
	sparing  bool // see Account.SpareStates

	outbox    bool       // the principal has a scheduling outbox (RFC 6638 section 2.1.1)
	scheduler *Scheduler // the row of the table that knows the server, nil where none does
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

	Provider *Provider // the row of the table of providers that the step took, nil for none
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
	d := &discovery{net: n, target: target, provider: providerOf(target.domain), trace: trace, nothing: map[string]bool{}}
	account, err := d.logIn(ctx, login)
	if err != nil {
		return nil, d.hint(err)
	}
	account.standing.open()
	if err := account.checkUser(ctx); err != nil {
		return nil, err
	}
	return account, nil
}

// use makes the client for a login. What the one before it has tried still counts.
func (d *discovery) use(login Login) {
	client := &Client{net: d.net, login: login, trust: trust{
		named: []string{d.target.domain}, hosts: d.net.settings.TrustHosts, allowPlaintext: d.net.settings.AllowPlaintext, kept: d.net.atStake(login)}}
	client.trust.provider = d.trustedHosts()
	if before := d.client; before != nil {
		client.requests.Store(before.requests.Load())
		client.standing.inherit(&before.standing)
	}
	d.client, d.principals = client, map[string]*response{}
}

// open looks for both services.
func (d *discovery) open(ctx context.Context) (*Account, error) {
	account := &Account{Client: d.client, Services: map[Kind]*Service{}}
	var missing []error
	withheld := map[Kind]error{} // searches that ended where the login may not go, which the next stage may make good
	for d.stage = named; d.stage <= beyond && len(account.Services) == 0; d.stage++ {
		why, err := d.findAll(ctx, account, withheld)
		if err != nil {
			return nil, err
		}
		missing = append(missing, why)
		if err := d.homeless(); err != nil && len(account.Services) == 0 {
			return nil, err
		}
	}
	for _, k := range Kinds {
		if err := withheld[k]; err != nil && account.Services[k] == nil {
			return nil, err
		}
	}
	if len(account.Services) == 0 {
		return nil, d.notFound(reasons(missing))
	}
	return account, nil
}

// findAll looks for both services at one stage. missing says why one is not there, which is no error.
func (d *discovery) findAll(ctx context.Context, account *Account, withheld map[Kind]error) (missing, err error) {
	var absent []error
	for _, k := range Kinds {
		service, err := d.find(ctx, k)
		_, distrusted := errors.AsType[*TrustError](err)
		switch {
		case service != nil:
			account.Services[k] = service
		case fatal(ctx, err):
			return nil, err
		case isOpen(err) && distrusted:
			withheld[k] = d.unfinished(k, err)
		case isOpen(err):
			return nil, d.unfinished(k, err)
		case err != nil:
			absent = append(absent, err)
		}
	}
	for _, k := range Kinds {
		// A host that was guessed and has the one service is guessed no more: it must have said no to the other.
		if err := d.doubt(absent); account.Services[k] == nil && len(account.Services) > 0 && err != nil {
			return nil, d.unfinished(k, err)
		}
	}
	return reasons(absent), nil
}

// fatal tells which errors end discovery at once: asking elsewhere would not help, and a login that is refused must not
// be tried at every door.
func fatal(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || isRefusal(err))
}

// isRefusal tells whether an error says that a login was refused. A property that is kept from a login that was taken is
// no such thing.
func isRefusal(err error) bool { return Status(err) == http.StatusUnauthorized && !isOpen(err) }

// discovery is the search for one account's services.
type discovery struct {
	net        *Network
	client     *Client // of the login that is tried
	target     address
	provider   *Provider // nil where none is known
	stage      stage
	trace      func(Step)
	principals map[string]*response // by URL: both services ask the same principal
	nothing    map[string]bool      // URLs of server software's usual places that have nothing
}

// hint adds to a refused login what users of the provider must know, and to any error that the provider has no service.
func (d *discovery) hint(err error) error {
	p, refused := d.provider, Status(err) == http.StatusUnauthorized
	if p == nil && refused {
		p = providerThatRefused(err)
	}
	if p == nil || p.Hint == "" || !refused && p.CalDAV+p.CardDAV != "" {
		return err
	}
	return fmt.Errorf("%w; %s: %s", err, p.Name, p.Hint)
}

// providerThatRefused returns the provider whose host an error is about, nil for none.
func providerThatRefused(err error) *Provider {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return nil
	}
	u, err := url.Parse(e.URL)
	if err != nil {
		return nil
	}
	return providerOf(u.Hostname())
}

// service follows the principal to the home sets.
func (d *discovery) service(ctx context.Context, k Kind, r *response, answer answerTo, given bool) (*Service, error) {
	if d.client.base == nil {
		d.client.base = answer.url
	}
	s := &Service{Kind: k, Features: features(answer.header), Server: answer.header.Get("Server"),
		exact: isRadicale(answer.header), ctagOnly: isRadicale(answer.header)}
	s.recognizeStorage(answer.header)
	s.recognize(answer.url, answer.header)
	kind, isCollection := collectionKind(r)
	if given && isCollection {
		if kind != k {
			return nil, &absentError{cleanURL(answer.url), "it is a collection of the other kind: " + kind.String()}
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
	s.recognize(answer.url, answer.header)
	s.outbox = len(r.prop(nsCalDAV, "schedule-outbox-URL").hrefs()) > 0
	s.Addresses = r.prop(nsCalDAV, "calendar-user-address-set").hrefs()
	if status := r.propStatus(k.traits().space, k.traits().homeSet); status >= 500 || s.Principal != "" && (status == http.StatusUnauthorized || status == http.StatusForbidden) {
		// It is kept from us, or the server failed: either way it is not known to be absent.
		return nil, &openError{at: answer.url, err: &Error{Method: "PROPFIND", URL: cleanURL(answer.url), StatusCode: status, Excerpt: "the server does not say what its " + k.traits().homeSet + " is"}}
	}
	for _, href := range r.prop(k.traits().space, k.traits().homeSet).hrefs() {
		u, err := resolve(answer.url, href)
		if err != nil {
			return nil, err
		}
		s.HomeSets = append(s.HomeSets, d.client.pathOf(withSlash(u)))
	}
	switch {
	case len(s.HomeSets) > 0:
		return s, nil
	case s.Principal != "":
		return nil, &absentError{cleanURL(answer.url), "the principal has no " + k.traits().homeSet}
	}
	if err := d.homeByListing(ctx, s, r, answer.url); err != nil {
		return nil, err
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
func (a *Account) welcome(ctx context.Context) bool { return a.confirm(ctx) == nil }

// features returns the tokens of the DAV header (RFC 4918 section 10.1).
func features(h http.Header) []string { return tokens(h, "DAV") }

// tokens splits a header that holds a list and may be repeated.
func tokens(h http.Header, name string) []string {
	var out []string
	for _, line := range h.Values(name) {
		for token := range strings.SplitSeq(line, ",") {
			if token = strings.TrimSpace(token); token != "" {
				out = append(out, token)
			}
		}
	}
	return out
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
