package migrate_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/mapping"
	"davferry/migrate"
	"davferry/source"
)

// without returns an object without its UID.
func without(uid string, data []byte) []byte {
	return []byte(strings.Replace(string(data), "UID:"+uid+"\r\n", "", 1))
}

// uidsAt returns the UIDs of a collection's objects, sorted.
func uidsAt(s *davtest.Server, collection string) []string {
	var uids []string
	for _, data := range s.Objects(collection) {
		uids = append(uids, mapping.Inspect(dav.Calendar, data).UID)
	}
	slices.Sort(uids)
	return uids
}

// untidy gives anna's calendar what --normalize-uid is for, and two objects that are fine.
func untidy(w *world) (calendar string) {
	calendar, _ = w.fill("anna", 0, 0)
	w.from.PutObject(calendar+"a.ics", event("same", "One"))
	w.from.PutObject(calendar+"b.ics", event("same", "Two"))
	w.from.PutObject(calendar+"c.ics", without("x", event("x", "no UID")))
	w.from.PutObject(calendar+"d.ics", event(strings.Repeat("long", 70), "a long UID"))
	w.from.PutObject(calendar+"e.ics", event("fine", "fine", "RELATED-TO:"+strings.Repeat("long", 70)+"\r\n"))
	w.from.PutObject(calendar+"f.ics", event("fine-too", "fine"))
	return calendar
}

func address(t *testing.T, old, new string) *mapping.Addresses {
	t.Helper()
	a := mapping.NewAddresses(false)
	if err := a.Add(old, new); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestWithoutRulesNothingIsChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	calendar, _ := w.fill("anna", 5, 0)
	s := w.migrate()
	w.sameObjects(calendar)
	if s.Changes.Objects != 0 || len(s.Changes.First) > 0 {
		t.Errorf("changes are %+v", s.Changes)
	}
}

func TestUIDsAreNormalisedAndStaySoInEveryRun(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]davtest.Quirks{"kept as sent": {}, "rewritten": {RewriteOnPut: true}, "one of a UID": {UniqueUID: 409}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, q)
			w.rules = mapping.Rules{mapping.UIDs{}}
			calendar := untidy(w)
			first := w.migrate()
			w.want(first, migrate.Counts{Listed: 6, Created: 6})
			want := map[string]int{mapping.UIDDuplicate: 1, mapping.UIDMissing: 1, mapping.UIDUnfit: 1, mapping.UIDReference: 1}
			if first.Changes.Objects != 4 || !maps.Equal(first.Changes.ByRule, want) || len(first.Changes.First) != 4 {
				t.Errorf("changes are %+v", first.Changes)
			}
			uids := uidsAt(w.to, calendar)
			if len(slices.Compact(slices.Clone(uids))) != 6 || slices.Contains(uids, "") || !slices.Contains(uids, "same") {
				t.Errorf("UIDs at the destination are %q", uids)
			}
			for _, run := range []string{"second run", "journal lost", "and again"} {
				if run == "journal lost" {
					w.dir = t.TempDir()
				}
				w.to.ResetRequests()
				s := w.migrate()
				w.want(s, migrate.Counts{Listed: 6, Unchanged: 6})
				if n := countRequests(w.to, "PUT"); n != 0 || s.Changes.Objects != 4 || !maps.Equal(s.Changes.ByRule, want) {
					t.Errorf("%s: %d PUTs, changes are %+v", run, n, s.Changes)
				}
			}
		})
	}
}

