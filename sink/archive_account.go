package sink

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"davferry/internal/bag"
	"davferry/internal/dav"
)

// ArchiveAccount is the Sink of one account of an Archive. It keeps nothing of the objects in memory, but for their names
// while they are recorded.
type ArchiveAccount struct {
	archive       *Archive
	folder, label string
	account       bag.Account // guarded by archive.mu

	mu          sync.Mutex
	collections map[string]*stagedCollection // by path in lower case
}

var _ Sink = (*ArchiveAccount)(nil)

// Collections returns none: an archive is made anew each time.
func (a *ArchiveAccount) Collections(context.Context) ([]dav.Collection, error) { return nil, nil }

// Create makes the folder of a collection, with the files that describe it. All properties are kept. The path of the
// result is the one in the archive, such as data/ACCOUNT/calendars/NAME, spelt as an href like those of its objects.
func (a *ArchiveAccount) Create(ctx context.Context, c dav.Collection, name string) (dav.Collection, []string, error) {
	dir := bag.CollectionFolder(a.folder, c.Kind, name)
	if err := bag.CheckName(name); err != nil {
		return dav.Collection{}, nil, refused("MKCOL", dir, err)
	}
	sc, err := a.claim(ctx, c, dir)
	if err != nil {
		return dav.Collection{}, nil, err
	}
	if err := sc.writeProperties(c); err != nil {
		return dav.Collection{}, nil, err
	}
	created := c
	created.Path, created.CTag, created.SyncToken = hrefOf(dir), "", ""
	return created, nil, nil
}

// claim returns the collection with the folder dir, a new one where there is none.
func (a *ArchiveAccount) claim(ctx context.Context, c dav.Collection, dir string) (*stagedCollection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	key := strings.ToLower(dir)
	sc, ok := a.collections[key]
	if !ok {
		sc = &stagedCollection{archive: a.archive, dir: dir, source: c.Path}
		a.collections[key] = sc
	}
	if sc.dir != dir || sc.source != c.Path {
		return nil, fmt.Errorf("archive %s: the collections %s and %s have the same folder %s",
			a.archive.path, sc.source, c.Path, dir)
	}
	return sc, nil
}

// collection returns the collection that Create gave out.
func (a *ArchiveAccount) collection(ctx context.Context, c dav.Collection) (*stagedCollection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	dir := pathOf(c.Path)
	sc, ok := a.collections[strings.ToLower(dir)]
	if !ok || sc.dir != dir {
		return nil, fmt.Errorf("archive %s: no collection %q was created", a.archive.path, c.Path)
	}
	return sc, nil
}

// Members lists the objects in the staging folder: those put so far, and those of an earlier run that was not
// finished, which are read for it. The ETag is made of the bytes, so that whoever remembers what was put there knows
// whether it still is.
func (a *ArchiveAccount) Members(ctx context.Context, c dav.Collection) ([]dav.Member, error) {
	sc, err := a.collection(ctx, c)
	if err != nil {
		return nil, err
	}
	return sc.members(ctx)
}

// Objects reads staged objects back.
func (a *ArchiveAccount) Objects(
	ctx context.Context, c dav.Collection, members []dav.Member,
) iter.Seq2[dav.Object, error] {
	return func(yield func(dav.Object, error) bool) {
		sc, err := a.collection(ctx, c)
		if err != nil {
			yield(dav.Object{}, err)
			return
		}
		for _, m := range members {
			if err := ctx.Err(); err != nil {
				yield(dav.Object{}, err)
				return
			}
			if !yield(sc.read(m)) {
				return
			}
		}
	}
}

// Put stores an object in the staging folder. The ETag is made of the bytes. An error that is neither ErrExists nor a
// *dav.Error, which a name that no file can have gives, means that the folder cannot be written: the disk is full, or
// the folder is gone.
func (a *ArchiveAccount) Put(
	ctx context.Context, c dav.Collection, name string, data []byte, ifMatch string,
) (string, string, error) {
	sc, err := a.collection(ctx, c)
	if err != nil {
		return "", "", err
	}
	file := sc.dir + "/" + name
	if err := checkName(name); err != nil {
		return "", "", refused("PUT", file, err)
	}
	etag, err := sc.put(name, data, ifMatch)
	if err != nil {
		return "", "", err
	}
	return hrefOf(file), etag, nil
}

// Record takes down what became of the source's objects. Those with a Name are in the archive; files that are in the
// folder without one, such as an earlier run's, are removed. An entry whose file is not there, or is not the one that
// the entry's checksum says, is an error.
func (a *ArchiveAccount) Record(ctx context.Context, c dav.Collection, entries iter.Seq2[Entry, error]) error {
	sc, err := a.collection(ctx, c)
	if err != nil {
		return err
	}
	return sc.record(ctx, a.label, entries)
}

// hrefOf spells a path in the archive as an href: a file may have a # in its name.
func hrefOf(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/")
}

// pathOf is the reverse. What is no href names nothing.
func pathOf(href string) string {
	path, err := url.PathUnescape(href)
	if err != nil {
		return ""
	}
	return path
}

// refused is the answer to a name that an archive cannot have, in the terms of a server.
func refused(method, path string, err error) error {
	return &dav.Error{Method: method, URL: path, StatusCode: http.StatusBadRequest, Excerpt: err.Error()}
}
