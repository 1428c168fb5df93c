// Package faultproxy is the network between a client and a server, for tests: a TCP proxy that passes HTTP/1.1 on octet
// by octet and breaks off, resets or stalls a connection at a chosen moment of a chosen request. Where package davtest
// makes a server that fails, this makes a way to it that does; so it works with any server, a real one too.
//
// It follows the framing of requests and answers only to know which moment it is. It changes nothing on the way, the
// Host header included. It speaks no TLS.
package faultproxy

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
)

// Proxy is a way to one server. Its methods may be called from several goroutines, also while it is in use.
type Proxy struct {
	// URL is the root of the server by way of the proxy, such as http://127.0.0.1:41293/.
	URL string

	target   string // host:port of the server
	listener net.Listener
	plan     plan
	most     atomic.Int64 // requests on one connection; 0 for no limit
	work     sync.WaitGroup

	mu   sync.Mutex
	up   context.Context // of all connections; ended where the network is down
	down context.CancelFunc
}

// Start listens on a free port of 127.0.0.1 as a way to the http server with that URL, until the Proxy is closed.
func Start(server string) (*Proxy, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" || u.Port() == "" {
		return nil, fmt.Errorf("starting the proxy: %q is no http URL with a port", server)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the proxy: %w", err)
	}
	p := &Proxy{URL: "http://" + listener.Addr().String() + "/", target: u.Host, listener: listener}
	p.up, p.down = context.WithCancel(context.Background())
	p.work.Go(p.accept)
	return p, nil
}

// Inject plans a fault. Of several that fit a request the first with nothing left to skip strikes; those after it do not
// count the request.
func (p *Proxy) Inject(f Fault) { p.plan.add(f) }

// UnusedFaults returns the faults that did not strike as often as they were to, Times telling what is left; one that
// strikes without end is among them until it has struck once. A test that plans faults asserts that there are none.
func (p *Proxy) UnusedFaults() []Fault { return p.plan.unused() }

// ClearFaults forgets all faults. Those that have struck already go on.
func (p *Proxy) ClearFaults() { p.plan.clear() }

// CloseAfter ends each connection after that many answers, without saying so in the last of them; 0 is no limit.
func (p *Proxy) CloseAfter(requests int) { p.most.Store(int64(requests)) }

// Sever cuts the network: all connections end, and new ones end as soon as they are made, until Mend.
func (p *Proxy) Sever() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down()
}

// Mend ends what Sever began.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.up.Err() != nil {
		p.up, p.down = context.WithCancel(context.Background())
	}
}

// Close stops listening, ends all connections, and returns when no goroutine of the Proxy is left.
func (p *Proxy) Close() error {
	err := p.listener.Close()
	p.Sever()
	p.work.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		up := p.up
		p.mu.Unlock()
		p.work.Go(func() { p.connect(up, client.(*net.TCPConn)) })
	}
}

// connect is one connection of a client from its beginning to its end.
func (p *Proxy) connect(up context.Context, client *net.TCPConn) {
	ctx, end := context.WithCancel(up)
	defer end()
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
	if f := p.plan.strike(nil); f != nil && !f.suffer(ctx, client) {
		return
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(ctx, "tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() { server.Close() })()
	newLink(p, client, server).run(ctx, end)
}
