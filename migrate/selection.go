package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
)

// Selection says what of an account is moved. The zero value takes everything.
type Selection struct {
	Include, Exclude []string  // globs on collection names, as path.Match knows them, in any case
	Objects          []string  // events, todos, journals, contacts; none for all
	From, To         time.Time // days, inclusive, as written on the objects; zero for no limit
}

// objectTypes are the words of --objects and the components they mean.
var objectTypes = map[string][]string{
	"events":   {"VEVENT"},
	"todos":    {"VTODO"},
	"journals": {"VJOURNAL"},
	"contacts": {"VCARD"},
}

// Check returns an error for globs and words that mean nothing.
func (s Selection) Check() error {
	for _, glob := range slices.Concat(s.Include, s.Exclude) {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("%q is no pattern: * stands for any text, ? for one character, [a-z] for one of these", glob)
		}
	}
	for _, word := range s.Objects {
		if objectTypes[word] == nil {
			return fmt.Errorf("objects are events, todos, journals and contacts, not %q", word)
		}
	}
	if !s.From.IsZero() && !s.To.IsZero() && s.To.Before(s.From) {
		return fmt.Errorf("the period ends on %s before it begins on %s", s.To.Format(time.DateOnly), s.From.Format(time.DateOnly))
	}
	return nil
}

// leavesOut says why a collection is left out, "" where it is taken.
func (s Selection) leavesOut(c dav.Collection) string {
	if len(s.Include) > 0 && !matchesAny(s.Include, c) {
		return "its name matches no --include"
	}
	if matchesAny(s.Exclude, c) {
		return "its name matches --exclude"
	}
	if !s.takesKind(c.Kind) {
		return "nothing of its kind is in --objects"
	}
	return ""
}

// matchesAny tells whether a glob matches the display name or the last path segment.
func matchesAny(globs []string, c dav.Collection) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		for _, name := range []string{c.DisplayName, dav.LastSegment(c.Path)} {
			if ok, _ := path.Match(strings.ToLower(glob), strings.ToLower(name)); ok {
				return true
			}
		}
		return false
	})
}

// looksInside tells whether objects must be read to know whether they are selected.
func (s Selection) looksInside() bool {
	return len(s.Objects) > 0 || !s.From.IsZero() || !s.To.IsZero()
}

// terms says which objects of a collection are selected.
func (s Selection) terms() string {
	return fmt.Sprintf("objects=%s from=%s to=%s", strings.Join(s.Objects, ","), s.From.Format(time.DateOnly), s.To.Format(time.DateOnly))
}

// takesKind tells whether any object of that kind of collection can be selected.
func (s Selection) takesKind(k dav.Kind) bool {
	if len(s.Objects) == 0 {
		return true
	}
	contacts := slices.Contains(s.Objects, "contacts")
	if k == dav.AddressBook {
		return contacts
	}
	return len(s.Objects) > 1 || !contacts
}

// leavesOutObject says why an object is left out, "" where it is taken. What is no calendar or contact data, or of a type
// that --objects has no word for, is only taken where nothing is selected by type.
func (s Selection) leavesOutObject(k dav.Kind, info mapping.Info, data []byte) string {
	if len(s.Objects) > 0 && !s.takesComponents(info.Components) {
		return "not of the types in --objects"
	}
	if (!s.From.IsZero() || !s.To.IsZero()) && !mapping.Overlaps(k, data, s.From, s.To) {
		return "outside --from and --to"
	}
	return ""
}

func (s Selection) takesComponents(components []string) bool {
	return slices.ContainsFunc(s.Objects, func(word string) bool {
		return slices.ContainsFunc(objectTypes[word], func(c string) bool { return slices.Contains(components, c) })
	})
}
