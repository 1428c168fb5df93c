package mapping

import (
	"iter"
	"strings"
)

// What the rules about people are called in a Change.
const (
	AgentMarked       = "schedule-agent"
	PeopleNeutralised = "neutralise"
)

// People are the calendar users whom a calendar object names as its organizer and its attendees.
type People struct {
	Organizers, Attendees []string // as CalendarUser writes them, each once

	// Marked says that a server which obeys SCHEDULE-AGENT (RFC 6638 section 7.1) tells none of them.
	Marked bool
}

// PeopleOf returns the people of a calendar object. Those in alarms are none: they are told at the time of the alarm.
func PeopleOf(data []byte) People {
	var organizers, attendees distinct
	p := People{Marked: true}
	for l := range peopleLines(data) {
		text := l.Text()
		c := parseContent(text)
		p.Marked = p.Marked && marked(text) == nil
		if equalFold(c.Name, "ORGANIZER") {
			organizers.add(CalendarUser(string(c.Value)))
		} else {
			attendees.add(CalendarUser(string(c.Value)))
		}
	}
	p.Organizers, p.Attendees = organizers.list, attendees.list
	return p
}

// CalendarUser returns a calendar address (RFC 5545 section 3.3.3) in the form in which two can be compared: a mail
// address alone, in lower case, or the URI as it is.
func CalendarUser(address string) string {
	const scheme = "mailto:"
	address = strings.TrimSpace(address)
	if len(address) < len(scheme) || !strings.EqualFold(address[:len(scheme)], scheme) {
		return address
	}
	address, _, _ = strings.Cut(address[len(scheme):], "?")
	return strings.ToLower(decodePercent(address))
}

// peopleLines yields the lines that name the organizer and the attendees of an object. X-WR-ATTENDEE counts: DAViCal
// 1.1.12 invites those as well.
func peopleLines(data []byte) iter.Seq[Line] {
	return func(yield func(Line) bool) {
		var in nesting
		for l := range Lines(data) {
			switch name := l.Name(); {
			case equalFold(name, "BEGIN"):
				in.open(boundaryName(l))
			case equalFold(name, "END"):
				in.close(boundaryName(l))
			case in.carries() && namesPerson(name) && !yield(l):
				return
			}
		}
	}
}

func namesPerson(name []byte) bool {
	switch len(name) { // spares nearly all lines the comparisons
	case len("ATTENDEE"):
		return equalFold(name, "ATTENDEE")
	case len("ORGANIZER"):
		return equalFold(name, "ORGANIZER")
	case len("X-WR-ATTENDEE"):
		return equalFold(name, "X-WR-ATTENDEE")
	}
	return false
}

// ScheduleAgents is the rule that marks the people of a meeting with SCHEDULE-AGENT=CLIENT, so that a server which
// schedules leaves it to the client to tell them (RFC 6638 section 7.1). Who is marked CLIENT or NONE stays so; a SERVER
// is replaced: sabre/dav 4 tells an attendee whose line has both. SCHEDULE-FORCE-SEND, which is an order to tell him
// once more (section 7.2), goes.
type ScheduleAgents struct{}

// Key implements Rule.
func (ScheduleAgents) Key() string { return AgentMarked }

// Apply implements Rule.
func (ScheduleAgents) Apply(_ Subject, e *Editor) []Left {
	for l := range peopleLines(e.Data()) {
		if text := marked(l.Text()); text != nil {
			e.Replace(AgentMarked, l, text)
		}
	}
	return nil
}

// marked returns a line with its mark, nil where it needs none: it has one, or is no content line.
func marked(text []byte) []byte {
	c := parseContent(text)
	if !c.Valid {
		return nil
	}
	var splices []splice
	agents, fine := 0, true
	for p := range c.Params() {
		at, end := offsetIn(text, p.Name)-1, offsetIn(text, p.Raw)+len(p.Raw)
		switch {
		case equalFold(p.Name, "SCHEDULE-FORCE-SEND"), equalFold(p.Name, "SCHEDULE-AGENT") && agents > 0:
			splices, fine = append(splices, splice{at, end, ""}), false
		case equalFold(p.Name, "SCHEDULE-AGENT"):
			agents++
			if !equalFold(p.Raw, "CLIENT") && !equalFold(p.Raw, "NONE") {
				splices, fine = append(splices, splice{offsetIn(text, p.Raw), end, "CLIENT"}), false
			}
		}
	}
	if agents == 0 {
		colon := offsetIn(text, c.Value) - 1
		splices, fine = append(splices, splice{colon, colon, ";SCHEDULE-AGENT=CLIENT"}), false
	}
	if fine {
		return nil
	}
	return spliced(text, splices)
}

// neutralPrefix goes before the names of the lines that Neutralise takes out of effect.
const neutralPrefix = "X-DAVFERRY-"

// Neutralise is the rule that leaves no server anybody to tell: ORGANIZER becomes X-DAVFERRY-ORGANIZER and ATTENDEE
// X-DAVFERRY-ATTENDEE, with everything else in the line as it was. Taking the prefix away undoes it.
type Neutralise struct{}

// Key implements Rule.
func (Neutralise) Key() string { return PeopleNeutralised }

// Apply implements Rule.
func (Neutralise) Apply(_ Subject, e *Editor) []Left {
	for l := range peopleLines(e.Data()) {
		if text := l.Text(); parseContent(text).Valid {
			at := offsetIn(text, parseContent(text).Name)
			e.Replace(PeopleNeutralised, l, spliced(text, []splice{{at, at, neutralPrefix}}))
		}
	}
	return nil
}

// IsNeutralised says whether Neutralise has taken people out of effect in an object.
func IsNeutralised(data []byte) bool {
	for l := range Lines(data) {
		if name := l.Name(); len(name) > len(neutralPrefix) && hasPrefixFold(name, neutralPrefix) && namesPerson(name[len(neutralPrefix):]) {
			return true
		}
	}
	return false
}
