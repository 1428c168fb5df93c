package migrate

import (
	"slices"
	"strings"
	"time"

	"davferry/internal/dav"
	"davferry/mapping"
)

// Meetings are numbers of the calendar objects with an organizer and attendees that this run has read and that are at the
// destination.
type Meetings struct {
	AtDestination int `json:"at_destination"`

	// NotUpdated are those of them that go on after the run, with the account as organizer or attendee, and of which the
	// destination will not tell anybody by itself when they change, nor take in what others answer: it does not schedule,
	// or they are marked as a client's matter, or their people are out of effect.
	NotUpdated int `json:"future_not_updated"`
}

func (m *Meetings) add(o Meetings) {
	m.AtDestination += o.AtDestination
	m.NotUpdated += o.NotUpdated
}

func (m *Meetings) count(o meeting) {
	if o.is {
		m.AtDestination++
	}
	if o.notUpdated {
		m.NotUpdated++
	}
}

// meeting is what is to be counted of an object once it is at the destination.
type meeting struct{ is, notUpdated bool }

// meeting looks at an object of the source and at what is written of it.
func (m *move) meeting(info mapping.Info, data, written []byte) meeting {
	if m.collection.Kind != dav.Calendar || m.toDAV == nil || !info.Organizer || !info.Attendee {
		return meeting{}
	}
	people := mapping.PeopleOf(data)
	lapses := m.scheduling().Silencing == dav.NotNeeded || mapping.PeopleOf(written).Marked
	return meeting{is: true, notUpdated: lapses && m.involves(people) && mapping.Overlaps(dav.Calendar, data, time.Now(), time.Time{})}
}

// involves tells whether the account is one of the people; where it is not known under which addresses it goes, it is.
func (t *transfer) involves(p mapping.People) bool {
	own := t.addresses()
	isOwn := func(person string) bool { return slices.Contains(own, person) }
	return len(own) == 0 || slices.ContainsFunc(p.Organizers, isOwn) || slices.ContainsFunc(p.Attendees, isOwn)
}

// addresses are the mail addresses of the account, as both servers and the logins have them.
func (t *transfer) addresses() []string {
	var own []string
	take := func(address string) {
		if address = mapping.CalendarUser(address); strings.Contains(address, "@") && !strings.Contains(address, "/") {
			own = append(own, strings.ToLower(address))
		}
	}
	for _, side := range []*dav.Account{t.fromDAV, t.toDAV} {
		if side == nil {
			continue
		}
		if s := side.Services[dav.Calendar]; s != nil {
			for _, address := range s.Addresses {
				take(address)
			}
		}
	}
	take(t.account.Source.User)
	take(t.account.Destination.User)
	return own
}

// notePeople says before anything is written what would become of the meetings of an account.
func (t *transfer) notePeople() {
	s, meetings := t.scheduling(), t.report.Forecast.Meetings
	if t.job.Quick {
		if t.job.invitations() == InvitationsQuiet && s.Silencing == dav.Impossible {
			t.report.note("", "meetings would be refused: %s mails invitations and no client can keep it quiet; how many there are is not known with --quick", theServer(s))
		}
		return
	}
	if meetings == 0 {
		return
	}
	switch what := numberOf(meetings, "meeting"); {
	case t.job.Invitations == InvitationsNeutralise:
		t.report.note("", "the people of %s would be taken out of effect (X-DAVFERRY-ORGANIZER, X-DAVFERRY-ATTENDEE)", what)
	case s.Silencing == dav.NotNeeded:
	case t.job.Invitations == InvitationsAllow:
		t.report.note("", "the destination may mail the people of %s", what)
	case s.Silencing == dav.ByAgent:
		t.report.note("", "the people of %s would be marked SCHEDULE-AGENT=CLIENT, so that %s tells nobody of them, now or later", what, theServer(s))
	case s.Silencing == dav.Impossible:
		t.report.note("", "%s would be refused, because %s would mail their people", numberOf(t.report.Forecast.Refused, "meeting"), theServer(s))
	}
}
