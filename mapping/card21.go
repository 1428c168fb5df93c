package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// from21 makes a line of version 2.1 one of version 3.0: parameters get their names, text is UTF-8 without
// quoted-printable, line breaks and commas are escaped.
func from21(c *cardLine) ([]*cardLine, error) {
	if c.is("VERSION") {
		c.setValue("3.0")
		return nil, nil
	}
	if c.is("AGENT") {
		return nil, errors.New("a card within a card, which only version 2.1 writes like that")
	}
	form := c.form21()
	if form.base64 {
		c.setValue(strings.Join(strings.Fields(c.value), ""))
		return nil, nil
	}
	if err := c.decode21(form); err != nil {
		return nil, err
	}
	c.literal21(form)
	return nil, c.escape21()
}

// literal21 escapes backslashes that are meant as such. Version 2.1 knows no \n, it has quoted-printable for line breaks; but
// many programs write it as in 3.0, and their line breaks are not to become backslashes. A backslash is meant where the value
// has real line breaks as well, and where it is a path of Windows, unless all are doubled already.
func (c *cardLine) literal21(form form21) {
	meant := form.quotedPrintable && strings.ContainsAny(c.value, "\r\n") || windowsPath.MatchString(c.value)
	if meant && loneBackslash.MatchString(c.value) {
		c.setValue(backslashes.ReplaceAllString(c.value, `$1$1$2`))
	}
}

var (
	windowsPath   = regexp.MustCompile(`(^|[^\pL\pN])([A-Za-z]:\\|\\\\[\pL\pN])`)
	loneBackslash = regexp.MustCompile(`(^|[^\\])\\(\\\\)*[\pL\pN]`)
	backslashes   = regexp.MustCompile(`(\\+)([^\\,;]|$)`) // but for those before a separator, which escape it
)

// from30 repairs in a line of version 3.0 what programs carry over from 2.1: parameters without a name, quoted-printable
// and character sets.
func from30(c *cardLine) ([]*cardLine, error) {
	if c.is("VERSION") {
		return nil, nil
	}
	form := c.form21()
	if !form.quotedPrintable && form.charset == "" {
		return nil, nil
	}
	if err := c.decode21(form); err != nil {
		return nil, err
	}
	c.setValue(lineBreaks.Replace(c.value))
	return nil, nil
}

// form21 is what the parameters of version 2.1 say about how a value is written.
type form21 struct {
	quotedPrintable, base64 bool
	charset                 string
}

// form21 takes out what says how the value is written, and gives the other parameters a name.
func (c *cardLine) form21() form21 {
	var form form21
	var kept []cardParam
	types := -1        // the TYPE that words without a name go to
	var words []string // these
	for _, p := range c.params {
		word := strings.ToUpper(p.raw)
		if p.name != "" && !strings.EqualFold(p.name, "ENCODING") && !strings.EqualFold(p.name, "CHARSET") && !strings.EqualFold(p.name, "VALUE") {
			kept = append(kept, p)
			continue
		}
		bare := p.name == ""
		switch {
		case strings.EqualFold(p.name, "CHARSET"):
			form.charset = strings.Trim(p.raw, `"`)
		case strings.EqualFold(p.name, "VALUE"):
			kept = append(kept, c.value21(p)...)
		case word == "QUOTED-PRINTABLE":
			form.quotedPrintable = true
		case word == "BASE64", word == "B":
			form.base64 = true
			kept = append(kept, cardParam{"ENCODING", "b"})
		case word == "7BIT", word == "8BIT":
		case bare && (word == "INLINE" || word == "URL" || word == "CONTENT-ID" || word == "CID"):
			kept = append(kept, c.value21(cardParam{"VALUE", p.raw})...)
		case bare:
			if words = append(words, p.raw); types < 0 {
				types = len(kept)
				kept = append(kept, cardParam{name: "TYPE"})
			}
		default:
			kept = append(kept, p)
		}
	}
	if types >= 0 {
		kept[types].raw = strings.Join(words, ",")
	}
	c.changed = c.changed || !equalParams(c.params, kept)
	c.params = kept
	return form
}

// value21 returns the VALUE of version 3.0 for that of 2.1.
func (c *cardLine) value21(p cardParam) []cardParam {
	switch strings.ToUpper(p.raw) {
	case "INLINE":
		return nil
	case "URL", "CONTENT-ID", "CID":
		return []cardParam{{"VALUE", "uri"}}
	}
	return []cardParam{p}
}

func equalParams(a, b []cardParam) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// decode21 makes the value UTF-8.
func (c *cardLine) decode21(form form21) error {
	value := []byte(c.value)
	if form.quotedPrintable {
		value = decodeQuotedPrintable(make([]byte, 0, len(value)), value)
	}
	if form.charset != "" && !strings.EqualFold(form.charset, "UTF-8") {
		encoding, err := htmlindex.Get(form.charset)
		if err != nil {
			return fmt.Errorf("no character set %q is known", form.charset)
		}
		decoded, err := encoding.NewDecoder().Bytes(value)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return fmt.Errorf("the value is not in %s, as it says", form.charset)
		}
		value = decoded
	}
	if !utf8.Valid(value) {
		return errors.New("the value is not in UTF-8 and names no character set that it is in")
	}
	c.setValue(string(value))
	return nil
}

// lineBreaks are escaped in all versions but 2.1, which has quoted-printable for them.
var lineBreaks = strings.NewReplacer("\r\n", `\n`, "\r", `\n`, "\n", `\n`)

// escape21 escapes in a text what version 3.0 wants escaped (RFC 2426 section 4). What is escaped already stays: many
// programs escape in 2.1 as in 3.0.
func (c *cardLine) escape21() error {
	switch typ := c.valueType(); {
	case c.is("GEO"):
		return c.geo21()
	case c.isURI():
		if strings.ContainsAny(c.value, "\r\n") {
			return errors.New("a line break in a URI")
		}
	case typ == text:
		c.setValue(escapeText(c.value, ",;"))
	case typ == structured, typ == structList:
		c.setValue(escapeText(c.value, ","))
	default:
		c.setValue(escapeText(c.value, ""))
	}
	return nil
}

// geo21 puts a position in the order of version 3.0: 2.1 has the longitude first, and a comma.
func (c *cardLine) geo21() error {
	if strings.Contains(c.value, ";") {
		return nil // as in 3.0
	}
	longitude, latitude, found := strings.Cut(c.value, ",")
	if !found || strings.ContainsAny(c.value, "\r\n") {
		return fmt.Errorf("%s is no position", excerpt([]byte(c.value), 40))
	}
	c.setValue(strings.TrimSpace(latitude) + ";" + strings.TrimSpace(longitude))
	return nil
}

// escapeText escapes line breaks, lone backslashes and the separators in a value.
func escapeText(value, separators string) string {
	value = lineBreaks.Replace(value)
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case c == '\\' && i+1 < len(value) && strings.IndexByte(`\,;nN`, value[i+1]) >= 0:
			b.WriteString(value[i : i+2])
			i++
		case c == '\\' && separators != "", strings.IndexByte(separators, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
