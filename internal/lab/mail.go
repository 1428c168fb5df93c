package lab

import (
	"errors"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"sync"
)

// Mails returns the addresses to which the server has sent mail, in no order, one for each recipient of each message. None
// of it leaves the machine: the servers find a mail server that keeps to whom it goes.
func (s *Server) Mails() ([]string, error) {
	if s.mails == nil {
		return nil, nil
	}
	return s.mails()
}

// mailServer takes mail by SMTP (RFC 5321) on loopback and delivers it to nobody.
type mailServer struct {
	listener net.Listener
	open     sync.WaitGroup

	mu         sync.Mutex
	recipients []string
}

func startMailServer() (*mailServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailServer{listener: listener}
	m.open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			m.open.Go(func() { m.serve(conn) })
		}
	})
	return m, nil
}

// address is where it listens, HOST:PORT.
func (m *mailServer) address() string { return m.listener.Addr().String() }

// stop ends it once its clients are gone.
func (m *mailServer) stop() error {
	err := m.listener.Close()
	m.open.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (m *mailServer) mails() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.recipients), nil
}

// serve answers one client.
func (m *mailServer) serve(conn net.Conn) {
	defer conn.Close()
	c := textproto.NewConn(conn)
	answer := func(text string) bool { return c.PrintfLine("%s", text) == nil }
	for going := answer("220 lab.example.test"); going; {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "DATA":
			going = answer("354 go on")
			if _, err := c.ReadDotBytes(); err != nil {
				return
			}
			going = going && answer("250 kept")
		case "RCPT":
			m.keep(rest)
			going = answer("250 ok")
		case "QUIT":
			answer("221 bye")
			return
		default:
			going = answer("250 ok")
		}
	}
}

// keep takes down a recipient, which stands as TO:<address>.
func (m *mailServer) keep(to string) {
	_, to, _ = strings.Cut(to, "<")
	to, _, _ = strings.Cut(to, ">")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recipients = append(m.recipients, to)
}
