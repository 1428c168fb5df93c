package mapping

import (
	"bytes"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// entry is a property, or one value of a property that is a list, in the form in which it is compared: entries with the
// same key mean the same.
type entry struct {
	name  string     // with its group, in upper case; "" for a line that is no content line
	key   []byte     // canonical: name, parameters, value
	value int        // where in key the value begins
	rules allowances // what was done to the line to make the key
	prop  *property
	line  Line
	place int  // among the component's lines
	part  bool // the line holds further values
	bare  bool // no parameters are left
}

func (e *entry) canonicalValue() []byte { return e.key[e.value:] }

// empty says whether the entry is a text without text.
func (e *entry) empty() bool {
	switch e.prop.typ {
	case text, textList, structured, structList, guessed:
		return e.name != "" && len(bytes.Trim(e.canonicalValue(), "\x00\x01")) == 0
	}
	return false
}

// isDefault says whether the entry says what its absence would mean.
func (e *entry) isDefault() bool {
	return e.prop.defaultValue != "" && e.bare && string(e.canonicalValue()) == e.prop.defaultValue
}

// canonicaliser makes entries.
type canonicaliser struct {
	properties map[string]*property
	cards      bool        // vCards, not calendars
	params     []parameter // of the line at hand
}

// parameter is one value of a parameter.
type parameter struct{ name, value string }

func newCanonicaliser(k dav.Kind) *canonicaliser {
	return &canonicaliser{properties: propertiesOf(k), cards: k == dav.AddressBook}
}

// missingEnd is the key of an entry that stands for an END that is not there.
const missingEnd = "END\x00"

// entries returns the entries of a component, sorted by their keys.
func (c *canonicaliser) entries(comp *component) []entry {
	all := make([]entry, 0, len(comp.lines)+1)
	for i, l := range comp.lines {
		first := len(all)
		all = c.line(all, l)
		for j := first; j < len(all); j++ {
			all[j].line, all[j].place = l, i
		}
	}
	if comp.open {
		all = append(all, entry{name: "END", key: []byte(missingEnd), value: len(missingEnd), prop: &property{typ: asWritten}, place: len(comp.lines)})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	return all
}

// line appends the entries of one line: one, or one for each value of a list.
func (c *canonicaliser) line(all []entry, l Line) []entry {
	content := l.Content()
	if !content.Valid {
		return append(all, entry{key: append([]byte{0}, l.Text()...), value: 1, prop: unknown})
	}
	e := entry{}
	name := upper(content.Name, &e.rules, NameCase)
	e.prop, e.name = c.property(name), name
	if len(content.Group) > 0 {
		e.name = upper(content.Group, &e.rules, NameCase) + "." + name
	}
	v := value{typ: e.prop.typ, raw: content.Value}
	c.readParams(content, &e, &v)
	v.settle(c, &e)
	e.bare = len(c.params) == 0
	head := c.head(&e, len(v.raw))
	e.value = len(head)
	return v.appendEntries(all, e, head)
}

// unknown is what is known of properties that are in no table, and of lines that are no content lines.
var unknown = &property{typ: guessed}

func (c *canonicaliser) property(name string) *property {
	if p, ok := c.properties[name]; ok {
		return p
	}
	return unknown
}

// upper returns b in upper case and notes the rule if that changed it.
func upper(b []byte, rules *allowances, r Allowance) string {
	for _, c := range b {
		if 'a' <= c && c <= 'z' {
			rules.add(r)
			return string(bytes.ToUpper(b))
		}
	}
	return string(b)
}

// readParams collects the line's parameters but for those that say how the value is written, which go to v.
func (c *canonicaliser) readParams(content Content, e *entry, v *value) {
	c.params = c.params[:0]
	for p := range content.Params() {
		name := upper(p.Name, &e.rules, NameCase)
		if bytes.ContainsAny(p.Raw, `"^`) {
			e.rules.add(Quotes)
		}
		for val := range p.Values() {
			c.readParam(name, val, e, v)
		}
	}
	for i, p := range c.params {
		if i > 0 && c.params[i-1].compare(p) > 0 {
			e.rules.add(Order)
			slices.SortFunc(c.params, parameter.compare)
			break
		}
	}
}

func (p parameter) compare(q parameter) int {
	return strings.Compare(p.name+"\x00"+p.value, q.name+"\x00"+q.value)
}

func (c *canonicaliser) readParam(name, val string, e *entry, v *value) {
	up := val
	if name == "" || keywordParameters[name] {
		up = strings.ToUpper(val)
	}
	if name == "" {
		e.rules.add(BareParameters)
		name = bareParameter(up)
	}
	if up != val && name != "ENCODING" {
		e.rules.add(ValueCase)
	}
	switch {
	case name == "ENCODING" && isBase64(up):
		v.base64 = true
		if up != "B" {
			e.rules.add(Base64)
		}
	case name == "ENCODING" && up == "QUOTED-PRINTABLE":
		v.quotedPrintable = true
		e.rules.add(QuotedPrintable)
	case name == "VALUE":
		v.valueType = up
	case name == "X-VOBJ-FLOATINGTIME-ALLOWED":
		e.rules.add(ServerProperty)
	case parameterDefaults[name] != "" && parameterDefaults[name] == up:
		e.rules.add(DefaultValue)
	default:
		c.params = append(c.params, parameter{name, up})
	}
}

// head returns the part of the key before the value.
func (c *canonicaliser) head(e *entry, room int) []byte {
	n := len(e.name) + 2
	for _, p := range c.params {
		n += len(p.name) + len(p.value) + 2
	}
	head := append(make([]byte, 0, n+room), e.name...)
	for _, p := range c.params {
		head = append(head, 0)
		head = append(head, p.name...)
		head = append(head, '=')
		head = append(head, p.value...)
	}
	return append(head, 0, 0)
}
