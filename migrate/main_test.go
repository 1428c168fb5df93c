package migrate_test

import (
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sideBySide runs subtests that wait for servers more than they compute: several at once, on however few processors, and
// apart from the tests that are parallel, some of which measure time.
func sideBySide(t *testing.T, subtests map[string]func(*testing.T)) {
	var g errgroup.Group
	g.SetLimit(12)
	for name, test := range subtests {
		g.Go(func() error {
			t.Run(name, test)
			return nil
		})
	}
	g.Wait()
}
