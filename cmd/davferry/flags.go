package main

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"davferry/internal/dav"
	"davferry/migrate"
)

// networkFlags are the flags about servers and connections.
type networkFlags struct {
	connections    int
	tpslimit       float64
	retries        int
	timeout        time.Duration
	maxWait        time.Duration
	caCert         string
	clientCert     string
	clientKey      string
	insecure       bool
	allowPlaintext bool
	trustHosts     []string
	dns            string
}

func (f *networkFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.IntVar(&f.connections, "connections", 4, "at most `N` requests at once to one host, over all accounts; fewer while it is busy")
	fs.Float64Var(&f.tpslimit, "tpslimit", 0, "`N` requests a second to one host (0 for no limit)")
	fs.IntVar(&f.retries, "retries", 5, "send a request up to `N` times more where that is harmless")
	fs.DurationVar(&f.timeout, "timeout", 2*time.Minute, "how long a server may keep silent, as a `TIME`")
	fs.DurationVar(&f.maxWait, "max-wait", 15*time.Minute, "wait at most this `TIME` for a host that asks to be left alone (429, 503)")
	fs.StringVar(&f.caCert, "ca-cert", "", "`FILE` with certificates (PEM) to trust besides the system's")
	fs.StringVar(&f.clientCert, "client-cert", "", "`FILE` with a client certificate (PEM)")
	fs.StringVar(&f.clientKey, "client-key", "", "`FILE` with its key (PEM)")
	fs.BoolVar(&f.insecure, "insecure-skip-verify", false, "do not check certificates: anybody on the way can read the passwords")
	fs.BoolVar(&f.allowPlaintext, "allow-plaintext", false, "allow http:// to other machines: anybody on the way can read the passwords")
	fs.StringArrayVar(&f.trustHosts, "trust-host", nil, "`HOST` that may get passwords although nothing else connects it to an account (repeatable)")
	fs.StringVar(&f.dns, "dns", "", "resolver to ask, as `ADDR` or ADDR:PORT")
}

// settings are what the flags say of the network. The log is to be added.
func (f *networkFlags) settings() (dav.Settings, error) {
	if f.connections < 1 || f.retries < 0 || f.timeout <= 0 || f.maxWait <= 0 || f.tpslimit < 0 {
		return dav.Settings{}, usagef("--connections, --timeout and --max-wait must be above 0, --retries and --tpslimit not below")
	}
	config, err := f.tls()
	if err != nil {
		return dav.Settings{}, err
	}
	resolver := &dav.Resolver{Addr: f.dns}
	if _, _, err := net.SplitHostPort(f.dns); f.dns != "" && err != nil {
		resolver.Addr = net.JoinHostPort(f.dns, "53")
	}
	return dav.Settings{
		UserAgent: "davferry/" + version(), Connections: f.connections, TPSLimit: f.tpslimit, Retries: f.retries,
		Timeout: f.timeout, MaxWait: f.maxWait, TLS: config, TrustHosts: f.trustHosts, AllowPlaintext: f.allowPlaintext, Resolver: resolver,
	}, nil
}

func (f *networkFlags) tls() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: f.insecure}
	if f.caCert != "" {
		pem, err := os.ReadFile(f.caCert)
		if err != nil {
			return nil, usagef("--ca-cert: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, usagef("--ca-cert: %s holds no certificate in PEM form", f.caCert)
		}
	}
	if (f.clientCert == "") != (f.clientKey == "") {
		return nil, usagef("--client-cert and --client-key go together")
	}
	if f.clientCert != "" {
		pair, err := tls.LoadX509KeyPair(f.clientCert, f.clientKey)
		if err != nil {
			return nil, usagef("--client-cert: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// selectionFlags are the flags about what is moved.
type selectionFlags struct {
	include, exclude, objects []string
	from, to                  string
}

func (f *selectionFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringArrayVar(&f.include, "include", nil, "take only collections whose name matches `GLOB` (repeatable)")
	fs.StringArrayVar(&f.exclude, "exclude", nil, "leave out collections whose name matches `GLOB` (repeatable)")
	fs.StringSliceVar(&f.objects, "objects", nil, "take only these `TYPES`: events,todos,journals,contacts")
	fs.StringVar(&f.from, "from", "", "take only what happens on or after `DATE` (2006-01-31); recurring objects go whole")
	fs.StringVar(&f.to, "to", "", "take only what happens on or before `DATE`")
}

func (f *selectionFlags) selection() (migrate.Selection, error) {
	s := migrate.Selection{Include: f.include, Exclude: f.exclude, Objects: f.objects}
	var err error
	if s.From, err = parseDay("--from", f.from); err != nil {
		return s, err
	}
	if s.To, err = parseDay("--to", f.to); err != nil {
		return s, err
	}
	if err := s.Check(); err != nil {
		return s, &usageError{err}
	}
	return s, nil
}

func parseDay(flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return day, usagef("%s: %q is no date, write it like 2006-01-31", flag, value)
	}
	return day, nil
}

// oneOf checks the value of a flag that knows a few words.
func oneOf(flag, value string, words ...string) error {
	for _, w := range words {
		if w == value {
			return nil
		}
	}
	return usagef("--%s is %s, not %q", flag, strings.Join(words, " or "), value)
}
