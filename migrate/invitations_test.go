package migrate_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
	"davferry/migrate"
	"davferry/source"
)

// The servers that tell people, as far as davtest plays them.
var (
	quiet   = davtest.Quirks{}
	sabre   = davtest.Quirks{AutoSchedule: true, Signature: "X-Sabre-Version"}
	cyrus   = davtest.Quirks{AutoSchedule: true, Server: "Cyrus-HTTP/3.6.1", DeafToScheduleReply: true, HearsSchedulingEnabled: true}
	davical = davtest.Quirks{AutoSchedule: true, Signature: "X-DAViCal-Version", DeafToScheduleReply: true}
	unknown = davtest.Quirks{AutoSchedule: true, DeafToScheduleReply: true}
	sogo    = davtest.Quirks{AutoSchedule: true, Server: "SOPE 4.9.37/WebDAV", DeafToScheduleReply: true, DeafToScheduleAgent: true}
)

const (
	organized = "ORGANIZER;CN=Anna:mailto:anna@davtest.example\r\n" +
		"ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-AGENT=SERVER:mailto:bert@davtest.example\r\n" +
		"ATTENDEE;PARTSTAT=TENTATIVE:mailto:guest@elsewhere.example\r\n"
	attended = "ORGANIZER:mailto:boss@elsewhere.example\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:anna@davtest.example\r\n"
	future   = "RRULE:FREQ=YEARLY\r\n"
)

// meetings gives anna two meetings that go on for ever, one that is over, an event, and a list of names in an event.
func (w *world) meetings() (calendar string) {
	calendar, _ = w.fill("anna", 1, 0)
	w.from.PutObject(calendar+"organized.ics", event("organized", "Organized", organized, future))
	w.from.PutObject(calendar+"attended.ics", event("attended", "Attended", attended, future))
	w.from.PutObject(calendar+"over.ics", event("over", "Over", organized))
	w.from.PutObject(calendar+"alone.ics", event("alone", "Alone", "ATTENDEE:mailto:bert@davtest.example\r\n"))
	return calendar
}

// Nobody is told, whatever the server, with the least change that does it; the report says what that means for later.
func TestNobodyIsMailed(t *testing.T) {
	t.Parallel()
	unmarked := []string{"organized", "attended", "over", "alone"}
	for name, tt := range map[string]struct {
		to       davtest.Quirks
		mode     migrate.InvitationMode
		refused  int
		same     []string // arrive octet for octet
		changed  int
		meetings migrate.Meetings
	}{
		"a server that does not schedule": {to: quiet, same: unmarked, meetings: migrate.Meetings{AtDestination: 3, NotUpdated: 2}},
		"sabre/dav, by a header":          {to: sabre, same: unmarked, meetings: migrate.Meetings{AtDestination: 3}},
		"Cyrus, by a header":              {to: cyrus, same: unmarked, meetings: migrate.Meetings{AtDestination: 3}},
		"DAViCal, by marks":               {to: davical, changed: 4, meetings: migrate.Meetings{AtDestination: 3, NotUpdated: 2}},
		"one that is not known, by marks": {to: unknown, changed: 4, meetings: migrate.Meetings{AtDestination: 3, NotUpdated: 2}},
		"SOGo, not at all":                {to: sogo, refused: 3, same: []string{"alone"}},
		"SOGo, without the people":        {to: sogo, mode: migrate.InvitationsNeutralise, changed: 4, meetings: migrate.Meetings{AtDestination: 3, NotUpdated: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, davtest.Quirks{}, tt.to)
			calendar := w.meetings()
			run := func() *migrate.Summary {
				return w.run(migrate.Migrate, func(job *migrate.Job) { job.Invitations = tt.mode })
			}
			s := run()
			w.want(s, migrate.Counts{Listed: 5, Created: 5 - tt.refused, Refused: tt.refused})
			if s.Changes.Objects != tt.changed || s.Meetings != tt.meetings {
				t.Errorf("%d objects changed, want %d; meetings %+v, want %+v", s.Changes.Objects, tt.changed, s.Meetings, tt.meetings)
			}
			for _, name := range tt.same {
				before, _, _ := w.from.Object(calendar + name + ".ics")
				if after, _, ok := w.to.Object(calendar + name + ".ics"); !ok || !bytes.Equal(before, after) {
					t.Errorf("%s arrived as %q", name, after)
				}
			}
			w.want(run(), migrate.Counts{Listed: 5, Unchanged: 5 - tt.refused, Refused: tt.refused})
			w.wantVerified(5-tt.refused, tt.refused)
			s = w.run(migrate.Rollback, nil)
			w.wantDeleted(s, 5-tt.refused, 0)
			if mails := w.to.Mails(); len(mails) > 0 {
				t.Errorf("mailed: %+v", mails)
			}
		})
	}
}

// wantVerified verifies, and expects all objects to be the same but for those that are missing.
func (w *world) wantVerified(same, missing int) {
	w.t.Helper()
	v, _ := w.verify(100, true)
	if n := v.Objects; n.Identical+n.Equivalent != same || n.Missing != missing || n.Changed+n.Extra+n.Unread != 0 {
		w.t.Errorf("verified: %+v", n)
	}
}

func TestMarksAreTheOnlyChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davical)
	calendar := w.meetings()
	w.migrate()
	before, _, _ := w.from.Object(calendar + "organized.ics")
	want := strings.NewReplacer(
		"ORGANIZER;CN=Anna:", "ORGANIZER;CN=Anna;SCHEDULE-AGENT=CLIENT:",
		"SCHEDULE-AGENT=SERVER", "SCHEDULE-AGENT=CLIENT",
		"PARTSTAT=TENTATIVE:mailto:guest@elsewhere.example\r\n", "PARTSTAT=TENTATIVE;SCHEDULE-AGENT=CLIENT:mailto:guest@elsewhere.example\r\n",
	).Replace(string(before))
	after, _, _ := w.to.Object(calendar + "organized.ics")
	if unfolded := strings.ReplaceAll(string(after), "\r\n ", ""); unfolded != want {
		t.Errorf("%q\nwant %q", unfolded, want)
	}
}

// What a server cannot be kept from telling stays as it is: a meeting that is not marked is neither replaced nor deleted.
func TestMeetingsThatAreNotMarkedStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davical)
	calendar := w.meetings()
	allow := func(job *migrate.Job) { job.Invitations = migrate.InvitationsAllow }
	w.want(w.run(migrate.Migrate, allow), migrate.Counts{Listed: 5, Created: 5})
	told := len(w.to.Mails())
	if told == 0 {
		t.Fatal("nobody was told although that was allowed: the test could not fail")
	}
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 5})
	w.wantVerified(5, 0)
	w.from.PutObject(calendar+"organized.ics", event("organized", "Moved", organized, future))
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 5, Unchanged: 4, Refused: 1})
	if p := s.Problems; len(p) != 1 || !strings.Contains(p[0].Message, "cancellations") || !strings.Contains(p[0].Message, "enable_auto_schedule") {
		t.Errorf("%+v", p)
	}
	w.wantDeleted(w.run(migrate.Rollback, nil), 1, 4)
	if n := len(w.to.Mails()); n != told {
		t.Errorf("%d more were told", n-told)
	}
}

// A later version of a meeting that is marked goes without telling anybody.
func TestMarkedMeetingsAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davical)
	calendar := w.meetings()
	w.migrate()
	w.from.PutObject(calendar+"organized.ics", event("organized", "Moved", organized, future))
	w.from.PutObject(calendar+"over.ics", event("over", "Over", strings.Replace(organized, "ATTENDEE;PARTSTAT=ACCEPTED;SCHEDULE-AGENT=SERVER:mailto:bert@davtest.example\r\n", "", 1)))
	w.want(w.migrate(), migrate.Counts{Listed: 5, Updated: 2, Unchanged: 3})
	w.wantVerified(5, 0)
	if len(w.to.Mails()) > 0 {
		t.Errorf("mailed: %+v", w.to.Mails())
	}
}

// A version that was deleted to make room for a new one is put back where that is refused.
func TestReplacedMeetingsComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davical)
	calendar := w.meetings()
	w.migrate()
	before, _, _ := w.to.Object(calendar + "organized.ics")
	w.from.PutObject(calendar+"organized.ics", event("organized", "Moved", organized, future))
	w.to.Inject(davtest.Fault{Method: "PUT", Action: davtest.Answer, Status: 403, Times: 1})
	w.want(w.migrate(), migrate.Counts{Listed: 5, Unchanged: 4, Refused: 1})
	if after, _, ok := w.to.Object(calendar + "organized.ics"); !ok || !bytes.Equal(before, after) {
		t.Errorf("there is %q", after)
	}
	w.want(w.migrate(), migrate.Counts{Listed: 5, Updated: 1, Unchanged: 4})
	w.wantVerified(5, 0)
}

// An import is no exception, and an archive has the meetings as they are.
func TestInvitationsOfAnArchive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, davical)
	calendar := w.meetings()
	path := t.TempDir() + "/archive.zip"
	if s := w.export(t, t.Context(), path); s.Changes.Objects != 0 || s.Meetings != (migrate.Meetings{}) {
		t.Errorf("the export changed %d objects: %+v", s.Changes.Objects, s.Meetings)
	}
	from, err := source.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	s := w.run(migrate.Import, func(job *migrate.Job) { job.From = from })
	w.want(s, migrate.Counts{Listed: 5, Created: 5})
	if data, _, _ := w.to.Object(calendar + "attended.ics"); bytes.Count(data, []byte("SCHEDULE-AGENT=CLIENT")) != 2 || len(w.to.Mails()) > 0 {
		t.Errorf("mailed %+v, imported %q", w.to.Mails(), data)
	}
}

// Every change of a meeting is listed by the name of its rule.
func TestChangesOfPeopleAreListed(t *testing.T) {
	t.Parallel()
	for mode, rule := range map[migrate.InvitationMode]string{migrate.InvitationsQuiet: "schedule-agent", migrate.InvitationsNeutralise: "neutralise"} {
		w := newWorld(t, davtest.Quirks{}, davical)
		w.meetings()
		s := w.run(migrate.Migrate, func(job *migrate.Job) { job.Invitations = mode })
		if s.Changes.ByRule[rule] != 4 || !slices.ContainsFunc(s.Changes.First, func(c migrate.ObjectChanges) bool {
			return c.UID == "organized" && len(c.Changes) == 3 && c.Changes[0].Rule == rule
		}) {
			t.Errorf("%s: %+v", mode, s.Changes)
		}
	}
}
