package mapping

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// CardVersion is the name in a Change or Left of what Cards does.
const CardVersion = "vcard-version"

// Cards is the rule that writes contacts in another version of vCard: 2.1 as 3.0 (RFC 2426) or 4.0, 3.0 as 4.0 (RFC
// 6350) and 4.0 as 3.0. Each line is changed for itself, and only where the versions write it differently; a card that
// holds something that the other version has no way to say is left as it is, whole.
type Cards struct {
	// Version is "3.0" or "4.0"; or CardsAsTaken, which makes a card 3.0 (or 4.0 where it is 3.0 already) if the
	// destination says which versions it takes and does not name the card's, and makes 2.1 into 3.0 also where the
	// destination does not say: no server has to take 2.1 (RFC 6352 section 6.2.2).
	Version string
}

// CardsAsTaken is the Version of Cards that looks at what the destination takes.
const CardsAsTaken = "auto"

// Key implements Rule.
func (c Cards) Key() string { return "vcard " + c.Version }

// Apply implements Rule.
func (c Cards) Apply(s Subject, e *Editor) []Left {
	if s.Kind != dav.AddressBook {
		return nil
	}
	lines := slices.Collect(Lines(e.Data()))
	version := cardVersion(lines)
	target := c.target(version, s.CardVersions)
	way := cardConversions[[2]string{version, target}]
	switch {
	case target == "" || target == version:
		return nil
	case way == nil:
		return []Left{{CardVersion, "not one whole card of version 2.1, 3.0 or 4.0"}}
	}
	edits, err := convertCard(lines, way)
	if err != nil {
		return []Left{{CardVersion, fmt.Sprintf("vCard %s: %v", version, err)}}
	}
	for _, edit := range edits {
		if edit.added {
			e.InsertBefore(CardVersion, edit.line, edit.with...)
		} else {
			e.Replace(CardVersion, edit.line, edit.with...)
		}
	}
	return nil
}

// target returns the version that a card is to have, "" where it is to stay.
func (c Cards) target(version string, taken []string) string {
	switch {
	case c.Version != CardsAsTaken:
		return c.Version
	case slices.Contains(taken, version), len(taken) == 0 && version != "2.1":
		return ""
	case version != "3.0" && (len(taken) == 0 || slices.Contains(taken, "3.0")):
		return "3.0"
	case slices.Contains(taken, "4.0"):
		return "4.0"
	}
	return ""
}

// cardVersion returns the version of an object that is one whole card, "" where it is something else.
func cardVersion(lines []Line) string {
	version := ""
	var n nesting
	for i, l := range lines {
		switch {
		case l.Blank():
		case l.Is("BEGIN"):
			if len(n.stack) == 0 && (i > 0 && !allBlank(lines[:i]) || boundaryName(l) != "VCARD") {
				return "" // several cards, or none
			}
			n.open(boundaryName(l))
		case l.Is("END"):
			if !n.close(boundaryName(l)) {
				return ""
			}
		case len(n.stack) == 0:
			return ""
		case len(n.stack) == 1 && l.Is("VERSION") && version == "":
			version = string(bytes.TrimSpace(l.Content().Value))
		}
	}
	if len(n.stack) > 0 {
		return ""
	}
	return version
}

func allBlank(lines []Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool { return !l.Blank() })
}

// cardConverter changes one line of a card, to which it may add others.
type cardConverter func(c *cardLine) (more []*cardLine, err error)

// cardConversions are the ways from one version to another.
var cardConversions = map[[2]string]*cardConversion{
	{"2.1", "3.0"}: {line: from21, end: needBoth},
	{"2.1", "4.0"}: {line: chain(from21, to40), end: needFN},
	{"3.0", "4.0"}: {line: chain(from30, to40)},
	{"4.0", "3.0"}: {line: to30, end: needN},
}

// cardConversion is a way from one version to another.
type cardConversion struct {
	line cardConverter
	end  func(card []*cardLine) []*cardLine // what the whole card lacks then; may be nil
}

func chain(first, second cardConverter) cardConverter {
	return func(c *cardLine) ([]*cardLine, error) {
		if _, err := first(c); err != nil {
			return nil, err
		}
		return second(c)
	}
}

// cardEdit is a line and what takes its place, or is added before it.
type cardEdit struct {
	line  Line
	with  [][]byte
	added bool
}

// convertCard returns the edits that make another version of a card. An error says why that cannot be.
func convertCard(lines []Line, way *cardConversion) ([]cardEdit, error) {
	var edits []cardEdit
	var card []*cardLine
	for _, l := range lines {
		if l.Blank() || l.Is("BEGIN") && len(card) == 0 && len(edits) == 0 {
			continue
		}
		if l.Is("BEGIN") {
			return nil, fmt.Errorf("a %s within the card", boundaryName(l))
		}
		if l.Is("END") {
			if way.end != nil {
				edits = append(edits, cardEdit{l, cardTexts(way.end(card)), true})
			}
			continue
		}
		c, err := readCardLine(l)
		if err != nil {
			return nil, err
		}
		more, err := way.line(c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", strings.ToUpper(c.name), err)
		}
		card = append(card, c)
		edits = append(edits, cardEdit{line: l, with: cardTexts(append([]*cardLine{c}, more...))})
	}
	return edits, nil
}

// cardTexts returns the lines as they are to be written.
func cardTexts(lines []*cardLine) [][]byte {
	var texts [][]byte
	for _, c := range lines {
		if !c.dropped {
			texts = append(texts, c.text())
		}
	}
	return texts
}

// needN returns an N without a name for a card that has none: version 3.0 wants one (RFC 2426 section 3.1.2).
func needN(card []*cardLine) []*cardLine {
	if findCardLine(card, "N") != nil {
		return nil
	}
	return []*cardLine{{name: "N", value: ";;;;", changed: true}}
}

// needFN returns an FN made of the parts of N for a card that has none: versions 3.0 and 4.0 want one (RFC 2426 section
// 3.1.1).
func needFN(card []*cardLine) []*cardLine {
	n := findCardLine(card, "N")
	if n == nil || findCardLine(card, "FN") != nil {
		return nil
	}
	name := fullName(n.value)
	if name == "" {
		return nil
	}
	return []*cardLine{{name: "FN", value: name, changed: true}}
}

func needBoth(card []*cardLine) []*cardLine { return append(needFN(card), needN(card)...) }

func findCardLine(card []*cardLine, name string) *cardLine {
	for _, c := range card {
		if c.is(name) {
			return c
		}
	}
	return nil
}

// fullName returns the given and the family name of an N.
func fullName(n string) string {
	var parts []string
	for part := range splitUnescaped([]byte(n), ';') {
		parts = append(parts, string(bytes.TrimSpace(part)))
	}
	if len(parts) > 1 && parts[1] != "" {
		return strings.TrimSpace(parts[1] + " " + parts[0])
	}
	return parts[0]
}
