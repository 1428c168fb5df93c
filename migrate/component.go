package migrate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"davferry/internal/dav"
	"davferry/mapping"
)

// A calendar may hold events, tasks and journal entries, and some destinations take one type of them in a calendar: iCloud,
// Zimbra, and any calendar there that was made for one type. What the counterpart of a calendar does not take goes into a
// part: a calendar beside it, for one type, which the journal knows as a collection of its own.

// part is what the calendars for one type are called: their path at the destination and their display name end with it.
type part struct{ segment, label string }

var parts = map[string]part{
	"VEVENT":   {"-events", " (events)"},
	"VTODO":    {"-tasks", " (tasks)"},
	"VJOURNAL": {"-journal", " (journal)"},
}

// partMark stands between the path of a calendar and the type of one of its parts. No path has it: it ends a URL's path.
const partMark = "#"

// wholePath returns the path of the collection that a part belongs to, and any other as it is.
func wholePath(path string) string {
	whole, _, _ := strings.Cut(path, partMark)
	return whole
}

// partOf returns the type that a part is for, "" where the path is that of no part.
func partOf(path string) string {
	_, component, _ := strings.Cut(path, partMark)
	return component
}

// wholeOf returns the collection of the source that a part belongs to, and any other as it is.
func wholeOf(c dav.Collection) dav.Collection {
	c.Path = wholePath(c.Path)
	return c
}

// partFor returns a calendar's part for a type.
func partFor(c dav.Collection, component string) dav.Collection {
	name := c.DisplayName
	if name == "" {
		name = dav.LastSegment(c.Path)
	}
	c.Path, c.DisplayName, c.Components = c.Path+partMark+component, name+parts[component].label, []string{component}
	return c
}

// partName chooses the name of a part at the destination.
func partName(path string) string {
	return mapping.CollectionName(wholePath(path)) + parts[partOf(path)].segment
}

// knownParts returns the types of the parts of a calendar that earlier runs made, sorted.
func (t *transfer) knownParts(c dav.Collection) []string {
	var all []string
	for path := range t.before {
		if component := partOf(path); component != "" && wholePath(path) == c.Path {
			all = append(all, component)
		}
	}
	slices.Sort(all)
	return all
}

// misfit returns the type of an object that a calendar of the destination says it does not take, "" where it takes it.
func misfit(place dav.Collection, components []string) string {
	i := slices.IndexFunc(components, func(c string) bool { return parts[c] != part{} })
	if place.Kind != dav.Calendar || len(place.Components) == 0 || i < 0 || slices.Contains(place.Components, components[i]) {
		return ""
	}
	return components[i]
}

// splitting is what becomes of a calendar whose counterpart does not take all types.
type splitting struct {
	places   map[string]*place // the parts by their type, nil for one that cannot be made
	deferred map[string]string // types of the objects that go into parts, by path
	before   map[string]string // the same of earlier runs, by path and ETag
}

// recallParts takes out of the journal what earlier runs put into parts.
func (m *move) recallParts(ctx context.Context) error {
	m.parts = splitting{places: map[string]*place{}, deferred: map[string]string{}, before: map[string]string{}}
	if m.collection.Kind != dav.Calendar || partOf(m.collection.Path) != "" {
		return nil
	}
	for _, component := range m.knownParts(m.collection) {
		records, err := m.job.Journal.Objects(ctx, m.target, m.account.Name, partFor(m.collection, component).Path)
		if err != nil {
			return &runError{err}
		}
		for path, rec := range records {
			if rec.ETag != "" {
				m.parts.before[path+" "+rec.ETag] = component
			}
		}
		if _, err := m.openPart(ctx, component); err != nil {
			return err
		}
	}
	return nil
}

// wasDeferred tells whether an object went into a part in an earlier run and has not changed since. It goes there again.
func (m *move) wasDeferred(member dav.Member) bool {
	component := m.parts.before[member.Path+" "+member.ETag]
	if component == "" || member.ETag == "" || m.parts.places[component] == nil {
		return false
	}
	m.parts.deferred[member.Path] = component
	return true
}

// deferToPart leaves an object for a part where the calendar does not take its type. Where no part can be made for it, it
// is sent like any other, and the destination is the judge.
func (m *move) deferToPart(ctx context.Context, o dav.Object, info mapping.Info) (bool, error) {
	component := misfit(m.place.collection, info.Components)
	if component == "" || m.job.To != nil || partOf(m.collection.Path) != "" {
		return false, nil
	}
	p, err := m.openPart(ctx, component)
	if err != nil || p == nil {
		return false, err
	}
	m.parts.deferred[o.Path] = component
	return true, nil
}

