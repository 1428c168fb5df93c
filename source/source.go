// Package source is where objects come from: a DAV server or an archive.
//
// A source is dumb. It lists and it fetches; what to take, to skip, to ask for again in a later run is decided in
// package migrate.
package source

import (
	"context"
	"iter"

	"davferry/internal/dav"
)

// ErrGone says that an object which the listing named is not there any more. Only an answer to a request for that one
// object may say so, never its absence from a batch.
var ErrGone = dav.ErrGone

// Source holds one account's collections. Its methods may be called from several goroutines.
type Source interface {
	// Collections lists the account's collections of both kinds, those with a reason in Skip among them. An error
	// means that the account cannot be read.
	Collections(ctx context.Context) ([]dav.Collection, error)

	// Members lists all objects of a collection. An error means that the collection cannot be read; there is no
	// partial list.
	Members(ctx context.Context, c dav.Collection) ([]dav.Member, error)

	// Objects fetches members of a collection, in any order. It yields each member exactly once: with its data, or
	// with the error that is its own, Object.Path set in both cases. An error that is the collection's or the
	// context's is yielded with an empty Path and ends the sequence.
	Objects(ctx context.Context, c dav.Collection, members []dav.Member) iter.Seq2[dav.Object, error]
}
