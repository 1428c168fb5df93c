package lab

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"davferry/internal/dav"
)

//go:embed etc/sabre.php
var sabreScript []byte

//go:embed etc/sabreusers.php
var sabreUsers []byte

// Sabre starts sabre/dav with its state in dir, which must exist, until Stop is called or ctx ends: the engine of
// Nextcloud, ownCloud and Baïkal, here as Debian's php-sabre-dav in Apache over SQLite. Each user has the collections
// default in both home sets from the start. dir has to be a folder such as Folder makes.
//
// Debian's version 1.8.12 answers a multiget with one missing href with 404 for all, knows no sync-collection, does not
// schedule, and has no redirect at the well-known URIs.
func Sabre(ctx context.Context, dir string, users []User) (*Server, error) {
	var all programs
	port, release, err := reservePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "sabre", Users: users, homes: map[dav.Kind]string{
		dav.Calendar: "calendars/%s/", dav.AddressBook: "addressbooks/%s/",
	}}
	if err := s.startSabre(ctx, &all, dir, port); err != nil {
		return nil, errors.Join(err, all.stop(), release())
	}
	return s.finish(ctx, all.stop, release), nil
}

func (s *Server) startSabre(ctx context.Context, all *programs, dir string, port int) error {
	php, err := phpModule()
	if err != nil {
		return err
	}
	site := filepath.Join(dir, "site")
	if err := os.MkdirAll(site, 0o755); err != nil {
		return err
	}
	script, database := filepath.Join(site, "server.php"), filepath.Join(site, "database")
	if err := os.WriteFile(script, sabreScript, 0o644); err != nil {
		return err
	}
	if err := makeSabreUsers(ctx, dir, database, s.Users); err != nil {
		return err
	}
	a := &apache{
		Dir: dir, Port: port, PHP: php, env: []string{"SABRE_DATABASE=" + database},
		// What the path says is for the script: it is not to be decoded, and no file is to be found by it.
		Site: fmt.Sprintf("AllowEncodedSlashes NoDecode\nAliasMatch \"^/\" \"%s\"\n<Directory %q>\n  Require all granted\n</Directory>\n",
			script, site),
	}
	p, err := a.start(ctx, all)
	if err != nil {
		return err
	}
	s.URL = a.URL()
	return p.ready(ctx, func(ctx context.Context) error {
		return s.admits(ctx, s.Users[0])
	})
}

// makeSabreUsers makes the database and gives it and the rest of dir to who runs the server.
func makeSabreUsers(ctx context.Context, dir, database string, users []User) error {
	script := filepath.Join(dir, "users.php")
	if err := os.WriteFile(script, sabreUsers, 0o644); err != nil {
		return err
	}
	account, err := plainAccount()
	if err != nil {
		return err
	}
	if err := account.give(dir); err != nil {
		return err
	}
	return command{name: "users", dir: dir, plain: true, args: []string{"/usr/bin/php", script, database}}.run(ctx, userTable(users))
}

// userTable lists users for a script to read: a line each, name and password with a tab between them.
func userTable(users []User) string {
	var b strings.Builder
	for _, u := range users {
		fmt.Fprintf(&b, "%s\t%s\n", u.Name, u.Password)
	}
	return b.String()
}
