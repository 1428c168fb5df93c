package mapping

import "math/bits"

// Allowance names one thing that servers rewrite without loss, and that two objects may therefore differ in and still be the
// same in meaning. Whatever no Allowance covers is a Difference.
type Allowance uint8

// The allowances. What each allows stands in the table below.
const (
	LineEnds Allowance = iota
	Folding
	Order
	NameCase
	ValueCase
	Quotes
	TextEscapes
	URIEscapes
	Lists
	RuleParts
	EmptyParts
	EmptyProperty
	Base64
	QuotedPrintable
	BareParameters
	NumberFormat
	DurationFormat
	UTCFormat
	DefaultValue
	Bookkeeping
	CreatedAdded
	VersionAdded
	ServerProperty
	NoMethod
	ZoneAdded
	ZoneUnused
	ZoneKnown
	ZoneDetail
	allowanceCount
)

// allowanceTable says of each Allowance what it is called in reports, and what it allows.
var allowanceTable = [allowanceCount]struct{ name, about string }{
	LineEnds:        {"line-ends", "CR LF, LF, a missing last line end, blank lines, a byte order mark"},
	Folding:         {"folding", "where long lines are folded"},
	Order:           {"order", "the order of components, properties, parameters and their values"},
	NameCase:        {"name-case", "upper and lower case in names of properties, parameters and groups"},
	ValueCase:       {"value-case", "upper and lower case in values that ignore it: keywords, media types, mailto:"},
	Quotes:          {"quotes", "quotes round parameter values that need none, and RFC 6868 escapes in them"},
	TextEscapes:     {"text-escapes", `\N for \n, and escapes of characters that need none in a text: the decoded text is equal`},
	URIEscapes:      {"uri-escapes", `\; and \, in a URI of a vCard, other than a data: URI: RFC 6350 section 3.4 lets them be escaped anywhere`},
	Lists:           {"lists", "a list of values in one property or in several: EXDATE, RDATE, FREEBUSY, CATEGORIES, RESOURCES, NICKNAME"},
	RuleParts:       {"rule-parts", "the order of a recurrence rule's parts, INTERVAL=1 and WKST=MO, which are the defaults"},
	EmptyParts:      {"empty-parts", "empty parts at the end of N, ADR, ORG and other structured values"},
	EmptyProperty:   {"empty-property", "a text property without any text, or its absence"},
	Base64:          {"base64", "how base64 is written: the bytes are equal"},
	QuotedPrintable: {"quoted-printable", "quoted-printable or plain text: the decoded text is equal"},
	BareParameters:  {"bare-parameters", "the bare types of vCard 2.1, as TEL;HOME, or TEL;TYPE=HOME"},
	NumberFormat:    {"number-format", "how the numbers of GEO and UTC offsets are written"},
	DurationFormat:  {"duration-format", "PT60M or PT1H, P1W or P7D; days and hours are not the same"},
	UTCFormat:       {"utc-format", "a UTC time with Z or with TZID=UTC"},
	DefaultValue:    {"default-value", "a value that the RFC gives to what is absent, such as CLASS:PUBLIC or ROLE=REQ-PARTICIPANT"},
	Bookkeeping:     {"bookkeeping", "PRODID, DTSTAMP, LAST-MODIFIED and REV, which say who wrote the object last, and when"},
	CreatedAdded:    {"created-added", "CREATED where there was none; another or a lost CREATED is a difference"},
	VersionAdded:    {"version-added", "VERSION where there was none; another VERSION is a difference"},
	ServerProperty:  {"server-property", "X-RADICALE-NAME and X-VOBJ-FLOATINGTIME-ALLOWED, in which Radicale keeps what it needs for itself"},
	NoMethod:        {"method-removed", "a METHOD that is lost: RFC 4791 section 4.1 forbids it in a stored object; another METHOD is a difference"},
	ZoneAdded:       {"vtimezone-added", "a VTIMEZONE where there was none for its TZID"},
	ZoneUnused:      {"vtimezone-unused", "a VTIMEZONE that no property refers to"},
	ZoneKnown:       {"vtimezone-known", "the VTIMEZONE of a zone of the IANA database, which its name says all about, lost or rewritten"},
	ZoneDetail:      {"vtimezone-detail", "names, URLs, comments and X- properties in a VTIMEZONE: no time depends on them"},
}

// String returns the name, such as "folding".
func (a Allowance) String() string { return allowanceTable[a].name }

// About says what is allowed, in words.
func (a Allowance) About() string { return allowanceTable[a].about }

// Allowances lists all of them.
func Allowances() []Allowance {
	all := make([]Allowance, allowanceCount)
	for i := range all {
		all[i] = Allowance(i)
	}
	return all
}

// allowances is a set of Allowances.
type allowances uint32

func (s *allowances) add(r Allowance) { *s |= 1 << r }

func (s allowances) list() []Allowance {
	var all []Allowance
	for s != 0 {
		r := Allowance(bits.TrailingZeros32(uint32(s)))
		all = append(all, r)
		s &^= 1 << r
	}
	return all
}
