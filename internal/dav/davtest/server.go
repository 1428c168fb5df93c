// Package davtest is a small CalDAV (RFC 4791) and CardDAV (RFC 6352) server that lives in memory. It is the peer of
// the project's tests and of the demo.
//
// By default it does what the standards say and keeps objects byte for byte. Quirks make it behave as one or another
// real server does; faults (Inject) make it fail at a chosen moment. Its XML is written and read by its own code, none
// of it shared with the client in package dav, so that an error in one of the two cannot hide in the other.
//
// It is no server to keep data in: nothing is stored on disk, passwords are held as they are, and Start refuses to
// listen beyond the loopback.
package davtest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"davferry/internal/dav"
)

// Server is a CalDAV and CardDAV server. It is an http.Handler; Start makes it listen. Its methods may be called from
// several goroutines, also while it serves.
type Server struct {
	id          string        // begins the ids of its collections
	collections atomic.Uint64 // made so far
	quirks      atomic.Pointer[Quirks]

	mu    sync.RWMutex // guards users and nodes, for single steps
	users map[string]*user
	nodes map[string]*node // by canonical path

	faults faults
	log    recorder
	outbox outbox
}

// New returns a server without users and without quirks that records its requests.
func New() *Server {
	s := &Server{id: strings.ToLower(rand.Text()[:8]), users: map[string]*user{}, nodes: map[string]*node{}}
	s.quirks.Store(&Quirks{})
	s.log.on = true
	return s
}

// SetQuirks makes the server behave so from the next request on. Fields that say so count for users added afterwards.
func (s *Server) SetQuirks(q Quirks) { s.quirks.Store(&q) }

// Quirks returns what SetQuirks was told last.
func (s *Server) Quirks() Quirks { return *s.quirks.Load() }

// AddUser adds an account with the principal /principals/NAME/ and the home sets /calendars/NAME/ and
// /addressbooks/NAME/. For a name that is there already it changes the password only.
func (s *Server) AddUser(name, password string) {
	q := s.Quirks()
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.users[name]; u != nil {
		u.password = password
		return
	}
	u := &user{name: name, password: password}
	s.users[name] = u
	base, _ := canonicalPath(q.Base)
	s.containers(base)
	if q.SameHome {
		s.addSameHome(u, base)
	} else {
		s.addHomes(u, base)
	}
	for _, kind := range q.Specials {
		if int(kind) < len(specials) {
			s.addSpecial(u, &specials[kind])
		}
	}
}

// containers makes the node of a context path.
func (s *Server) containers(base string) {
	if s.nodes[base] == nil {
		s.add(&node{path: base})
	}
}

func (s *Server) addHomes(u *user, base string) {
	name := escapeSegment(u.name)
	u.principal = &node{path: s.container(base+"/principals").path + "/" + name, owner: u, principal: true}
	s.add(u.principal)
	for _, k := range dav.Kinds {
		n := &node{path: s.container(base+"/"+protocols[k].homes).path + "/" + name, owner: u, homes: []dav.Kind{k}}
		s.add(n)
		u.homes = append(u.homes, home{kind: k, node: n})
	}
}

func (s *Server) addSameHome(u *user, base string) {
	u.principal = &node{path: base + "/" + escapeSegment(u.name), owner: u, principal: true, homes: dav.Kinds}
	s.add(u.principal)
	for _, k := range dav.Kinds {
		u.homes = append(u.homes, home{kind: k, node: u.principal})
	}
}

// AddHome adds another href to a user's home set of a kind (RFC 4791 section 6.2.1 allows several): a path on this
// server, which it makes, or a whole URL, which it only names. It reports false where there is no such user or the path
// is taken.
func (s *Server) AddHome(user string, k dav.Kind, href string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return false
	}
	if strings.Contains(href, "://") {
		u.homes = append(slices.Clip(u.homes), home{kind: k, href: href})
		return true
	}
	path, ok := canonicalPath(href)
	n := &node{path: path, owner: u, homes: []dav.Kind{k}}
	if !ok || !s.add(n) {
		return false
	}
	u.homes = append(slices.Clip(u.homes), home{kind: k, node: n})
	return true
}

