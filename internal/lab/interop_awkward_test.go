package lab_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
	"davferry/mapping"
)

// awkwardAccount has the awkward objects that a server takes, and ordinary ones among them.
func awkwardAccount(server string) []dataset.Collection {
	account := dataset.Account(7, dataset.Options{Calendars: 1, Events: 12, Books: 1, Contacts: 8})
	for _, o := range dataset.Awkward() {
		if o.Answers[server].Taken() {
			i := slices.IndexFunc(account, func(c dataset.Collection) bool { return c.Kind == o.Kind })
			account[i].Objects = append(account[i].Objects, o.Object)
		}
	}
	return account
}

// TestAwkwardObjectsMove moves what is not quite right. What the destination makes of a plain PUT of the bytes that the
// source serves is the measure: each object is there just so, or is reported as refused with that answer.
func TestAwkwardObjectsMove(t *testing.T) {
	for _, way := range []struct{ from, to string }{
		{"radicale", "xandikos"}, {"xandikos", "radicale"}, {"xandikos", "xandikos"},
	} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			from, to := lab.StartFor(t, way.from, 1), lab.StartFor(t, way.to, 2)
			account := awkwardAccount(way.from)
			if err := lab.Load(t.Context(), from, from.Users[0], account); err != nil {
				t.Fatal(err)
			}
			before := read(t, from, from.Users[0])
			refusals := putPlainly(t, to, to.Users[1], account, before)
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			d.moveAwkward(before, refusals, to)
			d.exportAwkward(before)
		})
	}
}

// refusal is how a server refuses an object.
type refusal struct {
	status int
	answer string
}

// putPlainly puts what the source serves into another account of the destination, and returns what that refuses, by
// the names of collection and object.
func putPlainly(t *testing.T, to *lab.Server, u lab.User, account []dataset.Collection, content lab.Content) map[[2]string]refusal {
	t.Helper()
	refusals := map[[2]string]refusal{}
	for _, c := range account {
		if err := lab.Make(t.Context(), to, u, c); err != nil {
			t.Fatal(err)
		}
		for name, data := range content[c.Name] {
			status, answer, err := lab.Put(t.Context(), to, u, c, dataset.Object{Name: name, Data: data})
			if err != nil {
				t.Fatal(err)
			}
			if status != http.StatusCreated && !putParts(t, to, u, c, data) {
				refusals[[2]string{c.Name, name}] = refusal{status, string(answer)}
			}
		}
	}
	return refusals
}

// putParts puts each part of an object with several UIDs. It is false for any other object.
func putParts(t *testing.T, to *lab.Server, u lab.User, c dataset.Collection, data []byte) bool {
	t.Helper()
	parts := mapping.Split(c.Kind, data)
	for _, p := range parts {
		status, answer, err := lab.Put(t.Context(), to, u, c, dataset.Object{Name: p.UID + c.Kind.Extension(), Data: p.Data})
		if err != nil || status != http.StatusCreated {
			t.Fatalf("a part is refused: %d %s %v", status, answer, err)
		}
	}
	return parts != nil
}

// moveAwkward runs the migration twice: what was refused is refused again, the rest is not touched.
func (d *desk) moveAwkward(before lab.Content, refusals map[[2]string]refusal, to *lab.Server) {
	t := d.t
	status := min(len(refusals), 1) * 3
	listed, refused := size(before), len(refusals)
	s := d.run(status, "migrate")
	s.Objects.expect(t, "objects", counts{"listed": listed, "created": listed - refused, "refused": refused})
	s.Accounts.expect(t, "accounts", counts{"total": 1, "ok": 1 - status/3, "incomplete": status / 3})
	for _, p := range s.Problems {
		collection, name := segments(t, p.Path)
		r, ok := refusals[[2]string{collection, name}]
		if !ok {
			t.Errorf("the destination takes it: %+v", p)
		}
		r.expect(t, p, uidOf(before[collection][name]))
	}
	expectSameAs(t, to, to.Users[0], to.Users[1])

	s = d.run(status, "migrate")
	s.Objects.expect(t, "objects of the second run", counts{"listed": listed, "unchanged": listed - refused, "refused": refused})
}

