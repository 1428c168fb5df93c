package migrate_test

import (
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
	"davferry/migrate"
)

// scopes are servers by where they take a UID once.
var scopes = map[string]davtest.Quirks{
	"the collection, as Radicale":  {UniqueUID: http.StatusConflict},
	"the collection, as Xandikos":  {UniqueUID: http.StatusPreconditionFailed, RefusePutWith207: true},
	"the collection, as SOGo":      {UniqueUID: http.StatusConflict, Server: "SOPE 4.9.37/WebDAV", IgnoreIfNoneMatch: true, CounterETags: true},
	"the user, as Cyrus":           {UniqueUID: http.StatusForbidden, UniqueUIDPerUser: true, Server: "Cyrus-HTTP/3.6.1"},
	"no one, and davferry does it": {Signature: "X-Sabre-Version"},
}

func TestUIDTwiceAtTheSource(t *testing.T) {
	t.Parallel()
	for name, q := range scopes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, q)
			calendar, _ := w.fill("anna", 1, 0)
			w.from.PutObject(calendar+"a.ics", event("twin", "One"))
			w.from.PutObject(calendar+"b.ics", event("twin", "One"))
			w.from.PutObject(calendar+"c.ics", event("twin", "Two"))
			w.from.PutObject(calendar+"d.ics", event("other", "Refers", "RELATED-TO:twin\r\n"))
			s := w.migrate()
			w.want(s, migrate.Counts{Listed: 5, Created: 3, Unchanged: 1, Conflict: 1})
			if p := s.Problems[0]; !strings.HasSuffix(p.Path, "c.ics") || !strings.Contains(p.Message, "twin.ics") || !strings.Contains(p.Message, "--on-conflict new-uid") {
				t.Errorf("%+v", p)
			}
			w.want(w.run(migrate.Migrate, func(job *migrate.Job) { job.Overwrite = true }), migrate.Counts{Listed: 5, Unchanged: 4, Conflict: 1})
			w.holds(calendar, "twin.ics", "One")

			s = w.run(migrate.Migrate, newUID)
			w.want(s, migrate.Counts{Listed: 5, Created: 1, Unchanged: 4})
			if s.Changes.ByRule[mapping.UIDCollision] != 1 {
				t.Errorf("changes: %+v", s.Changes)
			}
			w.holds(calendar, "other.ics", "RELATED-TO:twin\r\n")
			w.settledWithNewUIDs(5, 4)

			w.from.PutObject(calendar+"c.ics", event("twin", "Two, changed"))
			w.want(w.migrate(), migrate.Counts{Listed: 5, Updated: 1, Unchanged: 4})
			if n := len(w.to.Objects(calendar)); n != 4 {
				t.Errorf("%d objects at the destination", n)
			}
			w.wantDeleted(w.run(migrate.Rollback, nil), 4, 0)
		})
	}
}

func newUID(job *migrate.Job) { job.NewUID = true }

// settledWithNewUIDs expects that further runs, with the journal and without, change nothing.
func (w *world) settledWithNewUIDs(listed, there int) {
	w.t.Helper()
	if v, findings := w.verify(100, true); !v.Same() || v.Objects.Extra > 0 {
		w.t.Errorf("verify: %+v %+v", v.Objects, findings)
	}
	w.to.ResetRequests()
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: listed, Unchanged: listed})
	before := w.dir
	w.dir = w.t.TempDir()
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: listed, Unchanged: listed})
	w.dir = before
	for _, r := range w.to.Requests() {
		if r.Method == "PUT" && r.Status/100 == 2 && r.Status != http.StatusMultiStatus {
			w.t.Errorf("%s %s: %d", r.Method, r.Path, r.Status)
		}
	}
}

// What the destination holds of a UID stays, and the source's object goes beside it; what refers to it follows, wherever it
// is and whichever comes first.
func TestUIDTakenAtTheDestination(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{UniqueUID: http.StatusConflict})
	calendar, book := w.fill("anna", 1, 0)
	early := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "early"})
	w.from.PutObject(early+"r.ics", event("early", "Refers", "RELATED-TO:taken\r\n"))
	w.from.PutObject(calendar+"t.ics", joined(event("taken", "The source's"), event("taken", "One of it", "RECURRENCE-ID:20260105T100000Z\r\n")))
	w.from.PutObject(calendar+"same.ics", event("same", "The same"))
	w.from.PutObject(book+"c.vcf", card("jane", "The source's Jane"))
	w.from.PutObject(book+"a-group.vcf", []byte("BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:group\r\nUID:g\r\nFN:Group\r\nMEMBER:urn:uuid:jane\r\nEND:VCARD\r\n"))
	w.to.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	w.to.AddCollection("anna", dav.Collection{Kind: dav.AddressBook, Path: "friends"})
	w.to.PutObject(calendar+"theirs.ics", event("taken", "The destination's"))
	w.to.PutObject(calendar+"same.ics", event("same", "The same"))
	w.to.PutObject(book+"theirs.vcf", card("jane", "The destination's Jane"))

	w.want(w.migrate(), migrate.Counts{Listed: 6, Created: 3, Unchanged: 1, Conflict: 2})
	s := w.run(migrate.Migrate, newUID)
	w.want(s, migrate.Counts{Listed: 6, Created: 2, Updated: 2, Unchanged: 2})
	w.holds(calendar, "theirs.ics", "The destination's")
	w.holds(book, "theirs.vcf", "The destination's Jane")
	renamed := ""
	for _, data := range w.to.Objects(calendar) {
		if text := string(data); strings.Contains(text, "The source's") {
			_, rest, _ := strings.Cut(text, "UID:")
			renamed, _, _ = strings.Cut(rest, "\r\n")
			if strings.Count(text, "UID:"+renamed+"\r\n") != 2 {
				t.Errorf("the override does not follow: %s", text)
			}
		}
	}
	w.holds(early, "early.ics", "RELATED-TO:"+renamed+"\r\n")
	group, _, _ := w.to.Object(book + "g.vcf")
	if strings.Contains(string(group), "jane") || !strings.Contains(string(group), "MEMBER:urn:uuid:") {
		t.Errorf("the group does not follow: %s", group)
	}
	if v, findings := w.verify(100, true); !v.Same() {
		t.Errorf("verify: %+v %+v", v.Objects, findings)
	}
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: 6, Unchanged: 6})
	w.want(w.migrate(), migrate.Counts{Listed: 6, Unchanged: 6})
	w.dir = t.TempDir()
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: 6, Unchanged: 6})
}

// Cyrus takes a UID once in all calendars of a user.
func TestUIDTwiceInTwoCalendars(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, scopes["the user, as Cyrus"])
	one := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "one"})
	two := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "two"})
	w.from.PutObject(one+"a.ics", event("a", "The same"))
	w.from.PutObject(one+"b.ics", event("b", "One"))
	w.from.PutObject(two+"a.ics", event("a", "The same"))
	w.from.PutObject(two+"b.ics", event("b", "Two"))
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 4, Created: 2, Unchanged: 1, Conflict: 1})
	if p := s.Problems[0]; !strings.Contains(p.Message, one+"b.ics") || p.Condition != "unique-scheduling-object-resource" {
		t.Errorf("%+v", p)
	}
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: 4, Created: 1, Unchanged: 3})
	if v, findings := w.verify(100, true); !v.Same() || v.Objects.Extra > 0 {
		t.Errorf("verify: %+v", findings)
	}
	w.want(w.run(migrate.Migrate, newUID), migrate.Counts{Listed: 4, Unchanged: 4})
	w.wantDeleted(w.run(migrate.Rollback, nil), 3, 0)
}
