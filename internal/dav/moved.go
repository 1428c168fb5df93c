package dav

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// moves is where the collections of an account were found to have moved, so that not every request for them is
// redirected anew. What is remembered holds until an answer contradicts it.
type moves struct {
	mu      sync.Mutex
	places  map[string]*url.URL // by the URL that was asked
	folders map[string]*url.URL // the same for all objects of a collection, by its URL
}

// maxMoves bounds what a server can make a client remember.
const maxMoves = 10000

// of returns where a resource is known to have moved, nil where it is not.
func (m *moves) of(u *url.URL) *url.URL {
	m.mu.Lock()
	defer m.mu.Unlock()
	if to := m.places[u.String()]; to != nil {
		return to
	}
	folder, name := splitURL(u)
	if to := m.folders[folder]; to != nil && name != "" {
		target, err := to.Parse("./" + name)
		if err == nil {
			return target
		}
	}
	return nil
}

// learn takes down that a request for one URL was answered at another. Of an object that kept its name, its whole
// collection is taken to have moved. Only what is not a refusal counts: a login page is no place to move to.
func (m *moves) learn(from, to *url.URL, method string, status int) {
	if status >= 300 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.places)+len(m.folders) > maxMoves || m.places == nil {
		m.places, m.folders = map[string]*url.URL{}, map[string]*url.URL{}
	}
	switch oldFolder, oldName := splitURL(from); {
	case strings.HasSuffix(to.Path, "/") || strings.HasSuffix(from.Path, "/"):
		if method == "PROPFIND" || method == "REPORT" || method == http.MethodOptions {
			m.places[from.String()] = to
		}
	default:
		if _, name := splitURL(to); name == oldName {
			m.folders[oldFolder] = to.ResolveReference(&url.URL{Path: "./"})
		}
	}
}

// forget drops what is remembered of a URL.
func (m *moves) forget(u *url.URL) {
	m.mu.Lock()
	defer m.mu.Unlock()
	folder, _ := splitURL(u)
	delete(m.places, u.String())
	delete(m.folders, folder)
}

// splitURL splits a URL after its last slash; the name is "" for a collection.
func splitURL(u *url.URL) (folder, name string) {
	text := u.String()
	i := strings.LastIndexByte(text, '/') + 1
	return text[:i], text[i:]
}

// stale tells whether an answer contradicts that something is where it was redirected to. A PUT below a collection that
// is not there is answered 409 (RFC 4918 section 9.7.1).
func stale(status int) bool {
	switch status {
	case http.StatusConflict, http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed, http.StatusMisdirectedRequest:
		return true
	}
	return status >= 300 && status < 400
}
