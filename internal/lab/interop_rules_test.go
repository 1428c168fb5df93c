package lab_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
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

// windowsZone is the definition that Outlook writes for Central Europe, under a name of its own making.
const windowsZone = "BEGIN:VTIMEZONE\nTZID:NAME\n" +
	"BEGIN:STANDARD\nDTSTART:16010101T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n" +
	"BEGIN:DAYLIGHT\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n"

// zoned returns an event with a time zone, of which definition is the VTIMEZONE.
func zoned(uid, tzid, definition string) dataset.Object {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\n" + strings.Replace(definition, "NAME", tzid, 1) +
		"BEGIN:VEVENT\nUID:" + uid + "\nDTSTAMP:20260101T000000Z\nDTSTART;TZID=" + tzid + ":20260105T100000\nDTEND;TZID=" + tzid + ":20260105T110000\n" +
		"RRULE:FREQ=WEEKLY;COUNT=30\nEXDATE;TZID=" + tzid + ":20260112T100000\nSUMMARY:zoned\nEND:VEVENT\nEND:VCALENDAR\n"
	return dataset.Object{Name: uid + ".ics", UID: uid, Data: []byte(strings.ReplaceAll(text, "\n", "\r\n"))}
}

// foreignAccount is what an account looks like that comes from Exchange by way of a server that keeps everything: for each
// rule something to change, and beside it what must stay as it is.
func foreignAccount() []dataset.Collection {
	all := untidy()
	for i, o := range all[0].Objects {
		// Of an event with people in it and without an organizer SOGo 5.8.0 keeps nobody, and it asks everybody to answer.
		all[0].Objects[i].Data = []byte(strings.Replace(string(o.Data), "ATTENDEE;",
			"ORGANIZER;CN=boss:mailto:boss@old.example\r\nATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;", 1))
	}
	lying := strings.ReplaceAll(windowsZone, "+0200", "+0230")
	all[0].Timezone = strings.ReplaceAll("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//example.test//lab//EN\n"+
		strings.Replace(windowsZone, "NAME", "W. Europe Standard Time", 1)+"END:VCALENDAR\n", "\n", "\r\n")
	all[0].Objects = append(all[0].Objects,
		zoned("windows", "W. Europe Standard Time", windowsZone),
		zoned("customized", "Customized Time Zone", windowsZone),
		zoned("lies", "Pacific Standard Time", windowsZone),
		zoned("unknown", "Nowhere Standard Time", lying),
		zoned("iana", "Europe/Berlin", windowsZone))
	group := "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:crew\r\nFN:Crew\r\nN:Crew;;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n" +
		"X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:phone\r\nEND:VCARD\r\n"
	all[1].Objects = append(all[1].Objects, dataset.Object{Name: "crew.vcf", UID: "crew", Data: []byte(group)})
	return all
}

// changedObjects returns, from report.json, the last segments of the paths of the objects that rules changed in meaning, and
// the rules that left something as it is by theirs. Another VTIMEZONE of a known zone means the same.
func (d *desk) changedObjects() (changed []string, left map[string]string) {
	d.t.Helper()
	text, err := os.ReadFile(d.path("accounts.davferry/report.json"))
	if err != nil {
		d.t.Fatal(err)
	}
	var report struct {
		Rows []struct {
			Path    string
			Changes []struct{ Rule string }
			Left    []struct{ Rule string }
		} `json:"changed_objects"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		d.t.Fatal(err)
	}
	left = map[string]string{}
	for _, row := range report.Rows {
		if slices.ContainsFunc(row.Changes, func(c struct{ Rule string }) bool { return c.Rule != "timezone-definition" }) {
			changed = append(changed, dav.LastSegment(row.Path))
		}
		for _, l := range row.Left {
			left[dav.LastSegment(row.Path)] = l.Rule
		}
	}
	slices.Sort(changed)
	return changed, left
}

// differing returns the last segments of the paths of the objects that verify says are changed or missing, which its exit
// status agrees with.
func (d *desk) differing(flags ...string) (paths []string) {
	d.t.Helper()
	r := d.start("verify", flags...)
	status := r.wait()
	var verification struct {
		Findings []struct{ Path, Verdict string }
	}
	if err := json.Unmarshal(r.stdout.Bytes(), &verification); err != nil {
		d.t.Fatalf("verify: %v\n%s%s", err, r.stdout.String(), r.stderr.String())
	}
	for _, f := range verification.Findings {
		if f.Verdict != "changed" && f.Verdict != "missing" {
			d.t.Errorf("verify finds %s %s", f.Path, f.Verdict)
		}
		paths = append(paths, dav.LastSegment(f.Path))
	}
	if want := min(len(paths), 1) * 4; status != want {
		d.t.Errorf("verify: exit status %d with %q", status, paths)
	}
	slices.Sort(paths)
	return paths
}

// TestAllRules moves an account with all rules to four servers. What is at the destination then is what the rules make of
// the source, and without them verify finds nothing changed but what the report has.
func TestAllRules(t *testing.T) {
	for _, destination := range []string{"radicale", "xandikos", "cyrus", "sogo"} {
		t.Run(destination, func(t *testing.T) {
			lab.Need(t, "xandikos", destination)
			from, to := lab.StartFor(t, "xandikos", 1), lab.StartFor(t, destination, 1)
			if err := lab.Load(t.Context(), from, from.Users[0], foreignAccount()); err != nil {
				t.Fatal(err)
			}
			d := newDesk(t, rows(t, header, row("", from, from.Users[0], to, to.Users[0])))
			if err := os.WriteFile(d.path("addresses.csv"), []byte("*@old.example,*@new.example\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			rules := []string{"--normalize-uid", "--normalize-tz", "--vcard", "3.0", "--map-addresses", "addresses.csv", "--groups", "categories"}
			flags := append([]string{"--invitations", "allow"}, rules...)
			d.run(0, "migrate", flags...).Objects.expect(t, "objects", counts{"listed": 13, "created": 12, "skipped": 1})
			changed, left := d.changedObjects()
			if want := map[string]string{"lies.ics": "timezone-differs", "unknown.ics": "timezone-unknown"}; !maps.Equal(left, want) {
				t.Errorf("left as they are: %v, want %v", left, want)
			}
			d.run(0, "migrate", flags...).Objects.expect(t, "objects of the second run", counts{"listed": 13, "unchanged": 12, "skipped": 1})
			if paths := d.differing(rules...); len(paths) > 0 {
				t.Errorf("verify with the rules: %q", paths)
			}
			changed = append(changed, "crew.vcf") // the group, which is in the categories of its members
			slices.Sort(changed)
			if paths := d.differing(); !slices.Equal(paths, changed) {
				t.Errorf("verify without the rules: %q, the report has %q", paths, changed)
			}
		})
	}
}
