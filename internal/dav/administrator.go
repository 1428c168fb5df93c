package dav

import (
	"context"
	"fmt"
	"strings"
)

// AccessError says that a login that may be an administrator's does not lead to the account it was meant for, or that the
// server does not say so. Nothing is read then and nothing written: an administrator's own calendars are nobody else's.
type AccessError struct {
	User   string // whose account was meant
	URL    string // what was looked at
	Reason string
}

// Error says which address gave whose account, and why that is in doubt.
func (e *AccessError) Error() string {
	return fmt.Sprintf("%s is not known to be the account of %s: %s", e.URL, e.User, e.Reason)
}

// principalFlags are those that give Login.Principal.
const principalFlags = "--source-principal or --destination-principal (of discover: --principal)"

// principalHref returns where the account's principal is: where the login says, else where the server does; "" where
// neither does.
func (d *discovery) principalHref(r *response) string {
	if d.client.login.Principal != "" {
		return d.client.login.Principal
	}
	if principals := r.prop(nsDAV, "current-user-principal").hrefs(); len(principals) > 0 {
		return principals[0]
	}
	return ""
}

// ofPrincipal makes an error of asking a principal that the user named one that other places cannot mend.
func (d *discovery) ofPrincipal(err error) error {
	if d.client.login.Principal == "" {
		return err
	}
	return &openError{err: err}
}

// homeless returns an error where the principal that the user named was found and has no home sets: it is none, then, and
// looking elsewhere does not help.
func (d *discovery) homeless() error {
	if d.client.login.Principal == "" || len(d.principals) == 0 {
		return nil
	}
	return fmt.Errorf("%s at %s has neither calendars nor address books that this login may see; "+
		principalFlags+" must give the path of a principal", d.client.login.Principal, d.target.name())
}

// checkUser makes sure that what was found belongs to the user that the login was meant for. An answer that does not say
// so is an *AccessError, as is one that says otherwise.
func (a *Account) checkUser(ctx context.Context) error {
	if a.login.For == "" {
		return nil
	}
	confirmed := map[string]bool{} // by principal: both services have the same, mostly
	for _, k := range Kinds {
		s := a.Services[k]
		if s == nil {
			continue
		}
		if !confirmed[s.Principal] {
			said, err := a.checkPrincipal(ctx, s)
			if err != nil {
				return err
			}
			confirmed[s.Principal] = said
		}
		if err := a.checkHomes(ctx, s, confirmed[s.Principal]); err != nil {
			return err
		}
	}
	return nil
}

// ownerProps say whose a resource is: DAV:owner (RFC 3744 section 5.1), of a principal also its own URL (section 4.2) and
// the addresses that its user has in calendars (RFC 6638 section 2.4.1).
var ownerProps = []propName{{nsDAV, "owner"}, {nsDAV, "principal-URL"}, {nsCalDAV, "calendar-user-address-set"}}

// checkPrincipal tells whether the server says that the principal is the user's.
func (a *Account) checkPrincipal(ctx context.Context, s *Service) (said bool, err error) {
	if s.Principal == "" {
		return false, nil
	}
	r, err := a.askOwner(ctx, s.Principal)
	if err != nil {
		return false, fmt.Errorf("the principal: %w", err)
	}
	if a.login.Principal == "" {
		if a.namesUser(s.Principal, r) {
			return true, nil
		}
		return false, a.accessError(s.Principal, "the server logged in somebody of another name; if it is right, "+
			"name the principal with "+principalFlags)
	}
	hrefs := append(r.prop(nsDAV, "principal-URL").hrefs(), r.prop(nsDAV, "owner").hrefs()...)
	for _, href := range hrefs {
		// One is enough: the owner of a principal may be the server's administrator.
		if SameResource(href, s.Principal) {
			return true, nil
		}
	}
	if len(hrefs) > 0 {
		return false, a.accessError(s.Principal, "the server says that it is "+hrefs[0])
	}
	return false, nil
}

// checkHomes makes sure that no home set is somebody else's. said tells that the principal was the right one; else each
// of them must say whose it is.
func (a *Account) checkHomes(ctx context.Context, s *Service, said bool) error {
	places := s.HomeSets
	if s.Collection != "" {
		places, said = []string{s.Collection}, false // it did not come from the principal
	}
	for _, place := range places {
		r, err := a.askOwner(ctx, place)
		if err != nil {
			return fmt.Errorf("looking whose account it is: %w", err)
		}
		owners := r.prop(nsDAV, "owner").hrefs()
		switch {
		case len(owners) == 0 && !said:
			return a.accessError(place, "the server gives neither its DAV:owner nor a DAV:principal-URL to check that with")
		case len(owners) > 0 && !a.ownedBy(owners[0], s):
			return a.accessError(place, "the server says that it belongs to "+owners[0])
		}
	}
	return nil
}

func (a *Account) askOwner(ctx context.Context, path string) (*response, error) {
	u, err := a.urlOf(path)
	if err != nil {
		return nil, err
	}
	r, _, err := a.propfind(ctx, u, ownerProps)
	return r, err
}

func (a *Account) ownedBy(owner string, s *Service) bool {
	switch {
	case a.login.Principal != "":
		return SameResource(owner, a.login.Principal)
	case s.Principal != "":
		return SameResource(owner, s.Principal)
	}
	return a.namesUser(owner, &response{})
}

// namesUser tells whether a principal is that of the user, by its last path segment or by its addresses. Of a mail address
// the local part is enough where no addresses tell another person of that name from the user.
func (a *Account) namesUser(principal string, r *response) bool {
	name, user := LastSegment(principal), a.login.For
	if strings.EqualFold(name, user) {
		return true
	}
	mailed := false
	for _, href := range r.prop(nsCalDAV, "calendar-user-address-set").hrefs() {
		scheme, address, _ := strings.Cut(href, ":")
		if !strings.EqualFold(scheme, "mailto") {
			continue
		}
		mailed = true
		if strings.EqualFold(unescape(address), user) {
			return true
		}
	}
	local, _, isMail := strings.Cut(user, "@")
	return isMail && !mailed && strings.EqualFold(name, local)
}

func (a *Account) accessError(path, reason string) error {
	e := &AccessError{User: a.login.For, URL: path, Reason: reason}
	if u, err := a.urlOf(path); err == nil {
		e.URL = cleanURL(u)
	}
	return e
}