// AddCollection adds a collection with all properties of c and returns its path, "" where there is no such user or the
// path is taken. The last segment of c.Path is its resource name; without a path it is made of the display name. It
// lies in the home set that c.Path is below, else in the user's first for its kind. CTag and SyncToken are the server's.
func (s *Server) AddCollection(user string, c dav.Collection) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return ""
	}
	n := &node{path: s.placeFor(u, c), owner: u, col: s.newCollection(c.Kind)}
	n.col.describe(c)
	if !s.add(n) {
		return ""
	}
	return n.path + "/"
}

// placeFor returns the canonical path of a collection to add.
func (s *Server) placeFor(u *user, c dav.Collection) string {
	path, ok := canonicalPath(c.Path)
	if parent, _ := splitPath(path); ok && s.nodes[parent] != nil && s.nodes[parent].owner == u && s.nodes[parent].isHome(c.Kind) {
		return path
	}
	_, name := splitPath(path)
	if !ok || name == "" {
		name = c.DisplayName
	}
	if name == "" {
		name = strings.TrimPrefix(c.Kind.Extension(), ".")
	}
	return u.homeOf(c.Kind).path + "/" + escapeSegment(name)
}

// Share shows a collection in the home set of another user, read-only, marked CS:shared and with its owner in
// DAV:owner. It returns the path there, "" where there is no such collection or user.
func (s *Server) Share(path, user string) string {
	path, _ = canonicalPath(path)
	s.mu.Lock()
	defer s.mu.Unlock()
	n, u := s.nodes[path], s.users[user]
	if n == nil || n.col == nil || u == nil {
		return ""
	}
	_, name := splitPath(path)
	shared := &node{
		path:   u.homeOf(n.col.kind).path + "/" + escapeSegment(name+"_shared_by_"+n.owner.name),
		owner:  u,
		col:    n.col,
		shared: n.owner,
	}
	if !s.add(shared) {
		return ""
	}
	return shared.path + "/"
}

// Collections lists a user's own collections, without specials and what others share, in the order in which they came.
func (s *Server) Collections(user string) []dav.Collection {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u := s.users[user]
	if u == nil {
		return nil
	}
	var list []dav.Collection
	seen := map[*node]bool{}
	for _, h := range u.homes {
		if h.node == nil || seen[h.node] {
			continue
		}
		seen[h.node] = true
		for _, n := range h.node.children {
			if n.col != nil && !n.readOnly() {
				c := n.col.description()
				c.Path = n.path + "/"
				list = append(list, c)
			}
		}
	}
	return list
}

// PutObject stores an object as it is, past all checks and quirks, and returns its ETag, "" where there is no such
// collection.
func (s *Server) PutObject(path string, data []byte) (etag string) {
	col, name := s.place(path)
	if col == nil {
		return ""
	}
	o := newObject(name, slices.Clone(data))
	if _, err := col.put(o, always); err != nil {
		return ""
	}
	return s.quirks.Load().etag(o)
}

// Object returns what is stored at a path, exactly as it was put.
func (s *Server) Object(path string) (data []byte, etag string, ok bool) {
	col, name := s.place(path)
	if col == nil {
		return nil, "", false
	}
	o := col.object(name)
	if o == nil {
		return nil, "", false
	}
	return slices.Clone(o.data), s.quirks.Load().etag(o), true
}

// Objects returns all objects of a collection by their paths, which are escaped as HrefPlain is; nil where there is no
// such collection.
func (s *Server) Objects(collection string) map[string][]byte {
	path, ok := canonicalPath(collection)
	n := s.find(path)
	if !ok || n == nil || n.col == nil {
		return nil
	}
	objects := map[string][]byte{}
	for _, o := range n.col.snapshot() {
		objects[path+"/"+escapeSegment(o.name)] = slices.Clone(o.data)
	}
	return objects
}

// DeleteObject deletes the object at a path and reports whether there was one.
func (s *Server) DeleteObject(path string) bool {
	col, name := s.place(path)
	if col == nil {
		return false
	}
	o, err := col.remove(name, always)
	return o != nil && err == nil
}

// place returns the collection that a path is in, nil where there is none, and the name there.
func (s *Server) place(path string) (*collection, string) {
	path, ok := canonicalPath(path)
	parent, name := splitPath(path)
	if n := s.find(parent); ok && n != nil && n.col != nil && name != "" {
		return n.col, name
	}
	return nil, ""
}

// always is the check that agrees.
func always(*object) error { return nil }

var _ http.Handler = (*Server)(nil)
