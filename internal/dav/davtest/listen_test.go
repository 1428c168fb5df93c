package davtest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"davferry/internal/dav/davtest"
)

func TestStartRefusesOtherAddresses(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "nonsense"} {
		if l, err := davtest.New().Start(addr); err == nil {
			t.Errorf("listens at %s", l.URL)
			_ = l.Close()
		}
	}
}

func TestCloseDoesNotWaitForIdleClients(t *testing.T) {
	s := davtest.New()
	s.AddUser("alice", "secret")
	l, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(l.URL, "http://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	s.Inject(davtest.Fault{Action: davtest.Stall, Times: -1})
	stalled := make(chan error)
	go func() {
		resp, err := (&http.Client{Transport: transport}).Get(l.URL)
		if err == nil {
			err = resp.Body.Close()
		}
		stalled <- err
	}()
	for s.Peak() == 0 {
		time.Sleep(time.Millisecond)
	}
	begin := time.Now()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	if err := <-stalled; err == nil {
		t.Error("the stalled request was answered")
	}
	if err := l.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if _, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(l.URL, "http://"), "/")); err == nil {
		t.Error("it still listens")
	}
}

func TestStartTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s := davtest.New()
	s.SetQuirks(davtest.Quirks{AbsoluteHrefs: true})
	s.AddUser("alice", "secret")
	l, err := s.StartTLS("", tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer func() {
		transport.CloseIdleConnections()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	req, err := http.NewRequestWithContext(t.Context(), "PROPFIND", l.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Depth", "0")
	req.SetBasicAuth("alice", "secret")
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || !strings.Contains(string(body), "<href>"+l.URL+"</href>") {
		t.Errorf("answered %s, %v", body, err)
	}
}

func TestRequestsAreRecordedWithoutSecrets(t *testing.T) {
	f := start(t, davtest.Quirks{})
	f.do("PUT", f.work+"a%20b.ics", event, "If-None-Match", "*", "User-Agent", "davferry", "Cookie", "session=1")
	f.do("GET", f.work, "", "Authorization", "Basic eDp5")
	requests := f.Requests()
	if len(requests) != 2 {
		t.Fatalf("recorded %+v", requests)
	}
	r := requests[0]
	if r.Method != "PUT" || r.Path != f.work+"a%20b.ics" || r.Status != 201 || r.Body != int64(len(event)) || r.User != "alice" ||
		!r.Authorization || r.Header.Get("If-None-Match") != "*" || r.Header.Get("User-Agent") != "davferry" || r.Start.IsZero() {
		t.Errorf("recorded %+v", r)
	}
	if r := requests[1]; r.Status != 401 || r.User != "" || !r.Authorization {
		t.Errorf("recorded %+v", r)
	}
	if text := fmt.Sprintf("%+v", requests); strings.Contains(text, "Basic ") || strings.Contains(text, "session") || strings.Contains(text, "secret") {
		t.Errorf("a secret in %s", text)
	}
	f.ResetRequests()
	f.SetRecording(false)
	f.do("GET", f.work, "")
	if requests := f.Requests(); len(requests) != 0 {
		t.Errorf("recorded %+v", requests)
	}
	if f.Peak() != 1 {
		t.Errorf("peak %d", f.Peak())
	}
}

// TestManyAtOnce lets clients write, list, read and delete in the same two collections, for the race detector, and
// counts in the end.
func TestManyAtOnce(t *testing.T) {
	f := start(t, davtest.Quirks{UniqueUID: 403, UniqueUIDPerUser: true, AutoSchedule: true})
	f.want(f.do("MKCALENDAR", "/calendars/alice/other/", ""), 201)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			collection := []string{f.work, "/calendars/alice/other/"}[worker%2]
			for i := range 20 {
				path := fmt.Sprintf("%s%d-%d.ics", collection, worker, i)
				calls := [][]string{
					{"PUT", path, strings.Replace(meeting(organizer, guest), "UID:one", fmt.Sprintf("UID:%d-%d", worker, i), 1)},
					{"PROPFIND", collection, "", "Depth", "1"},
					{"REPORT", collection, `<c:calendar-query ` + namespaces + `><d:prop><c:calendar-data/></d:prop></c:calendar-query>`},
					{"PROPPATCH", collection, `<d:propertyupdate ` + namespaces + `><d:set><d:prop><d:displayname>x</d:displayname></d:prop></d:set></d:propertyupdate>`},
				}
				if i%2 == 0 {
					calls = append(calls, []string{"DELETE", path, ""})
				}
				for _, c := range calls {
					if r, err := f.try(c[0], c[1], c[2], c[3:]...); err != nil || r.status >= 300 {
						t.Errorf("%s %s: %d %s, %v", c[0], c[1], r.status, r.body, err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			f.SetQuirks(f.Quirks())
			f.AddUser("bob", "other")
			_ = f.Collections("alice")
			_ = f.Requests()
		}
	})
	wg.Wait()
	if n := len(f.Objects(f.work)) + len(f.Objects("/calendars/alice/other/")); n != 80 {
		t.Errorf("%d objects", n)
	}
}

// TestOneOfManyWritersWins puts one name from several clients at once.
func TestOneOfManyWritersWins(t *testing.T) {
	f := start(t, davtest.Quirks{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for range 8 {
		wg.Go(func() {
			r, err := f.try("PUT", f.work+"one.ics", event, "If-None-Match", "*")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			statuses[r.status]++
		})
	}
	wg.Wait()
	if statuses[201] != 1 || statuses[412] != 7 {
		t.Errorf("answers %v", statuses)
	}
}

// TestASlowReaderBlocksNobody leaves a long listing unread and changes the collection meanwhile. What is read then is the
// collection as it was.
func TestASlowReaderBlocksNobody(t *testing.T) {
	f := start(t, davtest.Quirks{})
	const members = 30_000
	for i := range members {
		f.PutObject(fmt.Sprintf("%s%d.ics", f.work, i), []byte(withUID(fmt.Sprint(i))))
	}
	req, err := http.NewRequestWithContext(t.Context(), "PROPFIND", f.url+f.work, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Depth", "1")
	req.SetBasicAuth("alice", "secret")
	resp, err := f.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	f.want(f.do("PUT", f.work+"new.ics", event), 201)
	f.want(f.do("DELETE", f.work+"0.ics", ""), 204)
	body, err := io.ReadAll(resp.Body)
	if n := strings.Count(string(body), "<response>"); err != nil || n != members+1 {
		t.Errorf("%d responses, %v", n, err)
	}
}
