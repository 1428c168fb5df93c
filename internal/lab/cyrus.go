package lab

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"text/template"

	"davferry/internal/dav"
)

//go:embed etc/imapd.conf
var imapdText string

//go:embed etc/cyrus.conf
var cyrusText string

var (
	imapdConfig = template.Must(template.New("imapd.conf").Parse(imapdText))
	cyrusConfig = template.Must(template.New("cyrus.conf").Parse(cyrusText))
)

// cyrus holds what the configuration of a Cyrus IMAP server says.
type cyrus struct {
	Dir     string // of its state
	Port    int    // of 127.0.0.1 on which httpd listens
	Account string // that runs it
	Mail    string // HOST:PORT of the mail server

	admin User
}

// Socket is where imapd listens, for the making of users.
func (c cyrus) Socket() string { return filepath.Join(c.Dir, "imap") }

// Passwords is the file with the logins.
func (c cyrus) Passwords() string { return filepath.Join(c.Dir, "sasldb") }

// Keys is the folder of the keys with which tokens may be signed.
func (c cyrus) Keys() string { return filepath.Join(c.Dir, "keys") }

// cyrusTokenKey signs tokens.
const cyrusTokenKey = "the key of a server on loopback that is gone in a minute"

// CyrusToken returns a token with which Cyrus takes a request for that user's: a JWT (RFC 7519) of HS256.
func CyrusToken(u User) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(fmt.Appendf(nil, `{"sub":%q}`, u.Name))
	mac := hmac.New(sha256.New, []byte(cyrusTokenKey))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// Admin is the login that makes the users.
func (c cyrus) Admin() string { return c.admin.Name }

func (c cyrus) imapdConf() string { return filepath.Join(c.Dir, "imapd.conf") }

// Cyrus starts the httpd of Cyrus IMAP, the engine of Fastmail, with its state in dir, which must exist, until Stop is
// called or ctx ends. Each user has the collections Default in both home sets from his first request on. dir has to be
// a folder such as Folder makes.
//
// Debian's version 3.6.1 delivers invitations to the other users, and mails those to others: to a mail server of the lab's
// that keeps to whom, see Mails. It logs by syslog alone.
func Cyrus(ctx context.Context, dir string, users []User) (*Server, error) {
	var all programs
	port, release, err := reservePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "cyrus", URL: rootURL(port), Users: users, homes: map[dav.Kind]string{
		dav.Calendar: "dav/calendars/user/%s/", dav.AddressBook: "dav/addressbooks/user/%s/",
	}}
	mail, err := startMailServer()
	if err != nil {
		return nil, errors.Join(err, release())
	}
	s.mails = mail.mails
	if err := s.startCyrus(ctx, &all, dir, port, mail.address()); err != nil {
		return nil, errors.Join(err, all.stop(), mail.stop(), release())
	}
	return s.finish(ctx, all.stop, mail.stop, release), nil
}

func (s *Server) startCyrus(ctx context.Context, all *programs, dir string, port int, mail string) error {
	account, err := plainAccount()
	if err != nil {
		return err
	}
	c := cyrus{Dir: dir, Port: port, Account: account.name, Mail: mail, admin: User{Name: "admin", Password: "pass-admin"}}
	if err := c.prepare(account); err != nil {
		return err
	}
	if err := c.addPasswords(ctx, append([]User{c.admin}, s.Users...)); err != nil {
		return err
	}
	p, err := all.start(ctx, command{
		name: "cyrus", dir: dir, plain: true, end: syscall.SIGTERM, env: []string{"CYRUS_USER=" + account.name},
		args: []string{"/usr/lib/cyrus/bin/master", "-C", c.imapdConf(), "-M", filepath.Join(dir, "cyrus.conf"),
			"-p", filepath.Join(dir, "master.pid"), "-D"},
	})
	if err != nil {
		return err
	}
	if err := p.ready(ctx, func(context.Context) error { _, err := os.Stat(c.Socket()); return err }); err != nil {
		return err
	}
	if err := makeMailboxes(ctx, c.Socket(), c.admin, s.Users); err != nil {
		return err
	}
	return p.ready(ctx, func(ctx context.Context) error { return s.admits(ctx, s.Users[0]) })
}

// prepare writes the configuration and makes the folders that it names.
func (c cyrus) prepare(owner account) error {
	if err := writeConfig(c.imapdConf(), imapdConfig, c); err != nil {
		return err
	}
	if err := writeConfig(filepath.Join(c.Dir, "cyrus.conf"), cyrusConfig, c); err != nil {
		return err
	}
	for _, name := range []string{"conf", "spool", "proc", "lock", "sieve", "keys"} {
		if err := os.Mkdir(filepath.Join(c.Dir, name), 0o755); err != nil {
			return err
		}
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "HMAC KEY", Bytes: []byte(cyrusTokenKey)})
	if err := os.WriteFile(filepath.Join(c.Keys(), "lab.pem"), key, 0o600); err != nil {
		return err
	}
	return owner.give(c.Dir)
}

// addPasswords lets users log in.
func (c cyrus) addPasswords(ctx context.Context, users []User) error {
	for _, u := range users {
		err := command{name: "saslpasswd2", dir: c.Dir, plain: true, args: []string{"/usr/sbin/saslpasswd2",
			"-p", "-c", "-f", c.Passwords(), "-u", "lab.example.test", u.Name}}.run(ctx, u.Password)
		if err != nil {
			return err
		}
	}
	return nil
}
