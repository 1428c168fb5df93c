package davtest

import (
	"encoding/xml"
	"slices"
	"strconv"
	"sync"

	"davferry/internal/dav"
)

// node is a resource that is no object: the root, a container, a principal, a home set or a collection.
type node struct {
	path      string // canonical
	owner     *user  // whose tree it is in, nil for those above all
	principal bool
	homes     []dav.Kind // kinds whose home set it is
	col       *collection
	shared    *user // whose collection it is, where that is another's
	children  []*node
}

// user is an account. The server's lock guards its password and homes.
type user struct {
	name, password string
	administrator  bool // see AddAdministrator
	principal      *node
	homes          []home

	// writing makes a PUT that looks into several calendars the only one of its kind.
	writing sync.Mutex
}

// home is one href of a home set. node is nil where the href leads to another server.
type home struct {
	kind dav.Kind
	href string
	node *node
}

// resource is what a path leads to: a node, or an object in a node.
type resource struct {
	node *node
	obj  *object
}

// find returns the node of a canonical path, nil where there is none.
func (s *Server) find(path string) *node {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.nodes[path]
}

// resolve returns what a canonical path leads to.
func (s *Server) resolve(path string) (resource, bool) {
	if n := s.find(path); n != nil {
		return resource{node: n}, true
	}
	parent, name := splitPath(path)
	n := s.find(parent)
	if n == nil || n.col == nil {
		return resource{node: n}, false
	}
	o := n.col.object(name)
	return resource{node: n, obj: o}, o != nil
}

// childrenOf returns the nodes below n.
func (s *Server) childrenOf(n *node) []*node {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(n.children)
}

// add hangs a node into the tree, unless its path is taken. The lock is the caller's.
func (s *Server) add(n *node) bool {
	if s.nodes[n.path] != nil {
		return false
	}
	s.nodes[n.path] = n
	if n.path == "" {
		return true
	}
	if parent, _ := splitPath(n.path); s.nodes[parent] != nil {
		s.nodes[parent].children = append(s.nodes[parent].children, n)
	}
	return true
}

// drop takes a node out of the tree. The lock is the caller's.
func (s *Server) drop(n *node) {
	delete(s.nodes, n.path)
	parent, _ := splitPath(n.path)
	if p := s.nodes[parent]; p != nil {
		p.children = slices.DeleteFunc(p.children, func(c *node) bool { return c == n })
	}
}

// dropCollection takes a collection out of the tree, wherever it is shared. It reports false where it was gone already.
func (s *Server) dropCollection(col *collection) bool {
	s.mu.Lock()
	var nodes []*node
	for _, n := range s.nodes {
		if n.col == col {
			nodes = append(nodes, n)
		}
	}
	for _, n := range nodes {
		s.drop(n)
	}
	s.mu.Unlock()
	col.mu.Lock()
	defer col.mu.Unlock()
	col.deleted = true
	return len(nodes) > 0
}

// container returns the node of a path that belongs to nobody, making it if needed. The lock is the caller's.
func (s *Server) container(path string) *node {
	if n := s.nodes[path]; n != nil {
		return n
	}
	n := &node{path: path}
	s.add(n)
	return n
}

// newCollection makes a collection with an id of its own.
func (s *Server) newCollection(k dav.Kind) *collection {
	return newCollection(k, s.id+"-"+strconv.FormatUint(s.collections.Add(1), 10))
}

// homesOf lists the hrefs of a user's home set for a kind, in canonical spelling.
func (s *Server) homesOf(u *user, k dav.Kind) (paths, elsewhere []string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, h := range u.homes {
		switch {
		case h.kind != k:
		case h.node != nil:
			paths = append(paths, h.node.path)
		default:
			elsewhere = append(elsewhere, h.href)
		}
	}
	return paths, elsewhere
}

// homePath returns the path of a user's first home set for a kind.
func (s *Server) homePath(u *user, k dav.Kind) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return u.homeOf(k).path
}

// homeOf returns the user's first home set for a kind that is on this server: AddUser made one. The server's lock is the
// caller's.
func (u *user) homeOf(k dav.Kind) *node {
	for _, h := range u.homes {
		if h.kind == k && h.node != nil {
			return h.node
		}
	}
	return nil
}

// isHome tells whether a node is a home set for the kind.
func (n *node) isHome(k dav.Kind) bool { return slices.Contains(n.homes, k) }

// types lists the elements of the node's DAV:resourcetype.
func (n *node) types() []xml.Name {
	types := []xml.Name{nameCollection}
	if n.principal {
		types = append(types, namePrincipal)
	}
	switch {
	case n.col == nil:
	case n.col.special != nil:
		types = append(types, n.col.special.types...)
	default:
		types = append(types, protocols[n.col.kind].resourceType)
	}
	if n.shared != nil {
		types = append(types, xml.Name{Space: nsCalendarServer, Local: "shared"})
	}
	return types
}

// readOnly tells whether the user may not change what is in the node.
func (n *node) readOnly() bool {
	return n.shared != nil || n.col != nil && n.col.special != nil
}

// possessor is whom DAV:owner names.
func (n *node) possessor() *user {
	if n.shared != nil {
		return n.shared
	}
	return n.owner
}
