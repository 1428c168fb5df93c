package lab

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/internal/lab/dataset"
)

// Load makes the collections in the user's home sets, with their properties, and puts all objects into them, four
// requests at a time. A collection that is there already, or an object that the server does not take, is an error.
//
// A server may drop properties that it does not know and rewrite objects; see Collections and dataset.Compare.
func Load(ctx context.Context, s *Server, u User, collections []dataset.Collection) error {
	refused, err := Offer(ctx, s, u, collections)
	return errors.Join(err, errors.Join(refused...))
}

// Offer is Load for objects that the server may refuse. It returns these refusals, each an error.
func Offer(ctx context.Context, s *Server, u User, collections []dataset.Collection) (refused []error, err error) {
	for _, c := range collections {
		if err := Make(ctx, s, u, c); err != nil {
			return nil, err
		}
	}
	session := open(u)
	defer session.close()
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, c := range collections {
		for _, o := range c.Objects {
			group.Go(func() error {
				refusal, err := session.put(ctx, ObjectURL(s, u, c, o.Name), c.Kind, o.Data)
				if refusal != nil {
					mu.Lock()
					defer mu.Unlock()
					refused = append(refused, refusal)
				}
				return err
			})
		}
	}
	return refused, group.Wait()
}

// CollectionURL returns where a collection lies, with the trailing slash.
func CollectionURL(s *Server, u User, c dataset.Collection) string {
	return s.Home(c.Kind, u) + url.PathEscape(c.Name) + "/"
}

// ObjectURL returns where an object of a collection lies; name is not percent-encoded.
func ObjectURL(s *Server, u User, c dataset.Collection, name string) string {
	return CollectionURL(s, u, c) + url.PathEscape(name)
}

// Put puts one object, which must not be there, and returns the status of the answer and its body. Xandikos 0.2.8
// answers 207 to what it refuses.
func Put(ctx context.Context, s *Server, u User, c dataset.Collection, o dataset.Object) (status int, answer []byte, err error) {
	session := open(u)
	defer session.close()
	return session.tryPut(ctx, ObjectURL(s, u, c, o.Name), c.Kind, o.Data)
}

// put puts an object and returns how the server refused it, nil where it did not.
func (s *session) put(ctx context.Context, url string, k dav.Kind, data []byte) (refusal, err error) {
	status, answer, err := s.tryPut(ctx, url, k, data)
	switch {
	case err != nil, status == http.StatusCreated, status == http.StatusNoContent:
		return nil, err
	case status == http.StatusUnauthorized:
		return nil, unexpected(http.MethodPut, url, status, answer)
	}
	return unexpected(http.MethodPut, url, status, answer), nil
}

func (s *session) tryPut(ctx context.Context, url string, k dav.Kind, data []byte) (int, []byte, error) {
	return s.do(ctx, http.MethodPut, url, data, "Content-Type", k.MediaType()+"; charset=utf-8", "If-None-Match", "*")
}

// Make makes one collection without its objects. What the server did not keep of the properties at the creation is
// set once more, each with a request of its own: Xandikos 0.2.8 keeps a colour only then, and others not at all,
// which is no error.
func Make(ctx context.Context, s *Server, u User, c dataset.Collection) error {
	session := open(u)
	defer session.close()
	properties := propertiesOf(c)
	method, body := "MKCALENDAR", element("C:mkcalendar", element("D:set", element("D:prop", properties...)))
	if c.Kind == dav.AddressBook {
		properties = append(properties, "<D:resourcetype><D:collection/><R:addressbook/></D:resourcetype>")
		method, body = "MKCOL", element("D:mkcol", element("D:set", element("D:prop", properties...)))
	}
	url := CollectionURL(s, u, c)
	status, answer, err := session.xml(ctx, method, url, body)
	if err != nil {
		return err
	}
	if status != http.StatusCreated {
		return unexpected(method, url, status, answer)
	}
	return session.setProperties(ctx, url, propertiesOf(c))
}

func (s *session) setProperties(ctx context.Context, url string, properties []string) error {
	for _, p := range properties {
		status, answer, err := s.xml(ctx, "PROPPATCH", url, element("D:propertyupdate", element("D:set", element("D:prop", p))))
		if err != nil {
			return err
		}
		if status != http.StatusMultiStatus && status/100 != 4 { // SOGo 5.8.0 refuses so what it does not keep
			return unexpected("PROPPATCH", url, status, answer)
		}
	}
	return nil
}

// xml sends a request with an XML body.
func (s *session) xml(ctx context.Context, method, url, body string, header ...string) (int, []byte, error) {
	header = append(header, "Content-Type", "application/xml; charset=utf-8")
	return s.do(ctx, method, url, []byte(xml.Header+body), header...)
}

// propertiesOf writes the properties that c has as XML elements.
func propertiesOf(c dataset.Collection) []string {
	description := "C:calendar-description"
	if c.Kind == dav.AddressBook {
		description = "R:addressbook-description"
	}
	var all []string
	for _, p := range [][2]string{
		{"D:displayname", c.DisplayName}, {description, c.Description}, {"A:calendar-color", c.Color},
		{"A:calendar-order", c.Order}, {"C:calendar-timezone", c.Timezone},
	} {
		if p[1] != "" {
			all = append(all, element(p[0], escapeXML(p[1])))
		}
	}
	var components []string
	for _, name := range c.Components {
		components = append(components, fmt.Sprintf("<C:comp name=%q/>", name))
	}
	if components != nil {
		all = append(all, element("C:supported-calendar-component-set", components...))
	}
	return all
}

// element writes an XML element that binds all prefixes used here.
func element(name string, content ...string) string {
	const bound = ` xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"` +
		` xmlns:R="urn:ietf:params:xml:ns:carddav" xmlns:A="http://apple.com/ns/ical/"`
	return "<" + name + bound + ">" + strings.Join(content, "") + "</" + name + ">"
}

func escapeXML(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a bytes.Buffer takes everything
	return b.String()
}
