package migrate

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// JournalError says what is wrong with the journal and what to do about it. It ends a run.
type JournalError struct {
	Path   string
	Err    error
	Advice string // a clause for people, "" where Err says enough
}

// Error says which journal, what is wrong with it, and what to do.
func (e *JournalError) Error() string {
	text := fmt.Sprintf("journal %s: %v", e.Path, e.Err)
	if e.Advice != "" {
		text += "; " + e.Advice
	}
	return text
}

// Unwrap returns Err.
func (e *JournalError) Unwrap() error { return e.Err }

// JournalFile is the name of the journal in a state folder.
const JournalFile = "journal.db"

const (
	walSuffix     = "-wal"     // of what was written last, while a run goes on and after one that was killed
	applicationID = 0x64617666 // "davf", in the header of every journal

	adviceDamaged = "restore the state folder from a backup, or move it away and run the same command again: " +
		"what is at the destination already is found there and not made twice"
	adviceFull    = "make space and run the same command again"
	adviceLimit   = "the system takes no more of the file: see to a quota (quota), a limit on the size of files (ulimit -f) or a failing disk, then run the same command again"
	adviceDisk    = "check the disk and the rights on the state folder, then run the same command again"
	adviceForeign = "give this run a state folder of its own with --state, or go on with what that one was made for"
)

var errDamaged = errors.New("the file is damaged")

// schema holds the steps from an empty file to the newest version: step i leads to version i+1. Steps that were released
// are never changed.
var schema = []string{`
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE identities (subject TEXT PRIMARY KEY, identity TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
	id INTEGER PRIMARY KEY, verb TEXT NOT NULL,
	started INTEGER NOT NULL, finished INTEGER, exit INTEGER
);
CREATE TABLE accounts (
	target TEXT NOT NULL, account TEXT NOT NULL,
	state TEXT NOT NULL, reason TEXT NOT NULL, run INTEGER NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (target, account)
) WITHOUT ROWID;
CREATE TABLE collections (
	id INTEGER PRIMARY KEY,
	target TEXT NOT NULL, account TEXT NOT NULL, path TEXT NOT NULL,
	dest_path TEXT NOT NULL DEFAULT '', ctag TEXT NOT NULL DEFAULT '', sync_token TEXT NOT NULL DEFAULT '',
	created INTEGER NOT NULL DEFAULT 0, listed INTEGER NOT NULL DEFAULT 0,
	outcome TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',
	run INTEGER NOT NULL DEFAULT 0,
	at INTEGER NOT NULL DEFAULT 0, -- 0 while only objects of it are recorded
	UNIQUE (target, account, path)
);
CREATE TABLE objects (
	collection INTEGER NOT NULL, path TEXT NOT NULL,
	etag TEXT NOT NULL, sha256 TEXT NOT NULL, uid TEXT NOT NULL, size INTEGER NOT NULL,
	outcome TEXT NOT NULL, reason TEXT NOT NULL, status INTEGER NOT NULL, condition TEXT NOT NULL,
	dest_path TEXT NOT NULL, dest_etag TEXT NOT NULL, created INTEGER NOT NULL,
	run INTEGER NOT NULL, at INTEGER NOT NULL,
	PRIMARY KEY (collection, path)
) WITHOUT ROWID;
`, `
ALTER TABLE collections ADD COLUMN dest_ctag TEXT NOT NULL DEFAULT '';
ALTER TABLE collections ADD COLUMN dest_sync_token TEXT NOT NULL DEFAULT '';
ALTER TABLE collections ADD COLUMN terms TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN dest_size INTEGER NOT NULL DEFAULT -1;
ALTER TABLE objects ADD COLUMN vanished INTEGER NOT NULL DEFAULT 0;
`, `
ALTER TABLE objects ADD COLUMN rules TEXT NOT NULL DEFAULT ''; -- the key of the rules that it went through
ALTER TABLE objects ADD COLUMN put_uid TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN put_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE objects ADD COLUMN changed TEXT NOT NULL DEFAULT ''; -- names of the rules that changed it
ALTER TABLE objects ADD COLUMN left_as_is TEXT NOT NULL DEFAULT '';
CREATE TABLE changes (
	collection INTEGER NOT NULL, path TEXT NOT NULL, number INTEGER NOT NULL,
	rule TEXT NOT NULL, line INTEGER NOT NULL, -- 0 for what was left as it is
	before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL,
	PRIMARY KEY (collection, path, number)
) WITHOUT ROWID;
`, `
ALTER TABLE objects ADD COLUMN source_sha256 TEXT NOT NULL DEFAULT '';
`, `
CREATE TABLE intents ( -- of objects that were about to be put, until their outcome is in table objects
	id INTEGER PRIMARY KEY, collection INTEGER NOT NULL,
	objects BLOB NOT NULL
);
`, `
ALTER TABLE objects ADD COLUMN pieces TEXT NOT NULL DEFAULT ''; -- JSON, of an object that was split
`, `
ALTER TABLE collections ADD COLUMN changed TEXT NOT NULL DEFAULT ''; -- names of the rules that changed its time zone
ALTER TABLE collections ADD COLUMN left_as_is TEXT NOT NULL DEFAULT '';
ALTER TABLE changes RENAME TO single_changes;
CREATE TABLE changes (
	collection INTEGER NOT NULL, path TEXT NOT NULL, -- '' for the collection's own
	diff TEXT NOT NULL, -- see diffOf
	PRIMARY KEY (collection, path)
) WITHOUT ROWID;
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL); -- blocks of lines in diffs, each once
INSERT INTO changes SELECT collection, path, group_concat(CASE
		WHEN line = 0 THEN '! ' || rule || ' ' || replace(reason, char(10), ' ') || char(10)
		ELSE '@@ ' || line || ' ' || rule || char(10)
			|| CASE before WHEN '' THEN '' ELSE '-' || replace(before, char(10), char(10) || '-') || char(10) END
			|| CASE after WHEN '' THEN '' ELSE '+' || replace(after, char(10), char(10) || '+') || char(10) END
	END, '' ORDER BY number) FROM single_changes GROUP BY collection, path;
DROP TABLE single_changes;
`}

