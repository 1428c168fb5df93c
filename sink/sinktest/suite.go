package sinktest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"testing"
	"time"

	"davferry/internal/dav"
	"davferry/sink"
)

// suite is one test of one kind of collection.
type suite struct {
	*testing.T
	kind dav.Kind
	can  Capabilities
	sink sink.Sink
}

// collectionName is the name under which every test creates its collection.
const collectionName = "suite"

// properties returns those of the collection at an imagined source.
func (s *suite) properties() dav.Collection {
	c := dav.Collection{
		Kind: s.kind, Path: "/source/user/Gr%C3%BC%C3%9Fe/", DisplayName: "Grüße & Küsse", Description: "Ein Text",
		CTag: "ctag-of-the-source", SyncToken: "token-of-the-source",
	}
	if s.kind == dav.Calendar {
		c.Color, c.Order, c.Components = "#ff2968ff", "3", []string{"VEVENT", "VTODO"}
	}
	return c
}

// mustCreate creates the collection.
func (s *suite) mustCreate() dav.Collection {
	s.Helper()
	c, _, err := s.sink.Create(s.Context(), s.properties(), collectionName)
	if err != nil {
		s.Fatalf("Create: %v", err)
	}
	return c
}

// object returns a valid object that only the UID makes different from others.
func (s *suite) object(uid string) []byte {
	if s.kind == dav.AddressBook {
		return fmt.Appendf(nil, "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\n"+
			"FN:Zoë Müller\r\nN:Müller;Zoë;;;\r\nEND:VCARD\r\n", uid)
	}
	return fmt.Appendf(nil, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//suite//EN\r\nBEGIN:VEVENT\r\nUID:%s\r\n"+
		"DTSTAMP:20240101T000000Z\r\nDTSTART:20240301T120000Z\r\nSUMMARY:Überprüfung\\, 2. Teil\r\n"+
		"END:VEVENT\r\nEND:VCALENDAR\r\n", uid)
}

// file returns the name of an object with a UID.
func (s *suite) file(uid string) string { return uid + s.kind.Extension() }

// mustPut puts a new object and returns its ETag, asking for it where Put did not say.
func (s *suite) mustPut(c dav.Collection, name string, data []byte) (etag string) {
	s.Helper()
	at, etag, err := s.sink.Put(s.Context(), c, name, data, "")
	if err != nil {
		s.Fatalf("Put %q: %v", name, err)
	}
	if nameOf(at) != name {
		s.Errorf("Put %q returned the path %q", name, at)
	}
	listed := s.mustList(c)
	if m, ok := listed[name]; !ok {
		s.Fatalf("%q is not listed after Put, but %v", name, listed)
	} else if etag == "" {
		etag = m.ETag
	}
	return etag
}

// mustList lists a collection by name.
func (s *suite) mustList(c dav.Collection) map[string]dav.Member {
	s.Helper()
	members, err := s.sink.Members(s.Context(), c)
	if err != nil {
		s.Fatalf("Members: %v", err)
	}
	byName := make(map[string]dav.Member)
	for _, m := range members {
		if _, twice := byName[nameOf(m.Path)]; twice {
			s.Errorf("%s is listed twice", m.Path)
		}
		byName[nameOf(m.Path)] = m
	}
	return byName
}

// mustRead reads an object back by its name.
func (s *suite) mustRead(c dav.Collection, name string) dav.Object {
	s.Helper()
	m, ok := s.mustList(c)[name]
	if !ok {
		s.Fatalf("%q is not listed", name)
	}
	var got []dav.Object
	for o, err := range s.sink.Objects(s.Context(), c, []dav.Member{m}) {
		if err != nil {
			s.Fatalf("Objects %q: %v", name, err)
		}
		got = append(got, o)
	}
	if len(got) != 1 || got[0].Path != m.Path {
		s.Fatalf("Objects yielded %d objects for %q", len(got), m.Path)
	}
	return got[0]
}

// entry is what would be recorded of an object that was put.
func (s *suite) entry(name string, data []byte) sink.Entry {
	sum := sha256.Sum256(data)
	return sink.Entry{
		Path: "/source/user/Gr%C3%BC%C3%9Fe/" + name, ETag: `"1-` + name + `"`, UID: name, Name: name,
		Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), Outcome: "created",
		Fetched: time.Date(2024, time.May, 1, 12, 0, 0, 0, time.UTC),
	}
}

// nameOf returns the name of an object by its path, decoded.
func nameOf(p string) string {
	name := path.Base(p)
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}
