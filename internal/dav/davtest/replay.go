package davtest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// recorded is an answer of a replay, and which request it is for.
type recorded struct {
	method, path string
	depth        string // "" for any
	login        bool   // only with the login, 401 without
	certificate  bool   // only with a client certificate, 401 without
	status       int
	header       http.Header
	body         string
}

// Replay adds sites that answer as a text says. Each answer begins with a line
//
//	=== METHOD URL [depth N] [login] [certificate]
//
// with its status, header lines, an empty line and the body below. "login" asks for the user and the password, or for
// the password as a Bearer token, "certificate" for a client certificate. What the text does not have is answered 404.
func (w *Web) Replay(text, user, password string) error {
	sites, err := parseReplay(text)
	if err != nil {
		return fmt.Errorf("reading a replay: %w", err)
	}
	for origin, answers := range sites {
		if err := w.Serve(origin, replay(answers, user, password)); err != nil {
			return err
		}
	}
	return nil
}

// parseReplay returns the answers of a text by their origins.
func parseReplay(text string) (map[string][]recorded, error) {
	sites := map[string][]recorded{}
	for block := range strings.SplitSeq("\n"+text, "\n=== ") {
		if strings.TrimSpace(block) == "" || strings.HasPrefix(strings.TrimSpace(block), "#") {
			continue
		}
		head, rest, _ := strings.Cut(block, "\n")
		fields := strings.Fields(head)
		if len(fields) < 2 {
			return nil, fmt.Errorf("%q names no request", head)
		}
		u, err := url.Parse(fields[1])
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("%q is no URL", fields[1])
		}
		answer := recorded{method: fields[0], path: u.EscapedPath()}
		for i, field := range fields[2:] {
			switch {
			case field == "login":
				answer.login = true
			case field == "certificate":
				answer.certificate = true
			case field == "depth" && i+3 < len(fields):
				answer.depth = fields[i+3]
			}
		}
		if err := answer.read(rest); err != nil {
			return nil, fmt.Errorf("%s: %w", head, err)
		}
		origin := u.Scheme + "://" + u.Host
		sites[origin] = append(sites[origin], answer)
	}
	return sites, nil
}

// read reads status, header and body.
func (a *recorded) read(text string) (err error) {
	status, rest, _ := strings.Cut(text, "\n")
	if a.status, err = strconv.Atoi(strings.TrimSpace(status)); err != nil {
		return err
	}
	r := bufio.NewReader(strings.NewReader(strings.TrimRight(rest, "\n") + "\n\n"))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r)
	a.header, a.body = http.Header(header), strings.TrimRight(string(body), "\n")
	return err
}

func replay(answers []recorded, user, password string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, a := range answers {
			if a.method != r.Method || a.path != r.URL.EscapedPath() || a.depth != "" && a.depth != r.Header.Get("Depth") {
				continue
			}
			name, given, _ := r.BasicAuth()
			known := name == user && given == password || r.Header.Get("Authorization") == "Bearer "+password
			if a.login && !known || a.certificate && !isCertified(r) {
				w.Header().Set("WWW-Authenticate", `Basic realm="replay"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			for name, values := range a.header {
				w.Header()[name] = values
			}
			w.WriteHeader(a.status)
			// Whoever asked may be gone.
			_, _ = io.WriteString(w, a.body)
			return
		}
		http.NotFound(w, r)
	})
}
