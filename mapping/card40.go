package mapping

import (
	"errors"
	"fmt"
	"strings"
)

// to40 makes a line of version 3.0 one of version 4.0 (RFC 6350 appendix A).
func to40(c *cardLine) ([]*cardLine, error) {
	if c.dropType("PREF") && c.param("PREF") == "" {
		c.add("PREF", "1")
	}
	if c.value == "" {
		return nil, nil
	}
	switch strings.ToUpper(c.name) {
	case "VERSION":
		c.setValue("4.0")
	case "PHOTO", "LOGO", "SOUND", "KEY":
		return nil, c.dataURI()
	case "BDAY", "ANNIVERSARY":
		return nil, c.date40()
	case "REV":
		return nil, c.stamp40()
	case "GEO":
		return nil, c.geo40()
	case "TZ":
		c.zone40()
	case "UID":
		if !looksLikeURI([]byte(c.value)) && c.param("VALUE") == "" {
			c.add("VALUE", "text")
		}
	case "CLASS":
		if !strings.EqualFold(c.value, "PUBLIC") {
			return nil, fmt.Errorf("version 4.0 has no place for %s", c.value)
		}
		c.dropped = true // what version 4.0 means anyway
	case "PROFILE":
		c.dropped = strings.EqualFold(c.value, "VCARD")
		if !c.dropped {
			return nil, errors.New("version 4.0 has no such property")
		}
	case "AGENT", "LABEL", "MAILER", "NAME", "SORT-STRING":
		return nil, errors.New("version 4.0 has no such property")
	}
	if c.isBinary() {
		return nil, errors.New("version 4.0 has no base64 there")
	}
	return nil, nil
}

// dataURI makes a value in base64 a data: URI (RFC 2397), which needs its media type.
func (c *cardLine) dataURI() error {
	if !c.isBinary() {
		return nil
	}
	mediaType := mediaTypeOf(c.name, c.param("TYPE"))
	if mediaType != "" {
		c.drop("TYPE")
	} else if mediaType = imageTypeOf(c.value); mediaType == "" {
		return fmt.Errorf("version 4.0 wants a media type, and TYPE=%s is none that is known", c.param("TYPE"))
	}
	c.drop("ENCODING")
	c.drop("VALUE")
	c.setValue("data:" + mediaType + ";base64," + strings.Join(strings.Fields(c.value), ""))
	return nil
}

// cardMedia are the words for TYPE in version 3.0 and the media types that they mean, by the first word that fits.
var cardMedia = []struct{ name, word, mediaType string }{
	{"PHOTO LOGO", "JPEG", "image/jpeg"}, {"PHOTO LOGO", "JPG", "image/jpeg"}, {"PHOTO LOGO", "PNG", "image/png"},
	{"PHOTO LOGO", "GIF", "image/gif"}, {"PHOTO LOGO", "BMP", "image/bmp"}, {"PHOTO LOGO", "TIFF", "image/tiff"},
	{"PHOTO LOGO", "WEBP", "image/webp"}, {"PHOTO LOGO", "SVG", "image/svg+xml"},
	{"SOUND", "BASIC", "audio/basic"}, {"SOUND", "WAVE", "audio/wav"}, {"SOUND", "OGG", "audio/ogg"}, {"SOUND", "MP3", "audio/mpeg"},
	{"KEY", "PGP", "application/pgp-keys"}, {"KEY", "X509", "application/x-x509-ca-cert"},
}

func mediaTypeOf(name, word string) string {
	for _, m := range cardMedia {
		if strings.Contains(m.name, strings.ToUpper(name)) && strings.EqualFold(m.word, word) {
			return m.mediaType
		}
	}
	if kind, _, found := strings.Cut(word, "/"); found && kind != "" && !strings.ContainsAny(word, ",; ") {
		return strings.ToLower(word) // some programs write the media type itself
	}
	return ""
}

// imageTypeOf knows images in base64 by how they begin: many programs leave out the TYPE.
func imageTypeOf(value string) string {
	for _, known := range []struct{ start, mediaType string }{
		{"/9j/", "image/jpeg"}, {"iVBORw0KGgo", "image/png"}, {"R0lGOD", "image/gif"},
	} {
		if strings.HasPrefix(strings.TrimSpace(value), known.start) {
			return known.mediaType
		}
	}
	return ""
}

// omitYear is how Apple's programs mark the year of a date that has none, in version 3.0.
const omitYear = "X-APPLE-OMIT-YEAR"

// date40 writes a date as version 4.0 does: without hyphens, and with two for a year that is not known.
func (c *cardLine) date40() error {
	if strings.EqualFold(c.param("VALUE"), "text") {
		return nil
	}
	date, rest, hasTime := strings.Cut(c.value, "T")
	if !isDate(date) {
		return fmt.Errorf("%s is no date", excerpt([]byte(c.value), 40))
	}
	date = strings.ReplaceAll(date, "-", "")
	if year := c.param(omitYear); year != "" {
		if year != date[:4] {
			return fmt.Errorf("%s=%s is not the year of %s", omitYear, year, excerpt([]byte(c.value), 40))
		}
		c.drop(omitYear)
		date = "--" + date[4:]
	}
	if hasTime {
		date += "T" + strings.ReplaceAll(rest, ":", "")
	}
	c.drop("VALUE")
	c.setValue(date)
	return nil
}

// isDate knows 1996-04-15 and 19960415.
func isDate(s string) bool {
	digits := strings.ReplaceAll(s, "-", "")
	return len(digits) == 8 && strings.Trim(digits, "0123456789") == "" &&
		(len(s) == 8 || len(s) == 10 && s[4] == '-' && s[7] == '-')
}

// stamp40 writes a time without hyphens and colons. A zone's offset keeps its sign.
func (c *cardLine) stamp40() error {
	date, clock, hasTime := strings.Cut(c.value, "T")
	if !isDate(date) {
		return fmt.Errorf("%s is no time", excerpt([]byte(c.value), 40))
	}
	value := strings.ReplaceAll(date, "-", "")
	if !hasTime {
		value += "T000000Z" // version 4.0 wants a time (RFC 6350 section 4.3.5)
	} else {
		clock, _, _ = strings.Cut(clock, ".")
		value += "T" + strings.ReplaceAll(clock, ":", "")
	}
	c.drop("VALUE")
	c.setValue(value)
	return nil
}

// geo40 writes a position as a geo: URI (RFC 5870).
func (c *cardLine) geo40() error {
	latitude, longitude, found := strings.Cut(c.value, ";")
	if !found || !isNumber(latitude) || !isNumber(longitude) {
		return fmt.Errorf("%s is no position", excerpt([]byte(c.value), 40))
	}
	c.setValue("geo:" + strings.TrimSpace(latitude) + "," + strings.TrimSpace(longitude))
	return nil
}

func isNumber(s string) bool {
	s = strings.TrimPrefix(strings.TrimSpace(s), "-")
	return s != "" && strings.Trim(s, "0123456789.") == "" && strings.Count(s, ".") <= 1
}

// zone40 marks an offset as one: version 4.0 takes a TZ for a text.
func (c *cardLine) zone40() {
	if offset := strings.Replace(c.value, ":", "", 1); isOffset(offset) {
		c.drop("VALUE")
		c.add("VALUE", "utc-offset")
		c.setValue(offset)
	}
}

// isOffset knows +0100.
func isOffset(s string) bool {
	return len(s) == 5 && (s[0] == '+' || s[0] == '-') && strings.Trim(s[1:], "0123456789") == ""
}