// expect expects a problem to say what the server said.
func (r refusal) expect(t testing.TB, p problem, uid string) {
	t.Helper()
	status := r.status
	if status == http.StatusMultiStatus {
		status = http.StatusPreconditionFailed // what Xandikos says of the object, inside
	}
	if p.Outcome != "refused" || p.Status != status || p.UID != uid || !strings.Contains(r.answer, p.Condition) {
		t.Errorf("%+v\nis about UID %q, which was refused with %d %s", p, uid, r.status, r.answer)
	}
	if strings.Contains(r.answer, "valid-calendar-data") != (p.Condition != "") {
		t.Errorf("%s: condition %q, the answer was %s", p.Path, p.Condition, r.answer)
	}
}

// expectSameAs expects two accounts of a server to hold the same objects, byte for byte, whatever their names.
func expectSameAs(t *testing.T, s *lab.Server, u, plain lab.User) {
	t.Helper()
	got, want := read(t, s, u), read(t, s, plain)
	for collection, objects := range want {
		if !slices.EqualFunc(sortedBytes(got[collection]), sortedBytes(objects), bytes.Equal) {
			t.Errorf("%s: %d objects, which are not those %d that plain PUTs make", collection, len(got[collection]), len(objects))
		}
	}
}

func sortedBytes(objects map[string][]byte) [][]byte {
	return slices.SortedFunc(maps.Values(objects), bytes.Compare)
}

// exportAwkward exports the same account: an archive takes everything.
func (d *desk) exportAwkward(before lab.Content) {
	n := size(before)
	d.run(0, "export", "--archive", "archive").Objects.expect(d.t, "exported", counts{"listed": n, "created": n})
	d.expectArchive("archive", []lab.Content{before})
}

// oddNames are names that real servers hold: what clients made of titles and mail addresses, in the encodings and the
// lengths of the world.
var oddNames = []string{
	"with space", "größe", "日程", "person@example.test", "a+b & c", "100%", "100%25", "%41bc", "o'clock", `say "hi"`, "(copy)",
	"semi;colon", "comma,name", "equals=a", "tilde~", "[brackets]", "{braces}", "hash#tag", "question?", "x:y", "star*", "<tag>",
	"Case", "case", "CASE.tar", "e\u0301 decomposed", "\u00e9 composed", "-rf", ".hidden", "trailing.", "CON", "nul", "ünï-" + strings.Repeat("ö", 40),
	strings.Repeat("long-", 30), "back\\slash", "pipe|", "caret^", "dollar$HOME", "back`tick`", "emoji 🎉", "עברית", "a..b",
}

// TestOddNames moves and exports objects whose names are not as simple as UIDs are.
func TestOddNames(t *testing.T) {
	for _, way := range []struct{ from, to string }{{"radicale", "xandikos"}, {"xandikos", "radicale"}} {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			lab.Need(t, way.from, way.to)
			c := newCrossing(t, lab.StartFor(t, way.from, 1), way.to)
			taken := putOddNames(t, c.from.Server)
			if taken < len(oddNames)-8 {
				t.Errorf("%s takes %d of %d names", way.from, taken, len(oddNames))
			}
			before := read(t, c.from.Server, c.from.Users[0])
			if size(before) != taken {
				t.Fatalf("%s lists %d objects of %d", way.from, size(before), taken)
			}
			c.run(0, "migrate").Objects.expect(t, "moved", counts{"listed": taken, "created": taken})
			after := read(t, c.to.Server, c.to.Users[0])
			expectCopy(t, before, after, way.to)
			for _, name := range slices.Collect(maps.Keys(after[appointments.Name])) {
				if strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || len(name) > 120 {
					t.Errorf("the name %q at the destination", name)
				}
			}
			c.run(0, "migrate").Objects.expect(t, "second run", counts{"listed": taken, "unchanged": taken})
			c.exportAwkward(before)
		})
	}
}

// putOddNames puts an event under each name and returns how many names the server takes.
func putOddNames(t *testing.T, s *lab.Server) int {
	t.Helper()
	u := s.Users[0]
	if err := lab.Make(t.Context(), s, u, appointments); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i, name := range oddNames {
		o := appointment("odd-"+string(rune('a'+i/26))+string(rune('a'+i%26)), "odd")
		o.Name = name + dav.Calendar.Extension()
		status, answer, err := lab.Put(t.Context(), s, u, appointments, o)
		if err != nil {
			t.Fatal(err)
		}
		if status == http.StatusCreated {
			taken++
		} else {
			t.Logf("%s does not take the name %q: %d %s", s.Name, o.Name, status, bytes.TrimSpace(answer))
		}
	}
	return taken
}
