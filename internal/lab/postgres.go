package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// postgres is a PostgreSQL server with one cluster of its own, which listens on a Unix socket and nowhere else.
type postgres struct {
	dir    string // in which the programs run that use it
	bin    string // where Debian has the programs of this version
	socket string // the folder of the socket, at which nobody is asked for a password
}

// startPostgres makes a cluster in dir/postgres and starts a server for it. The account of the programs that must not
// be root has to own dir. What is written is not flushed: the data does not outlive the server.
func startPostgres(ctx context.Context, all *programs, dir string) (*postgres, error) {
	initdb, err := newest("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return nil, err
	}
	db := &postgres{dir: dir, bin: filepath.Dir(initdb), socket: dir}
	data := filepath.Join(dir, "postgres")
	create := db.command("initdb", initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
		"--no-sync", "--no-instructions")
	if err := create.run(ctx, ""); err != nil {
		return nil, err
	}
	serve := db.command("postgres", filepath.Join(db.bin, "postgres"), "-D", data, "-c", "listen_addresses=",
		"-c", "unix_socket_directories="+db.socket, "-c", "max_connections=200",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	serve.end = syscall.SIGINT // at SIGTERM it would wait for its clients
	p, err := all.start(ctx, serve)
	if err != nil {
		return nil, err
	}
	return db, p.ready(ctx, func(ctx context.Context) error { return db.sql(ctx, "postgres", "SELECT 1;") })
}

// command prepares a program that finds the database by its environment, as libpq reads it.
func (db *postgres) command(name string, args ...string) command {
	return command{name: name, dir: db.dir, args: args, plain: true, env: db.env()}
}

func (db *postgres) env() []string {
	return []string{"PATH=" + db.bin + ":/usr/bin:/bin", "PGHOST=" + db.socket, "TMPDIR=" + db.dir,
		"PGOPTIONS=--client-min-messages=warning"}
}

// sql runs a script as the owner of all databases, up to the first error.
func (db *postgres) sql(ctx context.Context, database, script string) error {
	if _, err := os.Stat(filepath.Join(db.socket, ".s.PGSQL.5432")); errors.Is(err, os.ErrNotExist) {
		return err // spares a program that would only find that out
	}
	return db.command("psql", filepath.Join(db.bin, "psql"), "-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", database).run(ctx, script)
}
