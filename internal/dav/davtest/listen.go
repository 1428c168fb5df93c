package davtest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listener is a Server that listens.
type Listener struct {
	// URL is the root of the server, such as http://127.0.0.1:41293/.
	URL string

	http     *http.Server
	cancel   context.CancelFunc // ends stalled requests
	served   chan struct{}      // closed when nothing is accepted any more
	conns    sync.WaitGroup     // connections that net/http holds
	handlers sync.WaitGroup     // requests, those on hijacked connections too

	mu      sync.Mutex
	fresh   map[net.Conn]bool // connections without a request yet
	closing bool
}

// grace is how long Close lets requests in progress go on.
const grace = 5 * time.Second

// Start listens on a loopback address, "" for a free port of 127.0.0.1, until the Listener is closed. A server may have
// several.
func (s *Server) Start(addr string) (*Listener, error) { return s.start(addr, nil) }

// StartTLS is Start with TLS and a certificate.
func (s *Server) StartTLS(addr string, cert tls.Certificate) (*Listener, error) {
	return s.start(addr, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
}

func (s *Server) start(addr string, config *tls.Config) (*Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("starting the DAV server: %w", err)
	}
	if tcp, ok := ln.Addr().(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return nil, errors.Join(fmt.Errorf("starting the DAV server: %s is no loopback address", ln.Addr()), ln.Close())
	}
	scheme := "http"
	if config != nil {
		ln, scheme = tls.NewListener(ln, config), "https"
	}
	ctx, cancel := context.WithCancel(context.Background())
	l := &Listener{
		URL:    scheme + "://" + ln.Addr().String() + "/",
		cancel: cancel,
		served: make(chan struct{}),
		fresh:  map[net.Conn]bool{},
	}
	l.http = &http.Server{
		Handler:           l.counted(s),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnState:         l.watch,
		ReadHeaderTimeout: time.Minute,
	}
	go func() {
		defer close(l.served)
		// It returns once Close is called.
		_ = l.http.Serve(ln)
	}()
	return l, nil
}

// counted makes Close wait for requests on connections that net/http no longer knows of.
func (l *Listener) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.handlers.Add(1)
		defer l.handlers.Done()
		h.ServeHTTP(w, r)
	})
}

// watch follows the connections. http.Server.Shutdown would wait five seconds for those without a request, and for the
// goroutines of none.
func (l *Listener) watch(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch state {
	case http.StateNew:
		l.conns.Add(1)
		l.fresh[c] = true
		if l.closing {
			closeConn(c)
		}
	case http.StateActive:
		delete(l.fresh, c)
	case http.StateClosed, http.StateHijacked:
		delete(l.fresh, c)
		l.conns.Done()
	}
}

// Close stops listening, ends stalled requests, lets the others finish, and returns when no goroutine of the Listener is
// left. Only the first call does anything.
func (l *Listener) Close() error {
	l.mu.Lock()
	first := !l.closing
	l.closing = true
	for c := range l.fresh {
		closeConn(c)
	}
	l.mu.Unlock()
	if !first {
		return nil
	}
	l.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := l.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("closing the DAV server: %w", err), l.http.Close())
	}
	<-l.served
	l.conns.Wait()
	l.handlers.Wait()
	return err
}

// closeConn closes a connection that nobody writes to.
func closeConn(c net.Conn) {
	// Its other end may have closed it, which is as good.
	_ = c.Close()
}
