package davtest

import (
	"encoding/xml"

	"davferry/internal/dav"
)

// The XML namespaces of the properties and reports that the server knows.
const (
	nsDAV            = "DAV:"
	nsCalDAV         = "urn:ietf:params:xml:ns:caldav"
	nsCardDAV        = "urn:ietf:params:xml:ns:carddav"
	nsCalendarServer = "http://calendarserver.org/ns/"
	nsApple          = "http://apple.com/ns/ical/"
	nsNextcloud      = "http://nextcloud.com/ns"
)

// Names that are used in more than one place.
var (
	nameDisplayName   = xml.Name{Space: nsDAV, Local: "displayname"}
	nameResourceType  = xml.Name{Space: nsDAV, Local: "resourcetype"}
	nameCollection    = xml.Name{Space: nsDAV, Local: "collection"}
	namePrincipal     = xml.Name{Space: nsDAV, Local: "principal"}
	nameProp          = xml.Name{Space: nsDAV, Local: "prop"}
	nameHref          = xml.Name{Space: nsDAV, Local: "href"}
	nameSyncToken     = xml.Name{Space: nsDAV, Local: "sync-token"}
	nameColor         = xml.Name{Space: nsApple, Local: "calendar-color"}
	nameOrder         = xml.Name{Space: nsApple, Local: "calendar-order"}
	nameTimezone      = xml.Name{Space: nsCalDAV, Local: "calendar-timezone"}
	nameComponentSet  = xml.Name{Space: nsCalDAV, Local: "supported-calendar-component-set"}
	nameComponent     = xml.Name{Space: nsCalDAV, Local: "comp"}
	nameCTag          = xml.Name{Space: nsCalendarServer, Local: "getctag"}
	nameSource        = xml.Name{Space: nsCalendarServer, Local: "source"}
	nameCannotModify  = xml.Name{Space: nsDAV, Local: "cannot-modify-protected-property"}
	nameNeedPrivilege = xml.Name{Space: nsDAV, Local: "need-privileges"}
)

// protocol is what differs between CalDAV and CardDAV. The table is written out here, apart from the client's, so that
// a wrong name in one of the two does not agree with itself.
type protocol struct {
	space         string
	homeSet       xml.Name
	resourceType  xml.Name
	multiget      xml.Name
	query         xml.Name
	data          xml.Name
	description   xml.Name
	maxSize       xml.Name
	validData     xml.Name
	supportedData xml.Name
	noUIDConflict xml.Name
	homes         string // first path segment of the home sets
	mediaType     string // of objects
	component     string // outermost component of an object
}

func caldav(local string) xml.Name  { return xml.Name{Space: nsCalDAV, Local: local} }
func carddav(local string) xml.Name { return xml.Name{Space: nsCardDAV, Local: local} }

var protocols = [...]protocol{
	dav.Calendar: {
		space:         nsCalDAV,
		homeSet:       caldav("calendar-home-set"),
		resourceType:  caldav("calendar"),
		multiget:      caldav("calendar-multiget"),
		query:         caldav("calendar-query"),
		data:          caldav("calendar-data"),
		description:   caldav("calendar-description"),
		maxSize:       caldav("max-resource-size"),
		validData:     caldav("valid-calendar-data"),
		supportedData: caldav("supported-calendar-data"),
		noUIDConflict: caldav("no-uid-conflict"),
		homes:         "calendars",
		mediaType:     "text/calendar",
		component:     "VCALENDAR",
	},
	dav.AddressBook: {
		space:         nsCardDAV,
		homeSet:       carddav("addressbook-home-set"),
		resourceType:  carddav("addressbook"),
		multiget:      carddav("addressbook-multiget"),
		query:         carddav("addressbook-query"),
		data:          carddav("address-data"),
		description:   carddav("addressbook-description"),
		maxSize:       carddav("max-resource-size"),
		validData:     carddav("valid-address-data"),
		supportedData: carddav("supported-address-data"),
		noUIDConflict: carddav("no-uid-conflict"),
		homes:         "addressbooks",
		mediaType:     "text/vcard",
		component:     "VCARD",
	},
}
