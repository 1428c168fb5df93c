package migrate_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
	"davferry/migrate"
)

// answering is a server that takes an attendee's copy for an answer where the organizer has the meeting.
var answering = davtest.Quirks{AutoSchedule: true, Signature: "X-DAViCal-Version", DeafToScheduleReply: true, AnswersCopies: true}

const bothAccounts = "account,source_user,source_password,destination_user,destination_password\n" +
	"anna,anna,pw-anna,anna,pw-anna\nbert,bert,pw-bert,bert,pw-bert\n"

// bothCopies gives anna meetings that she organizes, and bert, whom she invites, his copies.
func (w *world) bothCopies(meetings int) (annas, berts string) {
	w.accountCSV = bothAccounts
	annas = w.from.AddCollection("anna", dav.Collection{Kind: dav.Calendar, Path: "work"})
	berts = w.from.AddCollection("bert", dav.Collection{Kind: dav.Calendar, Path: "work"})
	for i := range meetings {
		name := fmt.Sprintf("m%d", i)
		w.from.PutObject(annas+name+".ics", event(name, "Meeting", people))
		w.from.PutObject(berts+name+".ics", event(name, "Meeting", people))
	}
	w.from.PutObject(berts+"own.ics", event("own", "Own"))
	return annas, berts
}

// puts are the collections that were written to, in order.
func (w *world) puts() (users []string) {
	for _, r := range w.to.Requests() {
		if r.Method == "PUT" {
			users = append(users, strings.Split(r.Path, "/")[2])
		}
	}
	return users
}

// The copies of a meeting are written in the order that the server wants, whoever stands first in the accounts file and
// however many accounts are worked on at once.
func TestCopiesOfAMeetingAreOrdered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		to   davtest.Quirks
		mode migrate.InvitationMode
		last string // whose copies come last
	}{
		"quiet, where copies are answers": {to: answering, last: "anna"},
		"allowed":                         {to: sabre, mode: migrate.InvitationsAllow, last: "bert"},
	} {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprint(name, ", ", workers), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, davtest.Quirks{}, tt.to)
				w.bothCopies(5)
				run := func() *migrate.Summary {
					return w.run(migrate.Migrate, func(job *migrate.Job) { job.Workers, job.Invitations = workers, tt.mode })
				}
				w.want(run(), migrate.Counts{Listed: 11, Created: 11})
				puts := w.puts()
				for _, user := range puts[len(puts)-5:] {
					if user != tt.last {
						t.Errorf("the copies of %s do not come last: %v", tt.last, puts)
					}
				}
				if tt.mode == "" && len(w.to.Mails()) > 0 {
					t.Errorf("mailed: %+v", w.to.Mails())
				}
				w.want(run(), migrate.Counts{Listed: 11, Unchanged: 11})
			})
		}
	}
}

// A copy that would be an answer to an organizer whose own is there is refused, in this run or another.
func TestCopiesThatAreAnswersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, answering)
	annas, berts := w.bothCopies(2)
	w.want(w.migrate(), migrate.Counts{Listed: 5, Created: 5})
	w.from.PutObject(berts+"m0.ics", event("m0", "Meeting", strings.Replace(people, "ATTENDEE:", "ATTENDEE;PARTSTAT=ACCEPTED:", 1)))
	w.from.PutObject(annas+"m1.ics", event("m1", "Meeting", strings.Replace(people, "ATTENDEE:", "ATTENDEE;PARTSTAT=ACCEPTED:", 1)))
	s := w.migrate()
	w.want(s, migrate.Counts{Listed: 5, Updated: 1, Unchanged: 3, Refused: 1})
	if p := s.Problems; len(p) != 1 || p[0].Account != "bert" || !strings.Contains(p[0].Message, "for an answer to anna@"+davtest.MailDomain) {
		t.Errorf("%+v", p)
	}
	if len(w.to.Mails()) > 0 {
		t.Errorf("mailed: %+v", w.to.Mails())
	}
}

