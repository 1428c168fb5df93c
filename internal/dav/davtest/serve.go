package davtest

import (
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"strconv"
)

// maxBody is the largest request body that is read, in octets.
const maxBody = 256 << 20

// exchange is one request with its answer.
type exchange struct {
	s    *Server
	q    *Quirks
	w    *answer
	r    *http.Request
	path string // canonical
	body []byte
	user *user

	record    *Request // nil where nothing is recorded
	concluded bool
}

// methods are the handlers, which return a *refusal for what they do not do. Any other error is one of writing the
// answer: the client is gone, and nothing is left to say.
var methods = map[string]func(*exchange) error{
	http.MethodOptions: (*exchange).options,
	http.MethodGet:     (*exchange).get,
	http.MethodHead:    (*exchange).get,
	http.MethodPut:     (*exchange).put,
	http.MethodDelete:  (*exchange).delete,
	"PROPFIND":         (*exchange).propfind,
	"PROPPATCH":        (*exchange).proppatch,
	"MKCALENDAR":       (*exchange).mkcalendar,
	"MKCOL":            (*exchange).mkcol,
	"REPORT":           (*exchange).report,
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{s: s, q: s.quirks.Load(), w: &answer{w: w, limit: -1}, r: r, record: s.log.begin(r)}
	if x.q.HTTP10 {
		old := newHTTP10Writer(w)
		defer old.close()
		x.w.w = old
	}
	defer func() { x.conclude(x.w.bytes) }()
	if x.q.Server != "" {
		w.Header().Set("Server", x.q.Server)
	}
	if x.q.Signature != "" {
		w.Header().Set(x.q.Signature, "davtest")
	}
	if s.faults.strike(r, false, nil) != nil {
		x.abort()
	}
	if !x.readBody() {
		return
	}
	if f := s.faults.strike(r, true, x.body); f != nil {
		x.suffer(f)
		return
	}
	x.handle()
}

// suffer answers a request that a fault strikes.
func (x *exchange) suffer(f *Fault) {
	switch f.Action {
	case Answer:
		f.answer(x.w)
	case DropAnswer:
		x.w.silent = true
		x.handle()
		x.abort()
	case CutAnswer:
		x.w.limit = int64(f.Bytes)
		x.handle()
		x.w.flush()
		x.abort()
	case Stall:
		if !f.stall(x.r.Context()) {
			x.abort()
		}
		x.handle()
	default:
		x.abort()
	}
}

// abort closes the connection in the way that net/http provides for.
func (x *exchange) abort() { panic(http.ErrAbortHandler) }

// readBody reads the request body and reports whether to go on.
func (x *exchange) readBody() bool {
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	x.body = body
	if x.record != nil {
		x.record.Body = int64(len(body))
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		x.refuse(&refusal{status: http.StatusRequestEntityTooLarge, text: "the body is too large"})
		return false
	}
	if err != nil {
		x.abort()
	}
	if x.q.RefuseChunked && x.r.ContentLength < 0 {
		x.refuse(&refusal{status: http.StatusBadRequest, text: "a body needs a Content-Length"})
		return false
	}
	return true
}

// handle carries the request out.
func (x *exchange) handle() {
	if err := x.dispatch(); err != nil {
		x.refuse(err)
	}
}

func (x *exchange) dispatch() error {
	if x.q.HTMLLogin {
		return x.send(http.StatusOK, "text/html; charset=utf-8", []byte(loginPage))
	}
	path, ok := canonicalPath(x.r.URL.EscapedPath())
	if !ok {
		return &refusal{status: http.StatusBadRequest, text: "the path is not one"}
	}
	x.path = path
	if done, err := x.wellKnown(); done || err != nil {
		return err
	}
	if x.user = x.login(); x.user == nil {
		return x.challenge()
	}
	if x.record != nil {
		x.record.User = x.user.name
	}
	do := methods[x.r.Method]
	if do == nil || x.q.MakesNone && (x.r.Method == "MKCALENDAR" || x.r.Method == "MKCOL") {
		x.w.Header().Set("Allow", x.allowed(true))
		return &refusal{status: http.StatusMethodNotAllowed}
	}
	return do(x)
}

const loginPage = "<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><form method=\"post\">" +
	"<input name=\"user\"><input name=\"password\" type=\"password\"></form></body></html>\n"

// login returns who the request comes from, nil without a right password.
func (x *exchange) login() *user {
	name, password, ok := x.r.BasicAuth()
	if !ok {
		return nil
	}
	x.s.mu.RLock()
	defer x.s.mu.RUnlock()
	if x.q.MasterLogin {
		return x.s.loginAs(name, password)
	}
	return x.s.loginOf(name, password)
}

// loginOf returns the user of a name and a password. The lock is the caller's.
func (s *Server) loginOf(name, password string) *user {
	u := s.users[name]
	if u == nil || subtle.ConstantTimeCompare([]byte(u.password), []byte(password)) != 1 {
		return nil
	}
	return u
}

// challenge answers a request without login.
func (x *exchange) challenge() error {
	if x.q.Unauthenticated && x.r.Method == "PROPFIND" && x.r.Header.Get("Authorization") == "" {
		return x.unauthenticated()
	}
	x.w.Header().Set("WWW-Authenticate", `Basic realm="davtest", charset="UTF-8"`)
	return &refusal{status: http.StatusUnauthorized, text: "log in first"}
}

// mayRead tells whether the user may see a node.
func (x *exchange) mayRead(n *node) bool {
	return n.owner == nil || n.owner == x.user || x.user.administrator
}

// target returns what the request is for, or the refusal.
func (x *exchange) target() (resource, error) {
	res, ok := x.s.resolve(x.path)
	if res.node != nil && !x.mayRead(res.node) {
		return res, errForbidden
	}
	if !ok {
		return res, &refusal{status: http.StatusNotFound, text: "there is nothing at this path"}
	}
	return res, nil
}

// send answers with a body. The request counts as answered before the last octet is out, so that a client which has
// read the answer finds it among the Requests.
func (x *exchange) send(status int, contentType string, body []byte) error {
	if contentType != "" {
		x.w.Header().Set("Content-Type", contentType)
	}
	if status != http.StatusNoContent {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.w.WriteHeader(status)
	if x.r.Method == http.MethodHead || len(body) == 0 {
		return nil
	}
	x.conclude(x.w.allowance(len(body)))
	_, err := x.w.Write(body)
	return err
}

// conclude ends the record of the request, whose answer has so many octets.
func (x *exchange) conclude(octets int64) {
	if x.concluded {
		return
	}
	x.concluded = true
	if x.record != nil && !x.w.silent {
		x.record.Status, x.record.Answer = x.w.status, octets
	}
	x.s.log.finish(x.record)
}
