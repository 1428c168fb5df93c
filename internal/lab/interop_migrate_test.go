package lab_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestMigrate moves two accounts of 500 objects, and does it again with and without the state of the first run.
func TestMigrate(t *testing.T) {
	for _, way := range []struct {
		from string
		to   []string
	}{
		{"radicale", []string{"xandikos", "radicale"}},
		{"xandikos", []string{"radicale"}},
	} {
		t.Run("from "+way.from, func(t *testing.T) {
			lab.Need(t, append(way.to, way.from)...)
			from := filled(t, way.from, 2, dataset.Default)
			before := contents(t, from)
			for _, to := range way.to {
				t.Run("to "+to, func(t *testing.T) { newCrossing(t, from, to).migrateThrice(before) })
			}
		})
	}
}

// migrateThrice compares the destination after the first run, of which the others must change nothing.
func (c *crossing) migrateThrice(before []lab.Content) {
	c.t.Helper()
	collections := len(before[0]) + len(before[1])
	c.firstRun(collections)
	after := contents(c.t, c.to.Server)
	for i := range before {
		expectCopy(c.t, before[i], after[i], c.to.Name)
		c.expectProperties(i)
	}
	c.secondRun(collections)
	c.runWithoutState(before, after)
}

// crossing is a way from one server to another, with an accounts file for all users.
type crossing struct {
	*desk
	from, to *tap
}

// newCrossing starts the destination with as many users as the source has. Their accounts are as the server makes them.
func newCrossing(t *testing.T, from *lab.Server, to string) *crossing {
	t.Helper()
	c := &crossing{from: newTap(t, from), to: newTap(t, lab.StartFor(t, to, len(from.Users)))}
	c.desk = newDesk(t, lab.Accounts(c.from.Server, c.to.Server))
	return c
}

// filled starts a server with n users, who have accounts with data of their own.
func filled(t *testing.T, name string, n int, options dataset.Options) *lab.Server {
	t.Helper()
	s := lab.StartFor(t, name, n)
	var group errgroup.Group
	for i, u := range s.Users {
		group.Go(func() error { return lab.Fill(t.Context(), s, u, dataset.Account(i+1, options)) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return s
}

// firstRun expects that everything is created, with one PUT an object.
func (c *crossing) firstRun(collections int) {
	c.t.Helper()
	s := c.run(0, "migrate")
	s.Accounts.expect(c.t, "accounts", counts{"total": 2, "ok": 2})
	s.Collections.expect(c.t, "collections", counts{"total": collections, "created": collections})
	s.Objects.expect(c.t, "objects", counts{"listed": 1000, "created": 1000})
	asked, told := c.from.drain(), c.to.drain()
	asked.expectOnlyReading(c.t)
	s.Requests.expect(c.t, "requests", counts{"source": asked.total(), "destination": told.total()})
	if told["PUT"] != 1000 {
		c.t.Errorf("1000 objects were written with %d PUTs", told["PUT"])
	}
}

// secondRun runs the same command again: it finds everything done, with a few requests, and writes nothing.
func (c *crossing) secondRun(collections int) {
	c.t.Helper()
	c.from.drain()
	c.to.drain()
	s := c.run(0, "migrate")
	s.Collections.expect(c.t, "collections of the second run", counts{"total": collections, "existing": collections})
	s.Objects.expect(c.t, "objects of the second run", counts{"listed": 1000, "unchanged": 1000})
	asked, told := c.from.drain(), c.to.drain()
	asked.expectOnlyReading(c.t)
	told.expectOnlyReading(c.t)
	// Up to seven requests find out about an account; after that each collection is listed once on either side.
	if most := collections + 7*len(c.to.Users); asked.total() > most || told.total() > most {
		c.t.Errorf("the second run took %d requests at the source and %d at the destination, at most %d will do",
			asked.total(), told.total(), most)
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

// expectProperties expects the collections to look as they did, as far as the destination keeps that.
func (c *crossing) expectProperties(user int) {
	c.t.Helper()
	want, got := properties(c.t, c.from.Server, user), properties(c.t, c.to.Server, user)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		w := want[name]
		w.Timezone = strings.ReplaceAll(w.Timezone, "\n", "\r\n")
		compareProperties(c.t, c.to.Name, got[name], w)
	}
}

// properties returns the collections of a user by their names, without their objects.
func properties(t testing.TB, s *lab.Server, user int) map[string]dataset.Collection {
	t.Helper()
	all, err := lab.Collections(t.Context(), s, s.Users[user])
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]dataset.Collection, len(all))
	for _, collection := range all {
		byName[collection.Name] = collection
	}
	return byName
}
