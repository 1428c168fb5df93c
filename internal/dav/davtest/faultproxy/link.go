package faultproxy

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// link is a connection of a client with the one to the server that belongs to it. Requests and answers are passed on by a
// goroutine each, so that an end of either side is noticed at any time.
type link struct {
	proxy    *Proxy
	client   *net.TCPConn
	server   net.Conn
	requests *bufio.Reader
	answers  *bufio.Reader
	awaited  chan passage // what the next answers are to
	answered int64
}

// passage is a request that was passed on, and what is to go wrong with it.
type passage struct {
	request *http.Request
	fault   *Fault // nil where nothing is
}

func newLink(p *Proxy, client *net.TCPConn, server net.Conn) *link {
	return &link{proxy: p, client: client, server: server,
		requests: bufio.NewReader(client), answers: bufio.NewReader(server), awaited: make(chan passage)}
}

// run passes on until either side ends or a fault ends both.
func (l *link) run(ctx context.Context, end context.CancelFunc) {
	var answers sync.WaitGroup
	answers.Go(func() {
		defer end()
		for {
			select {
			case next := <-l.awaited:
				if !l.passAnswer(ctx, next) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	})
	for l.passRequest(ctx) {
	}
	end()
	answers.Wait()
}

// passRequest passes a request on and reports whether the connection goes on.
func (l *link) passRequest(ctx context.Context) bool {
	head, err := readHead(l.requests)
	if err != nil {
		return false
	}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		return false
	}
	f := l.proxy.plan.strike(r)
	if f.is(BeforeBody) && !f.suffer(ctx, l.client) {
		return false
	}
	if !f.is(AfterBody) && !l.await(ctx, passage{r, f}) {
		return false
	}
	if _, err := l.server.Write(head); err != nil {
		return false
	}
	if !l.passBody(ctx, l.server, l.requests, framingOf(r.ContentLength, r.TransferEncoding), f, WithinBody) {
		return false
	}
	return !f.is(AfterBody) || f.suffer(ctx, l.client) && l.await(ctx, passage{r, f})
}

// await has the next answer passed on. It reports false where the connection has ended.
func (l *link) await(ctx context.Context, p passage) bool {
	select {
	case l.awaited <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

// passAnswer passes the answer to a request on and reports whether the connection goes on.
func (l *link) passAnswer(ctx context.Context, p passage) bool {
	head, resp, err := l.readAnswer(p.request)
	if err != nil {
		return false
	}
	if p.fault.is(BeforeAnswer) && !p.fault.suffer(ctx, l.client) {
		return false
	}
	if _, err := l.client.Write(head); err != nil {
		return false
	}
	f := framingOfAnswer(p.request, resp)
	if !l.passBody(ctx, l.client, l.answers, f, p.fault, WithinAnswer) || f == untilEnd {
		return false
	}
	if p.fault.is(AfterAnswer) && !p.fault.suffer(ctx, l.client) {
		return false
	}
	l.answered++
	most := l.proxy.most.Load()
	return most == 0 || l.answered < most
}

// readAnswer reads the head of an answer. Interim ones (RFC 9110 section 15.2) are passed on.
func (l *link) readAnswer(r *http.Request) (head []byte, resp *http.Response, err error) {
	for {
		if head, err = readHead(l.answers); err != nil {
			return nil, nil, err
		}
		resp, err = http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), r)
		if err != nil || resp.StatusCode >= http.StatusOK {
			return head, resp, err
		}
		if _, err = l.client.Write(head); err != nil {
			return nil, nil, err
		}
	}
}

// passBody passes a body on, up to a fault within it.
func (l *link) passBody(ctx context.Context, to io.Writer, from *bufio.Reader, length framing, f *Fault, within Moment) bool {
	if !f.is(within) {
		return length.pass(to, from) == nil
	}
	cut := &cutter{to: to, left: f.Octets, strike: func() bool { return f.suffer(ctx, l.client) }}
	if length.pass(cut, from) != nil {
		return false
	}
	return cut.struck || f.suffer(ctx, l.client)
}

// cutter lets a number of octets through before something goes wrong.
type cutter struct {
	to     io.Writer
	left   int
	strike func() (goOn bool)
	struck bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.struck || len(p) < c.left {
		c.left -= len(p)
		return c.to.Write(p)
	}
	n, err := c.to.Write(p[:c.left])
	if err != nil {
		return n, err
	}
	if c.struck = true; !c.strike() {
		return n, io.ErrClosedPipe
	}
	rest, err := c.to.Write(p[n:])
	return n + rest, err
}

// is tells whether something goes wrong at that moment.
func (f *Fault) is(m Moment) bool { return f != nil && f.At == m }

// suffer does what goes wrong and reports whether the connection goes on. The caller ends one that does not.
func (f *Fault) suffer(ctx context.Context, client *net.TCPConn) bool {
	switch f.Action {
	case Reset:
		// Without lingering the end of the connection is a reset. An error means that it has ended already.
		_ = client.SetLinger(0)
	case Stall:
		return f.stall(ctx)
	}
	return false
}

// stall waits. It reports false where the connection ends meanwhile.
func (f *Fault) stall(ctx context.Context) bool {
	var over <-chan time.Time
	if f.Delay > 0 {
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}
