package lab

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"davferry/internal/dav"
	"davferry/internal/lab/dataset"
)

// Content is what an account holds: the names of its collections, in each the resource names of its objects (not
// percent-encoded), and the bytes of each as a GET returns them.
type Content map[string]map[string][]byte

// Read reads all calendars and address books of a user, empty ones too: each is listed with PROPFIND, and each member
// fetched with GET, four at a time.
func Read(ctx context.Context, s *Server, u User) (Content, error) {
	collections, err := Collections(ctx, s, u)
	if err != nil {
		return nil, err
	}
	session := open(u)
	defer session.close()
	content := make(Content, len(collections))
	for _, c := range collections {
		if content[c.Name] != nil {
			return nil, fmt.Errorf("%s has two collections called %s", s.URL, c.Name)
		}
		if content[c.Name], err = session.members(ctx, CollectionURL(s, u, c)); err != nil {
			return nil, err
		}
	}
	return content, nil
}

// members fetches every member of a collection.
func (s *session) members(ctx context.Context, collection string) (map[string][]byte, error) {
	listed, err := s.propfind(ctx, collection, "<D:getetag/>")
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	members := make(map[string][]byte, len(listed))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, m := range listed {
		group.Go(func() error {
			data, err := s.get(ctx, m.url.String())
			mu.Lock()
			defer mu.Unlock()
			members[path.Base(m.url.Path)] = data
			return err
		})
	}
	return members, group.Wait()
}

func (s *session) get(ctx context.Context, url string) ([]byte, error) {
	status, data, err := s.do(ctx, http.MethodGet, url, nil)
	if err == nil && status != http.StatusOK {
		err = unexpected(http.MethodGet, url, status, data)
	}
	return data, err
}

// Collections lists a user's calendars and address books with their properties and without their objects, sorted by
// name. The line ends of a time zone come out as LF: XML has no others.
func Collections(ctx context.Context, s *Server, u User) ([]dataset.Collection, error) {
	session := open(u)
	defer session.close()
	var all []dataset.Collection
	for _, k := range dav.Kinds {
		listed, err := session.propfind(ctx, s.Home(k, u), "<D:resourcetype/>", "<D:displayname/>",
			"<C:calendar-description/>", "<R:addressbook-description/>", "<A:calendar-color/>", "<A:calendar-order/>",
			"<C:calendar-timezone/>", "<C:supported-calendar-component-set/>")
		if err != nil {
			return nil, err
		}
		for _, m := range listed {
			if m.is(k) {
				all = append(all, m.collection(k))
			}
		}
	}
	slices.SortFunc(all, func(a, b dataset.Collection) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// multistatus is what a PROPFIND answers (RFC 4918 section 14.16), as far as it is asked for here.
type multistatus struct {
	Responses []response `xml:"DAV: response"`
}

type response struct {
	Href      string     `xml:"DAV: href"`
	Propstats []propstat `xml:"DAV: propstat"`
}

type propstat struct {
	Status string `xml:"DAV: status"`
	Found  found  `xml:"DAV: prop"`
}

// found holds the properties that a member has.
type found struct {
	Type struct {
		Calendar    *struct{} `xml:"urn:ietf:params:xml:ns:caldav calendar"`
		AddressBook *struct{} `xml:"urn:ietf:params:xml:ns:carddav addressbook"`
	} `xml:"DAV: resourcetype"`
	DisplayName  string `xml:"DAV: displayname"`
	CalendarText string `xml:"urn:ietf:params:xml:ns:caldav calendar-description"`
	BookText     string `xml:"urn:ietf:params:xml:ns:carddav addressbook-description"`
	Color        string `xml:"http://apple.com/ns/ical/ calendar-color"`
	Order        string `xml:"http://apple.com/ns/ical/ calendar-order"`
	Timezone     string `xml:"urn:ietf:params:xml:ns:caldav calendar-timezone"`
	Components   struct {
		Comp []struct {
			Name string `xml:"name,attr"`
		} `xml:"urn:ietf:params:xml:ns:caldav comp"`
	} `xml:"urn:ietf:params:xml:ns:caldav supported-calendar-component-set"`
}

// member is one response of a listing.
type member struct {
	url *url.URL
	found
}

func (m member) is(k dav.Kind) bool {
	if k == dav.AddressBook {
		return m.Type.AddressBook != nil
	}
	return m.Type.Calendar != nil
}

func (m member) collection(k dav.Kind) dataset.Collection {
	c := dataset.Collection{
		Kind: k, Name: path.Base(m.url.Path), DisplayName: m.DisplayName, Description: m.CalendarText,
		Color: m.Color, Order: m.Order, Timezone: m.Timezone,
	}
	if k == dav.AddressBook {
		c.Description = m.BookText
		return c // Radicale announces components for address books too
	}
	for _, comp := range m.Components.Comp {
		c.Components = append(c.Components, comp.Name)
	}
	return c
}

// propfind lists the members of a collection, without the collection itself.
func (s *session) propfind(ctx context.Context, collection string, properties ...string) ([]member, error) {
	status, answer, err := s.xml(ctx, "PROPFIND", collection, element("D:propfind", element("D:prop", properties...)), "Depth", "1")
	if err != nil {
		return nil, err
	}
	if status != http.StatusMultiStatus {
		return nil, unexpected("PROPFIND", collection, status, answer)
	}
	var parsed multistatus
	if err := xml.Unmarshal(answer, &parsed); err != nil {
		return nil, fmt.Errorf("PROPFIND %s: %w", collection, err)
	}
	base, err := url.Parse(collection)
	if err != nil {
		return nil, err
	}
	var members []member
	for _, r := range parsed.Responses {
		m, err := r.member(base)
		if err != nil {
			return nil, fmt.Errorf("PROPFIND %s: %w", collection, err)
		}
		if strings.TrimSuffix(m.url.Path, "/") != strings.TrimSuffix(base.Path, "/") {
			members = append(members, m)
		}
	}
	return members, nil
}

func (r response) member(base *url.URL) (member, error) {
	u, err := base.Parse(strings.TrimSpace(r.Href))
	if err != nil {
		return member{}, err
	}
	m := member{url: u}
	for _, p := range r.Propstats {
		if strings.Contains(p.Status, " 200 ") || strings.HasSuffix(p.Status, " 200") {
			m.found = p.Found
		}
	}
	return m, nil
}
