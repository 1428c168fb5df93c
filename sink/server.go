package sink

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"davferry/internal/dav"
)

// Server is a DAV server as the place of one account's objects.
type Server struct {
	account *dav.Account
	batch   int
	quiet   bool
}

var _ Sink = (*Server)(nil)

// NewServer returns the sink of an account. batch is how many objects are read back with one request; quiet asks the
// server to send no invitations.
func NewServer(a *dav.Account, batch int, quiet bool) *Server {
	return &Server{account: a, batch: batch, quiet: quiet}
}

// Collections implements Sink.
func (s *Server) Collections(ctx context.Context) ([]dav.Collection, error) {
	return s.account.Collections(ctx)
}

// Create implements Sink.
func (s *Server) Create(ctx context.Context, c dav.Collection, name string) (dav.Collection, []string, error) {
	return s.account.CreateCollection(ctx, c, name)
}

// Members implements Sink.
func (s *Server) Members(ctx context.Context, c dav.Collection) ([]dav.Member, error) {
	return s.account.Members(ctx, c)
}

// Objects implements Sink.
func (s *Server) Objects(ctx context.Context, c dav.Collection, members []dav.Member) iter.Seq2[dav.Object, error] {
	return s.account.Objects(ctx, c, members, s.batch)
}

// Put implements Sink.
func (s *Server) Put(ctx context.Context, c dav.Collection, name string, data []byte, ifMatch string) (path, etag string, err error) {
	path = dav.PathIn(c, name)
	etag, err = s.account.Put(ctx, c.Kind, path, data, ifMatch, s.quiet)
	if errors.Is(err, dav.ErrPrecondition) {
		err = fmt.Errorf("%w: %w", ErrExists, err)
	}
	return path, etag, err
}

// Record implements Sink; a server keeps no record.
func (s *Server) Record(context.Context, dav.Collection, iter.Seq2[Entry, error]) error { return nil }
