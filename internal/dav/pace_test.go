package dav

import (
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// load is a server that counts how many requests it gets at once.
type load struct {
	mu    sync.Mutex
	busy  int
	total int
	peaks []int // by the requests' order
	took  func(total, busy int, size int64) time.Duration
	bears func(total int) int // answers 429 above it
}

func (l *load) answer(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	l.busy++
	l.total++
	l.peaks = append(l.peaks, l.busy)
	busy, total := l.busy, l.total
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		l.busy--
		l.mu.Unlock()
	}()
	if l.bears != nil && busy > l.bears(total) {
		return answer(r, 429, ""), nil
	}
	if l.took != nil {
		time.Sleep(l.took(total, busy, r.ContentLength))
	}
	return answer(r, 201, ""), nil
}

// peak returns the most requests at once among the last n.
func (l *load) peak(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := 0
	for _, busy := range l.peaks[max(0, len(l.peaks)-n):] {
		most = max(most, busy)
	}
	return most
}

// press sends n requests, 16 at once as far as the client lets them, and returns how long that takes.
func press(t *testing.T, c *Client, n int, request func(i int) request) time.Duration {
	t.Helper()
	started := time.Now()
	queue := make(chan int, n)
	for i := range n {
		queue <- i
	}
	close(queue)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range queue {
				resp, err := c.send(t.Context(), request(i))
				if err != nil || resp.StatusCode != 201 {
					t.Errorf("request %d: %v, %v", i, resp, err)
					return
				}
				discard(resp)
			}
		})
	}
	wg.Wait()
	return time.Since(started)
}

func puts(size int) func(int) request {
	return func(int) request {
		req := requestFor("PUT")
		req.body = make([]byte, size)
		return req
	}
}

// What a server says that it cannot bear is halved, down to one request at once, and grows back when it can.
func TestRequestsAtOnceFollowTheServer(t *testing.T) {
	for _, tt := range []struct{ connections, bears, least, most int }{
		{8, 2, 1, 3}, {4, 1, 1, 2}, {16, 8, 4, 9}, {4, 100, 4, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			server := &load{took: func(int, int, int64) time.Duration { return 100 * time.Millisecond }}
			server.bears = func(total int) int {
				if total > 500 {
					return 1000 // the crowd is gone
				}
				return tt.bears
			}
			c := clientOf(Settings{Retries: 5, Connections: tt.connections}, server.answer)
			press(t, c, 300, puts(100))
			if peak := server.peak(100); peak < tt.least || peak > tt.most {
				t.Errorf("of %d connections %d are used at a server that bears %d", tt.connections, peak, tt.bears)
			}
			press(t, c, 2000, puts(100))
			if server.peak(5000) > tt.connections {
				t.Errorf("%d requests at once", server.peak(5000))
			}
			if peak := server.peak(100); peak != tt.connections {
				t.Errorf("of %d connections %d are used at the end", tt.connections, peak)
			}
		})
	}
}

// Requests that were under way together are one sign of too much, not four.
func TestLimitIsHalvedOnceForRequestsThatWereUnderWayTogether(t *testing.T) {
	p := newPace(16)
	together := time.Now()
	for range 4 {
		p.refused(429, together)
	}
	if p.places() != 8 {
		t.Errorf("there are %d places", p.places())
	}
	for range 9 {
		p.refused(503, time.Now().Add(time.Second))
	}
	if p.places() != 1 {
		t.Errorf("there are %d places", p.places())
	}
}

// A server that becomes much slower because of the number of requests gets fewer.
func TestRisingLatencyIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &load{took: func(total, busy int, _ int64) time.Duration {
			if total < 100 || busy <= 4 {
				return 200 * time.Millisecond
			}
			return 10 * time.Second // it has begun to swap
		}}
		c := clientOf(Settings{Connections: 8}, server.answer)
		press(t, c, 100, puts(100))
		if server.peak(50) != 8 {
			t.Fatalf("%d requests at once", server.peak(50))
		}
		press(t, c, 300, puts(100))
		if peak := server.peak(250); peak > 5 { // it tries one more now and then
			t.Errorf("%d requests at once", peak)
		}
	})
}

// What takes long for other reasons is no reason to slow down.
func TestLatencyThatIsNoSignOfTooMuch(t *testing.T) {
	listing := requestFor("PROPFIND")
	listing.header = map[string]string{"Depth": "1"}
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		request func(i int) request
		took    func(total int, size int64) time.Duration
		longer  float64 // than with all connections in use all the time
	}{
		"large and small objects": {
			func(i int) request { return puts(1000 + i%10/9*1_000_000)(i) },
			func(_ int, size int64) time.Duration { return 50*ms + time.Duration(size)*10*time.Microsecond }, 1,
		},
		"listings":                   {func(int) request { return listing }, func(total int, _ int64) time.Duration { return time.Duration(total%50) * time.Second }, 1},
		"a few slow ones":            {puts(1000), func(total int, _ int64) time.Duration { return 100*ms + time.Duration(total%3/2)*20*time.Second }, 1},
		"slower, but fast enough":    {puts(1000), func(total int, _ int64) time.Duration { return time.Duration(1+total) * ms }, 1},
		"a collection that grows":    {puts(1000), func(total int, _ int64) time.Duration { return time.Duration(1+total) * 10 * ms }, 1.05},
		"slower from some time on":   {puts(1000), func(total int, _ int64) time.Duration { return 100*ms + time.Duration(total/300)*10*time.Second }, 1.05},
		"slower now and then, a lot": {puts(1000), func(total int, _ int64) time.Duration { return 100*ms + time.Duration(total/100%2)*10*time.Second }, 1.15},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const connections = 4
				var mu sync.Mutex
				var longest, sum time.Duration
				server := &load{took: func(total, _ int, size int64) time.Duration {
					mu.Lock()
					defer mu.Unlock()
					d := tt.took(total, size)
					longest, sum = max(longest, d), sum+d
					return d
				}}
				took := press(t, clientOf(Settings{Connections: connections}, server.answer), 1000, tt.request)
				if ideal := sum/connections + longest; float64(took) > tt.longer*float64(ideal) {
					t.Errorf("it took %v, without regard to latency it takes %v", took, ideal)
				}
			})
		})
	}
}

// What the limits of a host cost a request.
func BenchmarkHost(b *testing.B) {
	h := NewNetwork(Settings{}).host("dav.example.org")
	req := puts(1000)(0)
	b.ReportAllocs()
	for b.Loop() {
		release, err := h.acquire(b.Context(), time.Time{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		h.answered(req, 201, time.Now())
		release()
	}
}
