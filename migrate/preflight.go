package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
)

// A preflight is a dry run that looks harder. It takes the way of a migration up to each write, and in its place asks
// what the destination has announced of itself. It reads every object, since nothing else tells what is in them; with
// Job.Quick it stops at the listings.

// The conditions of what a destination is expected to refuse: those that it would name itself (RFC 4791 section 5.3.2.1,
// RFC 6352 section 6.3.2.1, RFC 3744 section 7.1.1, RFC 4331 section 6).
const (
	tooLarge       = "max-resource-size"
	wrongComponent = "supported-calendar-component"
	wrongVersion   = "supported-address-data"
	noPrivilege    = "need-privileges"
	noRoom         = "quota-not-exceeded"
)

// The conditions that no protocol has a word for.
const (
	noService     = "no-such-service"        // the destination has no CalDAV, or no CardDAV
	noCollections = "collections-not-to-add" // it has, and lets no collections be made
)

// notRead is why a quick preflight leaves objects out.
const notRead = "not read, because of --quick"

// sideOf describes a side that was found.
func sideOf(a *dav.Account) Side {
	side := Side{Found: true, Principal: a.Principal(), identity: a.Identity()}
	for _, k := range dav.Kinds {
		if s := a.Services[k]; s != nil {
			side.Services = append(side.Services, k.Service())
			side.Server = cmp.Or(side.Server, s.Server)
			for _, home := range s.HomeSets {
				if !slices.Contains(side.HomeSets, home) {
					side.HomeSets = append(side.HomeSets, home)
				}
			}
		}
	}
	return side
}

// own counts the collections that hold the account's own objects.
func own(collections []dav.Collection) int {
	n := 0
	for _, c := range collections {
		if c.Skip == "" {
			n++
		}
	}
	return n
}

// outlook is what a preflight knows of the destination of an account. Limits are asked for once a path.
type outlook struct {
	limits map[string]dav.Limits
	barred map[dav.Kind]*barredError // nil for a kind of which collections can be made, as far as is known
	made   int                       // collections that would be made
}

// barredError is why collections of a kind cannot be made at the destination.
type barredError struct{ condition, reason string }

func (e *barredError) Error() string { return e.reason }

// look takes down what is known of both sides once they are listed.
func (t *transfer) look(ctx context.Context, collections []dav.Collection) error {
	f := t.report.Forecast
	f.Source.Collections, f.Destination.Collections = own(collections), own(t.existing)
	s := t.scheduling()
	f.Destination.Schedules = s.Silencing != dav.NotNeeded
	f.Destination.Silencing = s.Silencing.String()
	t.outlook.limits, t.outlook.barred = map[string]dav.Limits{}, map[dav.Kind]*barredError{}
	for _, k := range dav.Kinds {
		home, err := t.toDAV.HomeFor(k)
		if err != nil {
			continue // said of the collections that would go there
		}
		limits, err := t.limitsOf(ctx, k, home)
		if err != nil {
			return fmt.Errorf("the destination: %w", err)
		}
		if q := f.Destination.Quota; limits.Quota >= 0 && (q == nil || limits.Quota < *q) {
			f.Destination.Quota = &limits.Quota
		}
	}
	return nil
}

func (t *transfer) limitsOf(ctx context.Context, k dav.Kind, path string) (dav.Limits, error) {
	key := k.Service() + " " + path
	if limits, known := t.outlook.limits[key]; known {
		return limits, nil
	}
	limits, err := t.toDAV.Limits(ctx, k, path)
	if err == nil {
		t.outlook.limits[key] = limits
	}
	return limits, err
}

// mayMake returns a *barredError where it is known that a collection cannot be made at the destination. Each kind is asked
// about once.
func (t *transfer) mayMake(ctx context.Context, k dav.Kind) error {
	barred, known := t.outlook.barred[k]
	if !known {
		var err error
		if barred, err = t.barred(ctx, k); err != nil {
			return err
		}
		t.outlook.barred[k] = barred
	}
	if barred != nil {
		return barred
	}
	t.outlook.made++
	return nil
}

