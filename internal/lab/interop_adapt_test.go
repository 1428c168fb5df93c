package lab_test

import (
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// several are objects that hold two UIDs each, as Xandikos serves them.
func several() []dataset.Collection {
	calendar, book := appointments, dataset.Collection{Kind: dav.AddressBook, Name: "people"}
	one, two := string(appointment("several-a", "One").Data), string(appointment("several-b", "Two").Data)
	joined := strings.TrimSuffix(one, "END:VCALENDAR\r\n") + two[strings.Index(two, "BEGIN:VEVENT"):]
	calendar.Objects = []dataset.Object{{Name: "several.ics", Data: []byte(joined)}, appointment("other", "Other")}
	cardOf := func(uid, name string) string {
		return "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nEND:VCARD\r\n"
	}
	book.Objects = []dataset.Object{{Name: "several.vcf", Data: []byte(cardOf("card-a", "Anna") + cardOf("card-b", "Bert"))}}
	return []dataset.Collection{calendar, book}
}

// TestSeveralUIDs moves objects that hold several UIDs. Cyrus answers 403 to them, Radicale and sabre/dav 400; of two cards
// in one object SOGo and DAViCal keep the first and say 201.
func TestSeveralUIDs(t *testing.T) {
	for _, test := range []struct {
		to    string
		split int // objects
		there int
	}{
		{"cyrus", 1, 4}, // cards it takes as they are
		{"radicale", 2, 5},
		{"sabre", 1, 4},
		{"sogo", 1, 4},
		{"davical", 1, 4},
		{"xandikos", 0, 3},
	} {
		t.Run(test.to, func(t *testing.T) {
			lab.Need(t, "xandikos", test.to)
			from, to := lab.StartFor(t, "xandikos", 1), lab.StartFor(t, test.to, 1)
			if err := lab.Load(t.Context(), from, from.Users[0], several()); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			s := d.run(0, "migrate")
			s.Objects.expect(t, "objects", counts{"listed": 3, "created": 3})
			s.Changes.ByRule.expect(t, "changes", counts{"split-uids": test.split})
			if n := size(read(t, to, to.Users[0])); n != test.there {
				t.Errorf("%d objects are there, want %d", n, test.there)
			}
			if status := d.start("verify").wait(); status != 0 {
				t.Errorf("verify: exit status %d", status)
			}
			d.run(0, "migrate").Objects.expect(t, "second run", counts{"listed": 3, "unchanged": 3})
			d.forget()
			d.run(0, "migrate").Objects.expect(t, "without the journal", counts{"listed": 3, "unchanged": 3})
			d.forget()
			if n := size(read(t, to, to.Users[0])); n != test.there {
				t.Errorf("%d objects are there after the second run", n)
			}
		})
	}
}

// TestMethod moves an event that was published. Cyrus answers 403 to a METHOD:PUBLISH without an organizer.
func TestMethod(t *testing.T) {
	lab.Need(t, "radicale", "cyrus", "xandikos")
	from := lab.StartFor(t, "radicale", 1)
	calendar, published := appointments, appointment("published", "Published")
	published.Data = []byte(strings.Replace(string(published.Data), "VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:PUBLISH\r\n", 1))
	calendar.Objects = []dataset.Object{published}
	if err := lab.Load(t.Context(), from, from.Users[0], []dataset.Collection{calendar}); err != nil {
		t.Fatal(err)
	}
	for name, removed := range map[string]int{"cyrus": 1, "xandikos": 0} {
		to := lab.StartFor(t, name, 1)
		d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
		s := d.run(0, "migrate")
		s.Objects.expect(t, name, counts{"listed": 1, "created": 1})
		s.Changes.ByRule.expect(t, name, counts{"method-removed": removed})
		if status := d.start("verify").wait(); status != 0 {
			t.Errorf("%s: verify: exit status %d", name, status)
		}
		d.run(0, "migrate").Objects.expect(t, name+", second run", counts{"listed": 1, "unchanged": 1})
	}
}
