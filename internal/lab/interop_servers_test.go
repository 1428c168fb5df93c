package lab_test

import (
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/matrix"
)

// TestEachServer takes a server's account of features through all that the program does with one server: export, import
// of the archive, a migration within the server, and the same migration again. Package matrix goes from each server to
// each other, and says what becomes of the objects.
func TestEachServer(t *testing.T) {
	eachServer(t, 3, func(t *testing.T, s *lab.Server) {
		if err := matrix.Fill(t.Context(), s, s.Users[0]); err != nil {
			t.Fatal(err)
		}
		before := read(t, s, s.Users[0])
		from, to := newTap(t, s), newTap(t, s)
		const account = "user001" // as expectArchive has it
		d := newDesk(t, rows(t, header, row(account, from.Server, s.Users[0], to.Server, s.Users[1])))
		t.Run("export", func(t *testing.T) { d.exportFeatures(t, from, before) })
		t.Run("import", func(t *testing.T) { d.importFeatures(t, to, s.Users[2], before) })
		t.Run("migrate", func(t *testing.T) { d.migrateFeatures(t, from, to, before) })
	})
}

// exportFeatures expects in the archive what a GET of each object returns, byte for byte, and no request that writes.
func (d *desk) exportFeatures(t *testing.T, from *tap, before lab.Content) {
	n := size(before)
	s := d.run(0, "export", "--archive", "archive")
	s.Objects.expect(t, "objects", counts{"listed": n, "created": n})
	from.drain().expectOnlyReading(t)
	d.expectArchive("archive", []lab.Content{before})
}

// importFeatures expects of what a server gave that it takes it again, but for meetings where it would tell the people
// in them.
func (d *desk) importFeatures(t *testing.T, to *tap, u lab.User, before lab.Content) {
	other := newDesk(t, rows(t, []string{"account", "destination", "destination_user", "destination_password"},
		[]string{"user001", to.URL, u.Name, u.Password}))
	other.expectTaken(t, size(before), "import", "--archive", d.path("archive"))
}

// migrateFeatures migrates twice: the second run changes nothing at the destination. It tries again what was refused.
func (d *desk) migrateFeatures(t *testing.T, from, to *tap, before lab.Content) {
	n := size(before)
	d.expectTaken(t, n, "migrate")
	from.drain().expectOnlyReading(t)
	to.drain()
	s := d.start("migrate").anyReport()
	left := s.Objects["refused"] + s.Objects["failed"]
	s.Objects.expect(t, "objects of the second run", counts{"listed": n, "unchanged": n - left,
		"refused": s.Objects["refused"], "failed": s.Objects["failed"]})
	told := to.drain()
	if told["PUT"] > 2*left { // a 500 is asked about twice
		t.Errorf("%d PUTs for %d objects that were refused", told["PUT"], left)
	}
	delete(told, "PUT")
	told.expectOnlyReading(t)
}

// expectTaken runs a verb that writes n objects and expects that nothing but meetings is refused.
func (d *desk) expectTaken(t *testing.T, n int, verb string, flags ...string) {
	t.Helper()
	s := d.start(verb, flags...).anyReport()
	s.Objects.expect(t, "objects", counts{"listed": n, "created": n - s.Objects["refused"], "refused": s.Objects["refused"]})
	for _, p := range s.Problems {
		if p.Condition != "calendar-auto-schedule" {
			t.Errorf("the server does not take what it gave: %+v", p)
		}
	}
}
