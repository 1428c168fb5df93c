package dataset

import (
	"bytes"
	"encoding/base64"
	"image"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"github.com/emersion/go-vcard"

	"davferry/internal/dav"
)

func TestDefaultAccount(t *testing.T) {
	account := Account(1, Options{})
	var names []string
	for _, c := range account {
		names = append(names, c.Name)
	}
	if want := []string{"work", "family", "tasks", "contacts"}; !slices.Equal(names, want) {
		t.Errorf("collections %v, want %v", names, want)
	}
	if n := Count(account); n != 500 {
		t.Errorf("%d objects, want 500", n)
	}
}

func TestOptions(t *testing.T) {
	tests := []struct {
		name        string
		opt         Options
		collections int
		objects     int
	}{
		{"calendars alone", Options{Calendars: 2, Events: 2000}, 2, 4000},
		{"five calendars", Options{Calendars: 5, Events: 1}, 5, 5},
		{"tasks alone", Options{Tasks: 7}, 1, 7},
		{"two books", Options{Books: 2, Contacts: 30}, 2, 60},
		{"empty collections", Options{Calendars: 1, Books: 1}, 2, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			account := Account(1, test.opt)
			names := make(map[string]bool)
			for _, c := range account {
				names[c.Name] = true
			}
			if len(account) != test.collections || len(names) != test.collections || Count(account) != test.objects {
				t.Errorf("%d collections called %v with %d objects", len(account), slices.Collect(maps.Keys(names)), Count(account))
			}
		})
	}
}

// TestAccountsRepeat has the same seed give the same bytes, another seed others, and more objects only add.
func TestAccountsRepeat(t *testing.T) {
	small := Options{Calendars: 2, Events: 30, Tasks: 10, Books: 1, Contacts: 20}
	large := Options{Calendars: 2, Events: 60, Tasks: 20, Books: 1, Contacts: 40}
	first, again, more, other := Account(1, small), Account(1, small), Account(1, large), Account(2, small)
	for i, c := range first {
		for j, o := range c.Objects {
			if !bytes.Equal(o.Data, again[i].Objects[j].Data) || o.Name != again[i].Objects[j].Name {
				t.Errorf("%s/%s: the same seed gives another object", c.Name, o.Name)
			}
			if !bytes.Equal(o.Data, more[i].Objects[j].Data) {
				t.Errorf("%s/%s: more objects change it", c.Name, o.Name)
			}
			if o.UID == other[i].Objects[j].UID {
				t.Errorf("%s/%s: another seed gives the same UID", c.Name, o.Name)
			}
		}
	}
}

// TestAccountHoldsWhatRealOnesDo names every feature that the data set is there for.
func TestAccountHoldsWhatRealOnesDo(t *testing.T) {
	features := []string{
		"timed", "all-day", "utc", "floating", "duration", "two-zones", "rrule", "endless", "exdate", "rdate", "override",
		"master-last", "this-and-future", "zone:Europe/Berlin", "zone:America/New_York", "zone:Asia/Kolkata",
		"zone:Australia/Lord_Howe", "alarm", "alarm:several", "attendees", "attachment:inline", "attachment:uri", "folded",
		"long-text", "x-property", "categories", "rfc6868", "private", "geo", "journal",
		"task", "due", "completed", "related-to",
		"vcard3", "vcard4", "photo:inline", "photo:data-uri", "photo:uri", "group", "item-groups", "native-script", "birthday",
		"birthday:no-year", "company", "key", "altid",
		"uid:odd", "uid:long", "name:unlike-uid", "name:odd",
	}
	count := make(map[string]int)
	for _, c := range Account(1, Options{}) {
		for _, o := range c.Objects {
			for _, f := range o.Features {
				count[f]++
			}
		}
	}
	for _, f := range features {
		if count[f] < 2 {
			t.Errorf("%d objects with %s, want 2 at least", count[f], f)
		}
		delete(count, f)
	}
	if len(count) > 0 {
		t.Errorf("features that no test names: %v", count)
	}
}

