package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"davferry/internal/dav"
)

// Radicale starts Radicale with its state in dir, which must exist, until Stop is called or ctx ends. Calendars and
// address books lie in the same home, which is empty at the start.
//
// Seen of Debian's version 3.1.8: HTTP/1.0 without keep-alive; at most 8 connections are served at once, and more than
// 20 at once are reset; a wrong password is answered after half a second and more.
func Radicale(ctx context.Context, dir string, users []User) (*Server, error) {
	config, err := radicaleConfig(dir, users)
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, command{name: "radicale", dir: dir, args: []string{"/usr/bin/radicale", "--config", config}})
	if err != nil {
		return nil, err
	}
	s := &Server{
		Name: "radicale", Users: users,
		homes:   map[dav.Kind]string{dav.Calendar: "%s/", dav.AddressBook: "%s/"},
		storage: filepath.Join(dir, "collections", "collection-root"),
	}
	err = p.ready(ctx, func(ctx context.Context) (err error) {
		if s.URL, err = p.radicaleURL(); err != nil {
			return err
		}
		return probe(ctx, http.DefaultClient, s.URL, http.StatusUnauthorized)
	})
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return s.finish(ctx, p.stop), nil
}

// radicaleConfig writes the configuration and the users, and returns the path of the former. The port is 0, so that
// the kernel chooses it when it is bound and nobody else can have it. The log has to be at its level "info" for that:
// it is where the port is told.
func radicaleConfig(dir string, users []User) (string, error) {
	var list strings.Builder
	for _, u := range users {
		fmt.Fprintf(&list, "%s:%s\n", u.Name, u.Password)
	}
	passwords := filepath.Join(dir, "users")
	if err := os.WriteFile(passwords, []byte(list.String()), 0o600); err != nil {
		return "", err
	}
	config := filepath.Join(dir, "config")
	text := fmt.Sprintf(`[server]
hosts = 127.0.0.1:0
max_connections = 8
[auth]
type = htpasswd
htpasswd_filename = %s
htpasswd_encryption = plain
[rights]
type = owner_only
[storage]
filesystem_folder = %s
[logging]
level = info
`, passwords, filepath.Join(dir, "collections"))
	return config, os.WriteFile(config, []byte(text), 0o600)
}

var radicaleListens = regexp.MustCompile(`Listening on '\[?127\.0\.0\.1\]?:([0-9]+)'`)

// radicaleURL reads from the log where Radicale listens.
func (p *process) radicaleURL() (string, error) {
	log, err := os.ReadFile(p.log)
	if err != nil {
		return "", err
	}
	m := radicaleListens.FindSubmatch(log)
	if m == nil {
		return "", errors.New("its log names no address yet")
	}
	return fmt.Sprintf("http://127.0.0.1:%s/", m[1]), nil
}

// probe asks for the principal without a login and expects one status.
func probe(ctx context.Context, client *http.Client, url string, status int) error {
	req, err := http.NewRequestWithContext(ctx, "PROPFIND", url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Depth", "0")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		return fmt.Errorf("PROPFIND %s: %s, not %d", url, resp.Status, status)
	}
	return nil
}
