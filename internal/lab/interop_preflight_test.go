package lab_test

import (
	"os"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// TestPreflightForetellsTheMigration compares what a preflight says with what the migration after it does, and sees that
// the preflight leaves nothing behind.
func TestPreflightForetellsTheMigration(t *testing.T) {
	for _, names := range [][2]string{{"radicale", "xandikos"}, {"xandikos", "radicale"}, {"radicale", "radicale"}, {"xandikos", "xandikos"}} {
		t.Run(names[0]+" to "+names[1], func(t *testing.T) {
			from := filled(t, names[0], 1, dataset.Options{Calendars: 1, Events: 20, Tasks: 5, Books: 1, Contacts: 10})
			to := lab.StartFor(t, names[1], 1)
			before := read(t, to, to.Users[0])
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			foretold := d.run(0, "preflight")
			if _, err := os.Stat(d.path("accounts.davferry")); err == nil {
				t.Error("the preflight made a state folder")
			}
			if after := read(t, to, to.Users[0]); len(after) != len(before) {
				t.Errorf("the destination held %d collections and holds %d", len(before), len(after))
			}
			migrated := d.run(0, "migrate")
			foretold.Objects.expect(t, "objects", migrated.Objects)
			foretold.Collections.expect(t, "collections", migrated.Collections)
			again := d.run(0, "preflight")
			again.Objects.expect(t, "objects after the migration", counts{"listed": 35, "unchanged": 35})
		})
	}
}

// TestPreflightAllowsNewCollections looks at each server as a destination: all of them make calendars and address books,
// each says so in its own way, and none must be taken for one that does not.
func TestPreflightAllowsNewCollections(t *testing.T) {
	from := filled(t, "radicale", 1, dataset.Options{Calendars: 1, Events: 1, Books: 1, Contacts: 1})
	for _, name := range lab.Names() {
		t.Run(name, func(t *testing.T) {
			to := lab.StartFor(t, name, 1)
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			d.run(0, "preflight", "--quick").Collections.expect(t, "collections", counts{"total": 2, "created": 2})
		})
	}
}

// TestPrincipalByTemplate logs in as the user and names the principal. Both servers say whose it is, and nothing is read
// where it is not there.
func TestPrincipalByTemplate(t *testing.T) {
	for _, name := range []string{"radicale", "xandikos"} {
		t.Run(name, func(t *testing.T) {
			from := filled(t, name, 1, dataset.Options{Calendars: 1, Events: 3})
			accounts := rows(t, []string{"source", "source_user", "source_password"},
				[]string{from.URL, from.Users[0].Name, from.Users[0].Password})
			newDesk(t, accounts).run(0, "export", "--archive", "archive", "--source-principal", "/{user}/").Objects.expect(t, "objects",
				counts{"listed": 3, "created": 3})
			s := newDesk(t, accounts).run(3, "export", "--archive", "archive", "--source-principal", "/x{user}/")
			s.Accounts.expect(t, "accounts", counts{"total": 1, "failed": 1})
		})
	}
}
