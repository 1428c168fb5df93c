package sink

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"davferry/internal/bag"
)

// What Record was told stands in the staging folder as parts of the files that Commit makes, one set a collection, so
// that memory does not grow with the archive. Putting the parts together in the order of their folders gives each file
// sorted.
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
// collection meanwhile.
func (sc *stagedCollection) record(ctx context.Context, label string, entries []Entry) error {
	err := sc.claim(ctx, entries)
	if err == nil {
		err = sc.prune()
	}
	if err != nil {
		return err
	}
	r := &records{dir: sc.dir, source: sc.source, label: label, files: sc.objects, entries: byPath(entries)}
	if err := r.write(sc.archive.stage); err != nil {
		return sc.failed("record", "", err)
	}
	sc.mu.Lock()
	sc.objects, sc.unrecorded, sc.recorded, sc.tally = nil, false, true, r.tally()
	sc.mu.Unlock()
	return sc.close()
}

// byPath returns the entries sorted by their paths at the source.
func byPath(entries []Entry) []*Entry {
	sorted := make([]*Entry, len(entries))
	for i := range entries {
		sorted[i] = &entries[i]
	}
	slices.SortStableFunc(sorted, func(x, y *Entry) int { return strings.Compare(x.Path, y.Path) })
	return sorted
}

// claim marks the staged file of each entry with a name as one that belongs to the archive, and forgets all others.
func (sc *stagedCollection) claim(ctx context.Context, entries []Entry) error {
	claimed := make(map[string]bool)
	for i := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := &entries[i]
		if e.Name == "" {
			continue
		}
		if claimed[e.Name] {
			return sc.failed("record", e.Name, fmt.Errorf("two objects of the source have it, %s one of them", e.Path))
		}
		if err := sc.checkEntry(e); err != nil {
			return err
		}
		claimed[e.Name] = true
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	maps.DeleteFunc(sc.objects, func(name string, _ stagedFile) bool { return !claimed[name] })
	return nil
}

// checkEntry says why the staged file of an entry is not the one that the entry says.
func (sc *stagedCollection) checkEntry(e *Entry) error {
	if err := checkName(e.Name); err != nil {
		return sc.failed("record", e.Name, err)
	}
	f, found, err := sc.object(e.Name)
	switch sum := f.sums.Hex(bag.SHA256); {
	case err != nil:
		return err
	case !found:
		return sc.failed("record", e.Name, fmt.Errorf("it is not there, but %s shall be", e.Path))
	case e.SHA256 != "" && e.SHA256 != sum:
		return sc.failed("record", e.Name, fmt.Errorf("its sha256 is %s, but %s has %s", sum, e.Path, e.SHA256))
	}
	return nil
}

// prune removes from the folder what is neither a known object nor one of the collection's own files, and makes these
// known.
func (sc *stagedCollection) prune() error {
	folder, err := sc.open()
	if err != nil {
		return err
	}
	strangers, err := sc.strangers(folder)
	if err != nil {
		return err
	}
	for _, name := range strangers {
		if err := folder.RemoveAll(name); err != nil {
			return sc.failed("remove", name, err)
		}
	}
	for _, name := range bag.PropertyFiles {
		if _, _, err := sc.object(name); err != nil {
			return err
		}
	}
	return nil
}

// strangers lists what prune is to remove. It reads the folder in pieces: one may be large, and strangers are few.
func (sc *stagedCollection) strangers(folder *os.Root) ([]string, error) {
	dir, err := folder.Open(".")
	if err != nil {
		return nil, sc.failed("list", "", err)
	}
	defer dir.Close()
	var strangers []string
	for {
		names, err := dir.Readdirnames(1000)
		for _, name := range names {
			_, known := sc.objects[name]
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

// records are the parts of one collection.
type records struct {
	dir, source, label string
	entries            []*Entry              // by path at the source
	files              map[string]stagedFile // all files of the folder, by name
}

func (r *records) write(s *stage) error {
	dir := stageRecords + strings.TrimPrefix(r.dir, bag.PayloadFolder)
	if err := s.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range recordFiles {
		if _, err := s.write(dir+"/"+name, r.part(name)); err != nil {
			return err
		}
	}
	return nil
}

// part returns what writes the part of a file.
func (r *records) part(name string) func(io.Writer) error {
	switch name {
	case bag.ObjectsName:
		return r.writeRows
	case bag.FetchedFile:
		return r.writeFetched
	case bag.SHA256.Manifest():
		return func(w io.Writer) error { return r.writeManifest(w, bag.SHA256) }
	}
	return func(w io.Writer) error { return r.writeManifest(w, bag.SHA512) }
}

func (r *records) writeRows(w io.Writer) error {
	rows := bag.NewRowWriter(w)
	for _, e := range r.entries {
		row := bag.Row{
			Account: r.label, Collection: r.source, Path: e.Path, ETag: e.ETag, UID: e.UID,
			Outcome: e.Outcome, Reason: e.Reason,
		}
		if e.Name != "" {
			f := r.files[e.Name]
			row.Bytes, row.SHA256, row.File = f.size, f.sums.Hex(bag.SHA256), path.Join(r.dir, e.Name)
		}
		if err := rows.Write(row); err != nil {
			return err
		}
	}
	return rows.Flush()
}

func (r *records) writeFetched(w io.Writer) error {
	fetched := bag.NewFetchedWriter(w)
	for _, e := range r.entries {
		if e.Name == "" || e.Fetched.IsZero() {
			continue
		}
		if err := fetched.Write(path.Join(r.dir, e.Name), e.Fetched); err != nil {
			return err
		}
	}
	return fetched.Flush()
}

func (r *records) writeManifest(w io.Writer, alg bag.Algorithm) error {
	for _, name := range sortedNames(r.files) {
		line := bag.Line{Sum: r.files[name].sums.Hex(alg), Path: path.Join(r.dir, name)}
		if _, err := io.WriteString(w, line.String()); err != nil {
			return err
		}
	}
	return nil
}

func (r *records) tally() tally {
	t := tally{listed: int64(len(r.entries))}
	for _, e := range r.entries {
		t.count(e.Outcome, 1)
		if e.Name != "" {
			t.stored++
		}
	}
	for _, f := range r.files {
		t.oxum.Octets += f.size
		t.oxum.Files++
	}
	return t
}
