package mapping

import "bytes"

// maxDepth is how deep components are taken apart. Real objects nest three deep; below this BEGIN and END are lines
// like others, so that hostile nesting costs no stack.
const maxDepth = 64

// component is a calendar component, a vCard, or the input as a whole (without a name).
type component struct {
	name     string // in upper case
	lines    []Line // its own content lines, without BEGIN, END and blank lines
	children []*component
	open     bool // its END is missing
	outline  bool // its lines are left out

	begin, end Line // its BEGIN and END
}

// parse takes data apart. It accepts anything: an END that nothing began is a line like others, a component that is
// not ended ends with the one around it and is marked open.
func parse(data []byte) *component { return parseLines(newScanner(data)) }

// parseLines takes apart what a scanner has still to read.
func parseLines(s scanner) *component { return parseSome(s, "", func(Line) bool { return true }) }

// parseSome is parseLines for those properties alone that are wanted, and none of components called outline and of those in
// them.
func parseSome(s scanner, outline string, wanted func(Line) bool) *component {
	p := parser{stack: append(make([]*component, 0, 8), &component{}), outline: outline, wanted: wanted}
	for s.next() {
		if !s.line.Blank() {
			p.add(s.line)
		}
	}
	p.pop(0)
	return p.stack[0]
}

type parser struct {
	stack   []*component
	deeper  int    // components open below maxDepth
	outline string // the name of components of which no properties are kept, "" for none
	wanted  func(Line) bool
}

func (p *parser) add(l Line) {
	switch name := l.Name(); {
	case equalFold(name, "BEGIN"):
		p.begin(l)
	case equalFold(name, "END"):
		p.end(l)
	default:
		p.keep(l)
	}
}

func (p *parser) keep(l Line) {
	top := p.stack[len(p.stack)-1]
	switch {
	case top.outline, !p.wanted(l):
		return
	case top.lines == nil:
		top.lines = make([]Line, 0, 8)
	}
	top.lines = append(top.lines, l)
}

func (p *parser) begin(l Line) {
	if len(p.stack) > maxDepth {
		p.deeper++
		p.keep(l)
		return
	}
	top := p.stack[len(p.stack)-1]
	c := &component{name: boundaryName(l), open: true, begin: l}
	c.outline = top.outline || c.name == p.outline
	top.children = append(top.children, c)
	p.stack = append(p.stack, c)
}

func (p *parser) end(l Line) {
	if p.deeper > 0 {
		p.deeper--
		p.keep(l)
		return
	}
	name := boundaryName(l)
	for i := len(p.stack) - 1; i > 0; i-- {
		if p.stack[i].name == name {
			p.stack[i].open, p.stack[i].end = false, l
			p.pop(i - 1)
			return
		}
	}
	p.keep(l)
}

// pop leaves the components above index i as they are.
func (p *parser) pop(i int) { p.stack = p.stack[:i+1] }

// boundaryName returns the component that a BEGIN or END line names, in upper case.
func boundaryName(l Line) string {
	name := bytes.TrimSpace(l.Content().Value)
	for _, known := range commonComponents {
		if equalFold(name, known) {
			return known
		}
	}
	return string(bytes.ToUpper(name))
}

// commonComponents are the names for which boundaryName need not make a string.
var commonComponents = []string{"VEVENT", "VALARM", "VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", "VCARD", "VTODO", "VJOURNAL"}

// top returns the components that carry data: those inside of VCALENDARs, and those that stand outside of any.
func (c *component) top() []*component {
	var all []*component
	for _, child := range c.children {
		if child.name == "VCALENDAR" {
			all = append(all, child.children...)
		} else {
			all = append(all, child)
		}
	}
	return all
}

// value returns the value of the first property called name (in upper case), nil where there is none.
func (c *component) value(name string) []byte {
	for _, l := range c.lines {
		if l.Is(name) {
			return l.Content().Value
		}
	}
	return nil
}
