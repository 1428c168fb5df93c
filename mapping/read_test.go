package mapping

import (
	"errors"
	"strings"
	"testing"
	"time"

	"davferry/internal/dav"
)

func TestReadCalendar(t *testing.T) {
	cal, err := ReadCalendar(objects(t)["testdata/ical/series.ics"])
	if err != nil {
		t.Fatal(err)
	}
	if len(cal.Children) != 3 || cal.Children[1].Props.Get("SUMMARY").Value != `Réunion d’équipe\, salle 3` {
		t.Errorf("%d components, %+v", len(cal.Children), cal.Children[1].Props.Get("SUMMARY"))
	}
}

func TestReadCard(t *testing.T) {
	card, err := ReadCard(objects(t)["testdata/vcard/v30.vcf"])
	if err != nil {
		t.Fatal(err)
	}
	if card.Value("FN") != "Dr. Zoë van der Berg" || len(card["PHOTO"]) != 1 {
		t.Errorf("%+v", card)
	}
}

// TestReadIsGuarded reads what the libraries panic on, or take minutes for.
func TestReadIsGuarded(t *testing.T) {
	tests := []struct {
		name, input string
		tooLarge    bool
	}{
		{"parameter without colon", "BEGIN:VCALENDAR\nDTSTART;TZID=Europe/Paris\nEND:VCALENDAR\n", false},
		{"text after a quote", "BEGIN:VCALENDAR\nA;CN=\"Bob\"x:1\nEND:VCALENDAR\n", false},
		{"long parameter", "BEGIN:VCALENDAR\nA;B=" + strings.Repeat("x", 300_000) + ":1\nEND:VCALENDAR\n", true},
		{"long parameter without colon", "BEGIN:VCALENDAR\nA;B=" + strings.Repeat("x", 300_000) + "\nEND:VCALENDAR\n", true},
		{"nesting", strings.Repeat("BEGIN:A\n", 1_000_000), true},
		{"size", "BEGIN:VCALENDAR\nA:" + strings.Repeat("x", maxReadSize) + "\nEND:VCALENDAR\n", true},
		{"empty", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadCalendar([]byte(tt.input))
			if err == nil || errors.Is(err, ErrTooLarge) != tt.tooLarge {
				t.Errorf("calendar: %v", err)
			}
			_, err = ReadCard([]byte(tt.input))
			if err == nil || errors.Is(err, ErrTooLarge) != tt.tooLarge {
				t.Errorf("card: %v", err)
			}
		})
	}
	start := time.Now()
	folded := "BEGIN:VCARD\nVERSION:3.0\nPHOTO;ENCODING=b:" + strings.Repeat("\n "+strings.Repeat("A", 70), 40_000) + "\nEND:VCARD\n"
	if card, err := ReadCard([]byte(folded)); err != nil || len(card.Value("PHOTO")) != 2_800_000 || time.Since(start) > 5*time.Second {
		t.Errorf("folded photo: %v, %d octets, %v", err, len(card.Value("PHOTO")), time.Since(start))
	}
}

// TestReadersAgree holds the own reader against go-ical: the same names and values in the same components.
func TestReadersAgree(t *testing.T) {
	for _, file := range []string{"testdata/ical/series.ics"} {
		data := objects(t)[file]
		cal, err := ReadCalendar(data)
		if err != nil {
			t.Fatal(err)
		}
		own := parse(data).children[0]
		for i, child := range own.children {
			theirs := cal.Children[i]
			n := 0
			for _, l := range child.lines {
				c := l.Content()
				for _, p := range theirs.Props.Values(string(c.Name)) {
					if p.Value == string(c.Value) {
						n++
						break
					}
				}
			}
			if theirs.Name != child.name || n != len(child.lines) || len(theirs.Children) != len(child.children) {
				t.Errorf("%s: component %d: %d of %d properties agree", file, i, n, len(child.lines))
			}
		}
	}
}

func TestCrossCheck(t *testing.T) {
	event := func(lines string) []byte { return wrap(dav.Calendar, lines) }
	tests := []struct {
		name string
		kind dav.Kind
		a, b []byte
		want string
	}{
		{"nothing lost", dav.Calendar, event("SUMMARY:a|DTSTAMP:1"), event("summary:b"), ""},
		{"property lost", dav.Calendar, event("SUMMARY:a"), event(""), "not there any more: VCALENDAR.VEVENT.SUMMARY"},
		{"alarm lost", dav.Calendar, event("BEGIN:VALARM|ACTION:AUDIO|END:VALARM"), event(""),
			"not there any more: VCALENDAR.VEVENT.VALARM, VCALENDAR.VEVENT.VALARM.ACTION"},
		{"empty property lost", dav.Calendar, event("SUMMARY:"), event(""), ""},
		{"not readable any more", dav.Calendar, event(""), event("SUMMARY"), "could be read before, not after"},
		{"never readable", dav.Calendar, []byte("<html>"), nil, ""},
		{"card", dav.AddressBook, wrap(dav.AddressBook, "FN:a|NOTE:b"), wrap(dav.AddressBook, "FN:a"), "not there any more: NOTE"},
		{"bare types", dav.AddressBook, wrap(dav.AddressBook, "TEL;TYPE=HOME:1"), wrap(dav.AddressBook, "TEL;HOME:1"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := CrossCheck(tt.kind, tt.a, tt.b); err != nil {
				got = err.Error()
			}
			if got != tt.want && (tt.want == "" || !strings.HasPrefix(got, tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
