// Package dataset makes accounts of calendars and contacts for tests: what real accounts hold, in the amount that is
// asked for.
//
// What Account makes depends on the seed and the options alone, and each object on the seed, its collection and its
// number alone: more objects add to an account, they do not change it. All people, hosts and addresses are made up and
// lie under example.test.
//
// Radicale 3.1.8 and Xandikos 0.2.8 take every object of Account. Awkward holds those that one of them does not.
package dataset

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"davferry/internal/dav"
)

// Collection is a calendar or an address book with all that it holds.
type Collection struct {
	Kind dav.Kind
	Name string // the last path segment: letters, digits and "-"

	// The properties as in dav.Collection; "" and nil are not set at creation.
	DisplayName string
	Description string
	Color       string
	Order       string
	Timezone    string
	Components  []string

	Objects []Object
}

// Object is a calendar object resource or an address object resource.
type Object struct {
	Name     string // resource name, not percent-encoded, with its extension
	UID      string
	Data     []byte // CR LF line ends, folded at 75 octets between characters
	Features []string
}

// Options says how much an account holds. The zero value stands for Default.
type Options struct {
	Calendars int // calendars
	Events    int // in each calendar
	Tasks     int // in one task list; without tasks there is none
	Books     int // address books
	Contacts  int // in each address book
}

// Default is an account of 500 objects.
var Default = Options{Calendars: 2, Events: 180, Tasks: 40, Books: 1, Contacts: 100}

// Account makes one account.
func Account(seed int, opt Options) []Collection {
	if opt == (Options{}) {
		opt = Default
	}
	var all []Collection
	for i := range opt.Calendars {
		all = append(all, calendar(seed, i, opt.Events))
	}
	if opt.Tasks > 0 {
		all = append(all, taskList(seed, opt.Tasks))
	}
	for i := range opt.Books {
		all = append(all, book(seed, i, opt.Contacts))
	}
	return all
}

// Count returns how many objects the collections hold together.
func Count(collections []Collection) int {
	n := 0
	for _, c := range collections {
		n += len(c.Objects)
	}
	return n
}

// calendarSamples are the properties of the first calendars; later ones repeat them under other names.
var calendarSamples = []Collection{
	{Name: "work", DisplayName: "Work & <travel>", Description: "Meetings, releases; \"everything\" at work",
		Color: "#1BADF8FF", Order: "1", Components: []string{"VEVENT"}},
	{Name: "family", DisplayName: "Familie 👪 家族", Description: "Geburtstage, Schule,\nUrlaub",
		Color: "#e6194b", Order: "2", Components: []string{"VEVENT", "VTODO", "VJOURNAL"}},
}

func calendar(seed, number, events int) Collection {
	c := calendarSamples[number%len(calendarSamples)]
	c.Kind = dav.Calendar
	if number >= len(calendarSamples) {
		c.Name = fmt.Sprintf("%s-%d", c.Name, number)
	}
	c.Timezone = calendarText([]string{"PRODID:-//example.test//calendar//EN"}, berlin.lines())
	c.Objects = fill(seed, c, events, event)
	return c
}

func taskList(seed, tasks int) Collection {
	c := Collection{
		Kind: dav.Calendar, Name: "tasks", DisplayName: "Aufgaben ✓", Color: "#63DA38FF", Order: "3",
		Components: []string{"VTODO"},
	}
	c.Objects = fill(seed, c, tasks, task)
	return c
}

func book(seed, number, contacts int) Collection {
	c := Collection{
		Kind: dav.AddressBook, Name: "contacts", DisplayName: "Kontakte & お友達",
		Description: "People, companies; groups",
	}
	if number > 0 {
		c.Name = fmt.Sprintf("%s-%d", c.Name, number)
	}
	c.Objects = fill(seed, c, contacts, contact)
	return c
}

// fill makes n objects with draw.
func fill(seed int, c Collection, n int, draw func(*draft)) []Object {
	objects := make([]Object, n)
	for i := range objects {
		d := newDraft(seed, c.Name, i)
		draw(d)
		objects[i] = d.object(c.Kind)
	}
	return objects
}

// dice returns the source of chance of one object. PCG's numbers are the same in every version of Go.
func dice(seed int, collection string, number int) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d", collection, number)
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}