func (t *transfer) barred(ctx context.Context, k dav.Kind) (*barredError, error) {
	home, err := t.toDAV.HomeFor(k)
	if _, without := errors.AsType[*dav.NoServiceError](err); without {
		return &barredError{noService, err.Error()}, nil
	}
	if err != nil {
		return &barredError{noCollections, err.Error()}, nil
	}
	limits, err := t.limitsOf(ctx, k, home)
	if err != nil {
		return nil, err
	}
	if !limits.Grants("bind") {
		return &barredError{noPrivilege, fmt.Sprintf("the login may not make collections in %s: it is granted %s", home, strings.Join(limits.Privileges, ", "))}, nil
	}
	reason, err := t.toDAV.CannotCreate(ctx, k)
	if reason == "" || err != nil {
		return nil, err
	}
	return &barredError{noCollections, reason}, nil
}

// foresee finds out what the destination announces for a collection's place, and takes it down.
func (t *transfer) foresee(ctx context.Context, c dav.Collection, p *place, objects int) (err error) {
	if p.missing {
		err = t.foreseeNew(ctx, c, p)
	} else {
		p.limits, err = t.limitsOf(ctx, c.Kind, p.collection.Path)
	}
	if err != nil {
		return fmt.Errorf("the destination: %w", err)
	}
	placement := Placement{Kind: c.Kind.String(), Path: c.Path, Name: c.DisplayName, Destination: p.collection.Path, Exists: !p.missing,
		Objects: objects, There: len(p.members), Takes: p.collection.Components, Largest: p.limits.MaxSize}
	if p.missing {
		placement.Destination = dav.LastSegment(p.collection.Path)
	}
	if c.Kind == dav.AddressBook {
		placement.Takes = p.collection.AddressData
	}
	t.report.Forecast.Collections = append(t.report.Forecast.Collections, placement)
	return nil
}

// foreseeNew expects of a collection that would be made what the home set and the collections beside it announce.
func (t *transfer) foreseeNew(ctx context.Context, c dav.Collection, p *place) error {
	home, err := t.toDAV.HomeFor(c.Kind)
	if err != nil {
		return err
	}
	if p.limits, err = t.limitsOf(ctx, c.Kind, home); err != nil {
		return err
	}
	if p.collection.Components = madeWith(p.limits.ComponentSets, c.Components); c.Kind == dav.Calendar && p.collection.Components == nil {
		p.beside = takenBeside(t.existing)
	}
	i := slices.IndexFunc(t.existing, func(e dav.Collection) bool { return e.Kind == c.Kind && e.Skip == "" })
	if i < 0 {
		return nil
	}
	p.collection.AddressData = t.existing[i].AddressData
	beside, err := t.limitsOf(ctx, c.Kind, t.existing[i].Path)
	p.limits.MaxSize = cmp.Or(p.limits.MaxSize, beside.MaxSize)
	return err
}

// takenBeside returns the components that the calendars of an account take together, none where one takes all.
func takenBeside(existing []dav.Collection) []string {
	var taken []string
	for _, c := range existing {
		switch {
		case c.Kind != dav.Calendar || c.Skip != "":
		case len(c.Components) == 0:
			return nil
		default:
			taken = append(taken, c.Components...)
		}
	}
	return taken
}

// madeWith returns the component set that a new calendar gets of those that the destination allows: the first that holds
// all that the source's has, else the first that holds its first, else the first. None where nothing is announced.
func madeWith(allowed [][]string, wanted []string) []string {
	for n := len(wanted); n >= 0; n = min(n-1, 1) {
		for _, set := range allowed {
			if !slices.ContainsFunc(wanted[:n], func(c string) bool { return !slices.Contains(set, c) }) {
				return set
			}
		}
	}
	return nil
}

