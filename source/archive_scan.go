package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"davferry/internal/bag"
)

// fact is something known of one file: a line for the sorter.
type fact struct {
	path string
	kind factKind
	args []string
}

type factKind byte

// What facts say, and their args.
const (
	factFound      factKind = 'a' + iota // the file is there: octets, sha256, sha512
	factUnreadable                       // the file is there and cannot be read
	factManifest                         // a payload manifest lists it: algorithm, checksum
	factTag                              // a tag manifest lists it: algorithm, checksum
	factRow                              // objects.csv lists it: octets, sha256
)

// A path holds no NUL, so the facts of one file sort together.
func (f fact) String() string {
	return f.path + "\x00" + string(rune(f.kind)) + strings.Join(f.args, "\x00")
}

func parseFact(s string) fact {
	path, rest, _ := strings.Cut(s, "\x00")
	return fact{path: path, kind: factKind(rest[0]), args: strings.Split(rest[1:], "\x00")}
}

func (v *verification) note(path string, kind factKind, args ...string) error {
	return v.sorter.add(fact{path, kind, args}.String())
}

// scan reads the whole archive once.
func (v *verification) scan(ctx context.Context) error {
	err := bag.Walk(ctx, v.path, func(f bag.File) error { return v.file(ctx, f) })
	if errors.Is(err, bag.ErrDamaged) && ctx.Err() == nil {
		v.cut = true
		v.problem(v.container, "cannot be read to its end: %v", err)
		return nil
	}
	return err
}

// file takes down what one file is.
func (v *verification) file(ctx context.Context, f bag.File) error {
	name, err := bag.Rel(v.top, f.Name)
	if err != nil {
		v.problem(f.Name, "refused: %v", err)
		return nil
	}
	if !f.Mode.IsRegular() {
		v.problem(name, "no regular file but %v", f.Mode)
		return v.note(name, factUnreadable)
	}
	if f.Size < 0 || f.Size > v.budget {
		v.cut, v.budget = true, 0
		v.problem(v.container, "not read to its end, at %s: far more in it than its Payload-Oxum %v says", name, v.info.Oxum)
		return nil
	}
	v.budget -= f.Size
	return v.read(ctx, name, f)
}

func (v *verification) read(ctx context.Context, name string, f bag.File) error {
	h := bag.NewHasher()
	err := v.hash(ctx, name, f, h)
	if unread, ok := errors.AsType[*readError](err); ok {
		v.problem(name, "changed: cannot be read: %v", unread.err)
		return v.note(name, factUnreadable)
	}
	if err != nil {
		return err
	}
	if slices.Contains(required, name) {
		v.present[name] = true
	}
	if bag.InPayload(name) {
		v.report.Files++
		v.report.Octets += h.Size()
	}
	if path.Base(name) == bag.CollectionFile {
		v.report.Collections++
	}
	return v.note(name, factFound, strconv.FormatInt(h.Size(), 10), h.Sums().Hex(bag.SHA256), h.Sums().Hex(bag.SHA512))
}

// readError is an error of reading one file, as opposed to one of taking down what it says.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }

// hash reads a file to its end, and takes down what it says where it is one that speaks of others.
func (v *verification) hash(ctx context.Context, name string, f bag.File, h *bag.Hasher) error {
	file, err := f.Open()
	if err != nil {
		return &readError{err}
	}
	defer file.Close()
	r := io.TeeReader(&contextReader{ctx, file}, h)
	if err := v.parse(name, r); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &readError{err}
	}
	return nil
}

// contextReader ends with its context: one file may be large.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// parse takes down what a manifest or objects.csv says. What cannot be parsed is that file's problem.
func (v *verification) parse(name string, r io.Reader) error {
	for _, alg := range bag.Algorithms {
		switch name {
		case alg.Manifest():
			return v.parseManifest(name, r, alg, factManifest)
		case alg.TagManifest():
			return v.parseManifest(name, r, alg, factTag)
		}
	}
	if name == bag.ObjectsFile {
		return v.parseRows(r)
	}
	return nil
}

func (v *verification) parseManifest(name string, r io.Reader, alg bag.Algorithm, kind factKind) error {
	for line, err := range bag.ReadManifest(r, alg) {
		if err == nil && bag.InPayload(line.Path) != (kind == factManifest) {
			err = fmt.Errorf("%q has no place in it", line.Path)
		}
		if err != nil {
			v.problem(name, "changed: %v", err)
			return nil
		}
		if err := v.note(line.Path, kind, string(alg), line.Sum); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) parseRows(r io.Reader) error {
	for row, err := range bag.ReadRows(r) {
		if err != nil {
			v.problem(bag.ObjectsFile, "changed: %v", err)
			return nil
		}
		if row.File == "" {
			continue
		}
		v.report.Objects++
		if err := v.note(row.File, factRow, strconv.FormatInt(row.Bytes, 10), row.SHA256); err != nil {
			return err
		}
	}
	return nil
}
