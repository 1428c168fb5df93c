package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// errNoJournal is the answer of viewJournal where nothing has run yet.
var errNoJournal = errors.New("there is no journal yet")

// journalView is a journal that another process may be writing to. It is never written to, nor brought to a newer schema.
type journalView struct {
	path    string
	conn    *sql.Conn // in one transaction: all answers are about one moment
	version int
}

// viewJournal has read look at the journal of a state folder. read may be called again, and then begins anew.
func viewJournal(ctx context.Context, dir string, read func(context.Context, *journalView) error) error {
	path, err := filepath.Abs(filepath.Join(dir, JournalFile))
	if err != nil {
		return fmt.Errorf("finding the journal: %w", err)
	}
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist) && fileExists(path+walSuffix):
		return errWithoutBeginning(path)
	case errors.Is(err, fs.ErrNotExist):
		return errNoJournal
	case err != nil:
		return &JournalError{Path: path, Err: err, Advice: adviceDisk}
	}
	if err := checkHeader(path); err != nil {
		return err
	}
	for range 3 {
		quiet := !fileExists(path + walSuffix)
		before, _ := os.Stat(path)
		err = viewOnce(ctx, path, quiet, read)
		after, _ := os.Stat(path)
		if !quiet || !fileExists(path+walSuffix) && sameFile(before, after) {
			return err
		}
	}
	return err
}

// viewOnce opens the journal and has read look at it. quiet says that nobody writes: SQLite is told that the file does not
// change, since it would make two files beside it otherwise.
func viewOnce(ctx context.Context, path string, quiet bool, read func(context.Context, *journalView) error) error {
	how := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}
	if quiet {
		how.Set("immutable", "1")
	}
	db, err := sql.Open("sqlite", fileURI(path, how))
	if err != nil {
		return journalError(path, err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return openError(ctx, path, err)
	}
	defer conn.Close()
	v := &journalView{path: path, conn: conn}
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return openError(ctx, path, err)
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	if v.version, err = checkVersion(ctx, conn, path); err != nil {
		return err
	}
	return read(ctx, v)
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// sameFile tells that a file was not written to between two looks at it.
func sameFile(before, after fs.FileInfo) bool {
	return before != nil && after != nil && os.SameFile(before, after) && before.Size() == after.Size() && before.ModTime().Equal(after.ModTime())
}
