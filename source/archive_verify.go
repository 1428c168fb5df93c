package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"davferry/internal/bag"
)

// Report is what VerifyArchive found.
type Report struct {
	Accounts    int
	Collections int64 // with a collection.json in the archive
	Objects     int64 // that objects.csv says are in the archive
	Files       int64 // of the payload, as found
	Octets      int64 // of the payload, as found

	// Problems names each file that changed, is missing or was added, once, sorted by path; none means that the archive
	// is as it was written.
	Problems []Problem
}

// Problem is one thing that is wrong with an archive.
type Problem struct {
	Path string // in the archive, or the archive's own name where its container is at fault
	Text string // "changed: sha256 … instead of …"
}

// String says which file it is about, and what is wrong.
func (p Problem) String() string { return p.Path + ": " + p.Text }

// VerifyArchive checks an archive of any form against itself: its manifests and tag manifests, Payload-Oxum,
// objects.csv, the seal of a packed one, each against the files and the files against each. It needs no network, writes
// nothing but a temporary file for large archives, and keeps a bounded part of the archive in memory.
//
// What is wrong with the archive is in the report; an error means that it could not be examined, because it is not
// there, cannot be opened, or ctx ended.
func VerifyArchive(ctx context.Context, path string) (Report, error) {
	v := &verification{
		path: path, container: filepath.Base(path),
		present: make(map[string]bool), bad: make(map[string]bool), sorter: newSorter(sorterMemory),
	}
	err := v.run(ctx)
	err = errors.Join(err, v.sorter.close())
	if err != nil {
		return Report{}, fmt.Errorf("verify archive %s: %w", path, err)
	}
	slices.SortStableFunc(v.report.Problems, func(a, b Problem) int { return cmp.Compare(a.Path, b.Path) })
	return v.report, nil
}

// sorterMemory is how much of what is known of the files stays in memory.
const sorterMemory = 16 << 20

// verification is one run of VerifyArchive. It reads every file once, in the order in which the archive has them, takes
// down what each file is and what each manifest says of it (scan), sorts that by path, and compares (judge).
type verification struct {
	path      string
	container string // the archive's own name, for problems of its container
	form      bag.Form
	info      bag.Info
	top       string
	budget    int64 // octets that may still be read
	cut       bool  // not everything was read, so nothing can be called missing
	sorter    *sorter
	present   map[string]bool // required files that were read whole
	bad       map[string]bool // files that something is wrong with
	report    Report
}

func (v *verification) run(ctx context.Context) error {
	var err error
	if v.form, err = bag.FormAt(v.path); err != nil {
		return err
	}
	complete, err := v.readInfo(ctx)
	if err != nil || !complete {
		return err
	}
	if err := v.scan(ctx); err != nil {
		return err
	}
	if err := v.judge(ctx); err != nil {
		return err
	}
	v.checkContainer()
	return nil
}

// readInfo reads bag-info.txt, without which nothing says how large the archive may be; false where it is no use.
func (v *verification) readInfo(ctx context.Context) (ok bool, err error) {
	v.info, v.top, err = bag.ReadInfo(ctx, v.path)
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err()
	case errors.Is(err, bag.ErrDamaged):
		v.problem(v.container, "cannot be read: %v", err)
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		v.problem(bag.InfoFile, "missing")
		return false, nil
	case errors.Is(err, fs.ErrPermission):
		return false, err
	case err != nil:
		v.problem(bag.InfoFile, "cannot be read: %v", err)
		return false, nil
	case v.info.Oxum.Files == 0:
		v.problem(bag.InfoFile, "changed: no Payload-Oxum in it")
		return false, nil
	}
	v.report.Accounts = len(v.info.Accounts)
	v.budget = budget(v.info.Oxum)
	return true, nil
}

// budget returns how many octets are read of an archive that declares such a payload. It leaves room for the tag files
// and for naming what was added, but none for a bomb.
func budget(o bag.Oxum) int64 {
	const largest = 1 << 60
	return 2*min(o.Octets, largest) + min(o.Files, largest>>14)<<13 + 64<<20
}

// problem reports what is wrong with a file, the first thing of each file only.
func (v *verification) problem(path, format string, args ...any) {
	if v.bad[path] {
		return
	}
	v.bad[path] = true
	v.report.Problems = append(v.report.Problems, Problem{path, fmt.Sprintf(format, args...)})
}

// checkContainer compares what speaks of the archive as a whole. Where something is wrong with a file already, that is
// why these differ.
func (v *verification) checkContainer() {
	if len(v.report.Problems) > 0 {
		return
	}
	if found := (bag.Oxum{Octets: v.report.Octets, Files: v.report.Files}); found != v.info.Oxum {
		v.problem(bag.InfoFile, "Payload-Oxum is %v, the payload has %v", v.info.Oxum, found)
	}
	if !v.form.Packed() || !v.info.Sealed {
		return
	}
	if err := bag.CheckSeal(v.path); err != nil {
		v.problem(v.container, "changed, though no file in it: %v", err)
	}
}
