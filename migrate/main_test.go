package migrate_test

import (
	"flag"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain looks for goroutines that are left. The tests wait for servers more than they compute, so that more of them
// than there are processors run at once, unless -parallel says otherwise.
func TestMain(m *testing.M) {
	flag.Parse()
	parallel := false
	flag.Visit(func(f *flag.Flag) { parallel = parallel || f.Name == "test.parallel" })
	if !parallel {
		if err := flag.Set("test.parallel", "16"); err != nil {
			os.Exit(2)
		}
	}
	goleak.VerifyTestMain(m)
}
