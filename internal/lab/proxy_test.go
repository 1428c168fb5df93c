package lab

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPathsPassUnchanged sends request lines as they are and looks at what the backend gets.
func TestPathsPassUnchanged(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s|%s|%s", r.Method, r.RequestURI, r.Host)
	}))
	defer backend.Close()
	toBackend := &http.Transport{Dial: func(string, string) (net.Conn, error) {
		return net.Dial("tcp", backend.Listener.Addr().String())
	}}
	defer toBackend.CloseIdleConnections()
	user := User{Name: "user001", Password: "pass-user001"}
	url, stop, err := serve(newLoginProxy(map[User]http.RoundTripper{user: toBackend}))
	if err != nil {
		t.Fatal(err)
	}
	defer stop()

	paths := []string{
		"/", "/user001/", "/user001/c/a%20b.ics", "/user001/c/%61.ics", "/user001/c/a%2Fb.ics", "/user001/c/a%2fb.ics",
		"/user001/c/gr%C3%B6%c3%9fe.ics", "/user001/c/co%3Alon.ics", "/user001/c/co:lon.ics", "/user001/c/a+b&c;d='e'.ics",
		"/user001/c/100%25.ics", "/user001/c/{x}|y^z.ics", "/user001/c/?q=1&r=%20", "//user001//c/", "/user001/c/~!$()*,@.ics",
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			got := exchange(t, url, fmt.Sprintf("PROPFIND %s HTTP/1.1\r\nHost: dav.example.test:81\r\n"+
				"Authorization: Basic dXNlcjAwMTpwYXNzLXVzZXIwMDE=\r\nConnection: close\r\n\r\n", path))
			if want := "PROPFIND|" + path + "|dav.example.test:81"; !strings.HasSuffix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// exchange sends a request as it is and returns the body of the answer.
func exchange(t *testing.T, url, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.Trim(strings.TrimPrefix(url, "http:"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&body); err != nil {
		t.Fatal(err)
	}
	return body.String()
}
