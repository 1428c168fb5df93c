package source

import (
	"context"
	"iter"

	"davferry/internal/dav"
)

// Server is a DAV server as the place where one account's objects come from.
type Server struct {
	account *dav.Account
	batch   int
}

var _ Source = (*Server)(nil)

// NewServer returns the source of an account. batch is how many objects are asked for with one multiget.
func NewServer(a *dav.Account, batch int) *Server { return &Server{account: a, batch: batch} }

// Collections implements Source.
func (s *Server) Collections(ctx context.Context) ([]dav.Collection, error) {
	return s.account.Collections(ctx)
}

// Members implements Source.
func (s *Server) Members(ctx context.Context, c dav.Collection) ([]dav.Member, error) {
	return s.account.Members(ctx, c)
}

// Objects implements Source.
func (s *Server) Objects(ctx context.Context, c dav.Collection, members []dav.Member) iter.Seq2[dav.Object, error] {
	return s.account.Objects(ctx, c, members, s.batch)
}
