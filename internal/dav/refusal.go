package dav

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
)

// maxRejections is how many answers 401 in a row end the use of a login: servers lock accounts that fail too often.
// Requests that are under way at that moment still count.
const maxRejections = 2

// maxRefused is how many accounts of a domain may be refused in a row before the rest is left alone: servers and
// fail2ban lock out the address that goes on. With one wrong password in five, which is much, ten in a row are one case
// in ten million.
const maxRefused = 10

// logins is what a run knows of the logins at one domain, or at one server where accounts name it.
type logins struct {
	mu      sync.Mutex
	refused int   // accounts in a row
	last    error // the last refusal
	local   bool  // user names are what is before the @
}

// loginsOf returns what is known of an address.place.
func (n *Network) loginsOf(place string) *logins {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.logins[place]
	if l == nil {
		l = &logins{}
		n.logins[place] = l
	}
	return l
}

// closed returns an error where so many accounts in a row were refused that the next is not tried.
func (l *logins) closed(domain string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refused < maxRefused {
		return nil
	}
	e := &Error{Method: "PROPFIND", StatusCode: http.StatusUnauthorized}
	if last, ok := errors.AsType[*Error](l.last); ok {
		e.URL = last.URL
	}
	e.Excerpt = fmt.Sprintf("not asked: %s is left alone, because %d accounts in a row were refused there; correct the passwords, then run again", domain, l.refused)
	return e
}

// welcome takes down that a login was taken. That makes good for all before it.
func (l *logins) welcome(local bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused, l.last, l.local = 0, nil, local
}

// refuse takes down that an account was refused.
func (l *logins) refuse(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused, l.last = l.refused+1, err
}

// loginName is a form of a user name.
type loginName struct {
	user  string
	local bool // what is before the @ of a mail address
}

// names returns the user names to try: as it is given, and for a mail address also what is before the @ (RFC 6764
// section 6), that first where it was right for the last account of the domain. A token says itself whose it is, the
// providers of the table are known to take the whole address, and an administrator's name is no user's.
func (d *discovery) names(login Login, l *logins) []loginName {
	names := []loginName{{user: login.User}}
	local, _, isMail := mailbox(login.User)
	if !isMail || login.Secret == nil || login.For != "" || login.Auth == Bearer || d.provider != nil {
		return names
	}
	names = append(names, loginName{local, true})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.local {
		slices.Reverse(names)
	}
	return names
}

// logIn opens the account, under the other form of its user name where the first is refused: two tries at most.
func (d *discovery) logIn(ctx context.Context, login Login) (*Account, error) {
	logins := d.net.loginsOf(d.target.place())
	if err := logins.closed(d.target.domain); err != nil && login.Secret != nil {
		return nil, err
	}
	var refused error
	var first string
	for _, name := range d.names(login, logins) {
		if refused != nil {
			d.trace(Step{Kind: Calendar, Question: "log in", Answer: answerText(refused), Decision: "once more as " + name.user})
		}
		login.User = name.user
		d.use(login)
		account, err := d.open(ctx)
		switch {
		case err == nil:
			logins.welcome(name.local)
			return account, nil
		case !isRefusal(err) && (refused == nil || ctx.Err() != nil):
			return nil, err
		case !isRefusal(err):
			logins.refuse(refused)
			return nil, refused // the other name leads nowhere, and does not undo what was said of the first
		case refused != nil:
			err = fmt.Errorf("%w; the user name %s was refused as well", err, first)
		}
		refused, first = err, name.user
	}
	if login.Secret != nil {
		logins.refuse(refused)
	}
	return nil, refused
}
