package dav

import "context"

// stateProps tell whether a collection has changed.
var stateProps = []propName{{nsCalendarServer, "getctag"}, {nsDAV, "sync-token"}}

// State is what a server says by which a collection's change is noticed: CS:getctag and DAV:sync-token (RFC 6578), both
// opaque, "" where it has none. Modified is DAV:getlastmodified where SpareStates has that asked for instead. The zero State
// says nothing.
type State struct{ CTag, SyncToken, Modified string }

// Same tells whether two states are known to be the same. What the server says both ways has to be equal both ways.
func (s State) Same(o State) bool { return s == o && s != State{} }

// State returns the collection's state when it was listed in its home set.
func (c Collection) State() State {
	return State{CTag: c.CTag, SyncToken: c.SyncToken, Modified: c.Modified}
}

// State asks for a collection's state as it is now.
func (a *Account) State(ctx context.Context, c Collection) (State, error) {
	u, err := a.urlOf(c.Path)
	if err != nil {
		return State{}, err
	}
	r, _, err := a.propfind(ctx, u, a.Services[c.Kind].stateProps())
	if err != nil {
		return State{}, err
	}
	return stateOf(r), nil
}

// SpareStates has the account's states tell of changes within this run only, where that spares the server work. At
// Radicale they are the time of the last change then, which is there for a sixth of a getctag; of two changes within one
// second it shows the first.
func (a *Account) SpareStates() {
	for _, s := range a.Services {
		s.sparing = true
	}
}

// stateProps are what to ask the server for.
func (s *Service) stateProps() []propName {
	switch {
	case s == nil || !s.ctagOnly:
		return stateProps
	case s.sparing:
		return []propName{{nsDAV, "getlastmodified"}}
	}
	return stateProps[:1]
}

func stateOf(r *response) State {
	return State{CTag: r.text(nsCalendarServer, "getctag"), SyncToken: r.text(nsDAV, "sync-token"), Modified: r.text(nsDAV, "getlastmodified")}
}
