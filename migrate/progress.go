package migrate

import (
	"sync/atomic"

	"davferry/internal/dav"
)

// Progress is how far a run is. It may be read while the run goes on.
type Progress struct {
	known, done        atomic.Int64
	accounts, finished atomic.Int64
	network            atomic.Pointer[dav.Network]
}

// Known returns how many objects were listed so far. It grows while collections are found.
func (p *Progress) Known() int64 { return p.known.Load() }

// Done returns how many objects have an outcome.
func (p *Progress) Done() int64 { return p.done.Load() }

// Accounts returns how many accounts there are and how many are finished.
func (p *Progress) Accounts() (total, finished int64) { return p.accounts.Load(), p.finished.Load() }

// Rests returns the hosts that the run waits for because they asked to be left alone, the longest wait first.
func (p *Progress) Rests() []dav.Rest {
	if n := p.network.Load(); n != nil {
		return n.Rests()
	}
	return nil
}
