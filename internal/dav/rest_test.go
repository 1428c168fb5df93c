package dav

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// answers is a server in the place of the network, so that hours pass in no time.
type answers func(*http.Request) (*http.Response, error)

func (a answers) Do(r *http.Request) (*http.Response, error) { return a(r) }

// answer makes an answer; headers are pairs of a name and a value.
func answer(r *http.Request, status int, text string, headers ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(text)), Request: r}
}

// clientOf returns a client whose server is given.
func clientOf(s Settings, server answers) *Client {
	n := NewNetwork(s)
	n.http, n.anonymous = server, server
	return &Client{net: n, trust: trust{named: []string{"dav.example.org"}}}
}

func requestFor(method string) request {
	return request{method: method, url: &url.URL{Scheme: "https", Host: "dav.example.org", Path: "/x"}}
}

// ask sends a request and returns the status of the final answer.
func (c *Client) status(ctx context.Context, method string) (int, error) {
	resp, err := c.send(ctx, requestFor(method))
	if err != nil {
		return 0, err
	}
	discard(resp)
	return resp.StatusCode, nil
}

// What a server asks for is waited for, however it says it and whatever the request was.
func TestServerThatAsksForARestGetsIt(t *testing.T) {
	for _, method := range []string{"PROPFIND", "PUT", "MKCALENDAR", "DELETE"} {
		for _, tt := range []struct {
			name    string
			status  int
			headers func() []string
			wait    time.Duration
		}{
			{"seconds", 429, func() []string { return []string{"Retry-After", "90"} }, 90 * time.Second},
			{"seconds", 503, func() []string { return []string{"Retry-After", "90"} }, 90 * time.Second},
			{"a date", 503, func() []string {
				return []string{"Retry-After", time.Now().Add(2 * time.Minute).UTC().Format(http.TimeFormat)}
			}, 2 * time.Minute},
			{"a date of a clock that is wrong", 429, func() []string {
				theirs := time.Now().Add(-time.Hour).UTC()
				return []string{"Date", theirs.Format(http.TimeFormat), "Retry-After", theirs.Add(time.Minute).Format(http.TimeFormat)}
			}, time.Minute},
		} {
			t.Run(fmt.Sprintf("%s, %d with %s", method, tt.status, tt.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					asked := 0
					c := clientOf(Settings{Retries: 1}, func(r *http.Request) (*http.Response, error) {
						if asked++; asked == 1 {
							return answer(r, tt.status, "", tt.headers()...), nil
						}
						return answer(r, 201, ""), nil
					})
					started := time.Now()
					status, err := c.status(t.Context(), method)
					if err != nil || status != 201 || asked != 2 {
						t.Errorf("%d after %d requests, %v", status, asked, err)
					}
					if took := time.Since(started); took < tt.wait || took > tt.wait+time.Second {
						t.Errorf("asked again after %v", took)
					}
				})
			})
		}
	}
}

// A rest is for the host: nobody asks it anything meanwhile, and other hosts are asked as ever.
func TestRestIsForAllRequestsToTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var times []time.Duration
		started := time.Now()
		c := clientOf(Settings{Retries: 2, Connections: 8}, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if r.URL.Host != "dav.example.org" {
				return answer(r, 200, ""), nil
			}
			times = append(times, time.Since(started))
			if len(times) == 1 {
				return answer(r, 429, "", "Retry-After", "60"), nil
			}
			return answer(r, 200, ""), nil
		})
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Second)
				if status, err := c.status(t.Context(), "GET"); status != 200 {
					t.Error(status, err)
				}
			})
		}
		time.Sleep(30 * time.Second)
		if rests := c.net.Rests(); len(rests) != 1 || rests[0].Host != "dav.example.org" || rests[0].Status != 429 ||
			!rests[0].Named || rests[0].Until.Sub(started) != time.Minute {
			t.Errorf("the hosts waited for are %+v", rests)
		}
		other := requestFor("GET")
		other.url.Host = "other.example.org"
		if _, err := c.send(t.Context(), other); err != nil || time.Since(started) > 30*time.Second {
			t.Errorf("another host was asked after %v: %v", time.Since(started), err)
		}
		wg.Wait()
		if len(times) != 21 || times[1] < time.Minute {
			t.Errorf("the host was asked at %v", times)
		}
		if rests := c.net.Rests(); len(rests) != 0 {
			t.Errorf("the hosts waited for are %+v", rests)
		}
	})
}

func TestRestThatIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := clientOf(Settings{Retries: 5, MaxWait: 10 * time.Minute}, func(r *http.Request) (*http.Response, error) {
			asked++
			return answer(r, 503, "", "Retry-After", "3600"), nil
		})
		started := time.Now()
		for range 3 { // the first is refused, the others are not even sent
			_, err := c.status(t.Context(), "PUT")
			wait, ok := errors.AsType[*WaitError](err)
			if !ok || wait.Host != "dav.example.org" || wait.Asked != time.Hour || Status(err) != 503 {
				t.Errorf("error is %v", err)
			}
			for _, text := range []string{"dav.example.org asked to be left alone for 1h0m0s (503 Service Unavailable)", "--max-wait 10m0s", "--max-wait 1h1m0s"} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is not in %q", text, err)
				}
			}
		}
		if asked != 1 || time.Since(started) > 0 {
			t.Errorf("%d requests in %v", asked, time.Since(started))
		}
		time.Sleep(time.Hour)
		if c.status(t.Context(), "PUT"); asked != 2 {
			t.Errorf("after the hour there were %d requests", asked)
		}
	})
}

