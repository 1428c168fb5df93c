package migrate

import "sync/atomic"

// Progress is how far a run is. It may be read while the run goes on.
type Progress struct {
	known, done        atomic.Int64
	accounts, finished atomic.Int64
}

// Known returns how many objects were listed so far. It grows while collections are found.
func (p *Progress) Known() int64 { return p.known.Load() }

// Done returns how many objects have an outcome.
func (p *Progress) Done() int64 { return p.done.Load() }

// Accounts returns how many accounts there are and how many are finished.
func (p *Progress) Accounts() (total, finished int64) { return p.accounts.Load(), p.finished.Load() }
