package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"

	"davferry/internal/bag"
	"davferry/internal/dav"
)

// ArchiveAccount is the Source of one account of an Archive. Its paths are those that the objects had at
// the server that they were exported from. It keeps the rows of one collection, the last that was asked for.
type ArchiveAccount struct {
	archive *Archive
	account bag.Account

	mu   sync.Mutex
	last *archiveRows
}

var _ Source = (*ArchiveAccount)(nil)

// archiveRows are the objects of a collection that are in the archive.
type archiveRows struct {
	collection string
	members    []dav.Member
	byPath     map[string]bag.Row
}

// Collections lists the account's collections. One whose collection.json is damaged is listed by its folder, and
// Members says what is wrong with it.
func (a *ArchiveAccount) Collections(ctx context.Context) ([]dav.Collection, error) {
	var all []dav.Collection
	for _, kind := range dav.Kinds {
		parent := strings.TrimSuffix(a.folder(kind), "/")
		entries, err := fs.ReadDir(a.archive.bag, parent)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("archive %s: %w", a.archive.path, err)
		}
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if !e.IsDir() {
				continue
			}
			dir := a.folder(kind) + e.Name()
			c, err := a.readCollection(kind, dir)
			if err != nil {
				c = dav.Collection{Kind: kind, Path: dir, DisplayName: e.Name()}
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// folder returns the path in the archive below which the account's collections of a kind are, with a trailing slash.
func (a *ArchiveAccount) folder(kind dav.Kind) string {
	return bag.CollectionFolder(a.account.Folder, kind, "")
}

// maxProperties is how much of a collection.json is read; the largest part of it is a time zone of some kilobytes.
const maxProperties = 8 << 20

func (a *ArchiveAccount) readCollection(kind dav.Kind, dir string) (dav.Collection, error) {
	name := dir + "/" + bag.CollectionFile
	f, err := a.archive.bag.Open(name)
	if err != nil {
		return dav.Collection{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxProperties))
	if err != nil {
		return dav.Collection{}, fmt.Errorf("%s: %w", name, err)
	}
	c, err := bag.UnmarshalCollection(data)
	if err == nil && c.Kind != kind {
		err = fmt.Errorf("the %s stands among the %s", c.Kind, bag.KindFolder(kind))
	}
	if err == nil && c.Path == "" {
		err = fmt.Errorf("no path")
	}
	if err != nil {
		return dav.Collection{}, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// Members lists the objects of a collection that are in the archive; those that the export could not get are not.
func (a *ArchiveAccount) Members(ctx context.Context, c dav.Collection) ([]dav.Member, error) {
	if dir := strings.TrimSuffix(c.Path, "/"); strings.HasPrefix(dir, a.folder(c.Kind)) {
		if _, err := a.readCollection(c.Kind, dir); err != nil {
			return nil, fmt.Errorf("archive %s: %w", a.archive.path, err)
		}
	}
	rows, err := a.collectionRows(ctx, c)
	if err != nil {
		return nil, err
	}
	return rows.members, nil
}

// collectionRows returns the rows of a collection, from memory where they are the last that were asked for.
func (a *ArchiveAccount) collectionRows(ctx context.Context, c dav.Collection) (*archiveRows, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last != nil && a.last.collection == c.Path {
		return a.last, nil
	}
	rows := &archiveRows{collection: c.Path, byPath: make(map[string]bag.Row)}
	for row, err := range a.archive.rows.Rows(a.account.Label, c.Path) {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = rows.add(row, a.folder(c.Kind))
		}
		if err != nil {
			return nil, fmt.Errorf("archive %s: %w", a.archive.path, err)
		}
	}
	a.last = rows
	return rows, nil
}

// add takes in a row whose file, if it has one, must lie below folder.
func (r *archiveRows) add(row bag.Row, folder string) error {
	if row.File == "" {
		return nil
	}
	if !strings.HasPrefix(row.File, folder) {
		return fmt.Errorf("%s: %s: the file %s is another account's", bag.ObjectsFile, row.Path, row.File)
	}
	if _, twice := r.byPath[row.Path]; twice {
		return fmt.Errorf("%s: %s is listed twice", bag.ObjectsFile, row.Path)
	}
	r.byPath[row.Path] = row
	r.members = append(r.members, dav.Member{Path: row.Path, ETag: etagOf(row), Size: row.Bytes})
	return nil
}

// Objects reads objects and checks each against objects.csv: one that is not as it was put into the archive is an
// error of its own.
func (a *ArchiveAccount) Objects(
	ctx context.Context, c dav.Collection, members []dav.Member,
) iter.Seq2[dav.Object, error] {
	return func(yield func(dav.Object, error) bool) {
		rows, err := a.collectionRows(ctx, c)
		if err != nil {
			yield(dav.Object{}, err)
			return
		}
		for _, m := range members {
			if err := ctx.Err(); err != nil {
				yield(dav.Object{}, err)
				return
			}
			row, ok := rows.byPath[m.Path]
			o := dav.Object{Path: m.Path, ETag: etagOf(row)}
			err := fmt.Errorf("archive %s holds no %s of the collection %s", a.archive.path, m.Path, c.Path)
			if ok {
				o.Data, err = a.archive.read(row)
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// maxObject is the largest object that is read: what a size in objects.csv can claim is not a reason to fill the
// memory. No server takes objects of a tenth of that.
const maxObject = 1 << 30

// read returns the bytes of an object, which are those that its row says.
func (a *Archive) read(row bag.Row) ([]byte, error) {
	if row.Bytes > maxObject {
		return nil, fmt.Errorf("archive %s: %s: %d bytes are too many for one object", a.path, row.File, row.Bytes)
	}
	f, err := a.bag.Open(row.File)
	if err != nil {
		return nil, fmt.Errorf("archive %s: %w", a.path, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, row.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("archive %s: %s: %w", a.path, row.File, err)
	}
	if int64(len(data)) > row.Bytes {
		return nil, fmt.Errorf("archive %s: %s: damaged: more than %d bytes", a.path, row.File, row.Bytes)
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != row.SHA256 {
		return nil, fmt.Errorf("archive %s: %s: damaged: sha256 %s instead of %s", a.path, row.File, got, row.SHA256)
	}
	return data, nil
}

// etagOf makes an ETag of an object's bytes. The one that its server gave stands in objects.csv; on some servers another
// version may have the same.
func etagOf(row bag.Row) string { return `"sha256-` + row.SHA256 + `"` }
