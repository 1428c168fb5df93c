// Package bare is the yardstick for davferry's speed: the least that a client has to do at a server, with nothing
// checked but the status, nothing parsed but the hrefs, and nothing kept.
//
// What davferry needs beyond the time that this takes is davferry's own.
package bare

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// Batch is how many hrefs a multiget asks for.
const Batch = 50

// Figures are what a run took.
type Figures struct {
	Duration time.Duration
	Requests int64
	Objects  int64
	Bytes    int64 // of the bodies: of the answers for List and Read, of the requests for Write
}

// String returns the figures in one line.
func (f Figures) String() string {
	return fmt.Sprintf("%7.3f s  %6d objects  %6d requests  %8.2f MB", f.Duration.Seconds(), f.Objects, f.Requests, float64(f.Bytes)/1e6)
}

// Client is one user of a server with a number of connections. It is for one call at a time.
type Client struct {
	http        *http.Client
	server      *lab.Server
	user        lab.User
	connections int
	figures     struct{ requests, objects, bytes atomic.Int64 }
}

// NewClient returns a client that has at most the given number of requests in flight.
func NewClient(s *lab.Server, u lab.User, connections int) *Client {
	transport := &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true}
	return &Client{http: &http.Client{Transport: transport}, server: s, user: u, connections: connections}
}

// Close closes the idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// List sends one PROPFIND Depth 1 to each collection, for the given properties of the DAV namespace.
func (c *Client) List(ctx context.Context, collections []dataset.Collection, properties ...string) (Figures, error) {
	return c.measure(func() error {
		for _, collection := range collections {
			hrefs, err := c.list(ctx, collection, properties...)
			if err != nil {
				return err
			}
			c.figures.objects.Add(int64(len(hrefs)))
		}
		return nil
	})
}

// Read lists each collection with PROPFIND Depth 1 for getetag, and then fetches all members with multiget.
func (c *Client) Read(ctx context.Context, collections []dataset.Collection) (Figures, error) {
	return c.measure(func() error {
		hrefs, err := c.listAll(ctx, collections)
		if err != nil {
			return err
		}
		group, ctx := c.group(ctx)
		for i, collection := range collections {
			for from := 0; from < len(hrefs[i]); from += Batch {
				batch := hrefs[i][from:min(from+Batch, len(hrefs[i]))]
				group.Go(func() error { return c.multiget(ctx, collection, batch) })
			}
		}
		return group.Wait()
	})
}

// Write puts all objects of the collections, which must be there and empty, with If-None-Match: *.
func (c *Client) Write(ctx context.Context, collections []dataset.Collection) (Figures, error) {
	return c.measure(func() error {
		group, ctx := c.group(ctx)
		for _, collection := range collections {
			for _, o := range collection.Objects {
				group.Go(func() error { return c.put(ctx, collection, o) })
			}
		}
		return group.Wait()
	})
}

// measure runs f with the counters at zero.
func (c *Client) measure(f func() error) (Figures, error) {
	c.figures.requests.Store(0)
	c.figures.objects.Store(0)
	c.figures.bytes.Store(0)
	start := time.Now()
	err := f()
	return Figures{
		Duration: time.Since(start), Requests: c.figures.requests.Load(),
		Objects: c.figures.objects.Load(), Bytes: c.figures.bytes.Load(),
	}, err
}

func (c *Client) group(ctx context.Context) (*errgroup.Group, context.Context) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.connections)
	return group, ctx
}

// listAll lists the collections beside each other and returns the hrefs of each.
func (c *Client) listAll(ctx context.Context, collections []dataset.Collection) ([][][]byte, error) {
	hrefs := make([][][]byte, len(collections))
	group, ctx := c.group(ctx)
	for i, collection := range collections {
		group.Go(func() (err error) {
			hrefs[i], err = c.list(ctx, collection, "getetag")
			return err
		})
	}
	return hrefs, group.Wait()
}

func (c *Client) list(ctx context.Context, collection dataset.Collection, properties ...string) ([][]byte, error) {
	var body bytes.Buffer
	body.WriteString(xml.Header + `<propfind xmlns="DAV:"><prop>`)
	for _, p := range properties {
		fmt.Fprintf(&body, "<%s/>", p)
	}
	body.WriteString("</prop></propfind>")
	var answer bytes.Buffer
	url := lab.CollectionURL(c.server, c.user, collection)
	err := c.do(ctx, "PROPFIND", url, body.Bytes(), http.StatusMultiStatus, &answer, "Depth", "1")
	c.figures.bytes.Add(int64(answer.Len()))
	return memberHrefs(answer.Bytes(), collection.Kind.Extension()), err
}

func (c *Client) multiget(ctx context.Context, collection dataset.Collection, hrefs [][]byte) error {
	space, report, data := "urn:ietf:params:xml:ns:caldav", "calendar-multiget", "calendar-data"
	if collection.Kind == dav.AddressBook {
		space, report, data = "urn:ietf:params:xml:ns:carddav", "addressbook-multiget", "address-data"
	}
	var body bytes.Buffer
	fmt.Fprintf(&body, `%s<%s xmlns=%q xmlns:D="DAV:"><D:prop><D:getetag/><%s/></D:prop>`, xml.Header, report, space, data)
	for _, href := range hrefs {
		fmt.Fprintf(&body, "<D:href>%s</D:href>", href)
	}
	fmt.Fprintf(&body, "</%s>", report)
	var size counter
	url := lab.CollectionURL(c.server, c.user, collection)
	err := c.do(ctx, "REPORT", url, body.Bytes(), http.StatusMultiStatus, &size, "Depth", "1")
	c.figures.bytes.Add(int64(size))
	c.figures.objects.Add(int64(len(hrefs)))
	return err
}

func (c *Client) put(ctx context.Context, collection dataset.Collection, o dataset.Object) error {
	url := lab.ObjectURL(c.server, c.user, collection, o.Name)
	err := c.do(ctx, http.MethodPut, url, o.Data, http.StatusCreated, io.Discard,
		"Content-Type", collection.Kind.MediaType()+"; charset=utf-8", "If-None-Match", "*")
	c.figures.bytes.Add(int64(len(o.Data)))
	c.figures.objects.Add(1)
	return err
}

// do sends one request and writes the body of its answer to w. header holds names and values in turn.
func (c *Client) do(ctx context.Context, method, url string, body []byte, want int, w io.Writer, header ...string) error {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(c.user.Name, c.user.Password)
	if method != http.MethodPut {
		req.Header.Set("Content-Type", "application/xml; charset=utf-8")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c.figures.requests.Add(1)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	_, err = io.Copy(w, resp.Body)
	return err
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// memberHrefs returns the hrefs of a multistatus that end with extension, as they stand there. It looks for the end
// tag, whatever prefix that has, and knows nothing else of XML: what it returns goes back into XML as it is.
func memberHrefs(multistatus []byte, extension string) [][]byte {
	var hrefs [][]byte
	for {
		before, after, ok := bytes.Cut(multistatus, []byte("href>"))
		if !ok {
			return hrefs
		}
		multistatus = after
		end := bytes.LastIndexByte(before, '<')
		if end < 0 || end+1 == len(before) || before[end+1] != '/' {
			continue // a start tag
		}
		text := before[bytes.LastIndexByte(before[:end], '>')+1 : end]
		if href := bytes.TrimSpace(text); bytes.HasSuffix(href, []byte(extension)) {
			hrefs = append(hrefs, href)
		}
	}
}
