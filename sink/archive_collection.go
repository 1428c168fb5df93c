package sink

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"davferry/internal/bag"
	"davferry/internal/dav"
)

// stagedCollection is a collection in the staging folder. Its methods return errors that say which archive and which
// file they are of.
type stagedCollection struct {
	archive *Archive
	dir     string // path in the archive
	source  string // path at the source
	temps   atomic.Int64

	mu         sync.Mutex
	folder     *os.Root // at dir; closed by Record, so that not every collection holds one
	unrecorded bool     // something was put after the last Record
	recorded   bool
	tally      tally
}

// stagedFile is what is known of a file in the staging folder.
type stagedFile struct {
	sums bag.Sums
	size int64
}

// tempPrefix begins the names of files that are being written. One that a killed run left is no object.
const tempPrefix = ".davferry-"

// checkName says why an object cannot have a name.
func checkName(name string) error {
	if strings.HasPrefix(name, tempPrefix) {
		return fmt.Errorf("the name %q is that of a temporary file", name)
	}
	return bag.CheckObjectName(name)
}

// failed returns err with what was being done to which file; nil for nil.
func (sc *stagedCollection) failed(doing, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("archive %s: %s %s/%s: %w", sc.archive.path, doing, sc.dir, name, err)
}

// open returns the collection's folder, made if need be: nothing that is read or written through it leaves it.
func (sc *stagedCollection) open() (*os.Root, error) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.folder != nil {
		return sc.folder, nil
	}
	path := stageBag + "/" + sc.dir
	err := sc.archive.stage.root.MkdirAll(path, 0o700)
	if err == nil {
		sc.folder, err = sc.archive.stage.root.OpenRoot(path)
	}
	return sc.folder, sc.failed("open", "", err)
}

// close lets go of the folder; open opens it again.
func (sc *stagedCollection) close() error {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.folder == nil {
		return nil
	}
	err := sc.folder.Close()
	sc.folder = nil
	return sc.failed("close", "", err)
}

// write writes a file of the collection, whole or not at all.
//
// It does not call fsync: a file that a power cut empties has another checksum than the journal remembers, so that the
// next run fetches it again, and Commit flushes everything before it says that the archive is there. One fsync a file
// would make an export many times slower than the servers are.
func (sc *stagedCollection) write(name string, data []byte) error {
	folder, err := sc.open()
	if err != nil {
		return err
	}
	temp := fmt.Sprintf("%s%d", tempPrefix, sc.temps.Add(1))
	err = folder.WriteFile(temp, data, 0o600)
	if err == nil {
		err = folder.Rename(temp, name)
	}
	if err != nil {
		err = errors.Join(err, ignoreMissing(folder.Remove(temp)))
	}
	return sc.failed("write", name, err)
}

// ignoreMissing returns err unless it says that something is not there.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sum reads a file of the collection; found is false where there is none.
func (sc *stagedCollection) sum(name string) (f stagedFile, found bool, err error) {
	folder, err := sc.open()
	if err != nil {
		return stagedFile{}, false, err
	}
	info, err := folder.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return stagedFile{}, false, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("no regular file")
	}
	if err != nil {
		return stagedFile{}, false, sc.failed("read", name, err)
	}
	file, err := folder.Open(name)
	if err != nil {
		return stagedFile{}, false, sc.failed("read", name, err)
	}
	defer file.Close()
	f.sums, f.size, err = bag.SumReader(file)
	return f, true, sc.failed("read", name, err)
}

// propertyFile is a file that describes a collection; one with no content must not be there.
type propertyFile struct {
	name    string
	content []byte
}

func propertyFiles(c dav.Collection) ([]propertyFile, error) {
	json, err := bag.MarshalCollection(c)
	if err != nil {
		return nil, err
	}
	return []propertyFile{
		{bag.CollectionFile, json},
		{bag.ColorFile, []byte(bag.VdirColor(c))},
		{bag.DisplayNameFile, []byte(bag.VdirDisplayName(c))},
	}, nil
}

// writeProperties makes the folder and the files that describe the collection.
func (sc *stagedCollection) writeProperties(c dav.Collection) error {
	folder, err := sc.open()
	if err != nil {
		return err
	}
	files, err := propertyFiles(c)
	if err != nil {
		return sc.failed("describe", "", err)
	}
	for _, f := range files {
		if len(f.content) > 0 {
			err = sc.write(f.name, f.content)
		} else {
			err = sc.failed("remove", f.name, folder.RemoveAll(f.name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// put stores an object under a name that is not that of another version.
func (sc *stagedCollection) put(name string, data []byte, ifMatch string) (etag string, err error) {
	have, found, err := sc.sum(name)
	if err != nil {
		return "", err
	}
	if found != (ifMatch != "") || found && have.sums.ETag() != ifMatch {
		return "", fmt.Errorf("%s/%s: %w", sc.dir, name, ErrExists)
	}
	if err := sc.write(name, data); err != nil {
		return "", err
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.unrecorded = true
	return bag.ETagOf(data), nil
}

// entries lists the collection's folder, sorted by name.
func (sc *stagedCollection) entries() ([]fs.DirEntry, error) {
	folder, err := sc.open()
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(folder.FS(), ".")
	return entries, sc.failed("list", "", err)
}

// read reads an object back; dav.ErrGone is in the chain where it is not there.
func (sc *stagedCollection) read(m dav.Member) (dav.Object, error) {
	o := dav.Object{Path: m.Path}
	folder, err := sc.open()
	if err != nil {
		return o, err
	}
	name, ok := strings.CutPrefix(pathOf(m.Path), sc.dir+"/")
	if !ok || checkName(name) != nil {
		return o, sc.failed("read", m.Path, fmt.Errorf("it is no object of the collection"))
	}
	o.Data, err = folder.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", dav.ErrGone, err)
	}
	if err != nil {
		return o, sc.failed("read", name, err)
	}
	o.ETag = bag.ETagOf(o.Data)
	return o, nil
}

func (sc *stagedCollection) members(ctx context.Context) ([]dav.Member, error) {
	entries, err := sc.entries()
	if err != nil {
		return nil, err
	}
	var members []dav.Member
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !e.Type().IsRegular() || checkName(e.Name()) != nil {
			continue
		}
		f, found, err := sc.sum(e.Name())
		if err != nil {
			return nil, err
		}
		if found {
			members = append(members, dav.Member{Path: hrefOf(sc.dir + "/" + e.Name()), ETag: f.sums.ETag(), Size: f.size})
		}
	}
	return members, nil
}
