package davtest

// Quirks are the ways in which real servers differ from the standards or from each other. The zero value is a server
// without any. Each field names servers that show it.
type Quirks struct {
	// Finding a way in.

	// Base is the context path (RFC 6764 section 4) that everything lives below, such as "/remote.php/dav"; "/" answers
	// 404 then, as sabre/dav and Nextcloud do. It counts for users that are added afterwards.
	Base string

	// SameHome makes the principal and both home sets one collection, "/NAME/". Radicale; DAViCal nearly so. It counts
	// for users that are added afterwards.
	SameHome bool

	// WellKnownCalDAV and WellKnownCardDAV say what the well-known URIs answer (RFC 6764 section 5).
	WellKnownCalDAV, WellKnownCardDAV WellKnown

	// Unauthenticated answers a PROPFIND without login with 207 and <unauthenticated/> (RFC 5397). Cyrus.
	Unauthenticated bool

	// HTMLLogin answers every request with 200 and a login page. Single sign-on in front of a server.
	HTMLLogin bool

	// HTTP10 answers with HTTP/1.0 and closes the connection after each answer. Radicale.
	HTTP10 bool

	// MasterLogin lets an administrator (see Server.AddAdministrator) log in as USER%ADMINISTRATOR with his own password
	// and be that user. Stalwart.
	MasterLogin bool

	// Server is the Server header of every answer, "" for none. Some quirks are known by it.
	Server string

	// Signature is the name of a further header of every answer, by which some software is known, "" for none.
	// X-DAViCal-Version, X-Sabre-Version.
	Signature string

	// PROPFIND.

	// NoOwner leaves out DAV:owner and DAV:principal-URL, as a server without access control (RFC 3744) may.
	NoOwner bool

	Prefixes PrefixStyle
	Hrefs    HrefStyle

	// AbsoluteHrefs makes every href a whole URL (RFC 4918 section 8.3).
	AbsoluteHrefs bool

	// Specials are added to each user that is added afterwards.
	Specials []Special

	// ForeignTree207 answers a PROPFIND of another user's tree with 207 and a propstat of 403. sabre/dav.
	ForeignTree207 bool

	// UserAgentRequired hides all address books but the first from a client without User-Agent. SOGo.
	UserAgentRequired bool

	NoCTag          bool // no CS:getctag
	NoSyncToken     bool // no DAV:sync-token and no sync-collection. sabre/dav 1.8.
	NoContentLength bool // no DAV:getcontentlength

	// SurrogateReferences writes characters above U+FFFF in names as two character references that XML does not allow,
	// which makes the whole listing ill-formed. SOGo.
	SurrogateReferences bool

	// DoubleEscapedNames escapes names twice: "A & B" is read as "A &amp; B". DAViCal after MKCALENDAR.
	DoubleEscapedNames bool

	WeakETags     bool // W/"…". Servers behind nginx with gzip.
	UnquotedETags bool // without quotes. Calypso.

	// CounterETags counts the versions of each object: the same ETag for every object that was written once, and again
	// after it was deleted and written anew. SOGo.
	CounterETags bool

	// REPORT and GET.

	Data  DataForm
	Unfit Unfit

	// OmitMissingHrefs leaves hrefs that are not there out of a multiget's answer. sabre/dav 4, DAViCal.
	OmitMissingHrefs bool

	// WholeMultiget404 answers 404 to a multiget with one href that is not there. sabre/dav 1.8.
	WholeMultiget404 bool

	// MultigetCap is how many hrefs of a multiget are answered, silently; 0 means all. Zoho: 1000.
	MultigetCap int

	// LyingMultiget answers only every eighth href of a multiget as it should, beginning with the eighth. The seven before
	// it are answered not at all, with 404, with 403, with 507, with empty properties, under an href that nobody asked
	// for, and twice. Each of it was seen on some server; no server does all of it.
	LyingMultiget bool

	// DepthZeroMultiget answers a multiget of Depth 0 with the collection itself. Zoho.
	DepthZeroMultiget bool

	// DuplicateHrefs answers every href of a multiget or listing twice. Zimbra, Calypso.
	DuplicateHrefs bool

	// VCard3Default serves every vCard as 3.0 unless version 4.0 is asked for, and as 4.0 if it is, under one ETag. Made
	// 3.0, a data: URI in PHOTO loses its bytes. Cyrus 3.6.
	VCard3Default bool

	// PUT, MKCALENDAR, MKCOL and PROPPATCH.

	// RefusePutWith207 answers a refused body with 207 that holds 412. Xandikos.
	RefusePutWith207 bool

	// IgnoreIfNoneMatch overwrites in spite of If-None-Match: *. SOGo.
	IgnoreIfNoneMatch bool

	// UniqueUID is the status that answers a second object of the same UID in a collection, with no-uid-conflict; 0
	// takes it. Radicale 409, Cyrus 403, Xandikos 412 (in a 207).
	UniqueUID int

	// UniqueUIDPerUser makes UniqueUID count over all calendars of the user. Cyrus.
	UniqueUIDPerUser bool

	// SeveralUIDs is the status that answers an object that holds several UIDs; 0 takes it. Radicale and sabre/dav 400,
	// Cyrus 403.
	SeveralUIDs int

	// Method is the status that answers an object with METHOD; 0 takes it. sabre/dav 4 415, Cyrus 403 for some.
	Method int

	// CollectionETags gives a collection an ETag, which changes with what is in it and counts in a DELETE with If-Match.
	// Radicale.
	CollectionETags bool

	// NoETagOnPut answers a PUT without ETag. DAViCal for vCards, Cyrus for invitations, sabre/dav after a repair.
	NoETagOnPut bool

	// RewriteOnPut serialises objects anew: properties sorted, names in upper case, lines folded at 75 octets. Radicale.
	RewriteOnPut bool

	// RefuseChunked answers 400 to a body without Content-Length. Radicale.
	RefuseChunked bool

	// MaxResourceSize is announced as max-resource-size and refuses larger objects; 0 means no limit.
	MaxResourceSize int64

	// Quota is announced as quota-available-bytes (RFC 4331) and not enforced; 0 means that nothing is said of it.
	Quota int64

	// ComponentSets is announced by calendar home sets as supported-calendar-component-sets, each set with blanks between
	// its components, and not enforced. iCloud and Apple's server: {"VEVENT", "VTODO"}.
	ComponentSets []string

	// MakesNone answers 405 to MKCALENDAR and MKCOL and leaves them out of Allow. Google.
	MakesNone bool

	// AllowsWhereNothingIs has Allow name MKCALENDAR and MKCOL only at URLs that nothing is at, where others answer 404
	// to OPTIONS. sabre/dav.
	AllowsWhereNothingIs bool

	// OneComponent makes calendars for one type of component alone: of the set that is asked for the first that is a VEVENT,
	// else the first; VEVENT where none is asked for. iCloud, Zimbra.
	OneComponent bool

	// FixedComponents is the set that every calendar gets, whatever is asked for; none for what is asked for. SOGo:
	// {"VEVENT", "VFREEBUSY", "VTODO"}; Google: {"VEVENT"}.
	FixedComponents []string

	// KeepsAtCreation are the local names of the properties that MKCALENDAR and MKCOL keep; nil means all. Xandikos
	// keeps {"displayname"}, SOGo {"displayname", "calendar-color"}.
	KeepsAtCreation []string

	// Unsettable are the local names of properties that PROPPATCH refuses with 403, and their neighbours in the request
	// with 424. sabre/dav 1.8: all it does not know.
	Unsettable []string

	// Forgets are the local names of properties that PROPPATCH says 200 to without keeping them. Xandikos:
	// calendar-order; DAViCal: schedule-calendar-transp.
	Forgets []string

	// Invitations that the server mails by itself (RFC 6638).

	// AutoSchedule announces calendar-auto-schedule and records what would be mailed, see Server.Mails. Both levers
	// below work unless they are off. sabre/dav 4, Nextcloud.
	AutoSchedule bool

	// DeafToScheduleReply ignores Schedule-Reply: F. Cyrus, DAViCal, SOGo.
	DeafToScheduleReply bool

	// HearsSchedulingEnabled obeys Scheduling-Enabled: F. Cyrus.
	HearsSchedulingEnabled bool

	// AnswersCopies takes an attendee's copy for his answer where the organizer has the meeting, marked with
	// SCHEDULE-AGENT or not, whatever it says. DAViCal.
	AnswersCopies bool

	// DeafToScheduleAgent ignores the parameter SCHEDULE-AGENT. SOGo, Google, Zimbra.
	DeafToScheduleAgent bool
}

// WellKnown is what a well-known URI answers. The zero value is 301 to the context path.
type WellKnown struct {
	// Status is that of the redirect: 301 where it is 0; 302 on Xandikos, 308 on Baikal. 404 means that there is none,
	// as on sabre/dav 1.8. 207 answers there itself as the context path does, against RFC 6764 section 5.
	Status int

	// Target is sent as Location as it is: a path, a relative path or a whole URL; "" means the context path.
	Target string
}

// etag returns an object's ETag as the server spells it.
func (q *Quirks) etag(o *object) string {
	tag := o.etag
	if q.CounterETags {
		tag = o.versionTag()
	}
	if q.UnquotedETags {
		return tag[1 : len(tag)-1]
	}
	if q.WeakETags {
		return "W/" + tag
	}
	return tag
}
