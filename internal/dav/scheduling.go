package dav

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Silencing is the way to keep a server from telling the people of a meeting what is written to it (RFC 6638).
type Silencing uint8

// The ways, the least change first.
const (
	NotNeeded  Silencing = iota // it tells nobody
	ByHeader                    // it obeys a header of what Put and Delete send when they are to be quiet
	ByAgent                     // it obeys SCHEDULE-AGENT=CLIENT on ORGANIZER and ATTENDEE (RFC 6638 section 7.1)
	Impossible                  // it obeys nothing that a client can send
)

// String returns what keeps the server quiet: "header", "schedule-agent" or "none"; "" where it needs nothing.
func (s Silencing) String() string {
	return [...]string{NotNeeded: "", ByHeader: "header", ByAgent: "schedule-agent", Impossible: "none"}[s]
}

// Scheduler is what is known of a server that tells people.
type Scheduler struct {
	Name      string // of the software or the service, "" where it is not known
	Silencing Silencing
	Setting   string // with which its administrator keeps it from mailing people, "" where none is known

	// NeedsBoth says that an object with an ORGANIZER and no ATTENDEE, or the reverse, is known to make it tell nobody.
	NeedsBoth bool

	// AnswersCopies says that an attendee's copy of a meeting which the organizer has on the server is taken for the
	// attendee's answer, marked with SCHEDULE-AGENT or not: attendees' copies have to be there first.
	AnswersCopies bool

	// ResetsUpdates says that a new version of a meeting makes it tell those whom that does not name any more, marked or
	// not, and take back what the others have answered where the time is another. One that takes the place of a version
	// that was deleted is left as it is.
	ResetsUpdates bool

	Source string // where this is known from

	knows func(s signature) bool
}

// signature is what a server shows of itself.
type signature struct {
	header   http.Header
	features []string // of the DAV header
	host     string
	path     string // of the principal or of the home set
}

// Schedulers is the table of servers that tell people and what keeps them from it. The first row that knows a server
// counts. A server of which only its announcement is known has to obey SCHEDULE-AGENT (RFC 6638 section 7.1).
var Schedulers = []Scheduler{
	{Name: "Nextcloud or ownCloud", Silencing: ByHeader, Setting: "occ config:app:set dav sendInvitations --value no",
		Source: "nextcloud/server pull requests 49503, 58203 (X-NC-Scheduling), and sabre/dav, on which it is built",
		knows: func(s signature) bool {
			return s.hasFeature("nc-", "nextcloud-") || strings.Contains(s.path, "/remote.php/")
		}},
	{Name: "sabre/dav", Silencing: ByHeader, Setting: "leave out the plugin Schedule\\IMipPlugin; in Baikal: no invite_from",
		Source: "measured with 4.7.1: Schedule-Reply: F keeps it quiet for PUT as well as for DELETE",
		knows:  func(s signature) bool { return isSabre(s.header) }},
	{Name: "Cyrus", Silencing: ByHeader, Setting: "caldav_allowscheduling: off",
		Source: "measured with 3.6.1: Scheduling-Enabled: F for PUT and DELETE",
		knows:  func(s signature) bool { return isCyrus(s.header) }},
	{Name: "DAViCal", Silencing: ByAgent, Setting: "$c->enable_auto_schedule = false", AnswersCopies: true, ResetsUpdates: true,
		Source: "measured with 1.1.12; do_scheduling_requests and do_scheduling_reply",
		knows:  func(s signature) bool { return s.header.Get("X-DAViCal-Version") != "" }},
	{Name: "Stalwart", Silencing: ByAgent, Setting: "take the permission CalendarSchedulingSend from the accounts",
		Source: "stalwartlabs/stalwart, crates/dav/src/calendar/update.rs",
		knows:  func(s signature) bool { return strings.HasPrefix(s.header.Get("Server"), "Stalwart") }},
	{Name: "SOGo", Silencing: Impossible, NeedsBoth: true,
		Setting: "SOGoAppointmentSendEMailNotifications = NO; its own users get copies all the same",
		Source:  "measured with 5.8.0: neither SCHEDULE-AGENT nor a header changes anything",
		knows: func(s signature) bool {
			return strings.HasPrefix(s.header.Get("Server"), "SOPE") || strings.Contains(s.path, "/SOGo/")
		}},
	{Name: "Apple's Calendar Server", Silencing: Impossible,
		Source: "apple/ccs-calendarserver, implicit.py: SCHEDULE-AGENT=CLIENT becomes SERVER for its own users",
		knows: func(s signature) bool {
			return strings.HasPrefix(s.header.Get("Server"), "CalendarServer/") || isBelow(s.host, "icloud.com")
		}},
	{Name: "Google", Silencing: Impossible,
		Source: "aluxnimm/outlookcaldavsynchronizer issue 183, insanum/gcalcli issue 587",
		knows: func(s signature) bool {
			return isBelow(s.host, "googleusercontent.com") || isBelow(s.host, "google.com")
		}},
	{Name: "Zimbra", Silencing: Impossible, Setting: "zmprov mcf zimbraCalendarCalDavCalendarAutoScheduleEnabled FALSE",
		Source: "Zimbra/zm-mailbox, AutoScheduler.java: no SCHEDULE-AGENT; DavProtocol.java: it alone announces version-control with calendars",
		knows:  func(s signature) bool { return s.hasFeature("version-control") && s.hasFeature("calendar-access") }},
}

// hasFeature tells whether a token of the DAV header begins with one of the prefixes.
func (s signature) hasFeature(prefixes ...string) bool {
	return slices.ContainsFunc(s.features, func(f string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(strings.ToLower(f), p) })
	})
}

// recognize takes in what an answer shows of the server.
func (s *Service) recognize(u *url.URL, h http.Header) {
	if s.scheduler != nil {
		return
	}
	shown := signature{header: h, features: s.Features, host: strings.ToLower(u.Hostname()), path: u.Path}
	if i := slices.IndexFunc(Schedulers, func(row Scheduler) bool { return row.knows(shown) }); i >= 0 {
		s.scheduler = &Schedulers[i]
	}
}

// Scheduling returns what the server does about the people of a meeting that is written to it.
func (s *Service) Scheduling() Scheduler {
	known := Scheduler{Silencing: ByAgent}
	if s != nil && s.scheduler != nil {
		known = *s.scheduler
	}
	if !s.Schedules() {
		known.Silencing, known.AnswersCopies, known.ResetsUpdates = NotNeeded, false, false
	}
	return known
}

// Schedules tells whether the server may tell people about what is written to it: it says so (RFC 6638 section 2), or
// it does not say what it can and gives the principal a scheduling outbox. Of one that obeys nothing the older
// announcement calendar-schedule is enough, which is all that Google's has.
func (s *Service) Schedules() bool {
	if s == nil {
		return false
	}
	return s.Has("calendar-auto-schedule") || len(s.Features) == 0 && s.outbox ||
		s.scheduler != nil && s.scheduler.Silencing == Impossible && s.Has("calendar-schedule")
}

// isSabre knows sabre/dav by the header that it has unless that is switched off, or by how its DAV header begins: with what
// its core and its plugin for access control say.
func isSabre(h http.Header) bool {
	return h.Get("X-Sabre-Version") != "" || strings.HasPrefix(h.Get("DAV"), "1, 3, extended-mkcol, access-control, calendarserver-principal-property-search")
}

func isCyrus(h http.Header) bool { return strings.HasPrefix(h.Get("Server"), "Cyrus-HTTP") }