// TestObjectsAreWellFormed reads every object as the RFCs have it.
func TestObjectsAreWellFormed(t *testing.T) {
	for _, c := range Account(3, Options{}) {
		uids, names := make(map[string]bool), make(map[string]bool)
		for _, o := range c.Objects {
			if uids[o.UID] || names[strings.ToLower(o.Name)] {
				t.Errorf("%s/%s: the UID or the name is there twice", c.Name, o.Name)
			}
			uids[o.UID], names[strings.ToLower(o.Name)] = true, true
			if len(o.Name) > 200 {
				t.Errorf("%s/%s: a name of %d octets", c.Name, o.Name, len(o.Name))
			}
			checkLines(t, o)
			if got := uidOf(t, c.Kind, o); got != o.UID {
				t.Errorf("%s/%s: has the UID %q, want %q", c.Name, o.Name, got, o.UID)
			}
		}
	}
}

// checkLines checks line ends, lengths and that no fold splits a character.
func checkLines(t *testing.T, o Object) {
	t.Helper()
	for line := range strings.Lines(string(o.Data)) {
		text, ok := strings.CutSuffix(line, "\r\n")
		if !ok || strings.ContainsAny(text, "\r\n") || len(text) > 75 || !utf8.ValidString(text) {
			t.Errorf("%s: bad line %q", o.Name, line)
		}
	}
}

// uidOf reads the object with a library.
func uidOf(t *testing.T, k dav.Kind, o Object) string {
	t.Helper()
	if k == dav.AddressBook {
		card, err := vcard.NewDecoder(bytes.NewReader(o.Data)).Decode()
		if err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		return card.Value(vcard.FieldUID)
	}
	cal, err := ical.NewDecoder(bytes.NewReader(o.Data)).Decode()
	if err != nil {
		t.Fatalf("%s: %v", o.Name, err)
	}
	for _, comp := range cal.Children {
		if comp.Name != ical.CompTimezone {
			uid, err := comp.Props.Text(ical.PropUID)
			if err != nil {
				t.Errorf("%s: %v", o.Name, err)
			}
			return uid
		}
	}
	return ""
}

// TestPicturesAreWhole decodes every picture in cards and attachments.
func TestPicturesAreWhole(t *testing.T) {
	pictures := 0
	for _, c := range Account(1, Options{}) {
		for _, o := range c.Objects {
			for line := range strings.SplitSeq(strings.ReplaceAll(string(o.Data), "\r\n ", ""), "\r\n") {
				if !strings.HasPrefix(line, "PHOTO:data:") && !strings.HasPrefix(line, "PHOTO;ENC") && !strings.HasPrefix(line, "ATTACH;FMTTYPE=image/png") {
					continue
				}
				pictures++
				raw, err := base64.StdEncoding.DecodeString(line[strings.LastIndexAny(line, ":,")+1:])
				if err != nil {
					t.Errorf("%s: %v", o.Name, err)
				}
				if _, _, err := image.Decode(bytes.NewReader(raw)); err != nil {
					t.Errorf("%s: %v", o.Name, err)
				}
			}
		}
	}
	if pictures < 20 {
		t.Errorf("%d pictures", pictures)
	}
}

// TestComponentsFitTheirCollection has each object be one that its collection announces.
func TestComponentsFitTheirCollection(t *testing.T) {
	for _, c := range Account(1, Options{}) {
		if c.Kind != dav.Calendar {
			continue
		}
		for _, o := range c.Objects {
			if !slices.ContainsFunc(c.Components, func(name string) bool {
				return bytes.Contains(o.Data, []byte("\r\nBEGIN:"+name+"\r\n"))
			}) {
				t.Errorf("%s/%s is none of %v", c.Name, o.Name, c.Components)
			}
		}
	}
}

func TestAwkwardObjectsStandApart(t *testing.T) {
	names := make(map[string]bool)
	for _, o := range Awkward() {
		if names[o.Name] || o.Why == "" || len(o.Answers) != 2 {
			t.Errorf("%s: the name is there twice, or the reason or an answer is missing", o.Name)
		}
		names[o.Name] = true
	}
}