// prepareJournal returns the path of a state folder's journal, which is there then and looks like one.
func prepareJournal(ctx context.Context, dir string) (string, error) {
	if err := makeStateDir(dir); err != nil {
		return "", err
	}
	path, err := filepath.Abs(filepath.Join(dir, JournalFile))
	if err != nil {
		return "", fmt.Errorf("finding the journal: %w", err)
	}
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return path, createJournal(ctx, path)
	case err != nil:
		return "", &JournalError{Path: path, Err: err, Advice: adviceDisk}
	}
	return path, checkHeader(path)
}

// createJournal makes an empty journal, which appears whole or not at all: a journal without tables is a damaged one.
func createJournal(ctx context.Context, path string) error {
	if _, err := os.Stat(path + walSuffix); err == nil {
		return errWithoutBeginning(path)
	}
	draft := path + ".new"
	for _, suffix := range []string{"", "-journal"} {
		if err := os.Remove(draft + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return journalError(path, err)
		}
	}
	if err := writeSchema(ctx, draft); err != nil {
		return journalError(path, err)
	}
	if err := os.Rename(draft, path); err != nil {
		return journalError(path, err)
	}
	return nil
}

func errWithoutBeginning(path string) error {
	return &JournalError{Path: path, Err: errors.New("the file is gone, but its end is there in journal.db" + walSuffix), Advice: adviceDamaged}
}

func writeSchema(ctx context.Context, draft string) error {
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dataSource(draft))
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(upgrade(ctx, db, 0), db.Close())
}