// What waits for a later round is not lost sight of where the run ends before it.
func TestARunThatEndsBetweenRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, answering)
	w.bothCopies(3)
	ctx, cancel := context.WithCancel(t.Context())
	w.behind(func(rw http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == "PUT" {
			cancel()
		}
		server.ServeHTTP(rw, r)
	})
	s, err := w.runJob(ctx, w.job(migrate.Migrate))
	if err == nil || s == nil || s.Objects.AtDestination() > 1 {
		t.Fatalf("%v: %+v", err, s)
	}
	if again := w.migrate(); again.Objects.AtDestination() != 7 || !again.Complete() {
		t.Errorf("after the second run: %+v %+v", again.Objects, again.Problems)
	}
	if len(w.to.Mails()) > 0 {
		t.Errorf("mailed: %+v", w.to.Mails())
	}
}

// An account that ends early takes what waits with it, and nobody else's.
func TestAnAccountThatEndsBetweenRounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, answering)
	_, berts := w.bothCopies(3)
	w.retries = 0
	w.to.Inject(davtest.Fault{Path: berts + "m0.ics", Method: "PUT", Action: davtest.Answer, Status: 401, Times: 1})
	w.to.Inject(davtest.Fault{Path: berts, Method: "PROPFIND", Action: davtest.Answer, Status: 401, Skip: 2})
	s := w.migrate()
	if s.Objects.Listed != 7 || s.Objects.Unsettled()+s.Objects.AtDestination() != 7 || s.PerAccount[1].State != migrate.AccountIncomplete {
		t.Errorf("%+v: %+v", s.Objects, s.Problems)
	}
	if p := s.Problems[0]; p.Account != "anna" || !strings.Contains(p.Message, "an attendee's copy has to be there first") {
		t.Errorf("anna's copies did not wait for bert's: %+v", s.Problems)
	}
	w.to.ClearFaults()
	again := w.migrate()
	if again.Objects.AtDestination() != 7 || !again.Complete() {
		t.Errorf("after the second run: %+v %+v", again.Objects, again.Problems)
	}
}

// --delete waits for all rounds.
func TestDeleteWaitsForTheLastRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, answering)
	annas, _ := w.bothCopies(30)
	w.migrate()
	w.from.DeleteObject(annas + "m0.ics")
	w.from.PutObject(annas+"m1.ics", event("m1", "Moved", people))
	s := w.run(migrate.Migrate, withDelete)
	w.want(s, migrate.Counts{Listed: 60, Updated: 1, Unchanged: 59})
	w.wantDeleted(s, 1, 0)
	if len(w.to.Mails()) > 0 {
		t.Errorf("mailed: %+v", w.to.Mails())
	}
}

// A run of a part of the accounts does not forget who is there since another run.
func TestAnswersToOrganizersOfAnotherRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, davtest.Quirks{}, answering)
	_, berts := w.bothCopies(2)
	w.from.PutObject(berts+"outside.ics", event("outside", "Outside", strings.Replace(people, "anna@"+davtest.MailDomain, "boss@elsewhere.example", 1)))
	all := w.accountCSV
	w.accountCSV = strings.Replace(all, "bert,pw-bert\n", "bert,wrong\n", 1)
	w.want(w.migrate(), migrate.Counts{Listed: 2, Created: 2})
	header, rest, _ := strings.Cut(all, "\n")
	_, bert, _ := strings.Cut(rest, "\n")
	w.accountCSV = header + "\n" + bert
	w.want(w.migrate(), migrate.Counts{Listed: 4, Created: 2, Refused: 2})
	if len(w.to.Mails()) > 0 {
		t.Errorf("mailed: %+v", w.to.Mails())
	}
	w.accountCSV = all
	w.want(w.migrate(), migrate.Counts{Listed: 6, Unchanged: 4, Refused: 2})
}
