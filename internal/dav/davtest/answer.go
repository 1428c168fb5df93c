package davtest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// answer is the way to the client: it counts what goes out, and cuts it where a fault says so.
type answer struct {
	w      http.ResponseWriter
	status int
	bytes  int64
	limit  int64 // octets of the body that are let out; less than 0 means all
	silent bool  // nothing is let out, not even the header
}

var errCut = errors.New("the answer is cut by a fault")

func (a *answer) Header() http.Header { return a.w.Header() }

func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status = status
	if !a.silent {
		a.w.WriteHeader(status)
	}
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.silent {
		return 0, errCut
	}
	all := len(b)
	n, err := a.w.Write(b[:a.allowance(all)])
	a.bytes += int64(n)
	if err == nil && n < all {
		err = errCut
	}
	return n, err
}

// allowance is how many of the next n octets are let out.
func (a *answer) allowance(n int) int64 {
	if a.limit < 0 {
		return int64(n)
	}
	return min(int64(n), a.limit-a.bytes)
}

// flush sends what net/http holds back, which it would drop when the connection is closed.
func (a *answer) flush() {
	// An error means that the client is gone, which is what comes next anyway.
	_ = http.NewResponseController(a.w).Flush()
}

// patience is how long a client of HTTP/1.0 may take over an answer: net/http no longer watches its connection.
const patience = time.Minute

// http10Writer answers as Python's HTTP/1.0 servers do, Radicale's among them: the body ends with the connection.
type http10Writer struct {
	w      http.ResponseWriter
	header http.Header
	conn   net.Conn
	buf    *bufio.Writer
	err    error
}

func newHTTP10Writer(w http.ResponseWriter) *http10Writer {
	return &http10Writer{w: w, header: http.Header{}}
}

func (h *http10Writer) Header() http.Header { return h.header }

func (h *http10Writer) WriteHeader(status int) {
	if h.conn != nil || h.err != nil {
		return
	}
	conn, rw, err := http.NewResponseController(h.w).Hijack()
	if err != nil {
		h.err = fmt.Errorf("answering with HTTP/1.0: %w", err)
		return
	}
	h.conn, h.buf = conn, rw.Writer
	if h.err = conn.SetDeadline(time.Now().Add(patience)); h.err != nil {
		return
	}
	h.header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.header.Set("Connection", "close")
	fmt.Fprintf(h.buf, "HTTP/1.0 %d %s\r\n", status, http.StatusText(status))
	if err := h.header.Write(h.buf); err != nil {
		h.err = err
		return
	}
	_, h.err = h.buf.WriteString("\r\n")
}

func (h *http10Writer) Write(b []byte) (int, error) {
	if h.err != nil {
		return 0, h.err
	}
	return h.buf.Write(b)
}

// FlushError makes the writer known to http.ResponseController.
func (h *http10Writer) FlushError() error {
	if h.conn == nil {
		return h.err
	}
	return h.buf.Flush()
}

// close ends the answer, and with it the connection.
func (h *http10Writer) close() {
	if h.conn == nil {
		return
	}
	// The client may be gone; either way nothing follows.
	_ = h.buf.Flush()
	_ = h.conn.Close()
}
