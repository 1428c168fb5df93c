package lab

import (
	"bufio"
	"errors"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Mails returns the addresses to which the server has sent mail, in no order, one for each recipient of each message. None
// of it leaves the machine: SOGo finds a mail server that keeps what it is given, Cyrus a sendmail that does.
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

// sendmail is a program that takes a message as sendmail does and keeps to whom it goes: the arguments, a line each.
const sendmail = "#!/bin/sh\nout=$(mktemp \"${0%/*}/mail/XXXXXX\")\ncat >/dev/null\nprintf '%s\\n' \"$@\" >\"$out\"\n"

// writeSendmail writes it into a folder, in which it keeps what it is given below mail.
func writeSendmail(dir string) error {
	if err := os.Mkdir(filepath.Join(dir, "mail"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sendmail"), []byte(sendmail), 0o755)
}

// sent reads what a sendmail has kept in a folder.
func sent(dir string) ([]string, error) {
	messages, err := filepath.Glob(filepath.Join(dir, "mail", "*"))
	if err != nil {
		return nil, err
	}
	var recipients []string
	for _, path := range messages {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if address := strings.Trim(lines.Text(), "<>"); strings.Contains(address, "@") && !strings.HasPrefix(address, "-") {
				recipients = append(recipients, address)
			}
		}
		if err := file.Close(); err != nil {
			return nil, err
		}
	}
	return recipients, nil
}