// What a UID is replaced by may not depend on what the source holds besides, or on the order of runs.
func TestUIDsStayWhenTheSourceChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{UniqueUID: 409})
	w.rules = mapping.Rules{mapping.UIDs{}}
	calendar := untidy(w)
	w.migrate()
	before := uidsAt(w.to, calendar)
	w.from.DeleteObject(calendar + "a.ics")
	w.from.PutObject(calendar+"b.ics", event("same", "Two, edited"))
	w.from.PutObject(calendar+"c.ics", without("x", event("x", "no UID, edited")))
	w.want(w.migrate(), migrate.Counts{Listed: 5, Updated: 2, Unchanged: 3})
	if after := uidsAt(w.to, calendar); !slices.Equal(before, after) {
		t.Errorf("UIDs were %q\nand are %q", before, after)
	}
	w.dir = t.TempDir()
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})

	w.from.PutObject(calendar+"0.ics", event("same", "comes first and is late"))
	w.from.PutObject(calendar+"a0.ics", event("fine", "is late too"))
	w.want(w.migrate(), migrate.Counts{Listed: 7, Created: 1, Unchanged: 5, Conflict: 1})
	if n := len(uidsAt(w.to, calendar)); n != 7 {
		t.Errorf("%d objects at the destination", n)
	}
}

// A reference is changed without any knowledge of what it refers to, so that it fits in whatever collection that is.
func TestReferencesFollowAcrossCollections(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.rules = mapping.Rules{mapping.UIDs{All: true}}
	calendar, book := w.fill("anna", 0, 0)
	other := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "home", DisplayName: "Home"})
	w.from.PutObject(calendar+"child.ics", event("child@example.org", "Child", "RELATED-TO:parent@example.org\r\n"))
	w.from.PutObject(other+"parent.ics", event("parent@example.org", "Parent"))
	w.from.PutObject(book+"group.vcf", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:group\r\nFN:G\r\nN:G;;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\nX-ADDRESSBOOKSERVER-MEMBER:urn:uuid:member\r\nEND:VCARD\r\n"))
	w.from.PutObject(book+"member.vcf", card("member", "M"))
	w.want(w.migrate(), migrate.Counts{Listed: 4, Created: 4})
	parent, member := uidsAt(w.to, other)[0], ""
	for _, data := range w.to.Objects(book) {
		if strings.Contains(string(data), "FN:M") {
			member = mapping.Inspect(dav.AddressBook, data).UID
		}
	}
	var child, group string
	for _, data := range w.to.Objects(calendar) {
		child = string(data)
	}
	for _, data := range w.to.Objects(book) {
		if strings.Contains(string(data), "FN:G") {
			group = string(data)
		}
	}
	if !strings.Contains(child, "RELATED-TO:"+parent+"\r\n") || strings.Contains(parent, "parent") {
		t.Errorf("the parent is %s, the child\n%s", parent, child)
	}
	if !strings.Contains(group, "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:"+member+"\r\n") || member == "member" {
		t.Errorf("the member is %s, the group\n%s", member, group)
	}
	w.to.ResetRequests()
	w.dir = t.TempDir()
	w.want(w.migrate(), migrate.Counts{Listed: 4, Unchanged: 4})
}

// Cyrus takes a UID once in all calendars of a user.
func TestUIDsAreUniqueInAnAccountWhereTheDestinationWantsThat(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		quirks davtest.Quirks
		same   bool // the UID stays in both calendars
	}{
		"once in a calendar":  {davtest.Quirks{UniqueUID: 409}, true},
		"once in an account":  {davtest.Quirks{UniqueUID: 403, UniqueUIDPerUser: true, Server: "Cyrus-HTTP/3.6.1"}, false},
		"Apple's server, too": {davtest.Quirks{UniqueUID: 403, UniqueUIDPerUser: true, Server: "CalendarServer/9.3"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, tt.quirks)
			w.rules = mapping.Rules{mapping.UIDs{}}
			calendar, _ := w.fill("anna", 0, 0)
			other := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "home", DisplayName: "Home"})
			w.from.PutObject(calendar+"a.ics", event("same", "One"))
			w.from.PutObject(other+"a.ics", event("same", "Two"))
			w.want(w.migrate(), migrate.Counts{Listed: 2, Created: 2})
			uids := append(uidsAt(w.to, calendar), uidsAt(w.to, other)...)
			if (uids[0] == uids[1]) != tt.same || !slices.Contains(uids, "same") {
				t.Errorf("UIDs are %q", uids)
			}
			w.from.PutObject(calendar+"a.ics", event("same", "One, edited"))
			w.from.PutObject(other+"a.ics", event("same", "Two, edited"))
			w.want(w.migrate(), migrate.Counts{Listed: 2, Updated: 2})
			w.dir = t.TempDir()
			w.want(w.migrate(), migrate.Counts{Listed: 2, Unchanged: 2})
			if again := append(uidsAt(w.to, calendar), uidsAt(w.to, other)...); !slices.Equal(uids, again) {
				t.Errorf("UIDs were %q\nand are %q", uids, again)
			}
		})
	}
}

