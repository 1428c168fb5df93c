package dav

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// absentError says that a place answered as a DAV server does, and has no such service.
type absentError struct {
	url    string
	reason string
}

func (e *absentError) Error() string { return "PROPFIND " + e.url + ": " + e.reason }

// openError says that a place could not be asked, so that nobody knows whether the service is there. An account whose
// calendars cannot be looked for is not an account without calendars.
type openError struct {
	at    *url.URL // nil for a question to the DNS
	guess bool     // nobody named the place: it counts only where it turns out to be the account's server
	err   error
}

func (e *openError) Error() string { return e.err.Error() }
func (e *openError) Unwrap() error { return e.err }

// isOpen tells whether a place that the user, the DNS or the table of providers named could not be asked.
func isOpen(err error) bool {
	return slices.ContainsFunc(flatten(err), func(err error) bool {
		open, is := errors.AsType[*openError](err)
		return is && !open.guess
	})
}

// judge tells an answer that means "not here" from none.
func (at candidate) judge(err error) error {
	if err == nil || errors.Is(err, errNotMultistatus) || errors.Is(err, errRedirect) || isOpen(err) {
		return err
	}
	if dnsErr, ok := errors.AsType[*net.DNSError](err); ok && dnsErr.IsNotFound && at.table {
		return err // the table is old, and no word of the provider
	}
	_, absent := errors.AsType[*absentError](err)
	status := Status(err)
	if status == 0 && !absent || status >= 500 && status != http.StatusNotImplemented || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout {
		return &openError{at.url, at.guess, err}
	}
	return err
}

// doubt returns the error of a place that was guessed and could not be asked, if it is at the server of the account.
func (d *discovery) doubt(errs []error) error {
	for _, err := range flatten(errs...) {
		open, is := errors.AsType[*openError](err)
		if is && open.at != nil && d.client.base != nil && origin(open.at) == origin(d.client.base) {
			return err
		}
	}
	return nil
}

// unfinished is the error of a search that could not be finished. It tells only what was in the way.
func (d *discovery) unfinished(k Kind, err error) error {
	if open := slices.DeleteFunc(flatten(err), func(err error) bool { return !isOpen(err) }); len(open) > 0 {
		err = failures(open)
	}
	return advise(fmt.Errorf("looking for the %s service of %s: %w", k.Service(), d.target.name(), err))
}

// notFound is the error of a search that found nothing.
func (d *discovery) notFound(err error) error {
	return advise(fmt.Errorf("no CalDAV and no CardDAV service found for %s: %w", d.target.name(), err))
}

// advised is an error with what to do about it.
type advised struct {
	error
	advice string
}

func (e *advised) Error() string { return e.error.Error() + "; " + e.advice }
func (e *advised) Unwrap() error { return e.error }

// advise adds to the error of a search what to do next. Where a password was not sent, the error says so itself.
func advise(err error) error {
	advice := "give the URL of the server's CalDAV or CardDAV service"
	_, distrusted := errors.AsType[*TrustError](err)
	dnsErr, isDNS := errors.AsType[*net.DNSError](err)
	_, badName := errors.AsType[x509.HostnameError](err)
	_, badCert := errors.AsType[*tls.CertificateVerificationError](err)
	_, absent := errors.AsType[*absentError](err)
	switch {
	case distrusted:
		return err
	case errors.Is(err, errNoResolver):
		advice = "check the connection, or name another resolver with --dns"
	case badName:
		advice = "give the server's address with a name that its certificate is for"
	case badCert:
		advice = "if the certificate is right, name the one that signed it with --ca-cert"
	case errors.Is(err, errRedirect):
		advice = "give the URL where the redirects are meant to end"
	case errors.Is(err, errNotMultistatus):
		advice = "a web page answers there, maybe to log in: " + advice
	case absent:
		advice = "give the URL of the account's home or of one of its collections"
	case isDNS && dnsErr.IsNotFound:
		advice = "there is no such name: correct the address, or " + advice
	case isDNS:
		advice = "check the connection, name another resolver with --dns, or " + advice
	}
	return &advised{err, advice}
}

// name is the address for people.
func (a address) name() string {
	if a.url != nil {
		return cleanURL(a.url)
	}
	return a.hostPort("")
}

// failures is several errors in one line, each text once.
type failures []error

// maxReasons is how many errors of a search are told. They are those of the first places, which count most; discover
// shows all.
const maxReasons = 3

// reasons joins errors: those of places that were named first, then what the user can allow or must know, then those of
// places that were guessed.
func reasons(errs []error) error {
	all := flatten(errs...)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b error) int { return weight(b) - weight(a) })
	return failures(all)
}

func weight(err error) int {
	open, isOpen := errors.AsType[*openError](err)
	_, distrusted := errors.AsType[*TrustError](err)
	_, atProvider := errors.AsType[*mailHostError](err)
	switch {
	case isOpen && !open.guess:
		return 2
	case distrusted || atProvider:
		return 1
	}
	return 0
}

// flatten takes failures apart and leaves out what is nil.
func flatten(errs ...error) []error {
	var all []error
	for _, err := range errs {
		if several, is := err.(failures); is {
			all = append(all, several...)
		} else if err != nil {
			all = append(all, err)
		}
	}
	return all
}

func (f failures) Error() string {
	var texts []string
	for _, err := range f {
		if text := err.Error(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if more := len(texts) - maxReasons; more > 0 {
		texts = append(texts[:maxReasons], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, "; ")
}

func (f failures) Unwrap() []error { return f }

// answerText is what an error says of an answer, without the question.
func answerText(err error) string {
	switch e := err.(type) {
	case *Error:
		_, text, _ := strings.Cut(e.Error(), e.URL+": ")
		return text
	case *unreachableError:
		return e.err.Error()
	case *brokenError:
		return e.err.Error()
	case *deadError:
		return "not asked, it did not answer before"
	case *absentError:
		return e.reason
	}
	return err.Error()
}
