package lab

import (
	"context"
	_ "embed"
	"errors"

	"davferry/internal/dav"
)

//go:embed etc/davical.conf
var davicalSite string

//go:embed etc/davical.sql
var davicalUsers string

// DAViCal starts DAViCal with its state in dir, which must exist, until Stop is called or ctx ends: in Apache, as
// Debian's package sets it up, over a PostgreSQL of its own. Calendars and address books lie in the same home, in which
// each user has the collections calendar and addresses from the start. dir has to be a folder such as Folder makes.
//
// Debian's version 1.1.12 delivers invitations to the other users; to mail them it would need a program that the lab
// does not have. Its configuration is that of the package, /etc/davical/config.php, which names no host for the
// database: the environment does.
func DAViCal(ctx context.Context, dir string, users []User) (*Server, error) {
	var all programs
	port, release, err := reservePort()
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "davical", Users: users, Administrator: davicalAdministrator, homes: map[dav.Kind]string{
		dav.Calendar: "davical/caldav.php/%s/", dav.AddressBook: "davical/caldav.php/%s/",
	}}
	if err := s.startDAViCal(ctx, &all, dir, port); err != nil {
		return nil, errors.Join(err, all.stop(), release())
	}
	return s.finish(ctx, all.stop, release), nil
}

func (s *Server) startDAViCal(ctx context.Context, all *programs, dir string, port int) error {
	php, err := phpModule()
	if err != nil {
		return err
	}
	account, err := plainAccount()
	if err != nil {
		return err
	}
	if err := account.give(dir); err != nil {
		return err
	}
	db, err := startPostgres(ctx, all, dir)
	if err != nil {
		return err
	}
	if err := makeDAViCal(ctx, db, s.Users); err != nil {
		return err
	}
	a := &apache{
		Dir: dir, Port: port, PHP: php, env: db.env(), Site: davicalSite,
		Modules: []string{"dir", "env", "mime", "headers"},
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

// davicalAdministrator is the user with the role Admin that the script of the package makes.
var davicalAdministrator = User{Name: "admin", Password: "pass-admin"}

// makeDAViCal makes the database, with the script of the package, and the users in it.
func makeDAViCal(ctx context.Context, db *postgres, users []User) error {
	create := db.command("create-database", "/usr/share/davical/dba/create-database.sh", "davical", davicalAdministrator.Password)
	create.env = append(create.env, "PGUSER=postgres")
	if err := create.run(ctx, ""); err != nil {
		return err
	}
	return db.sql(ctx, "davical", "CREATE TEMPORARY TABLE lab (name TEXT, password TEXT);\nCOPY lab FROM STDIN;\n"+
		userTable(users)+"\\.\n"+davicalUsers)
}