func TestOtherRulesInALaterRun(t *testing.T) {
	t.Parallel()
	all := mapping.Rules{mapping.UIDs{All: true}}
	for name, tt := range map[string]struct {
		first, second mapping.Rules
		want          migrate.Counts // of the second run
		lost          migrate.Counts // of the second run where the journal is lost
	}{
		"UIDs of all, later":      {nil, all, migrate.Counts{Listed: 3, Updated: 3}, migrate.Counts{Listed: 3, Conflict: 3}},
		"UIDs of all, at first":   {all, nil, migrate.Counts{Listed: 3, Updated: 3}, migrate.Counts{Listed: 3, Conflict: 3}},
		"UIDs where needed later": {nil, mapping.Rules{mapping.UIDs{}}, migrate.Counts{Listed: 3, Updated: 1, Unchanged: 2}, migrate.Counts{Listed: 3, Unchanged: 2, Conflict: 1}},
		"addresses, later": {nil, mapping.Rules{address(t, "x@old.example", "x@new.example")},
			migrate.Counts{Listed: 3, Updated: 1, Unchanged: 2}, migrate.Counts{Listed: 3, Unchanged: 2, Conflict: 1}},
	} {
		for _, lost := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", journal lost"}[lost], func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
				calendar, _ := w.fill("anna", 0, 0)
				w.from.PutObject(calendar+"a.ics", event("one", "One"))
				w.from.PutObject(calendar+"b.ics", event("one", "Two"))
				w.from.PutObject(calendar+"c.ics", event("three", "Three", "ATTENDEE:mailto:x@old.example\r\n"))
				w.rules = tt.first
				w.want(w.migrate(), migrate.Counts{Listed: 3, Created: 3})
				w.rules = tt.second
				want := tt.want
				if lost {
					w.dir, want = t.TempDir(), tt.lost
				}
				s := w.migrate()
				w.want(s, want)
				if n := len(w.to.Objects(calendar)); n != 3 {
					t.Errorf("%d objects at the destination", n)
				}
				w.to.ResetRequests()
				w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 3 - want.Conflict, Conflict: want.Conflict})
				if n := countRequests(w.to, "PUT"); n != 0 {
					t.Errorf("%d PUTs in the third run", n)
				}
				w.overwrite = true
				w.want(w.migrate(), migrate.Counts{Listed: 3, Unchanged: 3 - want.Conflict, Updated: want.Conflict})
				if tt.second == nil {
					w.sameObjects(calendar)
				}
			})
		}
	}
}

func TestChangesAreInTheJournalAndInTheReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.rules = mapping.Rules{address(t, "*@old.example", "*@new.example")}
	calendar, _ := w.fill("anna", 2, 0)
	w.from.PutObject(calendar+"meeting.ics", event("meeting", "Meeting", "ATTENDEE:mailto:x@old.example\r\n"))
	s := w.migrate()
	want := mapping.Change{Rule: "address", Line: 9, Before: []string{"ATTENDEE:mailto:x@old.example"}, After: []string{"ATTENDEE:mailto:x@new.example"}}
	same := func(o migrate.ObjectChanges) bool {
		return o.Account == "anna" && o.Collection == calendar && o.Path == calendar+"meeting.ics" && len(o.Changes) == 1 &&
			o.Changes[0].Rule == want.Rule && o.Changes[0].Line == want.Line &&
			slices.Equal(o.Changes[0].Before, want.Before) && slices.Equal(o.Changes[0].After, want.After)
	}
	if s.Changes.Objects != 1 || len(s.Changes.First) != 1 || !same(s.Changes.First[0]) {
		t.Errorf("the report has %+v", s.Changes)
	}
	kept := journaled(t, w, calendar)
	if len(kept) != 1 || !same(kept[calendar+"meeting.ics"]) {
		t.Errorf("the journal has %+v", kept)
	}
	w.rules = nil
	w.want(w.migrate(), migrate.Counts{Listed: 3, Updated: 1, Unchanged: 2})
	if kept := journaled(t, w, calendar); len(kept) > 0 {
		t.Errorf("without rules the journal still has %+v", kept)
	}
	w.sameObjects(calendar)
}

// The journal has the changes of all objects that a run found at the destination, also of those that it did not read, however
// many they are.
func TestTheJournalHasAllChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.rules = mapping.Rules{address(t, "*@old.example", "*@new.example")}
	calendar, _ := w.fill("anna", 3, 0)
	for i := range 300 {
		uid := fmt.Sprintf("meeting-%03d", i)
		w.from.PutObject(calendar+uid+".ics", event(uid, "Meeting", "ATTENDEE:mailto:x@old.example\r\n"))
	}
	for range 2 {
		s := w.migrate()
		journal, err := migrate.OpenJournal(t.Context(), filepath.Join(w.dir, "state"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for c, err := range journal.RunChanges(t.Context(), 0) {
			want := fmt.Sprintf("meeting-%03d", n)
			if err != nil || c.UID != want || c.Path != calendar+want+".ics" || len(c.Changes) != 1 {
				t.Fatalf("number %d is %+v, %v", n, c, err)
			}
			n++
		}
		if n != 300 || s.Changes.Objects != 300 {
			t.Errorf("%d objects in the journal, %d in the summary", n, s.Changes.Objects)
		}
		journal.Close()
	}
}

// A calendar's time zone is changed, recorded and counted like those of objects, in the run that makes the calendar and in
// later ones.
func TestTimezoneOfACollection(t *testing.T) {
	t.Parallel()
	zone := outlookEvent[:strings.Index(outlookEvent, "BEGIN:VEVENT")] + "END:VCALENDAR\r\n"
	tests := []struct {
		name, timezone string
		want           migrate.Changes
	}{
		{"renamed and defined", zone, migrate.Changes{Collections: 1, ByRule: map[string]int{mapping.TimezoneDefinition: 1}}},
		{"unknown", strings.ReplaceAll(zone, "W. Europe", "Some"), migrate.Changes{Collections: 1, ByRule: map[string]int{mapping.TimezoneDefinition: 1}}},
		{"times of no zone", strings.NewReplacer("W. Europe", "Some", "+0200", "+0217").Replace(zone), migrate.Changes{Left: map[string]int{mapping.TimezoneUnknown: 1}}},
		{"none", "", migrate.Changes{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
			zones, err := mapping.NewZones(false, "")
			if err != nil {
				t.Fatal(err)
			}
			w.rules = mapping.Rules{zones}
			w.fill("anna", 0, 0)
			calendar := w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "zoned", Timezone: tt.timezone})
			w.from.PutObject(calendar+"e.ics", event("e", "Event"))
			for _, run := range []string{"first", "unchanged", "read again"} {
				if run == "read again" {
					w.from.PutObject(calendar+"f.ics", event("f", "Event"))
				}
				s := w.migrate()
				if s.Changes.Objects != 0 || s.Changes.Collections != tt.want.Collections ||
					!maps.Equal(s.Changes.ByRule, tt.want.ByRule) || !maps.Equal(s.Changes.Left, tt.want.Left) {
					t.Errorf("%s: changes are %+v", run, s.Changes)
				}
				kept, told := journaled(t, w, calendar)[calendar]
				if told != (tt.want.ByRule != nil || tt.want.Left != nil) || told && len(kept.Changes) != len(tt.want.ByRule) {
					t.Errorf("%s: the journal has %+v", run, kept)
				}
			}
		})
	}
}

