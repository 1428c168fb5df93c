package mapping

import (
	"bytes"

	"davferry/internal/dav"
)

// SplitUIDs is the name in a Change of what Split does.
const SplitUIDs = "split-uids"

// Part is what an object that holds several UIDs has of one of them.
type Part struct {
	UID  string
	Data []byte
}

// Split takes an object that holds several UIDs apart, which RFC 4791 section 4.1 and RFC 6352 section 5.1 do not allow and
// some servers serve all the same: one object a UID, in the order in which the UIDs first appear. Content lines are
// copied as they are. Each part of a calendar object has the properties of the whole and those of its time zones that it
// names; what stands outside of it is in none.
//
// It returns nil for an object of one UID, and for one of which it cannot be told what belongs to which UID: something in
// it has no UID or is cut off, or a UID stands in two calendars or on two cards.
func Split(k dav.Kind, data []byte) []Part {
	var parts []Part
	seen := map[string]bool{}
	for _, whole := range parse(data).children {
		pieces := splitCalendar(whole, data)
		if k == dav.AddressBook {
			pieces = splitCard(whole, data)
		}
		if pieces == nil {
			return nil
		}
		for _, p := range pieces {
			if seen[p.UID] {
				return nil
			}
			seen[p.UID] = true
		}
		parts = append(parts, pieces...)
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

func splitCard(card *component, data []byte) []Part {
	uid := card.uid()
	if card.name != "VCARD" || card.open || uid == "" {
		return nil
	}
	return []Part{{uid, terminated(data[card.begin.Start:card.end.End])}}
}

// splitCalendar cuts out of a VCALENDAR, for each UID, the components that have another one.
func splitCalendar(calendar *component, data []byte) []Part {
	if calendar.name != "VCALENDAR" || calendar.open {
		return nil
	}
	var uids distinct
	for _, c := range calendar.children {
		if c.open || c.name != "VTIMEZONE" && c.uid() == "" {
			return nil
		}
		if c.name != "VTIMEZONE" {
			uids.add(c.uid())
		}
	}
	var parts []Part
	for _, uid := range uids.list {
		parts = append(parts, Part{uid, terminated(calendar.without(data, calendar.strangersTo(uid)))})
	}
	return parts
}

// strangersTo returns the components of a calendar that have another UID, and the time zones that those with this UID do
// not name.
func (c *component) strangersTo(uid string) map[*component]bool {
	strangers := map[*component]bool{}
	zones := map[string]bool{}
	for _, child := range c.children {
		if child.name == "VTIMEZONE" {
			continue
		}
		if strangers[child] = child.uid() != uid; !strangers[child] {
			child.zones(zones)
		}
	}
	for _, child := range c.children {
		if child.name == "VTIMEZONE" {
			strangers[child] = !zones[string(bytes.TrimSpace(child.value("TZID")))]
		}
	}
	return strangers
}

// without returns the component's text without some of its children.
func (c *component) without(data []byte, left map[*component]bool) []byte {
	out := make([]byte, 0, c.end.End-c.begin.Start)
	pos := c.begin.Start
	for _, child := range c.children {
		if left[child] {
			out = append(out, data[pos:child.begin.Start]...)
			pos = child.end.End
		}
	}
	return append(out, data[pos:c.end.End]...)
}

// zones collects the time zones that the component and those in it name.
func (c *component) zones(into map[string]bool) {
	for _, l := range c.lines {
		if zone, ok := l.Content().Param("TZID"); ok {
			into[zone] = true
		}
	}
	for _, child := range c.children {
		child.zones(into)
	}
}

// uid returns the component's UID, "" where it has none.
func (c *component) uid() string { return unescapeString(bytes.TrimSpace(c.value("UID"))) }

// terminated gives a text its last line end, where it comes from the end of an object that lacks it.
func terminated(text []byte) []byte {
	if bytes.HasSuffix(text, []byte("\n")) || bytes.HasSuffix(text, []byte("\r")) {
		return text
	}
	return append(text[:len(text):len(text)], "\r\n"...)
}
