package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/template"

	"davferry/internal/dav"
)

//go:embed etc/sogoapache.conf
var sogoApacheText string

//go:embed etc/sogo.sql
var sogoUsers string

var sogoSite = template.Must(template.New("sogoapache.conf").Parse(sogoApacheText))

// sogo is a sogod, which speaks HTTP 1.0 to an Apache in front of it.
type sogo struct {
	Dir     string // of its state
	Port    int    // of 127.0.0.1 on which it listens
	WebPort int    // on which Apache listens
	Mail    string // HOST:PORT of the mail server
}

// memcached is the socket at which SOGo finds its cache.
func (d sogo) memcached() string { return filepath.Join(d.Dir, "memcached") }

// SOGo starts SOGo with its state in dir, which must exist, until Stop is called or ctx ends: sogod over a PostgreSQL
// and a memcached of its own, in an Apache as its documentation has it. Each user has the collections Calendar/personal
// and Contacts/personal from his first request on. dir has to be a folder such as Folder makes.
//
// Debian's version 5.8.0 delivers invitations to the other users, and mails them too: to a mail server of the lab's that
// keeps to whom, see Mails.
func SOGo(ctx context.Context, dir string, users []User) (*Server, error) {
	var all programs
	web, releaseWeb, err := reservePort()
	if err != nil {
		return nil, err
	}
	port, release, err := reservePort()
	if err != nil {
		return nil, errors.Join(err, releaseWeb())
	}
	s := &Server{Name: "sogo", Users: users, homes: map[dav.Kind]string{
		dav.Calendar: "SOGo/dav/%s/Calendar/", dav.AddressBook: "SOGo/dav/%s/Contacts/",
	}}
	mail, err := startMailServer()
	if err != nil {
		return nil, errors.Join(err, release(), releaseWeb())
	}
	s.mails = mail.mails
	d := sogo{Dir: dir, Port: port, WebPort: web, Mail: mail.address()}
	if err := s.startSOGo(ctx, &all, d); err != nil {
		return nil, errors.Join(err, all.stop(), mail.stop(), release(), releaseWeb())
	}
	return s.finish(ctx, all.stop, mail.stop, release, releaseWeb), nil
}

func (s *Server) startSOGo(ctx context.Context, all *programs, d sogo) error {
	account, err := plainAccount()
	if err != nil {
		return err
	}
	if err := account.give(d.Dir); err != nil {
		return err
	}
	db, err := startPostgres(ctx, all, d.Dir)
	if err != nil {
		return err
	}
	s.Administrator = User{Name: "admin", Password: "pass-admin"}
	if err := makeSOGoUsers(ctx, db, append(slices.Clip(s.Users), s.Administrator)); err != nil {
		return err
	}
	if err := d.start(ctx, all, db); err != nil {
		return err
	}
	return s.startSOGoFront(ctx, all, d)
}

// makeSOGoUsers makes the database; its tables SOGo makes itself, but for that of the users.
func makeSOGoUsers(ctx context.Context, db *postgres, users []User) error {
	if err := db.sql(ctx, "postgres", "CREATE ROLE sogo LOGIN; CREATE DATABASE sogo OWNER sogo;"); err != nil {
		return err
	}
	return db.sql(ctx, "sogo", "CREATE TEMPORARY TABLE lab (name TEXT, password TEXT);\nCOPY lab FROM STDIN;\n"+
		userTable(users)+"\\.\n"+sogoUsers)
}

// start starts memcached and sogod.
func (d sogo) start(ctx context.Context, all *programs, db *postgres) error {
	_, err := all.start(ctx, command{name: "memcached", dir: d.Dir, plain: true,
		args: []string{"/usr/bin/memcached", "-s", d.memcached(), "-a", "0700", "-m", "64"}})
	if err != nil {
		return err
	}
	sogod := db.command("sogod", append([]string{"/usr/sbin/sogod"}, d.settings()...)...)
	sogod.group = "sogo" // only that may read /etc/sogo/sogo.conf
	// At SIGTERM it waits for its workers without end; when it is gone they end within two seconds.
	sogod.end = syscall.SIGKILL
	sogod.env = append(sogod.env, "PGUSER=sogo")
	_, err = all.start(ctx, sogod)
	return err
}

// settings is the configuration, as arguments: they win over /etc/sogo/sogo.conf, which sogod reads in any case. The
// URLs name no host: libpq takes the one of the environment. With neither user nor host sogod would open a connection
// for every request.
func (d sogo) settings() []string {
	return []string{
		"-WONoDetach", "YES", "-WOLogFile", "-", "-WOPidFile", filepath.Join(d.Dir, "sogod.pid"),
		"-WOPort", fmt.Sprintf("127.0.0.1:%d", d.Port), "-WOListenQueueSize", "100",
		"-WOWorkersCount", strconv.Itoa(parallel), // each serves one request at a time
		"-SOGoProfileURL", "postgresql://sogo:sogo@/sogo/sogo_user_profile",
		"-OCSFolderInfoURL", "postgresql://sogo:sogo@/sogo/sogo_folder_info",
		"-OCSSessionsFolderURL", "postgresql://sogo:sogo@/sogo/sogo_sessions_folder",
		"-OCSEMailAlarmsFolderURL", "postgresql://sogo:sogo@/sogo/sogo_alarms_folder",
		"-SOGoUserSources", `({type=sql; id=directory; viewURL="postgresql://sogo:sogo@/sogo/lab_users"; canAuthenticate=YES;` +
			` isAddressBook=NO; userPasswordAlgorithm=none; MailFieldNames=(mail);})`,
		"-SOGoSuperUsernames", "(admin)",
		"-SOGoMailDomain", "example.test", "-SOGoTimeZone", "UTC", "-SOGoLanguage", "English",
		"-SOGoMemcachedHost", d.memcached(), "-SOGoMailSpoolPath", d.Dir,
		"-SOGoAppointmentSendEMailNotifications", "YES", "-SOGoMailingMechanism", "smtp", "-SOGoSMTPServer", "smtp://" + d.Mail,
	}
}

// sogoUsable says why sogod would end at once: it reads its configuration of the system before anything else, and
// another user than root may not.
func sogoUsable() error {
	file, err := os.Open("/etc/sogo/sogo.conf")
	if errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("sogo cannot be run by this user: %w; let it, with adduser USER sogo", err)
	}
	if err == nil {
		return file.Close()
	}
	return nil // without the file it runs
}

// startSOGoFront starts Apache and waits until SOGo answers through it.
func (s *Server) startSOGoFront(ctx context.Context, all *programs, d sogo) error {
	var site strings.Builder
	if err := sogoSite.Execute(&site, d); err != nil {
		return err
	}
	dir := filepath.Join(d.Dir, "apache")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	account, err := plainAccount()
	if err != nil {
		return err
	}
	if err := account.own(dir); err != nil {
		return err
	}
	a := &apache{Dir: dir, Port: d.WebPort, Site: site.String(), Modules: []string{"env", "setenvif", "headers", "proxy", "proxy_http"}}
	p, err := a.start(ctx, all)
	if err != nil {
		return err
	}
	s.URL = a.URL()
	if err := p.ready(ctx, func(ctx context.Context) error {
		return s.admits(ctx, s.Users[0])
	}); err != nil {
		return fmt.Errorf("%w\n%s", err, (*all)[len(*all)-2].tail())
	}
	return nil
}
