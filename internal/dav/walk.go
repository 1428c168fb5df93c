package dav

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// walk is what a run knows of the places where one service of a domain may be. The first account of the domain walks,
// the others wait for it and go where it ended: ten thousand accounts of a domain cost one walk.
type walk struct {
	turn chan struct{} // has an element while somebody walks

	mu    sync.Mutex
	ended *findings // nil before
	first *candidate
}

// walkKey names a walk.
type walkKey struct {
	kind    Kind
	address string // address.key
	stage   stage
}

// findings is how a walk ended.
type findings struct {
	places  []candidate // where it is worth to ask for each account: the one that had the service, else those that may
	missing error       // why there is none elsewhere
	until   time.Time   // how long that is to be believed, zero for the whole run
}

func (n *Network) walk(key walkKey) *walk {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := n.walks[key]
	if w == nil {
		w = &walk{turn: make(chan struct{}, 1)}
		n.walks[key] = w
	}
	return w
}

// enter waits for a walk that is under way and returns how it ended. Where the findings are nil, the caller is the one
// to walk, and calls leave when done.
func (w *walk) enter(ctx context.Context, aside Aside) (*findings, error) {
	if f := w.findings(); f != nil {
		return f, nil
	}
	if err := aside.takeTurn(ctx, w.turn); err != nil {
		return nil, err
	}
	if f := w.findings(); f != nil {
		<-w.turn
		return f, nil
	}
	return nil, nil
}

// leave ends a walk, nil for one that came to no end. The next one begins at first, if that is not nil.
func (w *walk) leave(f *findings, first *candidate) {
	w.mu.Lock()
	w.ended, w.first = f, first
	w.mu.Unlock()
	<-w.turn
}

func (w *walk) findings() *findings {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended == nil || !w.ended.until.IsZero() && time.Now().After(w.ended.until) {
		return nil
	}
	return w.ended
}

func (w *walk) start() *candidate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// find looks for a service where the domain is known to have it, or walks.
func (d *discovery) find(ctx context.Context, k Kind) (*Service, error) {
	w := d.net.walk(walkKey{k, d.target.key, d.stage})
	known, err := w.enter(ctx, d.client.login.Aside)
	if err != nil {
		return nil, err
	}
	if known != nil {
		return d.revisit(ctx, k, known)
	}
	var ended *findings
	var first *candidate
	defer func() { w.leave(ended, first) }()
	service, ended, first, err := d.walk(ctx, k, w.start())
	return service, err
}

// walk asks one candidate after the other until one has the service. It returns no findings where another account has to
// walk again, from first on: a login that is refused says little about the place.
func (d *discovery) walk(ctx context.Context, k Kind, start *candidate) (s *Service, f *findings, first *candidate, err error) {
	f = &findings{}
	var failed, elsewhere []error
	var refused error // by a host that need not be the account's
	asked, strange := map[string]bool{}, map[string]bool{}
	for at := range d.candidates(ctx, k, start) {
		if at.url != nil {
			if asked[at.url.String()] || strange[origin(at.url)] || at.product && d.nothing[at.url.String()] {
				continue
			}
			asked[at.url.String()] = true
		}
		service, err := d.try(ctx, k, &at)
		switch {
		case service != nil:
			at.guess, at.origin = false, "found before"
			return service, &findings{places: []candidate{at}}, nil, nil
		case isRefusal(err) && d.isStrange(at):
			strange[origin(at.url)] = true
			d.client.standing.clear() // it is no server of the account's, as far as is known
			if d.client.base != nil {
				err = &absentError{cleanURL(at.url), "it refuses the login that the account's server took (" + answerText(err) + ")"}
				elsewhere = append(elsewhere, err)
			} else if refused == nil {
				refused, first = err, &at
			}
		case isRefusal(err):
			return nil, nil, &at, err
		case ctx.Err() != nil:
			return nil, nil, nil, err
		case at.differs(err):
			f.places = append(f.places, at)
		default:
			elsewhere = append(elsewhere, err)
			d.remember(at, err)
		}
		failed = append(failed, err)
	}
	f.missing = reasons(elsewhere)
	switch open := isOpen(f.missing); {
	case refused != nil && !open:
		return nil, nil, first, refused
	case refused != nil:
		return nil, nil, first, reasons(failed)
	case open:
		f.until = time.Now().Add(deadFor)
	}
	return nil, f, nil, reasons(failed)
}

// remember takes down that a place of server software has nothing, for the other service, which is at the same mostly.
func (d *discovery) remember(at candidate, err error) {
	if at.product && !isOpen(err) {
		d.nothing[at.url.String()] = true
	}
}

// isStrange tells a place that nobody named, and that need not have to do with the account: a web server of the domain may
// want a login for its own pages. It is one at another host than the one that took the login, or where none has taken it
// yet, one that does not show to be a DAV server.
func (d *discovery) isStrange(at candidate) bool {
	switch {
	case !at.guess || at.url == nil:
		return false
	case d.client.base != nil:
		return origin(at.url) != origin(d.client.base)
	}
	return d.target.mail && !d.net.isProven(at.url)
}

// revisit asks where an earlier account of the domain found the service, or where this one may have it.
func (d *discovery) revisit(ctx context.Context, k Kind, f *findings) (*Service, error) {
	failed := []error{f.missing}
	for _, at := range f.places {
		service, err := d.try(ctx, k, &at)
		if service != nil || fatal(ctx, err) {
			return service, err
		}
		failed = append(failed, err)
	}
	return nil, reasons(failed)
}

// try asks one candidate, with a limit of time where nobody named it.
func (d *discovery) try(ctx context.Context, k Kind, at *candidate) (*Service, error) {
	if at.err != nil {
		return nil, at.judge(at.err)
	}
	if at.forUser != nil {
		at.url = at.forUser(d.client.login.User)
	}
	if at.guess {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, d.patience(), errSilent)
		defer cancel()
	}
	service, err := d.probe(ctx, k, at)
	return service, at.judge(err)
}

// patience is how long a place that nobody named may take: a web server of the domain that drops what is sent to other
// ports must not cost minutes. It is short where the DNS did not answer, which some routers do to SRV questions alone.
func (d *discovery) patience() time.Duration {
	if d.net.buried(d.resolver()) != nil {
		return 5 * time.Second
	}
	return 20 * time.Second
}

// differs tells whether another account may get another answer at the same place.
func (at candidate) differs(err error) bool {
	status := Status(err)
	return at.answered || status == http.StatusForbidden || status >= 500 || at.own && status != 0
}

// candidate is a URL where a service may be.
type candidate struct {
	url     *url.URL
	origin  string // how it came up, for people
	given   bool   // by the user
	guess   bool   // by nobody: the domain of a mail address need not be that of a server
	chosen  bool   // not by the user, but by the DNS or as a guess: the host gets no credentials before it asks for them
	own     bool   // the path is for this service alone, so that it may be there for one account and not for another
	table   bool   // from the table of providers
	product bool   // where server software usually is
	err     error  // in the place of a URL: a question to the DNS that failed

	answered bool // it is a DAV server's; what came after that is about the account

	forUser func(user string) *url.URL // makes the URL where the user's name is in it, else nil
}
