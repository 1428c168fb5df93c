package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"

	"davferry/internal/dav"
)

// CrossCheck asks readers that share no code with Compare (go-ical, go-vcard) whether the version b of an object still
// holds what the version a holds: that it can be read if a can, and has each type of component and each property that a
// has, but for those that an Allowance lets come and go. It is the second opinion on a Comparison without differences, for
// verdicts that an administrator relies on before switching the old server off.
//
// It returns nil where the readers see no loss, or cannot read a and so have no opinion.
func CrossCheck(k dav.Kind, a, b []byte) error {
	if isBare(a) || isBare(b) {
		return nil // go-vcard takes the types of vCard 2.1 for something else
	}
	names := calendarNames
	if k == dav.AddressBook {
		names = cardNames
	}
	before, err := names(a)
	if err != nil {
		return nil
	}
	after, err := names(b)
	if errors.Is(err, ErrTooLarge) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("could be read before, not after: %w", err)
	}
	var lost []string
	for name := range before {
		if !after[name] {
			lost = append(lost, name)
		}
	}
	if len(lost) > 0 {
		slices.Sort(lost)
		return fmt.Errorf("not there any more: %s", strings.Join(lost, ", "))
	}
	return nil
}

// isBare says whether a property has parameters without a name.
func isBare(data []byte) bool {
	for l := range Lines(data) {
		for p := range l.Content().Params() {
			if len(p.Name) == 0 {
				return true
			}
		}
	}
	return false
}

// calendarNames returns the paths of the components and properties of a calendar, such as "VEVENT" and "VEVENT.SUMMARY".
func calendarNames(data []byte) (map[string]bool, error) {
	cal, err := ReadCalendar(data)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	addNames(names, "", cal.Component)
	return names, nil
}

// addNames adds the names of a component's parts; ReadCalendar bounds the depth. VTIMEZONEs are for Compare to judge.
func addNames(names map[string]bool, path string, c *ical.Component) {
	if c.Name == "VTIMEZONE" {
		return
	}
	path += c.Name
	names[path] = true
	for name, props := range c.Props {
		if name == "METHOD" { // see NoMethod
			continue
		}
		if mustStay(calendarProperties[name], slices.ContainsFunc(props, func(p ical.Prop) bool { return hasContent(p.Value) })) {
			names[path+"."+name] = true
		}
	}
	for _, child := range c.Children {
		addNames(names, path+".", child)
	}
}

func cardNames(data []byte) (map[string]bool, error) {
	card, err := ReadCard(data)
	if err != nil {
		return nil, err
	}
	names := make(map[string]bool)
	for name, fields := range card {
		if mustStay(cardProperties[name], slices.ContainsFunc(fields, func(f *vcard.Field) bool { return hasContent(f.Value) })) {
			names[name] = true
		}
	}
	return names, nil
}

func hasContent(value string) bool { return strings.Trim(value, ";, ") != "" }

// mustStay says whether no Allowance lets a property come and go.
func mustStay(p *property, content bool) bool {
	return content && (p == nil || p.absentRule == 0 && p.defaultValue == "")
}
