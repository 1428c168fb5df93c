package tz

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Resolve returns the IANA zone that a name means, in the spelling of the database. It knows
//
//   - IANA names and links in any case, also with spaces for underscores; a link stays one, see Current;
//   - names of Windows (CLDR's windowsZones) and the shorter ones of Lotus Notes, such as "W. Europe";
//   - display names of Exchange and Outlook, such as "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna" and
//     "(GMT+01.00) Amsterdam / Berlin / Bern", also with some cities translated;
//   - IANA names behind a prefix or in a URL: /freeassociation.sourceforge.net/Europe/Paris (libical, Evolution),
//     /mozilla.org/20050126_1/Europe/Paris, /citadel.org/…, http://tzurl.org/zoneinfo/Europe/Paris.ics;
//   - whole hours from UTC: "UTC+1", "GMT+01:00", "GMT-0500".
//
// Abbreviations such as CST are not resolved, but for those that are IANA names: they mean several zones.
func Resolve(name string) (zone string, ok bool) {
	name = strings.Trim(strings.TrimSpace(name), `"'`)
	if len(name) > maxName {
		return "", false
	}
	for _, by := range []func(string) (string, bool){byIANA, byWindows, byDisplay, byPrefix, byOffset} {
		if zone, ok := by(name); ok {
			return zone, true
		}
	}
	return "", false
}

// maxName is more than any name of a zone takes.
const maxName = 256

// Current returns the name that the IANA database prefers today for a zone, such as Asia/Kolkata for Asia/Calcutta, and
// name itself where it has none.
func Current(name string) string {
	current, ok := currentNames[name]
	if !ok || !Known(current) {
		return name
	}
	return current
}

// fold returns the form in which names are compared.
func fold(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "_")
}

// byIANA also knows names with a hyphen for the slash: the examples of RFC 2445 call a zone US-Eastern.
func byIANA(name string) (string, bool) {
	name = fold(name)
	zone, ok := database().canonical[name]
	if !ok {
		zone, ok = database().canonical[strings.Replace(name, "-", "/", 1)]
	}
	return zone, ok
}

// windows gives the zone of a Windows name by its folded form.
var windows = sync.OnceValue(func() map[string]string {
	all := make(map[string]string, len(windowsZones)+len(formerNames))
	for _, table := range []map[string]string{formerNames, windowsZones} {
		for name, zone := range table {
			all[fold(name)] = zone
		}
	}
	return all
})

// byWindows knows names as Windows has them, for summer as well, and as Lotus Notes shortens them.
func byWindows(name string) (string, bool) {
	name = fold(name)
	for _, full := range []string{name, strings.Replace(name, "_daylight_time", "_standard_time", 1), name + "_standard_time"} {
		if zone, ok := windows()[full]; ok {
			return zone, true
		}
	}
	return "", false
}

// byPrefix looks for an IANA name at the end of a path or URL. Names of one segment count only for UTC and GMT: what
// stands at the end of a path may be anything.
func byPrefix(name string) (string, bool) {
	segments := strings.Split(strings.TrimSuffix(strings.Trim(name, "/"), ".ics"), "/")
	for n := min(3, len(segments)); n > 0; n-- {
		zone, ok := byIANA(strings.Join(segments[len(segments)-n:], "/"))
		if ok && (n > 1 || zone == "UTC" || zone == "GMT") {
			return zone, true
		}
	}
	return "", false
}

var offsetName = regexp.MustCompile(`^(?i:UTC|GMT)? ?([+-])(\d{1,2})(?:[:.]?00)?$`)

// byOffset knows names that are whole hours from UTC. The zones of the database are called the other way round: Etc/GMT-1
// is one hour east of Greenwich.
func byOffset(name string) (string, bool) {
	m := offsetName.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	hours, err := strconv.Atoi(m[2])
	if err != nil || hours == 0 {
		return "Etc/UTC", err == nil
	}
	sign := map[string]string{"+": "-", "-": "+"}[m[1]]
	return byIANA("Etc/GMT" + sign + strconv.Itoa(hours))
}

var displayOffset = regexp.MustCompile(`^\((?:UTC|GMT)(?:([+-])(\d{1,2})[:.](\d\d))?\) *(.*)$`)

// byDisplay knows the names that Windows shows to people: an offset, and cities or a region. Older Windows and Outlook
// group the cities in other ways, and translate them. So where the whole is not known, the cities decide, if all of them
// that are known are of one zone.
func byDisplay(name string) (string, bool) {
	m := displayOffset.FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	places := displayPlaces(m[4])
	zone, ok := displayIndex().whole[strings.Join(places, ",")]
	if !ok {
		zone, ok = displayIndex().common(places)
	}
	return zone, ok && (m[1] == "" || everHad(zone, m[1], m[2], m[3]))
}

// displayPlaces returns the places of a display name in order: "Greenwich Mean Time: Dublin, Edinburgh" as dublin,
// edinburgh and greenwich mean time.
func displayPlaces(name string) []string {
	name = strings.NewReplacer(" & ", " and ", "/", ",", ";", ",", ":", ",", " - old", "", " - new", "", " is.", " islands").Replace(strings.ToLower(name))
	var places []string
	for place := range strings.SplitSeq(name, ",") {
		if place = strings.TrimSpace(place); place != "" {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// display finds zones by display names and their places.
type display struct {
	whole map[string]string // by all places of a name
	place map[string]string // by one of them; "" where several zones have it
}

var displayIndex = sync.OnceValue(func() display {
	d := display{whole: make(map[string]string), place: make(map[string]string)}
	for name, windowsName := range displayNames {
		d.add(name, windowsZones[windowsName])
	}
	for name, zone := range formerDisplayNames {
		d.whole[strings.Join(displayPlaces(name), ",")] = zone
	}
	return d
})

func (d *display) add(name, zone string) {
	places := displayPlaces(name)
	d.whole[strings.Join(places, ",")] = zone
	for _, place := range places {
		if other, taken := d.place[place]; taken && other != zone {
			d.place[place] = ""
			continue
		}
		d.place[place] = zone
	}
}

// common returns the zone that all known places are of.
func (d display) common(places []string) (zone string, ok bool) {
	for _, place := range places {
		z, known := d.place[place]
		switch {
		case !known:
		case zone != "" && z != zone, z == "":
			return "", false
		default:
			zone = z
		}
	}
	return zone, zone != ""
}

// everHad says whether a zone has ever had an offset: a display name of another offset than its cities is none that
// Windows ever showed.
func everHad(name, sign, hours, minutes string) bool {
	zone, ok := Load(name)
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi(minutes)
	offset := h*3600 + m*60
	if sign == "-" {
		offset = -offset
	}
	return ok && slices.ContainsFunc(zone.Steps(0), func(s Step) bool { return s.Offset == offset })
}
