package dav_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// wire is a server below HTTP: serve gets each connection. The connections end with the test.
func wire(t *testing.T, serve func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			wg.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// rootAnswer is an answer to the first question of discovery.
const rootAnswer = `<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/</href><propstat><prop>` +
	`<current-user-principal><href>/</href></current-user-principal><C:calendar-home-set><href>/</href></C:calendar-home-set>` +
	`</prop><status>HTTP/1.1 200 OK</status></propstat></response></multistatus>`

// Each phase of a request has its limit: a server that keeps silent in it is given up, and one that only takes long is not.
func TestTimeouts(t *testing.T) {
	const timeout = 200 * time.Millisecond
	head := fmt.Sprintf("HTTP/1.1 207 Multi-Status\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n", len(rootAnswer))
	tests := []struct {
		name   string
		scheme string
		serve  func(r *bufio.Reader, w io.Writer)
		ok     bool
	}{
		{"the TLS handshake is silent", "https", func(r *bufio.Reader, _ io.Writer) { io.Copy(io.Discard, r) }, false},
		{"the first octet does not come", "http", func(r *bufio.Reader, _ io.Writer) { io.Copy(io.Discard, r) }, false},
		{"the body stops", "http", func(r *bufio.Reader, w io.Writer) {
			readRequest(r)
			io.WriteString(w, head+rootAnswer[:100])
			io.Copy(io.Discard, r)
		}, false},
		{"the body takes long, and flows", "http", func(r *bufio.Reader, w io.Writer) {
			for readRequest(r) == nil {
				io.WriteString(w, head)
				for i := 0; i < len(rootAnswer); i += 20 {
					time.Sleep(timeout / 5)
					io.WriteString(w, rootAnswer[i:min(i+20, len(rootAnswer))])
				}
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			address := wire(t, func(conn net.Conn) { tt.serve(bufio.NewReader(conn), conn) })
			n := newNetwork(t, dav.Settings{Timeout: timeout})
			started := time.Now()
			_, err := n.Open(t.Context(), tt.scheme+"://"+address+"/", login("anna", "secret"), nil)
			took := time.Since(started)
			switch {
			case tt.ok && (err != nil || took < 2*timeout):
				t.Errorf("after %v: %v", took, err)
			case !tt.ok && (err == nil || !strings.Contains(err.Error(), "no sign of life")):
				t.Errorf("error is %v", err)
			}
		})
	}
}

// readRequest reads a request with its body.
func readRequest(r *bufio.Reader) error {
	req, err := http.ReadRequest(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, req.Body)
	return err
}

// A body that is taken slowly, but is taken, is not given up. What the system's buffers hold must be taken within the
// timeout.
func TestUploadThatFlowsHasNoLimit(t *testing.T) {
	t.Parallel()
	const timeout = time.Second
	address := wire(t, func(conn net.Conn) {
		r := bufio.NewReaderSize(&slow{conn, timeout / 12}, 64<<10)
		for readRequest(r) == nil {
			io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
		}
	})
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 0)
	a := open(t, p, dav.Settings{Timeout: timeout, Retries: 0, TrustHosts: []string{"127.0.0.1"}})
	large := event("large", strings.Repeat("x", 32<<20))
	started := time.Now()
	_, err := a.Put(t.Context(), c.Kind, "http://"+address+"/large.ics", large, "", true)
	if took := time.Since(started); err != nil || took < 2*timeout {
		t.Errorf("after %v: %v", took, err)
	}
}

// slow is a reader that takes its time.
type slow struct {
	io.Reader
	pause time.Duration // for a megabyte
}

func (s *slow) Read(p []byte) (int, error) {
	time.Sleep(s.pause * time.Duration(len(p)) / (1 << 20))
	return s.Reader.Read(p)
}

// A server that stores what it is given and goes away without an answer has it: davferry looks, and does not put a second
// one there.
func TestPutThatIsStoredAndCut(t *testing.T) {
	for name, cut := range map[string]davtest.Action{"before the answer": davtest.DropAnswer, "after the body": davtest.DropAfterBody} {
		for _, times := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s, %d times", name, times), func(t *testing.T) {
				p := newPeer(t, davtest.Quirks{})
				c, _ := p.fill(t, 0)
				a := open(t, p, dav.Settings{Retries: 3})
				p.Inject(davtest.Fault{Method: http.MethodPut, Action: cut, Times: times})
				_, err := a.Put(t.Context(), c.Kind, c.Path+"x.ics", event("x", "x"), "", true)
				stored := cut == davtest.DropAnswer
				if stored != errors.Is(err, dav.ErrPrecondition) || !stored && err != nil {
					t.Errorf("error is %v", err)
				}
				var methods []string
				for _, r := range p.Requests() {
					if r.Method == http.MethodPut || len(methods) > 0 {
						methods = append(methods, r.Method)
					}
				}
				want := "PUT PROPFIND"
				if !stored {
					want = strings.Repeat("PUT PROPFIND ", times) + "PUT"
				}
				if got := strings.Join(methods, " "); got != want {
					t.Errorf("requests are %s, want %s", got, want)
				}
			})
		}
	}
}
