package mapping

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// value is a property's value with what its parameters say about it.
type value struct {
	typ             valueType
	raw             []byte
	valueType       string // VALUE, in upper case
	base64          bool
	quotedPrintable bool
}

// settle decides how the value is compared, and turns what its parameters say about its form into that form.
func (v *value) settle(c *canonicaliser, e *entry) {
	switch {
	case v.valueType == "":
	case v.valueType == e.prop.defaultType, v.valueType == "BINARY" && v.base64:
		e.rules.add(DefaultValue)
	default:
		c.params = append(c.params, parameter{"VALUE", v.valueType})
		slices.SortFunc(c.params, parameter.compare)
		v.typ = v.typ.with(v.valueType)
	}
	if v.quotedPrintable {
		v.raw = bytes.ReplaceAll(decodeQuotedPrintable(make([]byte, 0, len(v.raw)), v.raw), []byte("\r\n"), []byte("\n"))
	}
	if c.cards && v.typ == asWritten && looksLikeURI(v.raw) && !hasPrefixFold(v.raw, "data:") {
		v.typ = cardURI
	}
	if v.typ == dateTime || v.typ == valueList {
		v.settleUTC(c, e)
	}
}

// settleUTC writes a time of the zone "UTC" with a Z.
func (v *value) settleUTC(c *canonicaliser, e *entry) {
	i := slices.IndexFunc(c.params, func(p parameter) bool { return p.name == "TZID" && isUTC(p.value) })
	if i < 0 || bytes.IndexByte(v.raw, '/') >= 0 {
		return
	}
	c.params = slices.Delete(c.params, i, i+1)
	e.rules.add(UTCFormat)
	values := bytes.Split(v.raw, []byte(","))
	for i, m := range values {
		if len(m) == 15 {
			values[i] = append(slices.Clip(m), 'Z')
		}
	}
	v.raw = bytes.Join(values, []byte(","))
}

func isUTC(tzid string) bool {
	switch tzid {
	case "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT":
		return true
	}
	return false
}

// appendEntries appends e with the value, or one e for each value of a list. head, with room for the value, becomes the
// key.
func (v *value) appendEntries(all []entry, e entry, head []byte) []entry {
	if v.base64 {
		e.key = appendBase64(head, v.raw, &e.rules)
		return append(all, e)
	}
	if v.typ != textList && v.typ != valueList {
		e.key = v.appendValue(head, v.raw, &e.rules)
		return append(all, e)
	}
	first := len(all)
	for part := range splitUnescaped(v.raw, ',') {
		one := e
		key := append(make([]byte, 0, len(head)+len(part)), head...)
		one.key = v.appendValue(key, part, &one.rules)
		all = append(all, one)
	}
	if n := len(all) - first; n > 1 {
		for i := first; i < len(all); i++ {
			all[i].part = true
			all[i].rules.add(Lists)
		}
	}
	return all
}

func (v *value) appendValue(dst, raw []byte, rules *allowances) []byte {
	switch v.typ {
	case text, textList:
		return appendText(dst, raw, rules)
	case structured, structList:
		return appendStructured(dst, raw, v.typ == structList, rules)
	case recurRule:
		return appendRecur(dst, raw, rules)
	case duration:
		return appendDuration(dst, raw, rules)
	case utcOffset:
		return appendOffset(dst, raw, rules)
	case numbers:
		return appendNumbers(dst, raw, rules)
	case keyword:
		return append(dst, upper(bytes.TrimSpace(raw), rules, ValueCase)...)
	case address:
		return appendAddress(dst, raw, rules)
	case cardURI:
		return appendURI(dst, raw, rules)
	case guessed:
		return appendGuessed(dst, raw, rules)
	}
	return append(dst, raw...)
}

func appendText(dst, raw []byte, rules *allowances) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		if bytes.IndexByte(raw, ',') >= 0 || bytes.IndexByte(raw, ';') >= 0 {
			rules.add(TextEscapes)
		}
		return append(dst, raw...)
	}
	if !isWellEscaped(raw) {
		rules.add(TextEscapes)
	}
	return unescape(dst, raw)
}

// isWellEscaped says whether raw is escaped as RFC 5545 section 3.3.11 writes it: \n, \\, \, and \; and nothing bare.
func isWellEscaped(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case ',', ';':
			return false
		case '\\':
			if i++; i == len(raw) || bytes.IndexByte([]byte(`n\,;`), raw[i]) < 0 {
				return false
			}
		}
	}
	return true
}

func appendStructured(dst, raw []byte, lists bool, rules *allowances) []byte {
	start := len(dst)
	first := true
	for part := range splitUnescaped(raw, ';') {
		if !first {
			dst = append(dst, 0)
		}
		first = false
		if !lists {
			dst = appendText(dst, part, rules)
			continue
		}
		firstValue := true
		for one := range splitUnescaped(part, ',') {
			if !firstValue {
				dst = append(dst, 1)
			}
			firstValue = false
			dst = appendText(dst, one, rules)
		}
	}
	trimmed := bytes.TrimRight(dst[start:], "\x00")
	if len(trimmed) < len(dst)-start {
		rules.add(EmptyParts)
	}
	return dst[:start+len(trimmed)]
}

