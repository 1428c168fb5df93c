package davtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Web is a small internet on loopback addresses: sites with names and ports of their own, such as
// https://caldav.example.org, with certificates of one authority. A client reaches them through Dial, a program through
// the proxy that its environment names.
type Web struct {
	*Authority

	// OwnAddresses gives each host an address of its own, from 127.0.0.2 on, as Records says. On Linux all of these are
	// there; elsewhere they must be configured. Else all are at 127.0.0.1.
	OwnAddresses bool

	// WantCertificate makes sites that are added from then on refuse clients without a certificate of the authority. The
	// others ask for one too.
	WantCertificate bool

	mu       sync.Mutex
	sites    map[string]net.Addr // by host:port, where hosts have addresses of their own by address:port
	hosts    []string            // in the order of their addresses
	visits   []Visit
	servers  []*http.Server
	running  sync.WaitGroup
	inFlight sync.WaitGroup // tunnels of the proxy
}

// Visit is a request as a site saw it. It holds no password.
type Visit struct {
	Method string
	Origin string // of the site, such as https://example.org:8443
	URL    string // with the name of the site, the port where it is not the scheme's
	Depth  string
	Login  string // the user of Basic, or "Bearer" or "Digest"; "" without credentials
	Cookie string // what came as Cookie

	Certificate bool // the client showed one
}

// String returns what a request asked and as whom: "PROPFIND https://example.org/ as anna".
func (v Visit) String() string {
	if v.Login == "" {
		return v.Method + " " + v.URL
	}
	return v.Method + " " + v.URL + " as " + v.Login
}

// NewWeb returns a Web without sites.
func NewWeb() (*Web, error) {
	authority, err := NewAuthority()
	if err != nil {
		return nil, err
	}
	return &Web{Authority: authority, sites: map[string]net.Addr{}}, nil
}

// Serve adds a site: h answers at an origin such as "https://example.org:8443".
func (w *Web) Serve(origin string, h http.Handler) error {
	u, err := url.Parse(origin)
	if err != nil {
		return fmt.Errorf("adding a site: %w", err)
	}
	return w.ServeAs(origin, u.Hostname(), h)
}

// ServeAs is Serve with a certificate for another name.
func (w *Web) ServeAs(origin, name string, h http.Handler) error {
	u, err := url.Parse(origin)
	if err != nil {
		return fmt.Errorf("adding a site: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	ip := w.address(u.Hostname())
	ln, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return fmt.Errorf("adding the site %s: %w (on Linux every 127.x.y.z is there; on macOS: sudo ifconfig lo0 alias %s up)", origin, err, ip)
	}
	at := ln.Addr()
	if u.Scheme == "https" {
		cert, err := w.Certificate(name)
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12,
			ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: w.Pool()}
		if w.WantCertificate {
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		ln = tls.NewListener(ln, config)
	}
	w.sites[hostPort(u.Hostname(), u)] = at
	if w.OwnAddresses {
		w.sites[hostPort(ip, u)] = at
	}
	w.run(ln, w.recorded(origin, h))
	return nil
}

// run serves until Close. The lock is the caller's.
func (w *Web) run(ln net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)} // certificates are refused on purpose
	w.servers = append(w.servers, s)
	w.running.Go(func() { _ = s.Serve(ln) })
}

func (w *Web) recorded(origin string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		v := Visit{Method: r.Method, Origin: origin, URL: origin + r.URL.EscapedPath(), Depth: r.Header.Get("Depth"), Cookie: r.Header.Get("Cookie")}
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if user, _, isBasic := r.BasicAuth(); isBasic {
			scheme = user
		}
		v.Login = scheme
		v.Certificate = isCertified(r)
		w.mu.Lock()
		w.visits = append(w.visits, v)
		w.mu.Unlock()
		h.ServeHTTP(rw, r)
	})
}

// isCertified tells whether a client showed a certificate.
func isCertified(r *http.Request) bool { return r.TLS != nil && len(r.TLS.PeerCertificates) > 0 }

// Visits returns the requests so far, to all sites.
func (w *Web) Visits() []Visit {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.visits)
}

// ResetVisits forgets the requests.
func (w *Web) ResetVisits() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.visits = nil
}

// Dial connects to the site of a host:port. Any other is refused, as by a host that does not listen.
func (w *Web) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	at := w.sites[addr]
	w.mu.Unlock()
	if at == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("connection refused by %s", addr)}
	}
	var d net.Dialer
	return d.DialContext(ctx, network, at.String())
}

// StartProxy starts an HTTP proxy to the sites and returns its URL, for HTTPS_PROXY and HTTP_PROXY.
func (w *Web) StartProxy() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("starting the proxy: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run(ln, http.HandlerFunc(w.proxy))
	return "http://" + ln.Addr().String(), nil
}

func (w *Web) proxy(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		w.tunnel(rw, r)
		return
	}
	transport := &http.Transport{DialContext: w.Dial, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	for name, values := range resp.Header {
		rw.Header()[name] = values
	}
	rw.WriteHeader(resp.StatusCode)
	// Whoever asked may be gone.
	_, _ = io.Copy(rw, resp.Body)
}

// tunnel passes on the bytes of a connection with TLS.
func (w *Web) tunnel(rw http.ResponseWriter, r *http.Request) {
	site, err := w.Dial(r.Context(), "tcp", r.Host)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer site.Close()
	w.inFlight.Add(1)
	defer w.inFlight.Done()
	client, buffered, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, site)
		client.Close()
	})
	_, _ = io.Copy(site, buffered)
	site.Close()
	back.Wait()
}

// Close ends all sites and the proxy.
func (w *Web) Close() error {
	w.mu.Lock()
	servers := slices.Clone(w.servers)
	w.mu.Unlock()
	var errs []error
	for _, s := range servers {
		errs = append(errs, s.Close())
	}
	w.running.Wait()
	w.inFlight.Wait()
	return errors.Join(errs...)
}

// address returns the address of a host. The lock is the caller's.
func (w *Web) address(host string) string {
	if !w.OwnAddresses {
		return "127.0.0.1"
	}
	i := slices.Index(w.hosts, host)
	if i < 0 {
		i = len(w.hosts)
		w.hosts = append(w.hosts, host)
	}
	return fmt.Sprintf("127.0.0.%d", i+2)
}

// Records returns the address records of the hosts, for StartNameServer.
func (w *Web) Records() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for _, host := range w.hosts {
		fmt.Fprintf(&b, "%s. IN A %s\n", host, w.address(host))
	}
	return b.String()
}

func hostPort(host string, u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return net.JoinHostPort(host, port)
}
