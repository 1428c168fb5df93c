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
// fetched with GET, four at a time. Cyrus does not give what it has stored to a GET, and is asked in another way.
func Read(ctx context.Context, s *Server, u User) (Content, error) {
	collections, err := Collections(ctx, s, u)
	if err != nil {
		return nil, err
	}
	session := open(u)
	defer session.close()
	content := make(Content, len(collections))
	for _, c := range collections {
		fetch := session.plainly
		if s.Name == "cyrus" {
			if fetch, err = session.fromCyrus(ctx, c.Kind, CollectionURL(s, u, c)); err != nil {
				return nil, err
			}
		}
		members, err := session.members(ctx, CollectionURL(s, u, c), fetch)
		if err != nil {
			return nil, err
		}
		if err := content.add(c.Name, members); err != nil {
			return nil, fmt.Errorf("%s: %w", s.URL, err)
		}
	}
	return content, nil
}

// add takes in a collection. A calendar and an address book may have one name, in two homes; their objects have not.
func (content Content) add(name string, members map[string][]byte) error {
	if content[name] == nil {
		content[name] = members
		return nil
	}
	for m, data := range members {
		if _, twice := content[name][m]; twice {
			return fmt.Errorf("two collections called %s hold an object called %s", name, m)
		}
		content[name][m] = data
	}
	return nil
}

// members fetches every member of a collection.
func (s *session) members(ctx context.Context, collection string, fetch fetcher) (map[string][]byte, error) {
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
			data, err := fetch(ctx, m.url)
			mu.Lock()
			defer mu.Unlock()
			members[path.Base(m.url.Path)] = data
			return err
		})
	}
	return members, group.Wait()
}

// fetcher fetches an object as it is stored.
type fetcher func(ctx context.Context, u *url.URL) ([]byte, error)

func (s *session) plainly(ctx context.Context, u *url.URL) ([]byte, error) {
	return s.get(ctx, u.String())
}

func (s *session) get(ctx context.Context, url string, header ...string) ([]byte, error) {
	status, data, err := s.do(ctx, http.MethodGet, url, nil, header...)
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