func appendRecur(dst, raw []byte, rules *allowances) []byte {
	up := upper(raw, rules, ValueCase)
	var parts []string
	for part := range strings.SplitSeq(up, ";") {
		switch part = strings.TrimSpace(part); part {
		case "", "INTERVAL=1", "WKST=MO":
			continue
		}
		if name, list, ok := strings.Cut(part, "="); ok && strings.Contains(list, ",") {
			values := strings.Split(list, ",")
			slices.Sort(values)
			part = name + "=" + strings.Join(values, ",")
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	joined := strings.Join(parts, ";")
	if joined != up {
		rules.add(RuleParts)
	}
	return append(dst, joined...)
}

func appendDuration(dst, raw []byte, rules *allowances) []byte {
	s, ok := parseSpan(raw)
	if !ok {
		return append(dst, raw...)
	}
	start := len(dst)
	if s.negative && (s.days != 0 || s.seconds != 0) {
		dst = append(dst, '-')
	}
	dst = strconv.AppendInt(append(dst, 'P'), s.days, 10)
	dst = strconv.AppendInt(append(dst, "DT"...), s.seconds, 10)
	dst = append(dst, 'S')
	if !bytes.Equal(dst[start:], raw) {
		rules.add(DurationFormat)
	}
	return dst
}

func appendOffset(dst, raw []byte, rules *allowances) []byte {
	offset, ok := parseOffset(raw)
	if !ok {
		return append(dst, raw...)
	}
	start := len(dst)
	sign := byte('+')
	if offset < 0 {
		sign = '-'
	}
	seconds := int(offset.Abs().Seconds())
	dst = fmt.Appendf(dst, "%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		dst = fmt.Appendf(dst, "%02d", seconds%60)
	}
	if !bytes.Equal(dst[start:], raw) {
		rules.add(NumberFormat)
	}
	return dst
}

func appendNumbers(dst, raw []byte, rules *allowances) []byte {
	start := len(dst)
	for part := range bytes.SplitSeq(raw, []byte(";")) {
		n, err := strconv.ParseFloat(string(bytes.TrimSpace(part)), 64)
		if err != nil {
			return append(dst[:start], raw...)
		}
		if len(dst) > start {
			dst = append(dst, ';')
		}
		dst = strconv.AppendFloat(dst, n, 'f', -1, 64)
	}
	if !bytes.Equal(dst[start:], raw) {
		rules.add(NumberFormat)
	}
	return dst
}

func appendAddress(dst, raw []byte, rules *allowances) []byte {
	const scheme = "mailto:"
	if !hasPrefixFold(raw, scheme) {
		return append(dst, raw...)
	}
	if !bytes.HasPrefix(raw, []byte(scheme)) {
		rules.add(ValueCase)
	}
	return append(append(dst, scheme...), raw[len(scheme):]...)
}

func appendURI(dst, raw []byte, rules *allowances) []byte {
	for i, c := range raw {
		if c == '\\' && i+1 < len(raw) && (raw[i+1] == ',' || raw[i+1] == ';') {
			rules.add(URIEscapes)
			continue
		}
		dst = append(dst, c)
	}
	return dst
}

// appendGuessed takes the value for a text, as RFC 5545 section 3.8.8.2 says of what has no VALUE, unless it is a URI or
// shows by escaping some separators and others not that it has parts.
func appendGuessed(dst, raw []byte, rules *allowances) []byte {
	if looksLikeURI(raw) || hasParts(raw) {
		return append(append(dst, 2), raw...)
	}
	return appendText(dst, raw, rules)
}

func hasParts(raw []byte) bool {
	var bare, escaped bool
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw):
			i++
			escaped = escaped || raw[i] == ',' || raw[i] == ';'
		case raw[i] == ',', raw[i] == ';':
			bare = true
		}
	}
	return bare && escaped
}

// appendBase64 appends the bytes that raw encodes. What is no base64 is compared as it is written.
func appendBase64(dst, raw []byte, rules *allowances) []byte {
	start := len(dst)
	dst = append(dst, 3)
	packed := raw
	if bytes.ContainsAny(raw, " \t\r\n") {
		rules.add(Base64)
		packed = bytes.Join(bytes.Fields(raw), nil)
	}
	packed = bytes.TrimRight(packed, "=")
	if len(raw) > 0 && (len(packed)+3)/4*4 != len(raw) {
		rules.add(Base64)
	}
	decoded, err := base64.RawStdEncoding.AppendDecode(dst, packed)
	if err != nil {
		return append(append(dst[:start], 4), raw...)
	}
	return decoded
}