// openPart finds or makes the calendar's part for a type, nil where there can be none. An error ends the collection.
func (m *move) openPart(ctx context.Context, component string) (*place, error) {
	if p, known := m.parts.places[component]; known {
		return p, nil
	}
	m.parts.places[component] = nil
	if may, err := m.mayHold(ctx, component); err != nil || !may {
		return nil, err
	}
	c := partFor(m.collection, component)
	p, err := m.transfer.place(ctx, c)
	if err != nil {
		if endsAccount(ctx, err) {
			return nil, err
		}
		m.report.note(m.collection.Path, "no calendar for %s could be made beside it: %v", component, err)
		return nil, nil
	}
	if misfit(p.collection, []string{component}) != "" {
		return nil, m.abandonPart(ctx, c, p)
	}
	m.parts.places[component] = p
	m.report.note(m.collection.Path, "the calendar at the destination does not take %s; they go into %q beside it", component, c.DisplayName)
	return p, nil
}

// abandonPart takes back a part that the destination made for other types than it was asked to.
func (m *move) abandonPart(ctx context.Context, c dav.Collection, p *place) error {
	m.fixed[partOf(c.Path)] = true
	if !p.existed && len(p.members) == 0 {
		if err := m.toDAV.DeleteCollection(ctx, p.collection, "", m.job.invitations() != InvitationsAllow); err != nil {
			m.report.note(c.Path, "the calendar that was made for %s and does not take them could not be deleted: %v", partOf(c.Path), err)
			return nil
		}
	}
	if err := m.job.Journal.ForgetCollection(ctx, m.target, m.account.Name, c.Path); err != nil {
		return &runError{err}
	}
	return nil
}

// mayHold tells whether the destination may have a calendar for a type: the home set says so, or, where that says nothing,
// it is not known that all calendars there are alike.
func (t *transfer) mayHold(ctx context.Context, component string) (bool, error) {
	sets, err := t.setsAllowed(ctx)
	if err != nil {
		return false, err
	}
	if len(sets) > 0 {
		return slices.ContainsFunc(sets, func(set []string) bool { return slices.Contains(set, component) }), nil
	}
	return !t.fixed[component] && !t.storage(dav.Calendar).SameSet, nil
}

// setsAllowed returns the component sets that the destination's home set allows a new calendar, none where it does not say.
func (t *transfer) setsAllowed(ctx context.Context) ([][]string, error) {
	if t.fixed != nil {
		return t.componentSets, nil
	}
	home, err := t.toDAV.HomeFor(dav.Calendar)
	if err != nil {
		return nil, err
	}
	limits, err := t.toDAV.Limits(ctx, dav.Calendar, home)
	if err != nil {
		return nil, fmt.Errorf("the destination: %w", err)
	}
	t.componentSets, t.fixed = limits.ComponentSets, map[string]bool{}
	return t.componentSets, nil
}

// explain adds to a refusal that the calendar does not take such objects: SOGo 5.8.0 answers 404 to a journal entry, and
// says nothing of the reason.
func (m *move) explain(t task, err error) error {
	place := m.place.collection
	component := misfit(place, mapping.Inspect(m.collection.Kind, t.object.Data).Components)
	if component == "" {
		return err
	}
	return fmt.Errorf("%w; the destination's calendar takes only %s, and no other there can be made for %s",
		err, strings.Join(place.Components, ", "), component)
}

// leaveToParts takes what goes into parts out of the calendar's inventory: there it has its outcome.
func (m *move) leaveToParts() map[string][]dav.Member {
	members := m.inventory.take(func(path string) bool { return m.parts.deferred[path] != "" })
	byPart := map[string][]dav.Member{}
	for component, p := range m.parts.places {
		if p != nil {
			byPart[component] = nil
		}
	}
	for _, member := range members {
		component := m.parts.deferred[member.Path]
		byPart[component] = append(byPart[component], member)
	}
	return byPart
}

// moveParts moves what was left for the parts of a calendar. An error ends the account.
func (m *move) moveParts(ctx context.Context, members map[string][]dav.Member) error {
	for _, component := range slices.Sorted(maps.Keys(members)) {
		m.report.Collections.Total++
		c, p := partFor(m.collection, component), m.parts.places[component]
		if m.report.Forecast != nil {
			if err := m.foresee(ctx, c, p, len(members[component])); err != nil {
				return err
			}
		}
		next, err := m.newMove(ctx, c, p, members[component])
		if err == nil {
			next.state = m.state
			err = next.keepBegin()
		}
		if err == nil {
			err = next.run(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
