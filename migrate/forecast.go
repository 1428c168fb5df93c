package migrate

import (
	"sync"

	"davferry/internal/dav"
	"davferry/mapping"
)

// Forecast is what a preflight found out about an account beyond its outcomes.
type Forecast struct {
	Source      Side        `json:"source"`
	Destination Side        `json:"destination"`
	Types       TypeCounts  `json:"objects_by_type"`
	Meetings    int         `json:"meetings"`                   // of the events: those with an organizer or attendees
	Refused     int         `json:"meetings_refused,omitempty"` // those of them that would not be written, because people would be told
	ToWrite     int64       `json:"bytes_to_write"`
	Unweighed   int         `json:"objects_of_unknown_size,omitempty"` // of a quick one: not in ToWrite, the listing has no sizes
	Collections []Placement `json:"collections"`

	odd map[string]int // objects by what is odd about them

	mu      sync.Mutex     // guards ToWrite, Refused and doubted, which several workers add to
	doubted map[string]int // objects for new calendars by a component that no calendar beside these takes
}

// Side is one side of an account as it was found.
type Side struct {
	Found       bool     `json:"found"`              // and logged in
	Services    []string `json:"services,omitempty"` // "caldav", "carddav", or both
	Principal   string   `json:"principal,omitempty"`
	Server      string   `json:"server,omitempty"`    // as it calls itself
	Schedules   bool     `json:"schedules,omitempty"` // it may mail people about what is written to it
	Silencing   string   `json:"silencing,omitempty"` // what keeps it from that: "header", "schedule-agent" or "none"
	Quota       *int64   `json:"quota_available_bytes,omitempty"`
	HomeSets    []string `json:"home_sets,omitempty"`
	Collections int      `json:"collections"` // that hold the account's own objects

	identity string
}

// TypeCounts are numbers of objects by type. Those of a collection that could not be read, or was not, are in none.
type TypeCounts struct {
	Events   int `json:"events"`
	Todos    int `json:"todos"`
	Journals int `json:"journals"`
	Contacts int `json:"contacts"`
	Other    int `json:"other"`
}

// Placement is where a collection would go.
type Placement struct {
	Kind        string   `json:"kind"`
	Path        string   `json:"path"`
	Name        string   `json:"name,omitempty"`
	Destination string   `json:"destination"` // the path there, or the name that it would get
	Exists      bool     `json:"exists"`
	Objects     int      `json:"objects"`
	There       int      `json:"objects_there"`             // that the destination holds in it already
	Takes       []string `json:"takes,omitempty"`           // component types or vCard versions that the destination announces for it
	Largest     int64    `json:"max_object_size,omitempty"` // octets, as the destination announces it
}

func (c *TypeCounts) count(info mapping.Info) {
	for _, component := range info.Components {
		if n := c.of(component); n != &c.Other {
			*n++
			return
		}
	}
	c.Other++
}

// of returns the counter of a component.
func (c *TypeCounts) of(component string) *int {
	switch component {
	case "VEVENT":
		return &c.Events
	case "VTODO":
		return &c.Todos
	case "VJOURNAL":
		return &c.Journals
	case "VCARD":
		return &c.Contacts
	}
	return &c.Other
}

func (c *TypeCounts) add(o TypeCounts) {
	c.Events += o.Events
	c.Todos += o.Todos
	c.Journals += o.Journals
	c.Contacts += o.Contacts
	c.Other += o.Other
}

// see takes in an object that is selected. It is called from one goroutine.
func (f *Forecast) see(k dav.Kind, info mapping.Info) {
	f.Types.count(info)
	if k == dav.Calendar && (info.Organizer || info.Attendee) {
		f.Meetings++
	}
	for _, oddity := range info.Problems {
		if f.odd == nil {
			f.odd = map[string]int{}
		}
		f.odd[oddity]++
	}
}

// refuseMeeting takes in an object that would not be written because people would be told.
func (f *Forecast) refuseMeeting() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Refused++
}

// willWrite takes in an object that would be written: its size, and its components that the destination may not take.
func (f *Forecast) willWrite(octets int64, doubtful []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ToWrite += octets
	for _, component := range doubtful {
		if f.doubted == nil {
			f.doubted = map[string]int{}
		}
		f.doubted[component]++
	}
}
