package sink

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"slices"
	"strings"

	"davferry/internal/bag"
)

// What Record was told stands in the staging folder as parts of the files that Commit makes, one set a collection, so
// that memory does not grow with the archive. Putting the parts together in the order of their folders gives each file
// in the order of the collections' folders, and within one in that of the objects' paths at the source.
var recordFiles = []string{bag.ObjectsName, bag.FetchedFile, bag.SHA256.Manifest(), bag.SHA512.Manifest()}

// tally is what is counted of one collection, or of all of them.
type tally struct {
	listed, stored int64
	outcomes       map[string]int64
	oxum           bag.Oxum
}

func (t *tally) add(o tally) {
	t.listed += o.listed
	t.stored += o.stored
	t.oxum.Octets += o.oxum.Octets
	t.oxum.Files += o.oxum.Files
	for outcome, n := range o.outcomes {
		t.count(outcome, n)
	}
}

func (t *tally) count(outcome string, n int64) {
	if t.outcomes == nil {
		t.outcomes = make(map[string]int64)
	}
	t.outcomes[outcome] += n
}

// record writes the collection's parts and brings its folder in line with the entries. Nothing else is done to the
// collection meanwhile. Each file is read once more: what the manifests say is what is in it now, and an entry's
// checksum that of the bytes that came.
func (sc *stagedCollection) record(ctx context.Context, label string, entries iter.Seq2[Entry, error]) error {
	p, err := sc.archive.stage.newParts(stageRecords + strings.TrimPrefix(sc.dir, bag.PayloadFolder))
	if err != nil {
		return sc.failed("record", "", err)
	}
	r := &recording{sc: sc, label: label, parts: p}
	err = r.all(ctx, entries)
	if closing := p.close(); err == nil {
		err = sc.failed("record", "", closing)
	}
	if err != nil {
		return err
	}
	sc.mu.Lock()
	sc.unrecorded, sc.recorded, sc.tally = false, true, r.tally
	sc.mu.Unlock()
	return sc.close()
}

// recording is a collection's entries on their way into its parts. Of each it keeps the file's name.
type recording struct {
	sc    *stagedCollection
	label string
	parts *parts
	tally tally
	last  string   // path of the latest entry
	names []string // of the objects' files
}

func (r *recording) all(ctx context.Context, entries iter.Seq2[Entry, error]) error {
	for e, err := range entries {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = r.entry(e)
		}
		if err != nil {
			return err
		}
	}
	slices.Sort(r.names)
	for i, name := range r.names {
		if i > 0 && name == r.names[i-1] {
			return r.sc.failed("record", name, fmt.Errorf("two objects of the source have it"))
		}
	}
	if err := r.sc.prune(r.names); err != nil {
		return err
	}
	return r.properties()
}

// entry writes what there is to say of one object.
func (r *recording) entry(e Entry) error {
	if r.tally.listed > 0 && e.Path <= r.last {
		return r.sc.failed("record", e.Path, fmt.Errorf("it came after %s", r.last))
	}
	r.last = e.Path
	r.tally.listed++
	r.tally.count(e.Outcome, 1)
	row := bag.Row{
		Account: r.label, Collection: r.sc.source, Path: e.Path, ETag: e.ETag, UID: e.UID,
		Outcome: e.Outcome, Reason: e.Reason,
	}
	if e.Name == "" {
		return r.sc.failed("record", "", r.parts.rows.Write(row))
	}
	f, err := r.sc.checkEntry(e)
	if err != nil {
		return err
	}
	r.names = append(r.names, e.Name)
	r.tally.stored++
	row.Bytes, row.SHA256, row.File = f.size, f.sums.Hex(bag.SHA256), path.Join(r.sc.dir, e.Name)
	err = r.parts.rows.Write(row)
	if err == nil && !e.Fetched.IsZero() {
		err = r.parts.fetched.Write(row.File, e.Fetched)
	}
	if err == nil {
		err = r.file(row.File, f)
	}
	return r.sc.failed("record", e.Name, err)
}

// file writes a file of the payload into the manifests.
func (r *recording) file(path string, f stagedFile) error {
	r.tally.oxum.Octets += f.size
	r.tally.oxum.Files++
	for i, alg := range bag.Algorithms {
		line := bag.Line{Sum: f.sums.Hex(alg), Path: path}
		if _, err := io.WriteString(r.parts.manifests[i], line.String()); err != nil {
			return err
		}
	}
	return nil
}

// properties writes the files that describe the collection into the manifests.
func (r *recording) properties() error {
	for _, name := range bag.PropertyFiles {
		f, found, err := r.sc.sum(name)
		if err == nil && found {
			err = r.sc.failed("record", name, r.file(path.Join(r.sc.dir, name), f))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkEntry reads the staged file of an entry, and says why it is not the one that the entry says.
func (sc *stagedCollection) checkEntry(e Entry) (stagedFile, error) {
	if err := checkName(e.Name); err != nil {
		return stagedFile{}, sc.failed("record", e.Name, err)
	}
	f, found, err := sc.sum(e.Name)
	switch sum := f.sums.Hex(bag.SHA256); {
	case err != nil:
		return f, err
	case !found:
		return f, sc.failed("record", e.Name, fmt.Errorf("it is not there, but %s shall be", e.Path))
	case e.SHA256 != "" && e.SHA256 != sum:
		return f, sc.failed("record", e.Name, fmt.Errorf("its sha256 is %s, but %s has %s", sum, e.Path, e.SHA256))
	}
	return f, nil
}

// prune removes from the folder what is neither one of the objects, whose names are sorted, nor one of the collection's
// own files.
func (sc *stagedCollection) prune(objects []string) error {
	folder, err := sc.open()
	if err != nil {
		return err
	}
	strangers, err := sc.strangers(folder, objects)
	if err != nil {
		return err
	}
	for _, name := range strangers {
		if err := folder.RemoveAll(name); err != nil {
			return sc.failed("remove", name, err)
		}
	}
	return nil
}

// strangers lists what prune is to remove. It reads the folder in pieces: one may be large, and strangers are few.
func (sc *stagedCollection) strangers(folder *os.Root, objects []string) ([]string, error) {
	dir, err := folder.Open(".")
	if err != nil {
		return nil, sc.failed("list", "", err)
	}
	defer dir.Close()
	var strangers []string
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			_, known := slices.BinarySearch(objects, name)
			if !known && !slices.Contains(bag.PropertyFiles, name) {
				strangers = append(strangers, name)
			}
		}
		if err == io.EOF {
			return strangers, nil
		}
		if err != nil {
			return nil, sc.failed("list", "", err)
		}
	}
}
