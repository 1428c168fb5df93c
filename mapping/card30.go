package mapping

import (
	"fmt"
	"strings"
)

// to30 makes a line of version 4.0 one of version 3.0. Properties and parameters that are new in 4.0 stay: a reader of
// 3.0 passes over what it does not know (RFC 2426 section 3.8).
func to30(c *cardLine) ([]*cardLine, error) {
	if c.param("PREF") == "1" {
		c.drop("PREF")
		c.add("TYPE", "PREF")
	}
	c.unquoteTypes()
	if c.value == "" {
		return nil, nil
	}
	switch strings.ToUpper(c.name) {
	case "VERSION":
		c.setValue("3.0")
	case "PHOTO", "LOGO", "SOUND", "KEY":
		return nil, c.base64()
	case "BDAY", "ANNIVERSARY":
		return nil, c.date30()
	case "REV":
		return nil, c.stamp30()
	case "GEO":
		return nil, c.geo30()
	case "TZ":
		return nil, c.zone30()
	case "TEL":
		return nil, c.tel30()
	case "UID":
		c.drop("VALUE") // a text in version 3.0
	case "ADR":
		return c.label30(), nil
	}
	return nil, nil
}

// base64 makes a data: URI what version 3.0 has for it, and names other URIs as such.
func (c *cardLine) base64() error {
	if !strings.HasPrefix(strings.ToLower(c.value), "data:") {
		if !c.isURI() && looksLikeURI([]byte(c.value)) {
			c.drop("VALUE")
			c.add("VALUE", "uri")
		}
		return nil
	}
	mediaType, data, found := strings.Cut(c.value[len("data:"):], ";base64,")
	word := cardWord(c.name, mediaType)
	if !found || word == "" || c.param("MEDIATYPE") != "" && !strings.EqualFold(c.param("MEDIATYPE"), mediaType) {
		return fmt.Errorf("version 3.0 has no word for %s", excerpt([]byte(c.value), 40))
	}
	c.drop("VALUE")
	c.drop("MEDIATYPE")
	c.add("ENCODING", "b")
	c.add("TYPE", word)
	c.setValue(data)
	return nil
}

// cardWord returns the word that TYPE has for a media type.
func cardWord(name, mediaType string) string {
	for _, m := range cardMedia {
		if strings.Contains(m.name, strings.ToUpper(name)) && strings.EqualFold(m.mediaType, mediaType) {
			return m.word
		}
	}
	return ""
}

// date30 writes a date with hyphens. Of what version 4.0 lets be missing, 3.0 can leave out the year, as Apple's programs
// do.
func (c *cardLine) date30() error {
	date, clock, hasTime := strings.Cut(c.value, "T")
	monthDay := strings.TrimPrefix(date, "--")
	switch {
	case strings.EqualFold(c.param("VALUE"), "text") || c.param("CALSCALE") != "":
		return fmt.Errorf("version 3.0 wants a date, not %s", excerpt([]byte(c.value), 40))
	case isDate(date):
		date = hyphenated(strings.ReplaceAll(date, "-", ""))
	case len(date) == 6 && len(monthDay) == 4 && strings.Trim(monthDay, "0123456789") == "" && !hasTime:
		date = hyphenated("1604" + monthDay)
		c.add(omitYear, "1604")
	default:
		return fmt.Errorf("version 3.0 wants a whole date, not %s", excerpt([]byte(c.value), 40))
	}
	c.drop("VALUE") // date-and-or-time is none of version 3.0; a date is what it takes it for
	if !hasTime {
		c.setValue(date)
		return nil
	}
	clock, err := clock30(clock)
	c.add("VALUE", "date-time")
	c.setValue(date + "T" + clock)
	return err
}

func hyphenated(date string) string { return date[:4] + "-" + date[4:6] + "-" + date[6:] }

// clock30 writes a time of day with colons.
func clock30(clock string) (string, error) {
	digits := strings.ReplaceAll(clock, ":", "")
	end := strings.IndexAny(digits, "Z+-")
	zone := ""
	if end >= 0 {
		digits, zone = digits[:end], digits[end:]
	}
	if len(digits) != 6 || strings.Trim(digits, "0123456789") != "" || zone != "" && zone != "Z" && !isOffset(zone) {
		return "", fmt.Errorf("version 3.0 wants a whole time, not %s", excerpt([]byte(clock), 40))
	}
	if isOffset(zone) {
		zone = zone[:3] + ":" + zone[3:]
	}
	return digits[:2] + ":" + digits[2:4] + ":" + digits[4:] + zone, nil
}

func (c *cardLine) stamp30() error {
	date, clock, hasTime := strings.Cut(c.value, "T")
	if !isDate(date) || !hasTime {
		return fmt.Errorf("%s is no time", excerpt([]byte(c.value), 40))
	}
	c.drop("VALUE") // timestamp is none of version 3.0
	clock, err := clock30(clock)
	c.setValue(hyphenated(strings.ReplaceAll(date, "-", "")) + "T" + clock)
	return err
}

func (c *cardLine) geo30() error {
	position, isGeo := strings.CutPrefix(strings.ToLower(c.value), "geo:")
	latitude, longitude, found := strings.Cut(position, ",")
	if !isGeo || !found || !isNumber(latitude) || !isNumber(longitude) {
		return fmt.Errorf("version 3.0 has latitude and longitude alone, not %s", excerpt([]byte(c.value), 40))
	}
	c.drop("VALUE")
	c.setValue(latitude + ";" + longitude)
	return nil
}

func (c *cardLine) zone30() error {
	switch value := c.param("VALUE"); {
	case strings.EqualFold(value, "utc-offset"):
		if offset := strings.Replace(c.value, ":", "", 1); isOffset(offset) {
			c.drop("VALUE")
			c.setValue(offset[:3] + ":" + offset[3:])
			return nil
		}
		return fmt.Errorf("version 3.0 wants hours and minutes, not %s", excerpt([]byte(c.value), 40))
	case value == "":
		c.add("VALUE", "text")
	}
	return nil
}

// tel30 writes a tel: URI (RFC 3966) as the number that it is.
func (c *cardLine) tel30() error {
	if !c.isURI() {
		return nil
	}
	number := c.value
	if hasPrefixFold([]byte(number), "tel:") {
		number = number[len("tel:"):]
	}
	if number == "" || strings.Trim(number, "+0123456789-.()*#") != "" {
		return fmt.Errorf("version 3.0 has numbers there, not %s", excerpt([]byte(c.value), 40))
	}
	c.drop("VALUE")
	c.setValue(number)
	return nil
}

// label30 makes the LABEL of an address the property that it is in version 3.0.
func (c *cardLine) label30() []*cardLine {
	for i, p := range c.params {
		if !strings.EqualFold(p.name, "LABEL") {
			continue
		}
		label := &cardLine{group: c.group, name: "LABEL", changed: true,
			value: escapeText(decodeCaret(strings.Trim(p.raw, `"`)), ",;")}
		for _, other := range c.params {
			if strings.EqualFold(other.name, "TYPE") {
				label.params = append(label.params, other)
			}
		}
		c.params, c.changed = append(c.params[:i:i], c.params[i+1:]...), true
		return []*cardLine{label}
	}
	return nil
}
