package mapping

import (
	"bytes"
	"strings"

	"davferry/internal/dav"
)

// valueType says how a property's value is compared.
type valueType uint8

const (
	guessed    valueType = iota // not in the tables: X- and new properties, TEXT as RFC 5545 section 3.8.8 says, with care
	asWritten                   // URIs, dates, numbers, and others in which a backslash is a backslash
	text                        // one TEXT value
	textList                    // TEXT values with commas between them
	structured                  // TEXT values with semicolons between them (RFC 6350 section 6.2.2)
	structList                  // the same, each of them a list
	valueList                   // values with commas between them that are no TEXT: EXDATE, RDATE, FREEBUSY
	recurRule                   // RECUR (RFC 5545 section 3.3.10)
	duration                    // DURATION
	dateTime                    // DATE or DATE-TIME
	utcOffset                   // UTC-OFFSET
	numbers                     // numbers with semicolons between them: GEO
	keyword                     // one of a set of words, case ignored
	cardURI                     // a URI in a vCard
	address                     // CAL-ADDRESS: a URI, mailto: with case ignored
)

// property is what is known of a property: how its value is compared, and what it means when it is absent.
type property struct {
	typ          valueType
	defaultType  string    // VALUE when that parameter is absent, "" for none that may be left out
	defaultValue string    // what the absence of the property means, "" for nothing
	absentRule   Allowance // if not 0, the rule by which it may come and go as it likes
}

// calendarProperties is RFC 5545 section 3.8 with RFC 7986, 7953, 9073 and 9074.
var calendarProperties = map[string]*property{
	"ACTION":           {typ: keyword},
	"ATTACH":           {typ: asWritten, defaultType: "URI"},
	"ATTENDEE":         {typ: address, defaultType: "CAL-ADDRESS"},
	"BUSYTYPE":         {typ: keyword},
	"CALENDAR-ADDRESS": {typ: address, defaultType: "CAL-ADDRESS"},
	"CALSCALE":         {typ: keyword, defaultValue: "GREGORIAN"},
	"CATEGORIES":       {typ: textList, defaultType: "TEXT"},
	"CLASS":            {typ: keyword, defaultValue: "PUBLIC"},
	"COLOR":            {typ: keyword},
	"COMMENT":          {typ: text, defaultType: "TEXT"},
	"COMPLETED":        {typ: dateTime, defaultType: "DATE-TIME"},
	"CONFERENCE":       {typ: asWritten},
	"CONTACT":          {typ: text, defaultType: "TEXT"},
	"CREATED":          {typ: dateTime, defaultType: "DATE-TIME"},
	"DESCRIPTION":      {typ: text, defaultType: "TEXT"},
	"DTEND":            {typ: dateTime, defaultType: "DATE-TIME"},
	"DTSTAMP":          {typ: dateTime, absentRule: Bookkeeping},
	"DTSTART":          {typ: dateTime, defaultType: "DATE-TIME"},
	"DUE":              {typ: dateTime, defaultType: "DATE-TIME"},
	"DURATION":         {typ: duration, defaultType: "DURATION"},
	"EXDATE":           {typ: valueList, defaultType: "DATE-TIME"},
	"EXRULE":           {typ: recurRule, defaultType: "RECUR"},
	"FREEBUSY":         {typ: valueList, defaultType: "PERIOD"},
	"GEO":              {typ: numbers},
	"IMAGE":            {typ: asWritten},
	"LAST-MODIFIED":    {typ: dateTime, absentRule: Bookkeeping},
	"LOCATION":         {typ: text, defaultType: "TEXT"},
	"METHOD":           {typ: keyword},
	"NAME":             {typ: text, defaultType: "TEXT"},
	"ORGANIZER":        {typ: address, defaultType: "CAL-ADDRESS"},
	"PERCENT-COMPLETE": {typ: asWritten},
	"PRIORITY":         {typ: asWritten, defaultValue: "0"},
	"PRODID":           {typ: text, absentRule: Bookkeeping},
	"RDATE":            {typ: valueList, defaultType: "DATE-TIME"},
	"RECURRENCE-ID":    {typ: dateTime, defaultType: "DATE-TIME"},
	"REFRESH-INTERVAL": {typ: duration},
	"RELATED-TO":       {typ: text, defaultType: "TEXT"},
	"REPEAT":           {typ: asWritten},
	"REQUEST-STATUS":   {typ: structured},
	"RESOURCES":        {typ: textList, defaultType: "TEXT"},
	"RRULE":            {typ: recurRule, defaultType: "RECUR"},
	"SEQUENCE":         {typ: asWritten, defaultValue: "0"},
	"SOURCE":           {typ: asWritten},
	"STATUS":           {typ: keyword},
	"SUMMARY":          {typ: text, defaultType: "TEXT"},
	"TRANSP":           {typ: keyword, defaultValue: "OPAQUE"},
	"TRIGGER":          {typ: duration, defaultType: "DURATION"},
	"TZID":             {typ: text},
	"TZNAME":           {typ: text},
	"TZOFFSETFROM":     {typ: utcOffset},
	"TZOFFSETTO":       {typ: utcOffset},
	"TZURL":            {typ: asWritten},
	"UID":              {typ: text, defaultType: "TEXT"},
	"URL":              {typ: asWritten, defaultType: "URI"},
	"VERSION":          {typ: keyword},
	"X-RADICALE-NAME":  {typ: text, absentRule: ServerProperty},
}

