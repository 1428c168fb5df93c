package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
)

// startsAtOnce bounds how many programs of one server come up at the same time: each takes a processor for a second.
const startsAtOnce = 4

// Xandikos starts Xandikos with its state in dir, which must exist, until Stop is called or ctx ends. Each user has
// the collections calendars/calendar and contacts/addressbook from the start.
//
// Debian's version 0.2.8 is one user without a login. So there is one program a user, each on a Unix socket, and a
// proxy in front that asks for the password.
func Xandikos(ctx context.Context, dir string, users []User) (*Server, error) {
	// The path of a Unix socket must not have more than 107 octets; those of test folders do.
	sockets, err := os.MkdirTemp("", "davferry-lab-")
	if err != nil {
		return nil, err
	}
	processes, err := startXandikos(ctx, dir, sockets, users)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(sockets))
	}
	backends := make(map[User]http.RoundTripper, len(users))
	for _, u := range users {
		backends[u] = socketTransport(socketOf(sockets, u))
	}
	url, closeProxy, err := serve(newLoginProxy(backends))
	if err != nil {
		return nil, errors.Join(err, processes.stop(), os.RemoveAll(sockets))
	}
	s := &Server{
		Name: "xandikos", URL: url, Users: users,
		homes: map[dav.Kind]string{dav.Calendar: "%s/calendars/", dav.AddressBook: "%s/contacts/"},
	}
	return s.finish(ctx, closeProxy, processes.stop,
		func() error { return os.RemoveAll(sockets) }), nil
}

func socketOf(sockets string, u User) string { return filepath.Join(sockets, u.Name) }

// startXandikos starts one program a user and waits until all are ready. On an error none is left.
func startXandikos(ctx context.Context, dir, sockets string, users []User) (programs, error) {
	processes := make(programs, len(users))
	var group errgroup.Group
	group.SetLimit(startsAtOnce)
	for i, u := range users {
		group.Go(func() (err error) {
			processes[i], err = startXandikosFor(ctx, dir, socketOf(sockets, u), u)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, errors.Join(err, processes.stop())
	}
	return processes, nil
}

func startXandikosFor(ctx context.Context, dir, socket string, u User) (*process, error) {
	p, err := start(ctx, command{name: "xandikos-" + u.Name, dir: dir, args: []string{"/usr/bin/xandikos",
		"-d", filepath.Join(dir, u.Name), "--defaults", "--current-user-principal", "/" + u.Name + "/", "-l", socket}})
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: socketTransport(socket)}
	defer client.CloseIdleConnections()
	err = p.ready(ctx, func(ctx context.Context) error {
		return probe(ctx, client, "http://localhost/"+u.Name+"/", http.StatusMultiStatus)
	})
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

// socketTransport sends every request to the Unix socket, whatever host it names.
func socketTransport(socket string) *http.Transport {
	var dialer net.Dialer
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", socket)
		},
		DisableCompression: true,
	}
}

// serve runs a handler on a free port of the loopback address.
func serve(h http.Handler) (url string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	stop = func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return fmt.Sprintf("http://%s/", listener.Addr()), stop, nil
}
