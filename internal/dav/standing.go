package dav

import (
	"context"
	"fmt"
	"net/http"
	"sync"
)

// standing is what a server thinks of a login, by its answers. Servers lock accounts that fail too often, so that a
// password that was changed in the middle of a run must not be sent again by each of the requests that wait: once one was
// refused, no other is begun until it is clear whether the login is still taken.
type standing struct {
	mu       sync.Mutex
	refused  int           // answers 401 since a request that was begun after them was taken
	epoch    int           // answers 401 ever
	accepted bool          // there was another answer
	opened   bool          // the account was found with it
	under    int           // requests that are under way
	changed  chan struct{} // closed at the next answer, nil where nobody waits for it
}

// verdict is whether a request may be sent.
type verdict uint8

const (
	taken    verdict = iota // as far as is known
	doubtful                // it was taken and then refused once, which may be about one object
	rejected
)

func (s *standing) verdict() verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge()
}

func (s *standing) judge() verdict {
	switch {
	case s.refused >= maxRejections:
		return rejected
	case s.refused > 0 && s.opened:
		return doubtful
	}
	return taken
}

// begin counts a request as under way. It is false where none may be sent now; anyway is for the one that asks whether
// the login is still taken. The epoch is for end.
func (s *standing) begin(anyway bool) (epoch int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !anyway && s.judge() != taken {
		return 0, false
	}
	s.under++
	return s.epoch, true
}

// end takes down the answer to a request that was begun: refusals is how often it was refused, 0 where the login was
// taken, negative for no answer. Where one object was asked for, a 401 may be about that alone, and several of them say no
// more than one. That a request was taken says nothing where another one has been refused since it was
// begun: the password may have changed in between.
func (s *standing) end(epoch, refusals int, oneObject bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.under--
	switch {
	case refusals > 0 && oneObject:
		s.refused = max(s.refused, 1)
		s.epoch++
	case refusals > 0:
		s.refused += refusals
		s.epoch++
	case refusals == 0:
		s.accepted = true
		if epoch == s.epoch {
			s.refused = 0
		}
	}
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// await waits until it is clear what becomes of a doubtful login, or until nothing is under way that could tell.
func (s *standing) await(ctx context.Context) error {
	for {
		s.mu.Lock()
		if s.judge() != doubtful || s.under == 0 {
			s.mu.Unlock()
			return nil
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tried counts a try of which no answer is seen.
func (s *standing) tried() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused++
}

// wasTaken tells whether the server has ever taken the login.
func (s *standing) wasTaken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// clear forgets refusals that were not the account's server's.
func (s *standing) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = 0
}

// inherit takes over the tries of another login for the account.
func (s *standing) inherit(other *standing) {
	other.mu.Lock()
	defer other.mu.Unlock()
	s.refused = other.refused
}

// open takes down that the account was found.
func (s *standing) open() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = true
}

// admit returns an error where a request is not to be sent because the server does not take the login (any more).
func (c *Client) admit(ctx context.Context, req request) error {
	v := c.standing.verdict()
	if req.anyway || v == taken || v == doubtful && req.anonymous {
		return nil
	}
	if v == doubtful {
		err := c.confirm(ctx)
		if err == nil {
			return nil
		}
		if Status(err) != http.StatusUnauthorized {
			return fmt.Errorf("%s %s: is the login still taken? %w", req.method, cleanURL(req.url), err)
		}
	}
	return &Error{Method: req.method, URL: cleanURL(req.url), StatusCode: http.StatusUnauthorized,
		Excerpt: "not asked again, the server has refused this login before"}
}

// confirm asks, once for all who want to know, whether a login that was refused is still taken. Where two requests were
// refused the answer is known.
func (c *Client) confirm(ctx context.Context) error {
	c.asking.Lock()
	defer c.asking.Unlock()
	if err := c.standing.await(ctx); err != nil {
		return err
	}
	req := propfindRequest(c.base, "0", []propName{{nsDAV, "current-user-principal"}})
	req.anyway = c.standing.verdict() == doubtful // else it is not sent where it was refused twice
	if !req.anyway && c.standing.verdict() == taken {
		return nil
	}
	_, _, err := c.ask(ctx, req)
	if c.standing.verdict() == taken {
		return nil
	}
	return err
}
