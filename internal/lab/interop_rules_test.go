package lab_test

import (
	"os"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// untidy is what Xandikos 0.2.8 keeps and Radicale 3.1.8 refuses: objects without UID (400), a UID twice in an address book
// (409) and vCard 2.1 (400); and with them what both take.
func untidy() []dataset.Collection {
	calendar, book := appointments, dataset.Collection{Kind: dav.AddressBook, Name: "people"}
	bare := appointment("bare", "without a UID")
	bare.Data = []byte(strings.Replace(string(bare.Data), "UID:bare\r\n", "", 1))
	meeting := appointment("meeting", "with people")
	meeting.Data = []byte(strings.Replace(string(meeting.Data), "SUMMARY", "ATTENDEE;CN=joe@old.example:mailto:joe@old.example\r\nSUMMARY", 1))
	calendar.Objects = []dataset.Object{bare, meeting, appointment("fine", "fine")}
	for name, lines := range map[string]string{
		"one":   "VERSION:3.0\nUID:same\nFN:One\nN:One;;;;",
		"two":   "VERSION:3.0\nUID:same\nFN:Two\nN:Two;;;;",
		"none":  "VERSION:3.0\nFN:None\nN:None;;;;",
		"phone": "VERSION:2.1\nUID:phone\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\nTEL;CELL:+49 170 1234",
	} {
		data := "BEGIN:VCARD\r\n" + strings.ReplaceAll(lines, "\n", "\r\n") + "\r\nEND:VCARD\r\n"
		book.Objects = append(book.Objects, dataset.Object{Name: name + ".vcf", Data: []byte(data)})
	}
	return []dataset.Collection{calendar, book}
}

// TestRules moves with rules what the destination refuses without them, and again, also without the journal.
func TestRules(t *testing.T) {
	for _, destination := range []string{"radicale", "xandikos"} {
		t.Run("xandikos to "+destination, func(t *testing.T) {
			lab.Need(t, "xandikos", destination)
			from, to := lab.StartFor(t, "xandikos", 1), lab.StartFor(t, destination, 1)
			if err := lab.Load(t.Context(), from, from.Users[0], untidy()); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			if err := os.WriteFile(d.path("addresses.csv"), []byte("joe@old.example,joe@new.example\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			rules := []string{"--normalize-uid", "--vcard", "3.0", "--map-addresses", "addresses.csv"}
			d.run(0, "migrate", rules...).Objects.expect(t, "objects", counts{"listed": 7, "created": 7})
			d.run(0, "migrate", rules...).Objects.expect(t, "objects of the second run", counts{"listed": 7, "unchanged": 7})
			if status := d.start("verify", rules...).wait(); status != 0 {
				t.Errorf("verify with the rules: exit status %d", status)
			}
			if status := d.start("verify").wait(); status != 4 {
				t.Errorf("verify without the rules: exit status %d", status)
			}
			d.forget()
			d.run(0, "migrate", rules...).Objects.expect(t, "objects without the journal", counts{"listed": 7, "unchanged": 7})
		})
	}
}