// journaled returns what the journal has of the changes in anna's calendar.
func journaled(t *testing.T, w *world, calendar string) map[string]migrate.ObjectChanges {
	t.Helper()
	journal, err := migrate.OpenJournal(t.Context(), filepath.Join(w.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	target := "migrate " + w.fromURL + " anna to " + w.toURL + " anna"
	kept := map[string]migrate.ObjectChanges{}
	for c, err := range journal.Changes(t.Context(), target, "anna", calendar) {
		if err != nil {
			t.Fatal(err)
		}
		kept[c.Path] = c
	}
	return kept
}

func TestDryRunTellsWhatWouldBeChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.rules = mapping.Rules{mapping.UIDs{}}
	calendar := untidy(w)
	w.dryRun = true
	job := w.job(migrate.Migrate)
	var told []string
	job.Changed = func(c migrate.ObjectChanges) { told = append(told, dav.LastSegment(c.Path)) }
	s, err := w.runJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []string{"b.ics", "c.ics", "d.ics", "e.ics"}) || s.Changes.Objects != 4 || len(w.to.Objects(calendar)) > 0 {
		t.Errorf("told of %q, changes are %+v", told, s.Changes)
	}
}

func TestArchiveHoldsWhatTheRulesMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	w.rules = mapping.Rules{mapping.UIDs{}, address(t, "x@old.example", "x@new.example")}
	calendar := untidy(w)
	w.from.PutObject(calendar+"meeting.ics", event("meeting", "Meeting", "ATTENDEE:mailto:x@old.example\r\n"))
	path := filepath.Join(t.TempDir(), "archive")
	s := w.export(t, t.Context(), path)
	w.want(s, migrate.Counts{Listed: 7, Created: 7})
	if s.Changes.Objects != 5 {
		t.Errorf("changes are %+v", s.Changes)
	}
	files := archived(t, path, "work")
	if !strings.Contains(files["meeting.ics"], "x@new.example") || !strings.Contains(files["c.ics"], "UID:") {
		t.Errorf("the archive holds %q and %q", files["meeting.ics"], files["c.ics"])
	}
	archive, err := source.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	w.rules = nil
	job := w.job(migrate.Import)
	job.From = archive
	imported, err := w.runJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	w.want(imported, migrate.Counts{Listed: 7, Created: 7})
	if data, _, ok := w.to.Object(calendar + "meeting.ics"); !ok || string(data) != files["meeting.ics"] {
		t.Errorf("imported was %q", data)
	}
	again := w.export(t, t.Context(), filepath.Join(t.TempDir(), "archive"))
	if again.Changes.Objects != 0 {
		t.Errorf("without rules there are changes: %+v", again.Changes)
	}
}

// With the rules of the migration verify finds nothing, without them what they changed, and nothing else.
func TestVerifyWithRules(t *testing.T) {
	t.Parallel()
	for _, withJournal := range []bool{true, false} {
		w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
		w.rules = mapping.Rules{mapping.UIDs{}}
		untidy(w)
		w.migrate()
		if v, findings := w.verify(100, withJournal); !v.Same() || v.Objects.Identical != 6 {
			t.Errorf("with the rules, with the journal %v: %+v", withJournal, findings)
		}
		w.rules = nil
		if v, findings := w.verify(100, withJournal); withJournal && (v.Objects != migrate.Verdicts{Listed: 6, Identical: 2, Changed: 4}) {
			t.Errorf("without the rules: %+v", findings)
		}
	}
}

