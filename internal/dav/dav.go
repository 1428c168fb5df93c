// Package dav is the wire: a client for CalDAV (RFC 4791) and CardDAV (RFC 6352) servers that is made for moving data.
//
// It differs from other clients in what it must never do: it never decodes and re-encodes an object (the bytes that a
// server sends are the bytes that arrive), one bad member of a multistatus never takes its neighbours with it, a
// redirect never turns a PROPFIND into a GET, and a password never goes to a host that nobody named.
//
// One verb stands in one file: propfind.go, multiget.go, put.go, mkcol.go, discover.go. What CalDAV and CardDAV do
// differently stands in the table of kind.go.
package dav

// Collection is a calendar collection (RFC 4791 section 4.2) or an address book collection (RFC 6352 section 5.2).
type Collection struct {
	Kind Kind

	// Path is where the collection is: an absolute path at the server of its account, exactly as the server spells it
	// (still percent-encoded, with its trailing slash), or a whole URL where it lies on another host.
	Path string

	DisplayName string   // DAV:displayname, "" where the server has none
	Description string   // calendar-description or addressbook-description
	Color       string   // calendar-color as the server spells it, such as #RRGGBB or #RRGGBBAA
	Order       string   // calendar-order, a decimal number
	Timezone    string   // calendar-timezone: a VCALENDAR with one VTIMEZONE (RFC 4791 section 5.2.2)
	Components  []string // supported-calendar-component-set; none means that every component is taken (section 5.2.3)

	CTag      string // CS:getctag, "" where the server has none or was not asked
	SyncToken string // DAV:sync-token (RFC 6578), "" where the server has none or was not asked
	Modified  string // DAV:getlastmodified, where Account.SpareStates has it asked for

	// AddressData lists the vCard versions of CARDDAV:supported-address-data, such as "3.0" and "4.0".
	AddressData []string

	// Owner is the href of the principal that DAV:owner names (RFC 3744 section 5.1), "" where the server does not say.
	Owner string

	// Skip says in a few words why the collection is not one to move ("someone else's share"), "" for those to move.
	Skip string
}

// Member is one object of a collection as its listing shows it.
type Member struct {
	Path string // as the server spells it, still percent-encoded; sent back unchanged
	ETag string // opaque, with its quotes as the server sent them; "" where the server has none
	Size int64  // DAV:getcontentlength in octets, -1 where the server does not say
}

// Object is a calendar object resource (RFC 4791 section 4.1) or an address object resource (RFC 6352 section 5.1).
type Object struct {
	Path string // as in the listing it came from
	ETag string // of the version that Data is; opaque
	Data []byte // exactly as the server serves it, never re-encoded
}
