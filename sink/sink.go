// Package sink is where objects go: a DAV server or an archive.
//
// A sink is dumb. It does what it is told and says what came of it; names, order, conflicts and retries in a later
// run are decided in package migrate. Package sinktest holds the suite that every sink passes.
package sink

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"davferry/internal/dav"
)

// ErrExists says that a Put without an ETag met an object of that name, or that a Put with an ETag met another version.
var ErrExists = errors.New("another version is there already")

// Sink is the place of one account's objects. Its methods may be called from several goroutines; the same name is
// never put twice at once.
type Sink interface {
	// Collections lists what the destination holds already, those with a reason in Skip among them. An error means
	// that the account cannot be written.
	Collections(ctx context.Context) ([]dav.Collection, error)

	// Create makes a collection called name (its last path segment) with the properties of c and returns it as it is
	// then, with its path at the destination. lost names the properties that the destination did not keep. A
	// collection that is there already is returned as it is.
	Create(ctx context.Context, c dav.Collection, name string) (created dav.Collection, lost []string, err error)

	// Members lists all objects of a collection at the destination.
	Members(ctx context.Context, c dav.Collection) ([]dav.Member, error)

	// Objects reads members back, on the terms of source.Source.
	Objects(ctx context.Context, c dav.Collection, members []dav.Member) iter.Seq2[dav.Object, error]

	// Put stores data under a name (the last path segment, safe to use in a path as it is) in a collection of the
	// destination, and returns the path and the ETag of the new version ("" where the destination does not say).
	// Without ifMatch the name must be free, with it the version there must be that one: else ErrExists. An error
	// that is final for this object is a *dav.Error; the collection stays usable.
	Put(ctx context.Context, c dav.Collection, name string, data []byte, ifMatch string) (path, etag string, err error)

	// Record is told once a collection, after its last Put, what became of every object that the source listed, in
	// the order of their paths. An archive keeps it; a server has no use for it. An error among the entries ends it.
	Record(ctx context.Context, c dav.Collection, entries iter.Seq2[Entry, error]) error
}

// Entry is what became of one object of the source.
type Entry struct {
	Path    string // at the source
	ETag    string // at the source
	UID     string // "" where it has none
	Name    string // under which it was put, "" where it was not
	Size    int64  // octets as put
	SHA256  string // lower-case hex of the bytes as put, "" where it was not
	Outcome string // one of the eight outcomes of package migrate
	Reason  string // why, where the outcome is not that it is there
	Fetched time.Time
}

// EntriesOf yields entries in the order of their paths.
func EntriesOf(entries ...Entry) iter.Seq2[Entry, error] {
	sorted := slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return func(yield func(Entry, error) bool) {
		for _, e := range sorted {
			if !yield(e, nil) {
				return
			}
		}
	}
}
