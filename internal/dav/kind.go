package dav

// Kind says which of the two protocols a collection belongs to.
// CalDAV (RFC 4791) and CardDAV (RFC 6352) are one code here: all that differs between them stands in the table below.
type Kind uint8

// The two kinds of collection that davferry moves.
const (
	Calendar Kind = iota + 1
	AddressBook
)

// Kinds lists every Kind, in the order in which they are worked on.
var Kinds = []Kind{Calendar, AddressBook}

// traits is what differs between CalDAV and CardDAV on the wire.
type traits struct {
	name         string // for people and for archives
	protocol     string // for people
	service      string // the well-known URI and the SRV label without "s", RFC 6764
	space        string // XML namespace
	homeSet      string // property of the principal: RFC 4791 section 6.2.1, RFC 6352 section 7.1.1
	resourceType string // RFC 4791 section 4.2, RFC 6352 section 5.2
	feature      string // token of the DAV header: RFC 4791 section 5.1, RFC 6352 section 6.1
	multiget     string // report: RFC 4791 section 7.9, RFC 6352 section 8.7
	data         string // property that holds the object: RFC 4791 section 9.6, RFC 6352 section 10.4
	description  string // RFC 4791 section 5.2.1, RFC 6352 section 6.2.1
	mediaType    string
	extension    string
	begin        string // how the object's first content line starts
}

const (
	nsDAV            = "DAV:"
	nsCalDAV         = "urn:ietf:params:xml:ns:caldav"
	nsCardDAV        = "urn:ietf:params:xml:ns:carddav"
	nsCalendarServer = "http://calendarserver.org/ns/"
	nsApple          = "http://apple.com/ns/ical/"
	nsNextcloud      = "http://nextcloud.com/ns"
)

var kinds = [...]traits{
	Calendar: {
		name: "calendar", protocol: "CalDAV", service: "caldav", space: nsCalDAV,
		homeSet: "calendar-home-set", resourceType: "calendar", feature: "calendar-access",
		multiget: "calendar-multiget", data: "calendar-data", description: "calendar-description",
		mediaType: "text/calendar", extension: ".ics", begin: "BEGIN:VCALENDAR",
	},
	AddressBook: {
		name: "address book", protocol: "CardDAV", service: "carddav", space: nsCardDAV,
		homeSet: "addressbook-home-set", resourceType: "addressbook", feature: "addressbook",
		multiget: "addressbook-multiget", data: "address-data", description: "addressbook-description",
		mediaType: "text/vcard", extension: ".vcf", begin: "BEGIN:VCARD",
	},
}

func (k Kind) traits() traits { return kinds[k] }

// String returns "calendar" or "address book".
func (k Kind) String() string { return k.traits().name }

// Service returns the name of the service in well-known URIs and SRV labels: "caldav" or "carddav" (RFC 6764).
func (k Kind) Service() string { return k.traits().service }

// Protocol returns the name of the protocol: "CalDAV" or "CardDAV".
func (k Kind) Protocol() string { return k.traits().protocol }

// Extension returns the file name extension of the kind's objects, with its dot: ".ics" or ".vcf".
func (k Kind) Extension() string { return k.traits().extension }

// MediaType returns the media type of the kind's objects: "text/calendar" or "text/vcard".
func (k Kind) MediaType() string { return k.traits().mediaType }
