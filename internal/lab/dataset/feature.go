package dataset

import (
	"strings"

	"davferry/internal/dav"
)

// Features returns an account that holds everything of RFC 5545, RFC 7986, RFC 2426 and RFC 6350 that real accounts
// hold, each in an object that is called after it: two calendars, a task list, a journal and two address books. The
// second calendar and the second book also have the objects of Awkward.
func Features() []Collection {
	work := featureCollection("work", []string{"VEVENT"}, eventSamples, timeSamples, peopleSamples)
	work.DisplayName, work.Description, work.Color, work.Order = "Work & travel", "Everything at work", "#1BADF8FF", "1"
	series := featureCollection("series", []string{"VEVENT"}, seriesSamples, oddSamples)
	series.DisplayName, series.Color, series.Order = "Serien", "#E6194BFF", "2"
	tasks := featureCollection("tasks", []string{"VTODO"}, taskSamples)
	tasks.DisplayName, tasks.Color, tasks.Order = "Aufgaben", "#63DA38FF", "3"
	journal := featureCollection("journal", []string{"VJOURNAL"}, journalSamples)
	journal.DisplayName = "Journal"
	people := featureBook("people", card3Samples)
	people.DisplayName, people.Description = "Kontakte", "vCard 3.0"
	clients := featureBook("clients", card4Samples)
	clients.DisplayName, clients.Description = "Clients", "vCard 4.0"
	for _, o := range Awkward() {
		if o.Kind == dav.Calendar {
			series.Objects = append(series.Objects, o.Object)
		} else {
			clients.Objects = append(clients.Objects, o.Object)
		}
	}
	return []Collection{work, series, tasks, journal, people, clients}
}

// sample is an object that shows one feature.
type sample struct {
	// name is what the object is called, and its UID where text has none.
	name string

	// text is its content lines, unfolded, with LF between them. Those of an event, task or journal begin with those
	// of the component itself; a line BEGIN:VTIMEZONE is not needed for the zones of this package. {png}, {jpeg} and
	// {octets} stand for a picture and for 40 KB, in base64.
	text string
}

func featureCollection(name string, components []string, all ...[]sample) Collection {
	c := Collection{Kind: dav.Calendar, Name: name, Components: components}
	for _, samples := range all {
		for _, s := range samples {
			c.Objects = append(c.Objects, s.component(components[0]))
		}
	}
	return c
}

func featureBook(name string, samples []sample) Collection {
	c := Collection{Kind: dav.AddressBook, Name: name}
	for _, s := range samples {
		c.Objects = append(c.Objects, s.card())
	}
	return c
}

// component makes a calendar object with a component of that type.
func (s sample) component(kind string) Object {
	head := []string{"VERSION:2.0", "PRODID:-//example.test//Features 1.0//EN"}
	var zoneLines []string
	for _, z := range zones {
		if strings.Contains(s.text, ";TZID="+z.name) && !strings.Contains(s.text, "X-ZONE:none") {
			zoneLines = append(zoneLines, z.lines()...)
		}
	}
	own := []string{"BEGIN:" + kind}
	if !strings.HasPrefix(s.text, "UID:") {
		own = append(own, "UID:"+s.name)
	}
	own = append(own, "DTSTAMP:20240102T030405Z")
	own = append(own, s.lines()...)
	return s.object(dav.Calendar, calendarText(head, zoneLines, append(own, "END:"+kind)))
}

// card makes an address object; its text begins with the version.
func (s sample) card() Object {
	lines := s.lines()
	own := []string{lines[0], "UID:" + s.name}
	return s.object(dav.AddressBook, cardText(append(own, lines[1:]...)))
}

func (s sample) object(k dav.Kind, data string) Object {
	return Object{Name: s.name + k.Extension(), UID: s.uid(), Data: []byte(data), Features: []string{s.name}}
}

func (s sample) uid() string {
	first, _, _ := strings.Cut(s.text, "\n")
	if uid, ok := strings.CutPrefix(first, "UID:"); ok {
		return uid
	}
	return s.name
}

// lines returns the content lines with the pictures in them.
func (s sample) lines() []string {
	d := newDraft(1, s.name, 0)
	text := s.text
	for mark, content := range map[string]func() string{
		"{png}": func() string { return d.png(6) }, "{jpeg}": func() string { return d.jpeg(16) },
		"{octets}": func() string { return d.base64(40_000) },
	} {
		if strings.Contains(text, mark) {
			text = strings.ReplaceAll(text, mark, content())
		}
	}
	return strings.Split(text, "\n")
}
