package source

import (
	"context"
	"iter"
	"slices"

	"davferry/internal/bag"
)

// evidence is everything that is known of one path.
type evidence struct {
	path       string
	found      int // how often the file is in the archive
	unreadable bool
	octets     string                     // of the file
	sums       map[bag.Algorithm]string   // of the file
	listed     map[bag.Algorithm][]string // the checksums that its manifests say, one a line
	rows       []fact                     // of objects.csv
}

// gather yields the evidence of each path, sorted by path.
func (v *verification) gather(ctx context.Context) iter.Seq2[*evidence, error] {
	return func(yield func(*evidence, error) bool) {
		var e *evidence
		for text, err := range v.sorter.all() {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			f := parseFact(text)
			if e != nil && e.path != f.path && !yield(e, nil) {
				return
			}
			if e == nil || e.path != f.path {
				e = &evidence{path: f.path, listed: make(map[bag.Algorithm][]string)}
			}
			e.add(f)
		}
		if e != nil {
			yield(e, nil)
		}
	}
}

func (e *evidence) add(f fact) {
	switch f.kind {
	case factFound:
		e.found++
		e.octets = f.args[0]
		e.sums = map[bag.Algorithm]string{bag.SHA256: f.args[1], bag.SHA512: f.args[2]}
	case factUnreadable:
		e.unreadable = true
	case factManifest, factTag:
		alg := bag.Algorithm(f.args[0])
		e.listed[alg] = append(e.listed[alg], f.args[1])
	case factRow:
		e.rows = append(e.rows, f)
	}
}

// required are the files that every archive has. bag-info.txt was read before anything else.
var required = []string{
	bag.DeclarationFile, bag.FetchedFile, bag.ObjectsFile,
	bag.SHA256.Manifest(), bag.SHA512.Manifest(), bag.SHA256.TagManifest(), bag.SHA512.TagManifest(),
}

// judge compares, in the order in which one thing vouches for the next: the tag manifests for the manifests, these for
// objects.csv, all for the rest. What is found changed vouches for nothing, so that one changed file accuses no other.
func (v *verification) judge(ctx context.Context) error {
	for _, path := range required {
		if !v.present[path] && !v.cut {
			v.problem(path, "missing")
		}
	}
	stages := []func(*evidence){
		func(e *evidence) {
			if !bag.InPayload(e.path) {
				v.judgeTag(e)
			}
		},
		func(e *evidence) {
			if e.path == bag.ObjectsFile {
				v.judgeListed(e, bag.Algorithm.Manifest)
			}
		},
		func(e *evidence) {
			if bag.InPayload(e.path) && e.path != bag.ObjectsFile {
				v.judgeListed(e, bag.Algorithm.Manifest)
				v.judgeRows(e)
			}
		},
	}
	for _, stage := range stages {
		for e, err := range v.gather(ctx) {
			if err != nil {
				return err
			}
			stage(e)
		}
	}
	return nil
}

func (v *verification) judgeTag(e *evidence) {
	if e.path == bag.SHA256.TagManifest() || e.path == bag.SHA512.TagManifest() {
		// Nothing lists these; they are checked by what they say of the others.
		if e.found > 1 {
			v.problem(e.path, "there %d times", e.found)
		}
		return
	}
	v.judgeListed(e, bag.Algorithm.TagManifest)
	declaration := bag.SumsOf([]byte(bag.Declaration)).Hex(bag.SHA256)
	if e.path == bag.DeclarationFile && e.found > 0 && e.sums[bag.SHA256] != declaration {
		v.problem(e.path, "says something else than that this is a bag of version 1.0 in UTF-8")
	}
}

// vouches says whether a manifest or objects.csv can be held against other files: it was read whole and is intact.
func (v *verification) vouches(path string) bool { return v.present[path] && !v.bad[path] }

// judgeListed compares a file with what the manifests say that vouch for it.
func (v *verification) judgeListed(e *evidence, manifest func(bag.Algorithm) string) {
	var agree, differ []bag.Algorithm
	for _, alg := range bag.Algorithms {
		switch listed := e.listed[alg]; {
		case !v.vouches(manifest(alg)):
		case len(listed) > 1:
			v.problem(manifest(alg), "lists %s %d times", e.path, len(listed))
		case e.found > 0 && slices.Contains(listed, e.sums[alg]), e.found == 0 && len(listed) == 0:
			agree = append(agree, alg)
		default:
			differ = append(differ, alg)
		}
	}
	switch {
	case e.unreadable || e.found == 0 && v.cut:
	case e.found > 1:
		v.problem(e.path, "there %d times", e.found)
	case len(differ) == 0:
	case len(agree) > 0:
		// Two manifests that disagree: the one that agrees with the file does so by no accident.
		v.problem(manifest(differ[0]), "changed: what it says of %s is not what the file and %s say",
			e.path, manifest(agree[0]))
	case e.found == 0:
		v.problem(e.path, "missing: %s lists it", manifest(differ[0]))
	case len(e.listed[differ[0]]) == 0:
		v.problem(e.path, "added: %s does not list it", manifest(differ[0]))
	default:
		v.problem(e.path, "changed: %s %s instead of %s", differ[0], e.sums[differ[0]], e.listed[differ[0]][0])
	}
}

// judgeRows compares a payload file with objects.csv.
func (v *verification) judgeRows(e *evidence) {
	if !v.vouches(bag.ObjectsFile) || e.unreadable || !bag.IsObject(e.path) {
		return
	}
	switch {
	case e.found == 0 && (v.cut || len(e.rows) == 0):
	case len(e.rows) == 0:
		v.problem(e.path, "no row of %s names it", bag.ObjectsFile)
	case len(e.rows) > 1:
		v.problem(e.path, "%d rows of %s name it", len(e.rows), bag.ObjectsFile)
	case e.found == 0:
		v.problem(e.path, "missing: %s names it", bag.ObjectsFile)
	case e.rows[0].args[0] != e.octets:
		v.problem(e.path, "%s octets, %s says %s", e.octets, bag.ObjectsFile, e.rows[0].args[0])
	case e.rows[0].args[1] != e.sums[bag.SHA256]:
		v.problem(e.path, "sha256 %s, %s says %s", e.sums[bag.SHA256], bag.ObjectsFile, e.rows[0].args[1])
	}
}
