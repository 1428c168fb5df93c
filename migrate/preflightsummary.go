package migrate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// sumUp takes down what only the whole account tells.
func (t *transfer) sumUp() {
	f := t.report.Forecast
	if q := f.Destination.Quota; q != nil && f.ToWrite > *q {
		t.report.problem(Problem{Outcome: Refused, Condition: noRoom,
			Message: fmt.Sprintf("the objects have %s octets together, and the destination says that it has room for %s", thousands(int(f.ToWrite)), thousands(int(*q)))})
	}
	t.notePeople()
	for _, component := range slices.Sorted(maps.Keys(f.doubted)) {
		t.report.note("", "%s with a %s for new calendars: no calendar that the destination has takes them, and a new one may not either",
			numberOf(f.doubted[component], "object"), component)
	}
	t.noteNextcloud()
	t.noteSourceWithout()
	for _, oddity := range slices.Sorted(maps.Keys(f.odd)) {
		t.report.note("", "%s: %s", numberOf(f.odd[oddity], "object"), oddity)
	}
}

// What Nextcloud lets a user make unless its administrator says otherwise (its manual, groupware, calendar).
const (
	nextcloudAnHour = 10
	nextcloudInAll  = 30
)

func (t *transfer) noteNextcloud() {
	isNextcloud := false
	for _, s := range t.toDAV.Services {
		isNextcloud = isNextcloud || slices.ContainsFunc(s.Features, func(f string) bool { return strings.HasPrefix(f, "nc-") || strings.HasPrefix(f, "nextcloud-") })
	}
	made, all := t.outlook.made, t.outlook.made+t.report.Forecast.Destination.Collections
	if isNextcloud && (made > nextcloudAnHour || all > nextcloudInAll) {
		t.report.note("", "%s would be made, %d in all: Nextcloud allows a user %d an hour and %d in all unless its administrator sets other limits",
			numberOf(made, "collection"), all, nextcloudAnHour, nextcloudInAll)
	}
}

// noteSourceWithout says where the source has not even the service for what the destination holds: it may have been missed.
func (t *transfer) noteSourceWithout() {
	for _, k := range dav.Kinds {
		there := slices.ContainsFunc(t.existing, func(c dav.Collection) bool { return c.Kind == k && c.Skip == "" })
		if t.fromDAV.Services[k] == nil && there {
			t.report.note("", "the source has no %s service, and the destination has %ss: if the source should have some too, look for them with davferry discover",
				k.Protocol(), k)
		}
	}
}

// findTwins takes down the accounts that are at both ends of the run, or at the same end twice: their objects would be
// mixed. Only what the servers say tells; the file may spell one account in several ways.
func findTwins(reports []*AccountReport) {
	sources, destinations := map[string]*AccountReport{}, map[string]*AccountReport{}
	for _, r := range reports {
		if id := r.Forecast.Source.identity; id != "" {
			if other := sources[id]; other != nil {
				r.note("", "it is read from the same account as %s", other.Account)
			} else {
				sources[id] = r
			}
		}
	}
	for _, r := range reports {
		id := r.Forecast.Destination.identity
		if id == "" {
			continue
		}
		if other := destinations[id]; other != nil {
			r.mixed("it is written to the same account as %s: their objects would be mixed", other.Account)
		} else {
			destinations[id] = r
		}
		switch other := sources[id]; {
		case r.Forecast.Source.identity == id:
			r.mixed("the source and the destination are the same account")
		case other != nil:
			r.mixed("it is written to the account that %s is read from: what is moved depends on who comes first", other.Account)
		}
	}
}

func (r *AccountReport) mixed(format string, args ...any) {
	r.problem(Problem{Outcome: Conflict, Message: fmt.Sprintf(format, args...)})
	r.settle()
}

// readiness is the verdict of a preflight.
func (s *Summary) readiness() string {
	verdict := fmt.Sprintf("%s of %s accounts are ready to be moved", thousands(s.Accounts.OK), thousands(s.Accounts.Total))
	if s.Interrupted {
		verdict = "interrupted: " + verdict
	}
	if n := s.Accounts.Incomplete; n > 0 {
		verdict += fmt.Sprintf("; something stands in the way of %s", thousands(n))
	}
	if n := s.Accounts.Failed; n > 0 {
		verdict += fmt.Sprintf("; %s could not be looked at", thousands(n))
	}
	return verdict
}
