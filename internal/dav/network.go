package dav

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/emersion/go-webdav"
)

// Settings say how a Network treats servers. The zero value of a field means its default.
type Settings struct {
	UserAgent      string        // required: SOGo hides address books from clients without one
	Connections    int           // requests at once to one host, over all accounts; default 4
	TPSLimit       float64       // requests a second to one host; default none
	Retries        int           // how often a request is sent again where that is harmless; negative for never
	Timeout        time.Duration // how long a server may keep silent; default 2 minutes. Long answers that flow have no limit
	MaxWait        time.Duration // the longest that a server may ask to be left alone (Retry-After, 429, 503); default 15 minutes
	TLS            *tls.Config   // own CA, client certificate; default the system's
	TrustHosts     []string      // hosts that may get credentials although nothing else connects them to the account
	AllowPlaintext bool          // http:// to hosts other than loopback addresses
	Resolver       *Resolver     // for SRV and TXT records and for hosts; default the system's
	Log            *slog.Logger  // one debug line a request; default none

	// dial makes connections in the place of a dialer, for tests of ports that only root may listen on.
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Network is what all accounts of a run share: connections, limits per host, and what discovery found out about a domain.
type Network struct {
	settings   Settings
	transports []*http.Transport
	http       webdav.HTTPClient // for hosts that may get an account's credentials
	anonymous  webdav.HTTPClient // for the others: without the client certificate

	mu    sync.Mutex
	hosts map[string]*host
	walks map[walkKey]*walk
	dead  map[string]grave // by origin, host or resolver

	proven  map[string]bool      // by origin: hosts that have shown to be DAV servers
	greeted map[string]bool      // by origin: hosts that nobody named and that have asked for a login
	logins  map[string]*logins   // by address.place
	mail    map[string]*Provider // by domain: who keeps its mail, where that was looked up and is in the table
}

// grave is a server, a host's name or a resolver that could not be reached. For a while it is not asked again: of a
// thousand accounts on a server that is down each would wait as long as the first.
type grave struct {
	until time.Time
	err   error
}

const deadFor = time.Minute

// NewNetwork returns a Network with these settings.
func NewNetwork(s Settings) *Network {
	if s.Connections <= 0 {
		s.Connections = 4
	}
	if s.Timeout <= 0 {
		s.Timeout = 2 * time.Minute
	}
	if s.MaxWait <= 0 {
		s.MaxWait = 15 * time.Minute
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Resolver == nil {
		s.Resolver = &Resolver{}
	}
	n := &Network{settings: s, hosts: map[string]*host{}, walks: map[walkKey]*walk{}, dead: map[string]grave{},
		proven: map[string]bool{}, greeted: map[string]bool{}, logins: map[string]*logins{}, mail: map[string]*Provider{}}
	n.http = n.newClient(s.TLS)
	n.anonymous = n.http
	if n.hasCertificate() {
		bare := s.TLS.Clone()
		bare.Certificates = nil
		n.anonymous = n.newClient(bare)
	}
	return n
}

// hasCertificate tells whether hosts that may get credentials are shown a client certificate.
func (n *Network) hasCertificate() bool {
	return n.settings.TLS != nil && len(n.settings.TLS.Certificates) > 0
}

func (n *Network) newClient(config *tls.Config) webdav.HTTPClient {
	transport := newTransport(n.settings, config)
	n.transports = append(n.transports, transport)
	return sender{transport}
}

// sender sends one request and nothing more. An http.Client would turn a redirected PROPFIND into a GET without its body
// and fail at a sloppy Location; redirects are followed in redirect.go.
type sender struct{ transport *http.Transport }

// Do is http.Client's, without redirects and cookies.
func (s sender) Do(r *http.Request) (*http.Response, error) {
	resp, err := s.transport.RoundTrip(r)
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(record.RecordHeader[:]) == "HTTP/" {
		return nil, fmt.Errorf("%w: %w", http.ErrSchemeMismatch, err)
	}
	return resp, err
}

// newTransport keeps to HTTP/1.1 and few connections: multiplexing many requests over HTTP/2 is fragile on some servers
// (Baikal behind nginx) and takes the limit per host out of our hands.
func newTransport(s Settings, config *tls.Config) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second, Resolver: s.Resolver.net()}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		return conn, s.Resolver.name(err)
	}
	if s.dial != nil {
		dial = s.dial
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dial,
		TLSClientConfig:       config,
		TLSHandshakeTimeout:   15 * time.Second,
		MaxIdleConnsPerHost:   s.Connections,
		IdleConnTimeout:       30 * time.Second,
		ExpectContinueTimeout: 0,
		TLSNextProto:          map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
}

// bury remembers that a place could not be reached.
func (n *Network) bury(place string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead[place] = grave{time.Now().Add(deadFor), err}
}

// buryServer remembers that a server could not be reached; all ports of it, where its name leads nowhere.
func (n *Network) buryServer(u *url.URL, err error) {
	if _, noName := errors.AsType[*net.DNSError](err); noName {
		n.bury(u.Hostname(), err)
		return
	}
	n.bury(origin(u), err)
}

// deadError says that a server is not asked because it gave no answer a short while ago.
type deadError struct {
	place string // the host, or the server
	err   error
}

func (e *deadError) Error() string {
	return fmt.Sprintf("%s is not asked again so soon: %v", e.place, e.err)
}
func (e *deadError) Unwrap() error { return e.err }

// isDead returns the error that a server gave a short while ago, nil where it may be asked.
func (n *Network) isDead(u *url.URL) error {
	for _, place := range []string{u.Hostname(), origin(u)} {
		if err := n.buried(place); err != nil {
			return &deadError{place, err}
		}
	}
	return nil
}

func (n *Network) buried(place string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	g, ok := n.dead[place]
	if !ok || time.Now().After(g.until) {
		return nil
	}
	return g.err
}

// isGreeted tells whether a host that nobody named has asked for a login.
func (n *Network) isGreeted(u *url.URL) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.greeted[origin(u)]
}

func (n *Network) setGreeted(u *url.URL) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.greeted[origin(u)] = true
}

// isProven tells whether a host has shown to be a DAV server.
func (n *Network) isProven(u *url.URL) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.proven[origin(u)]
}

func (n *Network) setProven(u *url.URL) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.proven[origin(u)] = true
}

// Close drops the connections that are kept open. Requests that are under way go on.
func (n *Network) Close() {
	for _, t := range n.transports {
		t.CloseIdleConnections()
	}
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