func group(uid, name string, more ...string) []byte {
	return []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nUID:" + uid + "\r\nFN:" + name + "\r\nN:" + name + ";;;;\r\nX-ADDRESSBOOKSERVER-KIND:group\r\n" +
		strings.Join(more, "\r\n") + "\r\nEND:VCARD\r\n")
}

func TestGroupsBecomeCategories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	_, book := w.fill("anna", 0, 3)
	member := func(uid string) string { return "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + uid }
	w.from.PutObject(book+"a-group.vcf", group("g1", "Friends\\, old", member("uid-c0"), member("uid-c1")))
	w.from.PutObject(book+"z-group.vcf", group("g2", "Work", member("uid-c1")))
	w.from.PutObject(book+"absent.vcf", group("g3", "Absent", member("uid-c0"), member("nobody")))
	w.from.PutObject(book+"note.vcf", group("g4", "Note", member("uid-c0"), "NOTE:more than a category"))
	run := func() *migrate.Summary {
		job := w.job(migrate.Migrate)
		job.FoldGroups = true
		s, err := w.runJob(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := run()
	w.want(s, migrate.Counts{Listed: 7, Created: 5, Skipped: 2})
	if s.Changes.Objects != 2 || s.Changes.Left[mapping.GroupForm] != 2 {
		t.Errorf("changes are %+v", s.Changes)
	}
	for name, want := range map[string]string{
		"uid-c0.vcf": "N:Contact;;;;\r\nCATEGORIES:Friends\\, old\r\nEND:VCARD",
		"uid-c1.vcf": "N:Contact;;;;\r\nCATEGORIES:Friends\\, old,Work\r\nEND:VCARD",
		"uid-c2.vcf": "N:Contact;;;;\r\nEND:VCARD",
	} {
		if data, _, _ := w.to.Object(book + name); !strings.Contains(string(data), want) {
			t.Errorf("%s is %q", name, data)
		}
	}
	w.want(run(), migrate.Counts{Listed: 7, Unchanged: 5, Skipped: 2})
	w.from.PutObject(book+"z-group.vcf", group("g2", "Work", member("uid-c1"), member("uid-c2")))
	w.want(run(), migrate.Counts{Listed: 7, Updated: 1, Unchanged: 4, Skipped: 2})
	w.dir = t.TempDir()
	w.want(run(), migrate.Counts{Listed: 7, Unchanged: 5, Skipped: 2})
}

// A group of groups stays one, and so do the groups in it, also where they go round in a circle.
func TestGroupsOfGroupsStayGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davtest.Quirks{})
	_, book := w.fill("anna", 0, 2)
	member := func(uid string) string { return "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:" + uid }
	for path, data := range map[string][]byte{
		"outer.vcf": group("outer", "Outer", member("uid-c0"), member("inner")),
		"inner.vcf": group("inner", "Inner", member("uid-c1")),
		"a.vcf":     group("a", "A", member("b")),
		"b.vcf":     group("b", "B", member("a")),
		"plain.vcf": group("plain", "Plain", member("uid-c1")),
	} {
		w.from.PutObject(book+path, data)
	}
	job := w.job(migrate.Migrate)
	job.FoldGroups = true
	s, err := w.runJob(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	w.want(s, migrate.Counts{Listed: 7, Created: 6, Skipped: 1})
	reasons := map[string]string{}
	for _, c := range s.Changes.First {
		for _, l := range c.Left {
			reasons[dav.LastSegment(c.Path)] = l.Reason
		}
	}
	want := map[string]string{
		"outer.vcf": "the member inner is a group", "inner.vcf": `the group is a member of the group "Outer"`,
		"a.vcf": `the group is a member of the group "B"`, "b.vcf": `the group is a member of the group "A"`,
	}
	if !maps.Equal(reasons, want) {
		t.Errorf("the reasons are %q", reasons)
	}
}