// foretell refuses an object that would be written, where the destination's announcements say that it would.
func (m *move) foretell(t *task) {
	info := mapping.Inspect(m.collection.Kind, t.object.Data)
	condition, reason := m.place.refuses(m.collection.Kind, info, int64(len(t.object.Data)))
	if condition != "" {
		t.result.Outcome, t.result.Condition, t.result.Reason = string(Refused), condition, reason
		return
	}
	m.report.Forecast.willWrite(int64(len(t.object.Data)), m.place.doubts(info))
}

// refuses says why the destination would not take an object here by what it announces, "" where it would.
func (p *place) refuses(k dav.Kind, info mapping.Info, size int64) (condition, reason string) {
	if !p.missing && (!p.limits.Grants("bind") || !p.limits.Grants("write-content")) {
		return noPrivilege, fmt.Sprintf("the login may not write to %s: it is granted %s", p.collection.Path, strings.Join(p.limits.Privileges, ", "))
	}
	if p.limits.MaxSize > 0 && size > p.limits.MaxSize {
		return tooLarge, fmt.Sprintf("it has %s octets, and the destination announces that it takes %s at most", thousands(int(size)), thousands(int(p.limits.MaxSize)))
	}
	if k == dav.AddressBook {
		return p.refusesVersion(info.Version)
	}
	for _, component := range info.Components {
		if takes := p.collection.Components; len(takes) > 0 && !slices.Contains(takes, component) {
			return wrongComponent, fmt.Sprintf("it holds a %s, and the destination announces that it takes only %s in this calendar",
				component, strings.Join(takes, ", "))
		}
	}
	return "", ""
}

// doubts returns the components of an object for a new calendar that no calendar beside it takes. SOGo 5.8 makes no
// calendar that takes VJOURNAL, and does not say so.
func (p *place) doubts(info mapping.Info) []string {
	if len(p.beside) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(info.Components), func(c string) bool { return slices.Contains(p.beside, c) })
}

// refusesVersion judges a vCard version. Version 4.0 is taken by servers that announce only 3.0 (Xandikos 0.2.8 and
// sabre/dav 1.8 keep it as it is, SOGo 5.8 relabels it); older ones are refused by those that do not announce them (Cyrus
// 3.6 with 403, sabre/dav 4 with 415).
func (p *place) refusesVersion(version string) (condition, reason string) {
	announced := p.collection.AddressData
	if len(announced) == 0 || version == "" || version == "4.0" || slices.Contains(announced, version) {
		return "", ""
	}
	return wrongVersion, fmt.Sprintf("it is a vCard %s, and the destination announces that it takes only %s", version, strings.Join(announced, ", "))
}

// weigh counts a collection's objects without reading them. What its place holds already is taken for copies of them.
func (t *transfer) weigh(c dav.Collection, p *place, members []dav.Member) {
	unread, octets := 0, int64(0)
	for _, there := range p.members {
		octets -= max(0, there.Size)
	}
	for _, member := range members {
		if condition, reason := p.refuses(c.Kind, mapping.Info{}, member.Size); condition != "" {
			t.count(Refused, 1)
			t.report.problem(Problem{Collection: c.Path, Path: member.Path, Outcome: Refused, Condition: condition, Message: reason})
			continue
		}
		unread++
		if member.Size < 0 {
			t.report.Forecast.Unweighed++
		}
		octets += max(0, member.Size)
	}
	t.report.Forecast.ToWrite += max(0, octets)
	t.count(Skipped, unread)
	t.report.skip(notRead, unread)
	t.report.Collections.settle(p, nil)
}

// openEnds opens both sides. A preflight looks at the destination although the source was not found.
func (t *transfer) openEnds(ctx context.Context) error {
	fromErr := t.openSource(ctx)
	if fromErr != nil {
		fromErr = fmt.Errorf("the source: %w", fromErr)
		if t.report.Forecast == nil || ctx.Err() != nil {
			return fromErr
		}
	}
	toErr := t.openSink(ctx)
	if toErr == nil {
		return fromErr
	}
	toErr = fmt.Errorf("the destination: %w", toErr)
	if fromErr != nil {
		t.fail(fromErr)
	}
	return toErr
}
