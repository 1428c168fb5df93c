// Package lab starts real CalDAV and CardDAV servers for tests, fills them and reads them back: Cyrus, DAViCal, Radicale,
// sabre/dav, SOGo and Xandikos.
//
// It runs the programs of Debian's packages as they are, on loopback, each with a state folder of its own, with own
// databases where they need one, and ends every process that it started. A test asks for a server and gets one, or is
// skipped by name where a package is not installed:
//
//	s := lab.StartFor(t, "sogo", 2)
//	err := lab.Load(ctx, s, s.Users[0], dataset.Account(1, dataset.Options{}))
//	content, err := lab.Read(ctx, s, s.Users[0])
//
// With DAVFERRY_LAB=require in the environment a missing server is a failure and not a skip.
//
// Load and Read speak plain net/http and encoding/xml and share no code with the client that they are there to check;
// Offer is for objects that a server may refuse, Fill for thousands of them, Collections for properties, Make and Put for
// single steps. Accounts writes an accounts file for two servers. Package dataset makes the accounts and compares what
// became of them, package matrix moves one from each server to each other, package bare is the yardstick for speed, and
// the commands are for use by hand.
//
// The package installs nothing, touches no system service, lets no mail leave the machine and is of no use outside tests.
package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"davferry/internal/dav"
)

// User is a login of a lab server.
type User struct {
	Name     string
	Password string
}

// Users returns the first n users of every lab server: user001 with the password pass-user001, and so on.
func Users(n int) []User {
	users := make([]User, n)
	for i := range users {
		name := fmt.Sprintf("user%03d", i+1)
		users[i] = User{Name: name, Password: "pass-" + name}
	}
	return users
}

// Server is a running server. Its methods may be called from several goroutines.
type Server struct {
	Name  string // as of Names, such as "radicale"
	URL   string // the root, with its trailing slash: http://127.0.0.1:PORT/
	Users []User

	// Administrator may act for all users, and has collections of its own. It is the zero User where there is none.
	Administrator User

	homes   map[dav.Kind]string      // home sets as paths with %s for the user's name
	storage string                   // where it keeps objects as files, in USER/COLLECTION/NAME; "" where it does not
	mails   func() ([]string, error) // nil where it sends none
	stop    func() error
}

// Home returns the URL of a user's home set for one kind of collection, with its trailing slash.
func (s *Server) Home(k dav.Kind, u User) string {
	return s.URL + fmt.Sprintf(s.homes[k], u.Name)
}

// Stop ends every process of the server and waits for them; a second call returns what the first did. The error says
// which process had ended by itself before, and what it wrote last.
func (s *Server) Stop() error { return s.stop() }

// starter is what the lab knows about a server before it runs.
type starter struct {
	start func(ctx context.Context, dir string, users []User) (*Server, error)

	// needs are files and the packages of Debian that have them. $PATH is not asked: another version may stand there,
	// and what the tests expect was seen of Debian's. A file may be a pattern, where its path has a version in it.
	needs []need

	// usable says why the server cannot be run by this user although it is installed; nil where it always can.
	usable func() error
}

type need struct{ file, pkg string }

var (
	needApache   = need{"/usr/sbin/apache2", "apache2"}
	needPHP      = need{"/usr/lib/apache2/modules/libphp*.so", "libapache2-mod-php"}
	needPostgres = need{"/usr/lib/postgresql/*/bin/initdb", "postgresql"}
)

// phpExtension is a module of PHP that is a package of its own.
func phpExtension(name, pkg string) need {
	return need{"/etc/php/*/apache2/conf.d/*-" + name + ".ini", pkg}
}

// starters holds what the lab can start.
var starters = map[string]starter{
	"cyrus": {start: Cyrus, needs: []need{
		{"/usr/lib/cyrus/bin/httpd", "cyrus-caldav"}, {"/usr/lib/cyrus/bin/imapd", "cyrus-imapd"},
		{"/usr/sbin/saslpasswd2", "sasl2-bin"},
	}},
	"davical": {start: DAViCal, needs: []need{
		{"/usr/share/davical/htdocs/caldav.php", "davical"}, needApache, needPHP, needPostgres,
		phpExtension("pdo_pgsql", "php-pgsql"), phpExtension("dom", "php-xml"), phpExtension("curl", "php-curl"),
	}},
	"radicale": {start: Radicale, needs: []need{{"/usr/bin/radicale", "radicale"}}},
	"sabre": {start: Sabre, needs: []need{
		{"/usr/share/php/Sabre/autoload.php", "php-sabre-dav"}, needApache, needPHP, {"/usr/bin/php", "php-cli"},
		phpExtension("pdo_sqlite", "php-sqlite3"), phpExtension("dom", "php-xml"), phpExtension("mbstring", "php-mbstring"),
	}},
	"sogo": {start: SOGo, usable: sogoUsable, needs: []need{
		{"/usr/sbin/sogod", "sogo"}, {"/usr/bin/memcached", "memcached"}, needApache, needPostgres,
	}},
	"xandikos": {start: Xandikos, needs: []need{{"/usr/bin/xandikos", "xandikos"}}},
}

// Names lists the servers that the lab can start, in alphabetical order.
func Names() []string { return slices.Sorted(maps.Keys(starters)) }

// Start starts the named server with its state in dir, as Radicale and the others do.
func Start(ctx context.Context, name, dir string, users []User) (*Server, error) {
	s, ok := starters[name]
	if !ok {
		return nil, unknown(name)
	}
	return s.start(ctx, dir, users)
}

// Available returns nil where the named server can be started here, else an error that says what to do about it: which
// packages are missing.
func Available(name string) error {
	s, ok := starters[name]
	if !ok {
		return unknown(name)
	}
	var missing []string
	for _, n := range s.needs {
		if _, err := newest(n.file); err != nil {
			missing = append(missing, n.pkg)
		}
	}
	if missing != nil {
		return fmt.Errorf("%s is not installed: apt-get install %s", name, strings.Join(missing, " "))
	}
	if s.usable != nil {
		return s.usable()
	}
	return nil
}

// Packages lists the packages of Debian that all servers need, each once, in alphabetical order.
func Packages() []string {
	var all []string
	for _, s := range starters {
		for _, n := range s.needs {
			all = append(all, n.pkg)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func unknown(name string) error {
	return fmt.Errorf("no server called %q: the lab has %s", name, strings.Join(Names(), ", "))
}

// finish makes s end with ctx at the latest, and its end happen once.
func (s *Server) finish(ctx context.Context, stop ...func() error) *Server {
	s.stop = sync.OnceValue(func() error {
		var errs []error
		for _, f := range stop {
			errs = append(errs, f())
		}
		return errors.Join(errs...)
	})
	context.AfterFunc(ctx, func() { _ = s.stop() })
	return s
}
