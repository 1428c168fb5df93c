package mapping

import (
	"fmt"
	"sync"

	"davferry/internal/dav"
	"davferry/mapping/tz"
)

// The names in a Change of what Zones does.
const (
	TimezoneName       = "timezone-name"       // a TZID that is replaced by the name of the zone that it means
	TimezoneDefinition = "timezone-definition" // a VTIMEZONE that is replaced, put in, or is there twice
	TimezoneFloating   = "timezone-floating"   // a time without zone that gets one
)

// The names in a Left of what Zones had to leave as it is.
const (
	TimezoneUnknown = "timezone-unknown" // which zone a TZID means cannot be told
	TimezoneDiffers = "timezone-differs" // a time would be another instant
	TimezoneInvalid = "timezone-invalid" // a VTIMEZONE or a time that cannot be read, or two VTIMEZONEs of one TZID
)

// Zones is the rule that names time zones as the IANA database does, and defines them by it.
//
// Each TZID in use becomes the name of the zone that it means: by its name (tz.Resolve), by the X-LIC-LOCATION or TZURL of
// its VTIMEZONE, or else, where these name no zone, by the times that its VTIMEZONE gives (tz.Candidates). Its VTIMEZONE
// becomes the one that tz.Zone.VTimezone writes; where it has none, that one is put in. VTIMEZONEs that nothing refers to
// stay.
//
// An object is changed only where it is certain that none of its times moves: every start, end, occurrence, exception,
// addition and alarm that depends on the TZID is the same instant before and after, recurrence being followed to the end
// of 2037. Where one is not, or one TZID of the object cannot be told, the whole object is left as it is.
//
// It is safe for concurrent use: what is found out about a VTIMEZONE is kept for the next object that has the same.
type Zones struct {
	currentNames bool
	floating     *tz.Zone

	mu       sync.Mutex
	known    map[string]*tzDefinition // by the text of the VTIMEZONE
	resolved map[string]string        // the zone that a TZID names, "" for none
	blocks   map[*string]block        // VTIMEZONEs as they are written, by the first line

	comparing sync.Mutex
	compared  map[*tzDefinition]tzCompared // those whose name says nothing
}

// NewZones returns the rule. With currentNames IANA names that are links become what the database calls the zone today
// (Asia/Calcutta becomes Asia/Kolkata). Unless floating is "", times that name no zone are taken for times of that
// zone, which must be one of the IANA database.
func NewZones(currentNames bool, floating string) (*Zones, error) {
	z := &Zones{currentNames: currentNames, known: make(map[string]*tzDefinition), resolved: make(map[string]string), blocks: make(map[*string]block),
		compared: make(map[*tzDefinition]tzCompared)}
	if floating == "" {
		return z, nil
	}
	name, ok := tz.Resolve(floating)
	if !ok {
		return nil, fmt.Errorf("%q is no time zone: name one of the IANA database, such as Europe/Paris", floating)
	}
	z.floating, _ = tz.Load(name)
	return z, nil
}

// Key implements Rule.
func (z *Zones) Key() string {
	floating := ""
	if z.floating != nil {
		floating = z.floating.Name
	}
	return fmt.Sprintf("zones current=%t floating=%s", z.currentNames, floating)
}

// Apply implements Rule.
func (z *Zones) Apply(s Subject, e *Editor) []Left {
	if s.Kind != dav.Calendar || z.floating == nil && !namesZone(e.Data()) {
		return nil
	}
	object := z.readObject(e.Data())
	if len(object.uses) == 0 && len(object.problems) == 0 {
		return nil
	}
	if left := z.assign(object); len(left) > 0 {
		return left
	}
	object.edit(z, e)
	return nil
}

// ApplyTimezone edits a calendar-timezone property (RFC 4791 section 5.2.2): a calendar object of nothing but a
// VTIMEZONE. It decides about times without zone that are asked for, so that there is no first one: the VTIMEZONE is
// replaced where it gives the same times from since to the end of 2037.
func (z *Zones) ApplyTimezone(e *Editor, since tz.Wall) []Left {
	object := z.readObject(e.Data())
	for _, c := range object.calendars {
		for _, zone := range c.zones {
			u := object.use(c, zone.tzid)
			u.spans = append(u.spans, tzSpan{from: since, to: max(since, tz.Horizon-1)})
		}
	}
	if left := z.assign(object); len(left) > 0 {
		return left
	}
	object.edit(z, e)
	return nil
}
