package lab_test

import (
	"reflect"
	"strings"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// crossing is a way from one server to another, with an accounts file for all users.
type crossing struct {
	*desk
	from, to *tap
}

// newCrossing starts the servers with n users. The accounts at the destination are as the server makes them.
func newCrossing(t *testing.T, from, to string, n int) *crossing {
	t.Helper()
	lab.Need(t, from, to)
	c := &crossing{from: newTap(t, lab.StartFor(t, from, n)), to: newTap(t, lab.StartFor(t, to, n))}
	c.desk = newDesk(t, lab.Accounts(c.from.Server, c.to.Server))
	return c
}

// fill fills the accounts at the source, each with data of its own.
func (c *crossing) fill(options dataset.Options) {
	c.t.Helper()
	for i, u := range c.from.Users {
		if err := lab.Fill(c.t.Context(), c.from.Server, u, dataset.Account(i+1, options)); err != nil {
			c.t.Fatal(err)
		}
	}
	c.from.drain()
}

// contents returns what all users have at a server.
func contents(t testing.TB, s *lab.Server) []lab.Content {
	t.Helper()
	var all []lab.Content
	for _, u := range s.Users {
		all = append(all, read(t, s, u))
	}
	return all
}

var crossings = []struct{ from, to string }{
	{"radicale", "xandikos"},
	{"xandikos", "radicale"},
	{"radicale", "radicale"},
}

// TestMigrate moves two accounts of 500 objects, and then once more, with and without the state of the first run.
func TestMigrate(t *testing.T) {
	for _, way := range crossings {
		t.Run(way.from+" to "+way.to, func(t *testing.T) {
			c := newCrossing(t, way.from, way.to, 2)
			c.fill(dataset.Default)
			before := contents(t, c.from.Server)
			collections := len(before[0]) + len(before[1])
			c.from.drain()

			s := c.run(0, "migrate")
			s.Accounts.expect(t, "accounts", counts{"total": 2, "ok": 2})
			s.Collections.expect(t, "collections", counts{"total": collections, "created": collections})
			s.Objects.expect(t, "objects", counts{"listed": 1000, "created": 1000})
			asked, told := c.from.drain(), c.to.drain()
			asked.expectOnlyReading(t)
			s.Requests.expect(t, "requests", counts{"source": asked.total(), "destination": told.total()})
			if told["PUT"] != 1000 {
				t.Errorf("%d objects were written with %d PUTs", 1000, told["PUT"])
			}

			after := contents(t, c.to.Server)
			for i := range before {
				expectCopy(t, before[i], after[i], way.to)
				c.expectProperties(i)
			}
			c.secondRun(collections, after)
			c.runWithoutState(before, after)
		})
	}
}

// expectProperties expects the collections to look as they did, as far as the destination keeps that.
func (c *crossing) expectProperties(user int) {
	c.t.Helper()
	want, got := c.properties(c.from.Server, user), c.properties(c.to.Server, user)
	for name, w := range want {
		w.Timezone = strings.ReplaceAll(w.Timezone, "\n", "\r\n")
		g, ok := got[name]
		if !ok {
			c.t.Errorf("the collection %s is missing", name)
			continue
		}
		compareProperties(c.t, c.to.Name, g, w)
	}
}

func (c *crossing) properties(s *lab.Server, user int) map[string]dataset.Collection {
	c.t.Helper()
	all, err := lab.Collections(c.t.Context(), s, s.Users[user])
	if err != nil {
		c.t.Fatal(err)
	}
	byName := make(map[string]dataset.Collection, len(all))
	for _, collection := range all {
		byName[collection.Name] = collection
	}
	return byName
}

// secondRun runs the same command again: it finds everything done, with a few requests, and writes nothing.
func (c *crossing) secondRun(collections int, after []lab.Content) {
	c.t.Helper()
	c.from.drain()
	c.to.drain()
	s := c.run(0, "migrate")
	s.Collections.expect(c.t, "collections of the second run", counts{"total": collections, "existing": collections})
	s.Objects.expect(c.t, "objects of the second run", counts{"listed": 1000, "unchanged": 1000})
	asked, told := c.from.drain(), c.to.drain()
	asked.expectOnlyReading(c.t)
	told.expectOnlyReading(c.t)
	// Six or seven requests find out about an account; after that each collection is listed once on either side.
	if most := collections + 7*len(c.to.Users); asked.total() > most || told.total() > most {
		c.t.Errorf("the second run took %d requests at the source and %d at the destination, at most %d will do", asked.total(), told.total(), most)
	}
	if !reflect.DeepEqual(contents(c.t, c.to.Server), after) {
		c.t.Error("the second run changed something")
	}
}

// runWithoutState runs the command again after its state was lost. It has to compare then, and writes nothing. What the
// destination has damaged when it was written cannot be told any more from what somebody has changed there: that, and
// nothing else, may be in conflict.
func (c *crossing) runWithoutState(before, after []lab.Content) {
	c.t.Helper()
	c.forget()
	r := c.start("migrate")
	status := r.wait()
	s := r.summary()
	conflicts := s.Objects["conflict"]
	if want := min(conflicts, 1) * 3; status != want {
		c.t.Errorf("exit status %d with %d conflicts, want %d", status, conflicts, want)
	}
	s.Objects.expect(c.t, "objects of the run without state",
		counts{"listed": 1000, "unchanged": 1000 - conflicts, "conflict": conflicts})
	damaged := damagedUIDs(before, after)
	for _, p := range s.Problems {
		if !damaged[p.UID] {
			c.t.Errorf("%s %s, which is at the destination as it was sent: %s", p.Outcome, p.Path, p.Message)
		}
	}
	c.to.drain().expectOnlyReading(c.t)
	if !reflect.DeepEqual(contents(c.t, c.to.Server), after) {
		c.t.Error("the run without state changed something")
	}
}

// damagedUIDs returns the UIDs of the objects that say something else after than before.
func damagedUIDs(before, after []lab.Content) map[string]bool {
	damaged := map[string]bool{}
	for i := range before {
		for collection, objects := range before[i] {
			copies := byUID(after[i][collection])
			for _, data := range objects {
				found := copies[uidOf(data)]
				if len(found) == 1 && len(dataset.Compare(data, found[0])) > 0 {
					damaged[uidOf(data)] = true
				}
			}
		}
	}
	return damaged
}
