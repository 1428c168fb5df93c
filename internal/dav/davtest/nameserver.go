package davtest

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// NameServer answers questions to the DNS on a loopback address, over UDP and TCP, from records that it was given.
type NameServer struct {
	// Addr is where it listens, such as 127.0.0.1:41293.
	Addr string

	records []dns.RR
	servers []*dns.Server
	done    sync.WaitGroup

	mu      sync.Mutex
	queries []string
	form    AnswerForm
	once    map[string]AnswerForm // of the next answer to a question
	always  map[string]AnswerForm // of every answer to a question
}

// AnswerForm is how a NameServer answers.
type AnswerForm uint8

// The forms of answers.
const (
	AnswerWhole  AnswerForm = iota
	AnswerByTCP             // over UDP only that the answer does not fit
	AnswerFails             // SERVFAIL
	AnswerSilent            // none at all
)

// StartNameServer starts a server with records in the form of a zone file, one a line; empty lines and those that
// begin with ; are no records.
func StartNameServer(records string) (*NameServer, error) {
	n := &NameServer{}
	for line := range strings.Lines(records) {
		rr, err := dns.NewRR(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("starting the name server: %w", err)
		}
		if rr != nil {
			n.records = append(n.records, rr)
		}
	}
	udp, tcp, err := listenBoth()
	if err != nil {
		return nil, fmt.Errorf("starting the name server: %w", err)
	}
	n.Addr = udp.LocalAddr().String()
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: n}, {Listener: tcp, Handler: n}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		// It returns once Close is called.
		n.done.Go(func() { _ = s.ActivateAndServe() })
		<-started
		n.servers = append(n.servers, s)
	}
	return n, nil
}

// listenBoth finds a port that is free for UDP and for TCP.
func listenBoth() (net.PacketConn, net.Listener, error) {
	var failed error
	for range 20 {
		udp, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, err
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp, nil
		}
		failed = errors.Join(err, udp.Close())
	}
	return nil, nil, failed
}

// SetForm makes the server answer so from the next question on.
func (n *NameServer) SetForm(f AnswerForm) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.form = f
}

// SetFormOf makes the server answer one question so, such as "TXT _caldavs._tcp.example.org.": each time, or only the next.
func (n *NameServer) SetFormOf(question string, f AnswerForm, each bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	forms := &n.once
	if each {
		forms = &n.always
	}
	if *forms == nil {
		*forms = map[string]AnswerForm{}
	}
	(*forms)[question] = f
}

// formOf returns how to answer a question now. The caller holds the lock.
func (n *NameServer) formOf(question string) AnswerForm {
	if f, ok := n.once[question]; ok {
		delete(n.once, question)
		return f
	}
	if f, ok := n.always[question]; ok {
		return f
	}
	return n.form
}

// Queries returns the questions so far, such as "SRV _caldavs._tcp.example.org. udp".
func (n *NameServer) Queries() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.queries)
}

// ServeDNS answers a question.
func (n *NameServer) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	q := question.Question[0]
	network := w.RemoteAddr().Network()
	n.mu.Lock()
	asked := dns.TypeToString[q.Qtype] + " " + strings.ToLower(q.Name)
	n.queries = append(n.queries, asked+" "+network)
	form := n.formOf(asked)
	n.mu.Unlock()
	answer := new(dns.Msg).SetReply(question)
	var named bool
	for _, rr := range n.records {
		if strings.EqualFold(rr.Header().Name, q.Name) {
			named = true
			if rr.Header().Rrtype == q.Qtype {
				answer.Answer = append(answer.Answer, rr)
			}
		}
	}
	switch {
	case form == AnswerSilent:
		return
	case form == AnswerFails:
		answer.Answer, answer.Rcode = nil, dns.RcodeServerFailure
	case form == AnswerByTCP && network == "udp":
		answer.Answer, answer.Truncated = nil, true
	case !named:
		answer.Rcode = dns.RcodeNameError
	}
	// Whoever asked may be gone.
	_ = w.WriteMsg(answer)
}

// Close ends the server.
func (n *NameServer) Close() error {
	var errs []error
	for _, s := range n.servers {
		errs = append(errs, s.Shutdown())
	}
	n.done.Wait()
	return errors.Join(errs...)
}
