package main

import (
	"testing"

	"davferry/migrate"
)

func TestFoundNamesTheOneServiceThatThereIs(t *testing.T) {
	for want, side := range map[string]migrate.Side{
		"not found":    {},
		"ok":           {Found: true, Services: []string{"caldav", "carddav"}},
		"CalDAV only":  {Found: true, Services: []string{"caldav"}},
		"CardDAV only": {Found: true, Services: []string{"carddav"}},
	} {
		if got := found(side); got != want {
			t.Errorf("%+v is %q, want %q", side, got, want)
		}
	}
}
