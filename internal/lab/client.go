package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"davferry/internal/dav"
)

// parallel is how many requests Load and Read have in flight at once. Radicale 3.1.8 resets connections when there
// are many.
const parallel = 4

// session is a user's login at a server.
type session struct {
	client *http.Client
	user   User
}

// open returns a session; end it with close. Redirects are answers like others here.
func open(u User) *session {
	return &session{user: u, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: parallel, DisableCompression: true},
		Timeout:       2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (s *session) close() { s.client.CloseIdleConnections() }

// do sends one request and reads the answer whole. header holds names and values in turn.
func (s *session) do(ctx context.Context, method, url string, body []byte, header ...string) (status int, answer []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.SetBasicAuth(s.user.Name, s.user.Password)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	return resp.StatusCode, answer, nil
}

// unexpected is the error for an answer with another status than the one hoped for.
func unexpected(method, url string, status int, answer []byte) error {
	return fmt.Errorf("%s %s: %d %s: %.300s", method, url, status, http.StatusText(status), answer)
}

// admits asks for the home set of a user and expects an answer.
func (s *Server) admits(ctx context.Context, u User) error {
	session := open(u)
	defer session.close()
	_, err := session.propfind(ctx, s.Home(dav.Calendar, u), "<D:resourcetype/>")
	return err
}
