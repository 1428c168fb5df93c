package sinktest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"davferry/internal/dav"
	"davferry/sink"
)

func (s *suite) create() {
	want := s.properties()
	c, lost, err := s.sink.Create(s.Context(), want, collectionName)
	if err != nil {
		s.Fatalf("Create: %v", err)
	}
	if c.Kind != s.kind || c.Path == want.Path || path.Base(c.Path) != collectionName {
		s.Errorf("Create returned a %s at %q, want a %s called %q", c.Kind, c.Path, s.kind, collectionName)
	}
	if c.DisplayName != want.DisplayName && len(lost) == 0 {
		s.Errorf("the display name is %q instead of %q, and nothing is said to be lost", c.DisplayName, want.DisplayName)
	}
	s.checkListed(c)
}

// checkListed compares Collections with what Create returned.
func (s *suite) checkListed(c dav.Collection) {
	s.Helper()
	all, err := s.sink.Collections(s.Context())
	if err != nil {
		s.Fatalf("Collections: %v", err)
	}
	listed := slices.ContainsFunc(all, func(o dav.Collection) bool { return o.Kind == c.Kind && o.Path == c.Path })
	if listed != s.can.Lists {
		s.Errorf("Collections lists the new one: %v, want %v", listed, s.can.Lists)
	}
}

func (s *suite) createAgain() {
	first := s.mustCreate()
	s.mustPut(first, s.file("a"), s.object("a"))
	second := s.mustCreate()
	if second.Path != first.Path {
		s.Errorf("created again at %q, the first time at %q", second.Path, first.Path)
	}
	if _, ok := s.mustList(second)[s.file("a")]; !ok {
		s.Error("creating the collection again emptied it")
	}
}

func (s *suite) emptyCollection() {
	if listed := s.mustList(s.mustCreate()); len(listed) > 0 {
		s.Errorf("a new collection holds %v", listed)
	}
}

func (s *suite) put() {
	c, name, data := s.mustCreate(), s.file("a"), s.object("a")
	etag := s.mustPut(c, name, data)
	m := s.mustList(c)[name]
	if m.ETag != etag {
		s.Errorf("listed with the ETag %s, put with %s", m.ETag, etag)
	}
	if m.Size != -1 && m.Size != int64(len(data)) {
		s.Errorf("listed with %d octets, put with %d", m.Size, len(data))
	}
	if o := s.mustRead(c, name); o.ETag != etag || !bytes.Equal(o.Data, data) {
		s.Errorf("read back as %s %q, put as %s %q", o.ETag, o.Data, etag, data)
	}
}

func (s *suite) putExisting() {
	c, name := s.mustCreate(), s.file("a")
	s.mustPut(c, name, s.object("a"))
	s.wantExists(c, name, "")
}

func (s *suite) putOverOther() {
	c, name := s.mustCreate(), s.file("a")
	s.mustPut(c, name, s.object("a"))
	s.wantExists(c, name, `"another-version"`)
}

func (s *suite) putOverNothing() { s.wantExists(s.mustCreate(), s.file("a"), `"a-version"`) }

// wantExists puts an object that must not be written.
func (s *suite) wantExists(c dav.Collection, name, ifMatch string) {
	s.Helper()
	before := s.mustList(c)[name]
	_, _, err := s.sink.Put(s.Context(), c, name, changed(s.object("a")), ifMatch)
	if !errors.Is(err, sink.ErrExists) {
		s.Errorf("Put with If-Match %q returned %v, want ErrExists", ifMatch, err)
	}
	if after := s.mustList(c)[name]; after != before {
		s.Errorf("it was %+v before and is %+v now", before, after)
	}
}

// changed returns the same object with other content.
func changed(data []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("2. Teil"), []byte("3. Teil")), []byte("Zoë"), []byte("Chloë"))
}

func (s *suite) putOver() {
	c, name, data := s.mustCreate(), s.file("a"), changed(s.object("a"))
	first := s.mustPut(c, name, s.object("a"))
	_, etag, err := s.sink.Put(s.Context(), c, name, data, first)
	if err != nil {
		s.Fatalf("Put with the right ETag: %v", err)
	}
	o := s.mustRead(c, name)
	if etag == "" {
		etag = o.ETag
	}
	if etag == first || o.ETag != etag || !bytes.Equal(o.Data, data) {
		s.Errorf("the ETag was %s, is %s from Put and %s with %q", first, etag, o.ETag, o.Data)
	}
	s.wantExists(c, name, first)
}

func (s *suite) putConcurrently() {
	const goroutines, each = 4, 25
	c := s.mustCreate()
	var done sync.WaitGroup
	for g := range goroutines {
		done.Go(func() {
			for i := range each {
				uid := fmt.Sprintf("c-%d-%d", g, i)
				if _, _, err := s.sink.Put(s.Context(), c, s.file(uid), s.object(uid), ""); err != nil {
					s.Errorf("Put %s: %v", uid, err)
				}
			}
		})
	}
	done.Wait()
	s.readAll(c, goroutines*each)
}