// upgrade takes a journal from one schema version to the newest.
func upgrade(ctx context.Context, db *sql.DB, from int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, step := range schema[from:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO meta VALUES ('schema_version', ?), ('tool_version', ?)`,
		strconv.Itoa(len(schema)), toolVersion())
	if err != nil {
		return err
	}
	return tx.Commit()
}

// checkHeader looks at a file without SQLite, which would take an empty file for a new database and could change one that
// is not ours.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return &JournalError{Path: path, Err: err, Advice: adviceDisk}
	}
	defer f.Close()
	var header [100]byte // https://www.sqlite.org/fileformat.html#the_database_header
	_, err = io.ReadFull(f, header[:])
	if err != nil || !strings.HasPrefix(string(header[:]), "SQLite format 3\x00") {
		return &JournalError{Path: path, Err: errDamaged, Advice: adviceDamaged}
	}
	if binary.BigEndian.Uint32(header[68:]) != applicationID {
		return &JournalError{Path: path, Err: errors.New("the file is a database of another program"), Advice: adviceForeign}
	}
	return nil
}

// openDatabase opens a journal that is there, checks that it can be read to its end, and brings it to the newest schema.
func openDatabase(ctx context.Context, path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dataSource(path, "journal_mode(WAL)", "synchronous(NORMAL)", "cache_size(-512)"))
	if err != nil {
		return nil, journalError(path, err)
	}
	db.SetMaxIdleConns(4)
	if err := checkDatabase(ctx, db, path); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func checkDatabase(ctx context.Context, db *sql.DB, path string) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return openError(ctx, path, err)
	}
	if verdict != "ok" {
		return &JournalError{Path: path, Err: fmt.Errorf("%w (%s)", errDamaged, verdict), Advice: adviceDamaged}
	}
	version, err := checkVersion(ctx, db, path)
	if err != nil || version == len(schema) {
		return err
	}
	if err := upgrade(ctx, db, version); err != nil {
		return openError(ctx, path, err)
	}
	return nil
}

// checkVersion returns the version of a journal's schema where this davferry can read it.
func checkVersion(ctx context.Context, db querier, path string) (int, error) {
	version, tool, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return 0, openError(ctx, path, err)
	case version > len(schema):
		return 0, &JournalError{Path: path,
			Err:    fmt.Errorf("written by a newer davferry, %s (schema %d; this one knows %d)", tool, version, len(schema)),
			Advice: "use that version or a newer one, or give another state folder with --state"}
	case version < 1:
		return 0, &JournalError{Path: path, Err: errDamaged, Advice: adviceDamaged}
	}
	return version, nil
}

// querier is a database or one connection to it.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

func schemaVersion(ctx context.Context, db querier) (version int, tool string, err error) {
	err = db.QueryRowContext(ctx, `SELECT
		ifnull((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'schema_version'), 0),
		ifnull((SELECT value FROM meta WHERE key = 'tool_version'), '')`).Scan(&version, &tool)
	return version, tool, err
}

// dataSource names a database file that is there to the driver.
func dataSource(path string, pragmas ...string) string {
	return fileURI(path, url.Values{"mode": {"rw"}, "_pragma": append([]string{"busy_timeout(10000)"}, pragmas...)})
}

// fileURI names a file to SQLite. The path is a URI's, so that ?, # and % in it stay what they are.
func fileURI(path string, query url.Values) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // C:/… on Windows
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query.Encode()}).String()
}

func openError(ctx context.Context, path string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return journalError(path, err)
}

// journalError adds what to do about an error of SQLite or of the file system.
func journalError(path string, err error) *JournalError {
	e := &JournalError{Path: path, Err: err, Advice: adviceDisk}
	if known, ok := errors.AsType[*sqlite.Error](err); ok {
		switch known.Code() & 0xff {
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			e.Err, e.Advice = fmt.Errorf("%w: %w", errDamaged, err), adviceDamaged
		case sqlite3.SQLITE_FULL:
			e.Advice = adviceFull
		case sqlite3.SQLITE_IOERR:
			if known.Code() == sqlite3.SQLITE_IOERR_WRITE { // EFBIG, EDQUOT, EIO: SQLite does not say which
				e.Advice = adviceLimit
			}
		}
	}
	return e
}

// toolVersion is what go build knows of davferry's version.
func toolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