// A server in maintenance asks for two minutes again and again. Thousands of requests must not wait for it one after the
// other.
func TestRestsInARowAreOneWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := 0
		c := clientOf(Settings{Retries: 5, MaxWait: 15 * time.Minute}, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			asked++
			return answer(r, 503, "", "Retry-After", "120"), nil
		})
		started := time.Now()
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				_, err := c.status(t.Context(), "PROPFIND")
				if _, ok := errors.AsType[*WaitError](err); !ok {
					t.Errorf("error is %v", err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(started); took > 15*time.Minute || asked > 20 {
			t.Errorf("%d requests in %v", asked, took)
		}
	})
}

// A host that lets one request through at a time serves all of them: who was put off is the next.
func TestWhoWasPutOffIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var free time.Time
		c := clientOf(Settings{Retries: 1, MaxWait: time.Minute}, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(free) {
				return answer(r, 429, "", "Retry-After", "5"), nil
			}
			free = time.Now().Add(4 * time.Second)
			return answer(r, 201, ""), nil
		})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if status, err := c.status(t.Context(), "PUT"); status != 201 {
					t.Error(status, err)
				}
			})
		}
		wg.Wait()
	})
}

// Without Retry-After the waits grow, the host's place among the retries is counted, and the last answer is returned.
func TestServerThatIsBusyWithoutSayingHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		c := clientOf(Settings{Retries: 4}, func(r *http.Request) (*http.Response, error) {
			asked++
			return answer(r, 429, "calm down"), nil
		})
		started := time.Now()
		status, err := c.status(t.Context(), "PUT")
		if status != 429 || err != nil || asked != 5 {
			t.Errorf("%d after %d requests, %v", status, asked, err)
		}
		if took := time.Since(started); took < 1800*time.Millisecond || took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// Google's way to say 429.
func TestForbiddenThatMeansTooManyRequests(t *testing.T) {
	const text = `{"error": {"errors": [{"domain": "usageLimits", "reason": "rateLimitExceeded"}], "code": 403}}`
	for body, want := range map[string]int{text: 201, strings.Replace(text, "rate", "userRate", 1): 201,
		`{"error": {"errors": [{"domain": "usageLimits", "reason": "accessNotConfigured"}]}}`: 403, strings.Repeat("x", 10000): 403} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			c := clientOf(Settings{Retries: 2}, func(r *http.Request) (*http.Response, error) {
				if asked++; asked == 1 {
					return answer(r, 403, body), nil
				}
				return answer(r, 201, ""), nil
			})
			resp, err := c.send(t.Context(), requestFor("PUT"))
			if err != nil || resp.StatusCode != want {
				t.Fatalf("%v, %v, want %d", resp, err, want)
			}
			defer resp.Body.Close()
			if got, _ := io.ReadAll(resp.Body); want == 403 && !bytes.Equal(got, []byte(body)) {
				t.Errorf("of the answer's text is left %q", got)
			}
		})
	}
}

// Who waits for long steps aside; who waits for a moment does not.
func TestLongWaitsAreAside(t *testing.T) {
	for after, want := range map[string]int{"60": 1, "0": 0} {
		synctest.Test(t, func(t *testing.T) {
			asked, aside := 0, 0
			c := clientOf(Settings{Retries: 1}, func(r *http.Request) (*http.Response, error) {
				if asked++; asked == 1 {
					return answer(r, 429, "", "Retry-After", after), nil
				}
				return answer(r, 200, ""), nil
			})
			c.login.Aside = func(ctx context.Context, wait func(context.Context) error) error {
				aside++
				err := wait(ctx)
				time.Sleep(time.Hour) // until there is a place again
				return err
			}
			if status, err := c.status(t.Context(), "GET"); status != 200 || aside != want {
				t.Errorf("Retry-After %s: %d times aside, %d, %v", after, aside, status, err)
			}
		})
	}
}

func TestContextEndsARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientOf(Settings{Retries: 1}, func(r *http.Request) (*http.Response, error) {
			return answer(r, 429, "", "Retry-After", "600"), nil
		})
		stopped := errors.New("stopped by the test")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, stopped)
		defer cancel()
		if _, err := c.status(ctx, "GET"); !errors.Is(err, stopped) {
			t.Errorf("error is %v", err)
		}
	})
}

func TestTurnIsTakenAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := make(chan struct{}, 1)
		aside := 0
		a := Aside(func(ctx context.Context, wait func(context.Context) error) error { aside++; return wait(ctx) })
		hold := func(d time.Duration) {
			turn <- struct{}{}
			go func() {
				time.Sleep(d)
				<-turn
			}()
		}
		for _, tt := range []struct {
			held time.Duration
			want int
		}{{0, 0}, {shortWait / 2, 0}, {time.Minute, 1}} {
			hold(tt.held)
			if err := a.takeTurn(t.Context(), turn); err != nil || aside != tt.want {
				t.Errorf("held for %v: %d times aside, %v", tt.held, aside, err)
			}
			<-turn
		}
		hold(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := a.takeTurn(ctx, turn); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		time.Sleep(time.Hour)
	})
}

// A server that asks for a moment again and again, for one request only, is not asked for ever.
func TestShortRestsWithoutEnd(t *testing.T) {
	for after, most := range map[string]int{"0": 6, "1": 12, "20": 20, "60": 16} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			c := clientOf(Settings{Retries: 5}, func(r *http.Request) (*http.Response, error) {
				asked++
				return answer(r, 429, "", "Retry-After", after), nil
			})
			started := time.Now()
			_, err := c.status(t.Context(), "PUT")
			if asked > most || time.Since(started) > 16*time.Minute {
				t.Errorf("Retry-After %s: %d requests in %v, %v", after, asked, time.Since(started), err)
			}
		})
	}
}