// readAll reads all members in one go, each of which must be the object that its name says.
func (s *suite) readAll(c dav.Collection, want int) {
	s.Helper()
	members, err := s.sink.Members(s.Context(), c)
	if err != nil {
		s.Fatalf("Members: %v", err)
	}
	yielded := make(map[string]bool)
	for o, err := range s.sink.Objects(s.Context(), c, members) {
		if err != nil {
			s.Fatalf("Objects: %s: %v", o.Path, err)
		}
		uid := strings.TrimSuffix(nameOf(o.Path), s.kind.Extension())
		if yielded[o.Path] || !bytes.Equal(o.Data, s.object(uid)) {
			s.Errorf("%s twice, or not as it was put: %q", o.Path, o.Data)
		}
		yielded[o.Path] = true
	}
	if len(members) != want || len(yielded) != want {
		s.Errorf("%d members and %d objects, want %d", len(members), len(yielded), want)
	}
}

func (s *suite) longNames() {
	c := s.mustCreate()
	for _, first := range []string{"a", "B", "7", "_"} {
		uid := first + strings.Repeat("x.-_", s.can.MaxName)[:s.can.MaxName-1-len(s.kind.Extension())]
		s.mustPut(c, s.file(uid), s.object(uid))
	}
	s.readAll(c, 4)
}

func (s *suite) bytesKept() {
	c := s.mustCreate()
	fold := []byte("\r\nX-LONG:" + strings.Repeat("ä", 31) + "\r\n \xC3\xA4\r\n\t tab and  spaces \r\nEND:V")
	data := bytes.Replace(s.object("folded"), []byte("\r\nEND:V"), fold, 1)
	s.mustPut(c, s.file("folded"), data)
	if o := s.mustRead(c, s.file("folded")); !bytes.Equal(o.Data, data) {
		s.Errorf("read back as %q, put as %q", o.Data, data)
	}
}

func (s *suite) strangeData() {
	strange := map[string][]byte{
		"empty":    {},
		"no-utf8":  []byte("BEGIN:VCALENDAR\r\n\xff\xfe\xc3\r\nEND:VCALENDAR\r\n"),
		"controls": []byte("BEGIN:VCARD\x00\x01\x1b\nEND:VCARD"),
		"text":     []byte("<html>not found</html>"),
	}
	c := s.mustCreate()
	for name, data := range strange {
		_, _, err := s.sink.Put(s.Context(), c, s.file(name), data, "")
		if final, refused := errors.AsType[*dav.Error](err); refused && !s.can.AnyBytes {
			s.Logf("%s: refused: %v", name, final)
			continue
		}
		if err != nil {
			s.Errorf("Put %s: %v", name, err)
			continue
		}
		if o := s.mustRead(c, s.file(name)); s.can.AnyBytes && !bytes.Equal(o.Data, data) {
			s.Errorf("%s was read back as %q", name, o.Data)
		}
	}
	s.mustPut(c, s.file("after"), s.object("after"))
}

func (s *suite) readMissing() {
	c := s.mustCreate()
	s.mustPut(c, s.file("a"), s.object("a"))
	there := s.mustList(c)[s.file("a")]
	gone := dav.Member{Path: strings.Replace(there.Path, s.file("a"), s.file("gone"), 1), Size: -1}
	results := make(map[string]error)
	for o, err := range s.sink.Objects(s.Context(), c, []dav.Member{gone, there}) {
		results[o.Path] = err
	}
	if err, ok := results[gone.Path]; !ok || err == nil {
		s.Errorf("the missing one: yielded %v, error %v", ok, err)
	}
	if err, ok := results[there.Path]; !ok || err != nil {
		s.Errorf("its neighbour: yielded %v, error %v", ok, err)
	}
}

func (s *suite) record() {
	c, data := s.mustCreate(), s.object("a")
	s.mustPut(c, s.file("a"), data)
	failed := s.entry("b", nil)
	failed.Name, failed.SHA256, failed.Outcome, failed.Reason = "", "", "refused", "403 Forbidden\nin two lines"
	if err := s.sink.Record(s.Context(), c, sink.EntriesOf(failed, s.entry(s.file("a"), data))); err != nil {
		s.Fatalf("Record: %v", err)
	}
	if o := s.mustRead(c, s.file("a")); !bytes.Equal(o.Data, data) {
		s.Errorf("after Record it is %q", o.Data)
	}
}

func (s *suite) canceled() {
	c := s.mustCreate()
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	if _, _, err := s.sink.Put(ctx, c, s.file("a"), s.object("a"), ""); !errors.Is(err, context.Canceled) {
		s.Errorf("Put returned %v", err)
	}
	if _, err := s.sink.Members(ctx, c); !errors.Is(err, context.Canceled) {
		s.Errorf("Members returned %v", err)
	}
	var last error
	for o, err := range s.sink.Objects(ctx, c, []dav.Member{{Path: c.Path + "/a"}}) {
		if last = err; o.Path != "" {
			s.Errorf("Objects yielded %s", o.Path)
		}
	}
	if !errors.Is(last, context.Canceled) {
		s.Errorf("Objects ended with %v", last)
	}
	if len(s.mustList(c)) > 0 {
		s.Error("something was put")
	}
}
