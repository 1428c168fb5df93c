package davtest

import (
	"encoding/xml"

	"davferry/internal/dav"
)

// Special is a collection that real servers list among the calendars and address books of a home and that is not one
// to migrate.
type Special uint8

const (
	// Inbox is a scheduling inbox (RFC 6638 section 2.2). sabre/dav, Cyrus, SOGo.
	Inbox Special = iota
	// Outbox is a scheduling outbox (RFC 6638 section 2.1). sabre/dav, Cyrus.
	Outbox
	// Notifications is a collection of sharing notifications. sabre/dav, Apple's server.
	Notifications
	// Subscription is a subscribed calendar: CS:subscribed, with the address in CS:source. sabre/dav, Nextcloud.
	Subscription
	// Birthdays is the calendar contact_birthdays that Nextcloud makes of the address books. By its resourcetype it is an
	// ordinary calendar.
	Birthdays
	// TrashBin is Nextcloud's trashbin.
	TrashBin
	// RecentContacts is Nextcloud's generated address book of people written to.
	RecentContacts
)

// special describes a Special.
type special struct {
	name  string
	kind  dav.Kind
	types []xml.Name
	props map[xml.Name]string
	// object is a member's name and data, where there is one that would be wrong to migrate.
	object, data string
}

var specials = [...]special{
	Inbox:         {name: "inbox", kind: dav.Calendar, types: []xml.Name{caldav("schedule-inbox")}},
	Outbox:        {name: "outbox", kind: dav.Calendar, types: []xml.Name{caldav("schedule-outbox")}},
	Notifications: {name: "notifications", kind: dav.Calendar, types: []xml.Name{{Space: nsCalendarServer, Local: "notification"}}},
	Subscription: {
		name: "subscription", kind: dav.Calendar, types: []xml.Name{{Space: nsCalendarServer, Local: "subscribed"}},
		props: map[xml.Name]string{nameDisplayName: "Holidays"},
	},
	Birthdays: {
		name: "contact_birthdays", kind: dav.Calendar, types: []xml.Name{caldav("calendar")},
		props:  map[xml.Name]string{nameDisplayName: "Contact birthdays", nameColor: "#E9D859"},
		object: "birthday-1.ics",
		data: "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//davtest//birthdays//EN\r\nBEGIN:VEVENT\r\nUID:birthday-1\r\n" +
			"DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:19800229\r\nRRULE:FREQ=YEARLY\r\n" +
			"SUMMARY:Ada (1980)\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
	},
	TrashBin: {name: "trashbin", kind: dav.Calendar, types: []xml.Name{{Space: nsNextcloud, Local: "trash-bin"}}},
	RecentContacts: {
		name: "z-app-generated--contactsinteraction--recent", kind: dav.AddressBook,
		types:  []xml.Name{carddav("addressbook")},
		props:  map[xml.Name]string{nameDisplayName: "Recently contacted"},
		object: "1.vcf",
		data:   "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:recent-1\r\nFN:Somebody\r\nEND:VCARD\r\n",
	},
}

// subscribedTo is what a Subscription's CS:source names.
const subscribedTo = "https://calendar.example/holidays.ics"

// AddSpecial adds a Special to a user's first home set of its kind and returns its path, "" where there is no such user.
func (s *Server) AddSpecial(user string, kind Special) string {
	if int(kind) >= len(specials) {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.users[user]
	if u == nil {
		return ""
	}
	return s.addSpecial(u, &specials[kind])
}

// addSpecial is AddSpecial under the caller's lock.
func (s *Server) addSpecial(u *user, sp *special) string {
	h := u.homeOf(sp.kind)
	col := s.newCollection(sp.kind)
	col.special = sp
	for name, text := range sp.props {
		col.props[name] = textElement(name, text)
	}
	if sp == &specials[Subscription] {
		href := textElement(nameHref, subscribedTo)
		col.props[nameSource] = element{name: nameSource, children: []element{href}}
	}
	if sp.object != "" {
		// A new collection refuses nothing.
		_, _ = col.put(newObject(sp.object, []byte(sp.data)), always)
	}
	n := &node{path: h.path + "/" + sp.name, owner: u, col: col}
	s.add(n)
	return n.path + "/"
}
