package dataset

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"davferry/internal/dav"
)

// draft is an object in the making: its unfolded content lines and what it is called.
type draft struct {
	*rand.Rand
	seed       int
	collection string
	number     int // in its collection, from 0

	uid      string
	name     string // without extension; "" stands for one made from the UID
	lines    []string
	zones    []*zone // that the times used so far name
	features []string
}

func newDraft(seed int, collection string, number int) *draft {
	d := &draft{Rand: dice(seed, collection, number), seed: seed, collection: collection, number: number}
	d.uid = d.drawUID()
	return d
}

// add appends content lines.
func (d *draft) add(lines ...string) { d.lines = append(d.lines, lines...) }

// addf appends one content line. Its arguments must be escaped already.
func (d *draft) addf(format string, args ...any) { d.add(fmt.Sprintf(format, args...)) }

// has notes features of the object.
func (d *draft) has(features ...string) {
	for _, f := range features {
		if !slices.Contains(d.features, f) {
			d.features = append(d.features, f)
		}
	}
}

// object folds the lines into the finished object.
func (d *draft) object(k dav.Kind) Object {
	data := cardText(d.lines)
	if k == dav.Calendar {
		data = d.vcalendar()
	}
	if strings.Contains(data, "\r\n ") {
		d.has("folded")
	}
	return Object{Name: d.resourceName() + k.Extension(), UID: d.uid, Data: []byte(data), Features: d.features}
}

// producers are who writes calendars, each with a header of its own.
var producers = [][]string{
	{"VERSION:2.0", "PRODID:-//example.test//Phone 17.4//EN", "CALSCALE:GREGORIAN"},
	{"PRODID:-//example.test//Mail 115//DE", "VERSION:2.0"},
	{"VERSION:2.0", "PRODID:-//Example\\, Inc.//Groupware 8//EN", "X-WR-CALNAME:Exported\\; once"},
}

func (d *draft) vcalendar() string {
	parts := [][]string{producers[d.IntN(len(producers))]}
	for _, z := range d.zones {
		parts = append(parts, z.lines())
		d.has("zone:" + z.name)
	}
	return calendarText(append(parts, d.lines)...)
}

// resourceName returns what a client might have called the object: mostly its UID.
func (d *draft) resourceName() string {
	switch {
	case d.name != "":
		return d.name
	case d.number%29 == 13:
		d.has("name:unlike-uid")
		return fmt.Sprintf("%016x", d.Uint64())
	case d.number%31 == 17:
		d.has("name:odd")
		odd := []string{"with space", "größe", "a+b & c", "100%25", "o'clock", "日程", "(copy)"}
		return fmt.Sprintf("%s-%d", odd[d.number/31%len(odd)], d.number)
	}
	return safeName(d.uid)
}

// safeName keeps of a UID what every server takes in a path, and shortens it to what file systems take.
func safeName(uid string) string {
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '.' || r == '@' || r == '_' || isAlphanumeric(r)) {
			return r
		}
		return '_'
	}, uid)
	return name[:min(len(name), 150)]
}

func isAlphanumeric(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// drawUID returns a UID in one of the styles that clients have. Every 37th is one that cannot be a resource name.
func (d *draft) drawUID() string {
	id := d.uuid()
	switch {
	case d.number%37 == 19:
		d.has("uid:odd")
		odd := []string{"%s/with/slashes", "spaces in %s", "größe-%s", "%s+plus", "{%s}", "%s?x=1&y=2#z", "colon:%s"}
		return fmt.Sprintf(odd[d.number/37%len(odd)], id)
	case d.number%61 == 23:
		d.has("uid:long")
		return strings.Repeat(id+"-", 6) + "end"
	}
	return d.plainUID(id)
}

func (d *draft) plainUID(id string) string {
	switch d.number % 4 {
	case 0:
		return strings.ToUpper(id)
	case 1:
		return strings.ReplaceAll(id, "-", "")[:26] + "@example.test"
	case 2:
		return hex.EncodeToString(d.octets(20))
	default:
		return id
	}
}

// uuid returns a random UUID (RFC 9562 section 5.4).
func (d *draft) uuid() string {
	b := d.octets(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (d *draft) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(d.Uint32())
	}
	return b
}

func (d *draft) base64(n int) string { return base64.StdEncoding.EncodeToString(d.octets(n)) }

// chance is true in percent of all cases.
func (d *draft) chance(percent int) bool { return d.IntN(100) < percent }

// pick returns one of the choices.
func pick[T any](d *draft, choices ...T) T { return choices[d.IntN(len(choices))] }

// day returns a day of the years 2016 to 2027.
func (d *draft) day() time.Time {
	return time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, d.IntN(12*365))
}

// hour returns an hour at which people meet, on a day as of day. Its location says nothing: it is a wall clock.
func (d *draft) hour() time.Time {
	return d.day().Add(time.Duration(7+d.IntN(13))*time.Hour + time.Duration(d.IntN(4))*15*time.Minute)
}