// cardProperties is RFC 6350 section 6 with RFC 2426 and vCard 2.1.
var cardProperties = map[string]*property{
	"ADR":             {typ: structList, defaultType: "TEXT"},
	"AGENT":           {typ: asWritten},
	"ANNIVERSARY":     {typ: asWritten},
	"BDAY":            {typ: asWritten},
	"CALADRURI":       {typ: asWritten, defaultType: "URI"},
	"CALURI":          {typ: asWritten, defaultType: "URI"},
	"CATEGORIES":      {typ: textList, defaultType: "TEXT"},
	"CLASS":           {typ: keyword, defaultValue: "PUBLIC"},
	"CLIENTPIDMAP":    {typ: asWritten},
	"EMAIL":           {typ: text, defaultType: "TEXT"},
	"FBURL":           {typ: asWritten, defaultType: "URI"},
	"FN":              {typ: text, defaultType: "TEXT"},
	"GENDER":          {typ: structured, defaultType: "TEXT"},
	"GEO":             {typ: numbers},
	"IMPP":            {typ: asWritten, defaultType: "URI"},
	"KEY":             {typ: asWritten},
	"KIND":            {typ: keyword, defaultValue: "INDIVIDUAL"},
	"LABEL":           {typ: text, defaultType: "TEXT"},
	"LANG":            {typ: keyword},
	"LOGO":            {typ: asWritten},
	"MAILER":          {typ: text, defaultType: "TEXT"},
	"MEMBER":          {typ: asWritten, defaultType: "URI"},
	"N":               {typ: structList, defaultType: "TEXT"},
	"NICKNAME":        {typ: textList, defaultType: "TEXT"},
	"NOTE":            {typ: text, defaultType: "TEXT"},
	"ORG":             {typ: structured, defaultType: "TEXT"},
	"PHOTO":           {typ: asWritten},
	"PRODID":          {typ: text, absentRule: Bookkeeping},
	"RELATED":         {typ: asWritten},
	"REV":             {typ: asWritten, absentRule: Bookkeeping},
	"ROLE":            {typ: text, defaultType: "TEXT"},
	"SORT-STRING":     {typ: text, defaultType: "TEXT"},
	"SOUND":           {typ: asWritten},
	"SOURCE":          {typ: asWritten, defaultType: "URI"},
	"TEL":             {typ: text, defaultType: "TEXT"},
	"TITLE":           {typ: text, defaultType: "TEXT"},
	"TZ":              {typ: asWritten},
	"UID":             {typ: text},
	"URL":             {typ: asWritten, defaultType: "URI"},
	"VERSION":         {typ: keyword},
	"X-ABLABEL":       {typ: text, defaultType: "TEXT"},
	"X-RADICALE-NAME": {typ: text, absentRule: ServerProperty},
}

