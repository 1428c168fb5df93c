package lab

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
)

// loginProxy gives each user a backend of his own, behind HTTP Basic authentication. It passes requests and answers
// on as they are, the path spelled as it was received and the Host header with it, so that no href has to be rewritten.
type loginProxy struct {
	backends map[User]http.Handler
	anyone   http.Handler // answers what needs no login
}

func newLoginProxy(backends map[User]http.RoundTripper) *loginProxy {
	p := &loginProxy{backends: make(map[User]http.Handler, len(backends)), anyone: http.NotFoundHandler()}
	for u, transport := range backends {
		p.backends[u] = &httputil.ReverseProxy{Rewrite: passOn, Transport: transport}
		p.anyone = p.backends[u]
	}
	return p
}

// passOn sends the request to the backend with the path exactly as it was received.
func passOn(r *httputil.ProxyRequest) {
	r.Out.Host = r.In.Host
	r.Out.URL.Scheme, r.Out.URL.Host = "http", r.In.Host
	// net/url re-encodes a path that holds octets which it thinks must be escaped; an opaque one goes out as it is.
	// Two slashes at the start would be taken for a host.
	if raw := r.In.RequestURI; strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//") {
		*r.Out.URL = url.URL{Scheme: "http", Host: r.In.Host, Opaque: raw}
	}
}

// ServeHTTP answers 401 without a login, 403 outside of the user's own tree and the root, and passes on the rest. The
// well-known URIs (RFC 6764 section 5) are open to everyone: Xandikos redirects them to "/".
func (p *loginProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/.well-known/") {
		p.anyone.ServeHTTP(w, r)
		return
	}
	name, password, _ := r.BasicAuth()
	backend, ok := p.backends[User{Name: name, Password: password}]
	switch {
	case !ok:
		w.Header().Set("WWW-Authenticate", `Basic realm="xandikos"`)
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	case !mayAccess(name, r.URL.Path):
		http.Error(w, "Forbidden", http.StatusForbidden)
	default:
		backend.ServeHTTP(w, r)
	}
}

func mayAccess(name, requested string) bool {
	clean := path.Clean("/" + requested)
	return clean == "/" || clean == "/"+name || strings.HasPrefix(clean, "/"+name+"/")
}
