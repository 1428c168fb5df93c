package dav_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// expiring is a server whose password changes after so many requests with a login.
type expiring struct {
	server  http.Handler
	left    atomic.Int32
	refused atomic.Int32 // requests with the old password since
}

func (e *expiring) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" && e.left.Add(-1) < 0 {
		e.refused.Add(1)
		time.Sleep(2 * time.Millisecond) // so that others are under way
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	e.server.ServeHTTP(rw, r)
}

// A password that is changed in the middle of a run is sent twice at most, however many want to: only what was under way
// at that moment cannot be called back.
func TestPasswordThatChangesInTheMiddle(t *testing.T) {
	for _, connections := range []int{1, 2, 4} {
		for _, after := range []int{3, 4, 5, 10, 40} {
			t.Run(fmt.Sprint(connections, " connections, after ", after), func(t *testing.T) {
				t.Parallel()
				p := newPeer(t, davtest.Quirks{})
				c, _ := p.fill(t, 60)
				e := &expiring{server: p}
				e.left.Store(1 << 30)
				s := httptest.NewServer(e)
				defer s.Close()
				a, err := newNetwork(t, dav.Settings{Connections: connections}).Open(t.Context(), s.URL, login("anna", "secret"), nil)
				if err != nil {
					t.Fatal(err)
				}
				members, err := a.Members(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				e.left.Store(int32(after))
				var workers sync.WaitGroup
				var failed atomic.Int32
				for w := range 16 {
					workers.Go(func() {
						for i := range 20 {
							name := fmt.Sprintf("%sn%d-%d.ics", c.Path, w, i)
							if _, err := a.Put(t.Context(), dav.Calendar, name, event(name, "x"), "", true); err != nil {
								failed.Add(1)
								if dav.Status(err) != http.StatusUnauthorized || !strings.Contains(err.Error(), s.URL+c.Path+"n") {
									t.Errorf("error is %v", err)
								}
							}
						}
					})
				}
				workers.Go(func() {
					for o, err := range a.Objects(t.Context(), c, members, 3) {
						if err != nil && dav.Status(err) != http.StatusUnauthorized {
							t.Errorf("%s: error is %v", o.Path, err)
						}
					}
				})
				workers.Wait()
				if n := int(e.refused.Load()); n > max(2, connections) || n < 2 {
					t.Errorf("the old password was sent %d times", n)
				}
				if failed.Load() < 16*20-int32(after) {
					t.Errorf("only %d PUTs failed", failed.Load())
				}
			})
		}
	}
}

// An object that is refused for itself, by a server that says 401 to it, ends nothing: the login is asked about, and all
// else goes on.
func TestObjectThatIsRefusedForItself(t *testing.T) {
	p := newPeer(t, davtest.Quirks{})
	c, _ := p.fill(t, 10)
	var refused, asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/secret.ics"):
			refused.Add(1)
			rw.WriteHeader(http.StatusUnauthorized)
			return
		case r.Method == "PROPFIND":
			asked.Add(1)
		}
		p.ServeHTTP(rw, r)
	}))
	defer s.Close()
	a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), s.URL, login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	asked.Store(0)
	var workers sync.WaitGroup
	for i := range 20 {
		workers.Go(func() {
			name := fmt.Sprintf("n%d", i)
			if i == 7 {
				name = "secret"
			}
			_, err := a.Put(t.Context(), dav.Calendar, c.Path+name+".ics", event(name, "x"), "", true)
			if wrong := dav.Status(err) == http.StatusUnauthorized; wrong != (name == "secret") || !wrong && err != nil {
				t.Errorf("%s: error is %v", name, err)
			}
		})
	}
	workers.Wait()
	if refused.Load() != 1 || asked.Load() > 1 {
		t.Errorf("refused %d times, asked about the login %d times", refused.Load(), asked.Load())
	}
}
