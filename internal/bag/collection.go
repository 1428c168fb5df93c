package bag

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"davferry/internal/dav"
)

// The files of a collection besides its objects. DisplayNameFile and ColorFile are vdir's, which vdirsyncer, khal and
// khard read; CollectionFile holds everything.
const (
	CollectionFile  = "collection.json"
	DisplayNameFile = "displayname"
	ColorFile       = "color"
)

// collectionJSON is collection.json: a collection's properties as the source served them.
type collectionJSON struct {
	Kind        string   `json:"kind"`
	Path        string   `json:"path"`
	DisplayName string   `json:"displayName,omitempty"`
	Description string   `json:"description,omitempty"`
	Color       string   `json:"color,omitempty"`
	Order       string   `json:"order,omitempty"`
	Timezone    string   `json:"timezone,omitempty"`
	Components  []string `json:"components,omitempty"`
	CTag        string   `json:"ctag,omitempty"`
	SyncToken   string   `json:"syncToken,omitempty"`
}

// The kinds in collection.json, by the names of DAV's resource types.
var kindNames = map[dav.Kind]string{dav.Calendar: "calendar", dav.AddressBook: "addressbook"}

// MarshalCollection returns the content of collection.json; Path is the collection's path at the source.
func MarshalCollection(c dav.Collection) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(collectionJSON{
		Kind: kindNames[c.Kind], Path: c.Path, DisplayName: c.DisplayName, Description: c.Description,
		Color: c.Color, Order: c.Order, Timezone: c.Timezone, Components: c.Components,
		CTag: c.CTag, SyncToken: c.SyncToken,
	})
	return b.Bytes(), err
}

// UnmarshalCollection parses collection.json.
func UnmarshalCollection(data []byte) (dav.Collection, error) {
	var j collectionJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return dav.Collection{}, err
	}
	c := dav.Collection{
		Path: j.Path, DisplayName: j.DisplayName, Description: j.Description,
		Color: j.Color, Order: j.Order, Timezone: j.Timezone, Components: j.Components,
		CTag: j.CTag, SyncToken: j.SyncToken,
	}
	for kind, name := range kindNames {
		if name == j.Kind {
			c.Kind = kind
		}
	}
	if c.Kind == 0 {
		return dav.Collection{}, fmt.Errorf("%q is no kind of collection", j.Kind)
	}
	return c, nil
}

// VdirDisplayName returns the content of the file displayname, one line; "" where there should be none.
func VdirDisplayName(c dav.Collection) string { return oneLine(c.DisplayName) }

// VdirColor returns the content of the file color, #RRGGBB; "" where there should be none. Apple's calendar-color
// often has an alpha channel after that (#RRGGBBAA), which khal 0.10 does not read.
func VdirColor(c dav.Collection) string {
	digits := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(c.Color), "#"))
	if c.Kind != dav.Calendar || !isHex(digits, 6) && !isHex(digits, 8) {
		return ""
	}
	return "#" + digits[:6]
}