func propertiesOf(k dav.Kind) map[string]*property {
	if k == dav.AddressBook {
		return cardProperties
	}
	return calendarProperties
}

// with returns how a value is compared whose VALUE parameter is value (in upper case).
func (t valueType) with(value string) valueType {
	switch value {
	case "URI", "URL", "BINARY", "CONTENT-ID", "CID", "BOOLEAN", "INTEGER", "FLOAT", "UTC-OFFSET", "XML-REFERENCE":
		if t == numbers || t == valueList {
			return t
		}
		return asWritten
	case "CAL-ADDRESS":
		return address
	case "DURATION":
		return duration
	case "TEXT":
		if t == guessed || t == asWritten {
			return text
		}
	case "DATE", "DATE-TIME":
		if t == duration || t == guessed {
			return dateTime
		}
	}
	return t
}

// parameterDefaults is what the absence of a parameter means (RFC 5545 section 3.2, RFC 6638 section 7.1).
var parameterDefaults = map[string]string{
	"CUTYPE": "INDIVIDUAL", "ENCODING": "8BIT", "FBTYPE": "BUSY", "PARTSTAT": "NEEDS-ACTION", "RELATED": "START", "RELTYPE": "PARENT",
	"ROLE": "REQ-PARTICIPANT", "RSVP": "FALSE", "SCHEDULE-AGENT": "SERVER", "CHARSET": "UTF-8",
}

// keywordParameters are those whose values ignore case.
var keywordParameters = map[string]bool{
	"CHARSET": true, "CUTYPE": true, "DISPLAY": true, "ENCODING": true, "FBTYPE": true, "FEATURE": true, "FMTTYPE": true, "LANGUAGE": true,
	"MEDIATYPE": true, "PARTSTAT": true, "RANGE": true, "RELATED": true, "RELTYPE": true, "ROLE": true, "RSVP": true, "SCHEDULE-AGENT": true,
	"TYPE": true, "VALUE": true,
}

// bareParameter returns the name that vCard 2.1 leaves out before a value.
func bareParameter(value string) string {
	switch value {
	case "QUOTED-PRINTABLE", "BASE64", "7BIT", "8BIT":
		return "ENCODING"
	case "INLINE", "URL", "CONTENT-ID", "CID":
		return "VALUE"
	}
	return "TYPE"
}

// isBase64 says whether an ENCODING parameter (in upper case) means base64: RFC 5545 and vCard 2.1 say BASE64, vCard 3.0 b.
func isBase64(encoding string) bool { return encoding == "B" || encoding == "BASE64" }

// uriSchemes are those without "//" that are seen in vCard and iCalendar extensions.
var uriSchemes = map[string]bool{
	"data": true, "mailto": true, "tel": true, "urn": true, "geo": true, "sip": true, "sips": true, "xmpp": true, "skype": true, "aim": true,
	"ymsgr": true, "x-apple": true,
}

// looksLikeURI says whether a value of an unknown type is a URI, in which a backslash is none of TEXT.
func looksLikeURI(value []byte) bool {
	scheme, rest, ok := bytes.Cut(value[:min(len(value), 40)], []byte(":"))
	if !ok || len(scheme) < 2 {
		return false
	}
	for _, c := range scheme {
		if c != '+' && (!isNameByte(c) || c == '_') {
			return false
		}
	}
	return bytes.HasPrefix(rest, []byte("//")) || uriSchemes[strings.ToLower(string(scheme))]
}
