package mapping

import (
	"errors"
	"slices"
	"strings"
)

// cardLine is a content line of a card while it becomes one of another version.
type cardLine struct {
	group, name string
	params      []cardParam
	value       string

	original []byte // as it stands in the card
	changed  bool   // it is to be written anew
	dropped  bool   // the other version says the same without it
}

// cardParam is a parameter as it is written.
type cardParam struct{ name, raw string }

// readCardLine takes a line apart.
func readCardLine(l Line) (*cardLine, error) {
	text := l.Text()
	content := parseContent(text)
	if !content.Valid {
		return nil, errors.New("a line that is no content line: " + excerpt(text, 40))
	}
	c := &cardLine{group: string(content.Group), name: string(content.Name), value: string(content.Value), original: text}
	for p := range content.Params() {
		c.params = append(c.params, cardParam{string(p.Name), string(p.Raw)})
	}
	return c, nil
}

// text returns the line, byte for byte where nothing changed.
func (c *cardLine) text() []byte {
	if !c.changed {
		return c.original
	}
	var b strings.Builder
	if c.group != "" {
		b.WriteString(c.group + ".")
	}
	b.WriteString(c.name)
	for _, p := range c.params {
		b.WriteByte(';')
		if p.name != "" {
			b.WriteString(p.name + "=")
		}
		b.WriteString(p.raw)
	}
	b.WriteString(":" + c.value)
	return []byte(b.String())
}

func (c *cardLine) is(name string) bool { return strings.EqualFold(c.name, name) }

func (c *cardLine) setName(name string) {
	if c.name != name {
		c.name, c.changed = name, true
	}
}

func (c *cardLine) setValue(value string) {
	if c.value != value {
		c.value, c.changed = value, true
	}
}

// param returns the first value of a parameter, "" where there is none.
func (c *cardLine) param(name string) string {
	for _, p := range c.params {
		if strings.EqualFold(p.name, name) {
			return strings.Trim(p.raw, `"`)
		}
	}
	return ""
}

// drop takes out all parameters of a name.
func (c *cardLine) drop(name string) {
	before := len(c.params)
	c.params = slices.DeleteFunc(c.params, func(p cardParam) bool { return strings.EqualFold(p.name, name) })
	c.changed = c.changed || len(c.params) != before
}

func (c *cardLine) add(name, raw string) {
	c.params = append(c.params, cardParam{name, raw})
	c.changed = true
}

// dropType takes a word out of the TYPE parameters. It tells whether it was there.
func (c *cardLine) dropType(word string) (found bool) {
	var kept []cardParam
	for _, p := range c.params {
		if !strings.EqualFold(p.name, "TYPE") {
			kept = append(kept, p)
			continue
		}
		words := slices.DeleteFunc(strings.Split(strings.Trim(p.raw, `"`), ","), func(w string) bool { return strings.EqualFold(w, word) })
		switch {
		case len(words) == strings.Count(p.raw, ",")+1:
			kept = append(kept, p)
		default:
			found = true
			if len(words) > 0 {
				kept = append(kept, cardParam{p.name, requote(p.raw, strings.Join(words, ","))})
			}
		}
	}
	if found {
		c.params, c.changed = kept, true
	}
	return found
}

// unquoteTypes takes the quotes from lists of words in TYPE. Version 4.0 lets a list have them (RFC 6350 section 5.6); in 3.0
// what they enclose is one word (RFC 2426 section 4).
func (c *cardLine) unquoteTypes() {
	for i, p := range c.params {
		words := strings.Trim(p.raw, `"`)
		if strings.EqualFold(p.name, "TYPE") && words != p.raw && !strings.ContainsAny(words, `";: `) {
			c.params[i].raw, c.changed = words, true
		}
	}
}

// requote puts value into quotes where old had them.
func requote(old, value string) string {
	if strings.HasPrefix(old, `"`) {
		return `"` + value + `"`
	}
	return value
}

// isBinary says whether the value is base64.
func (c *cardLine) isBinary() bool {
	encoding := c.param("ENCODING")
	return strings.EqualFold(encoding, "b") || strings.EqualFold(encoding, "BASE64")
}

// isURI says whether a value that may be a URI or something else is declared to be one.
func (c *cardLine) isURI() bool {
	v := c.param("VALUE")
	return strings.EqualFold(v, "URI") || strings.EqualFold(v, "URL")
}

// valueType returns how the property's values are written.
func (c *cardLine) valueType() valueType {
	if p, ok := cardProperties[strings.ToUpper(c.name)]; ok {
		return p.typ
	}
	return guessed
}
