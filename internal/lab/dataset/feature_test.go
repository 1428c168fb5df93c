package dataset

import (
	"testing"

	"davferry/internal/dav"
	"davferry/mapping"
)

// TestFeatures checks that the account is what it says: about 150 objects, each with a name and a UID of its own, read
// by the program's own reader as what they are meant to be.
func TestFeatures(t *testing.T) {
	account := Features()
	names, uids := map[string]bool{}, map[string]bool{}
	for _, c := range account {
		if len(c.Objects) < 7 {
			t.Errorf("%s holds %d objects", c.Name, len(c.Objects))
		}
		for _, o := range c.Objects {
			if names[o.Name] || o.UID != "" && uids[o.UID] {
				t.Errorf("%s is there twice, or its UID %q", o.Name, o.UID)
			}
			names[o.Name], uids[o.UID] = true, true
			if o.Features != nil && mapping.Inspect(c.Kind, o.Data).UID != o.UID {
				t.Errorf("%s has not the UID %q:\n%s", o.Name, o.UID, o.Data)
			}
		}
	}
	if n := Count(account); n < 150 || n > 200 {
		t.Errorf("%d objects", n)
	}
	if len(account) != 6 || account[3].Kind != dav.Calendar || account[4].Kind != dav.AddressBook {
		t.Errorf("%d collections, not four calendars and two books", len(account))
	}
}
