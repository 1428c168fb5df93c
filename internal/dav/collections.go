package dav

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// collectionProps is what a home set's listing asks for, beside stateProps. Most of it is not in allprop (RFC 4791 section
// 5.2).
var collectionProps = []propName{
	{nsDAV, "resourcetype"}, {nsDAV, "displayname"}, {nsDAV, "owner"},
	{nsCalDAV, "calendar-description"}, {nsCardDAV, "addressbook-description"},
	{nsCalDAV, "calendar-timezone"}, {nsCalDAV, "supported-calendar-component-set"}, {nsCardDAV, "supported-address-data"},
	{nsCalendarServer, "source"},
	{nsApple, "calendar-color"}, {nsApple, "calendar-order"}, {nsNextcloud, "deleted-at"},
}

// fewProps is asked for where a server stumbles over the long list.
var fewProps = []propName{{nsDAV, "resourcetype"}, {nsDAV, "displayname"}, {nsDAV, "owner"}}

// Collections lists the collections of all home sets, sorted by path, those that are not to be moved with their reason
// in Skip. A home set that cannot be listed is an error: what is in it would be missing without a word.
func (a *Account) Collections(ctx context.Context) ([]Collection, error) {
	homes, seen := map[string]bool{}, map[string]bool{}
	var all []Collection
	for _, k := range Kinds {
		s := a.Services[k]
		if s == nil {
			continue
		}
		places := s.HomeSets
		if s.Collection != "" {
			places = []string{s.Collection}
		}
		for _, place := range places {
			if homes[a.identity(place)] {
				continue
			}
			homes[a.identity(place)] = true
			found, err := a.listHome(ctx, s, place)
			if err != nil {
				return nil, fmt.Errorf("listing the home set: %w", err)
			}
			for _, c := range found {
				if id := a.identity(c.Path); !seen[id] {
					seen[id] = true
					all = append(all, c)
				}
			}
		}
	}
	slices.SortFunc(all, func(x, y Collection) int { return strings.Compare(x.Path, y.Path) })
	return all, nil
}

// identity is the same for all spellings of a path, and tells hosts apart.
func (a *Account) identity(path string) string {
	u, err := a.urlOf(path)
	if err != nil {
		return path
	}
	return origin(u) + strings.TrimSuffix(Key(u.EscapedPath()), "/")
}

// The bounds of what is walked below a home set.
const (
	maxFolders      = 1000
	maxFolderLevels = 8
)

// listHome lists one home set, and what plain folders in it hold: RFC 4791 section 4.2 lets calendars lie deeper.
func (a *Account) listHome(ctx context.Context, s *Service, place string) ([]Collection, error) {
	if s.Collection != "" {
		u, err := a.urlOf(place)
		if err != nil {
			return nil, err
		}
		return a.listDepth(ctx, s, u, "0", func(string) {})
	}
	var all []Collection
	level, seen := []string{place}, map[string]bool{}
	for depth := 0; len(level) > 0; depth++ {
		var next []string
		for _, folder := range level {
			if seen[a.identity(folder)] {
				continue
			}
			seen[a.identity(folder)] = true
			if depth > maxFolderLevels || len(seen) > maxFolders {
				return nil, fmt.Errorf("%s: more folders than can be walked", place)
			}
			u, err := a.urlOf(folder)
			if err != nil {
				return nil, err
			}
			found, err := a.listDepth(ctx, s, u, "1", func(path string) { next = append(next, path) })
			switch status := Status(err); {
			case depth > 0 && (status == http.StatusNotFound || status == http.StatusGone):
			case depth > 0 && status == http.StatusForbidden:
				found = []Collection{{Kind: s.Kind, Path: folder, Skip: notShown(status)}}
			case err != nil:
				return nil, err
			}
			all = append(all, found...)
		}
		level = next
	}
	return all, nil
}

func (a *Account) listDepth(ctx context.Context, s *Service, u *url.URL, depth string, folder func(path string)) ([]Collection, error) {
	props := slices.Concat(collectionProps, s.stateProps())
	found, err := a.list(ctx, s, u, depth, props, folder)
	if status := Status(err); status == http.StatusBadRequest || status == http.StatusInternalServerError || status == http.StatusNotImplemented {
		return a.list(ctx, s, u, depth, fewProps, folder)
	}
	return found, err
}

func (a *Account) list(ctx context.Context, s *Service, u *url.URL, depth string, props []propName, folder func(path string)) ([]Collection, error) {
	var found []Collection
	var at *url.URL
	begin := func(answer answerTo) { at, found = answer.url, nil }
	err := a.multistatus(ctx, propfindRequest(u, depth, props), begin, func(r *response) error {
		target, err := resolve(at, r.Href)
		if err != nil {
			return fmt.Errorf("PROPFIND %s: an href that is none, %q: %w", cleanURL(u), r.Href, err)
		}
		if SameResource(target.EscapedPath(), at.EscapedPath()) && origin(target) == origin(at) {
			if depth == "1" || r.Status >= 400 {
				return selfStatus(r, cleanURL(u))
			}
		}
		c, ok, err := a.listed(r, target, s)
		switch {
		case err != nil:
			return err
		case ok:
			found = append(found, c)
		case isPlainFolder(r):
			folder(a.pathOf(withSlash(target)))
		}
		return nil
	})
	return found, err
}

// listed reads one member of a home set. What the server lists and does not show is a collection that is left out; where
// it fails to say what something is, the listing is not complete.
func (a *Account) listed(r *response, target *url.URL, s *Service) (c Collection, ok bool, err error) {
	status := max(r.Status, r.propStatus(nsDAV, "resourcetype"))
	switch {
	case status == http.StatusNotFound || status == http.StatusGone:
		return c, false, nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return Collection{Kind: s.Kind, Path: a.pathOf(target), Skip: notShown(status)}, true, nil
	case status >= 400:
		return c, false, &Error{Method: "PROPFIND", URL: cleanURL(target), StatusCode: status, Condition: r.Condition, Excerpt: excerptOf([]byte(r.Description))}
	}
	c, ok = a.collection(r, a.pathOf(target), s)
	return c, ok, nil
}

func notShown(status int) string { return fmt.Sprintf("the server does not show it (%d)", status) }

// collectionKind tells which kind of collection a response is about. Only the resourcetype decides, never a name.
func collectionKind(r *response) (Kind, bool) {
	types := r.prop(nsDAV, "resourcetype")
	for _, k := range Kinds {
		if types.has(k.traits().space, k.traits().resourceType) {
			return k, true
		}
	}
	return Calendar, false
}

// isPlainFolder tells whether a resource is a collection and nothing else.
func isPlainFolder(r *response) bool {
	types := r.prop(nsDAV, "resourcetype")
	return types != nil && len(types.Children) == 1 && types.has(nsDAV, "collection")
}

// collection reads the properties of a collection. It is false for what is none and of no interest.
func (a *Account) collection(r *response, path string, s *Service) (Collection, bool) {
	kind, is := collectionKind(r)
	skip := skipReason(r, is, s)
	if !is && skip == "" {
		return Collection{}, false
	}
	c := Collection{
		Kind: kind, Path: path, Skip: skip,
		DisplayName: clean(r.text(nsDAV, "displayname")),
		Description: clean(r.text(kind.traits().space, kind.traits().description)),
		Color:       r.text(nsApple, "calendar-color"),
		Order:       r.text(nsApple, "calendar-order"),
	}
	state := stateOf(r)
	c.CTag, c.SyncToken, c.Modified = state.CTag, state.SyncToken, state.Modified
	if owner := r.prop(nsDAV, "owner").hrefs(); len(owner) > 0 {
		c.Owner = owner[0]
	}
	if tz := r.prop(nsCalDAV, "calendar-timezone"); tz != nil && !damaged(tz.Text) {
		c.Timezone = string(tz.Text)
	}
	if kind == Calendar { // Radicale gives address books a component set as well
		for _, comp := range childrenOf(r.prop(nsCalDAV, "supported-calendar-component-set")) {
			c.Components = append(c.Components, strings.ToUpper(comp.attr("name")))
		}
	}
	for _, t := range childrenOf(r.prop(nsCardDAV, "supported-address-data")) {
		// Xandikos calls the element content-type instead of address-data-type; the attributes are the same.
		if strings.EqualFold(t.attr("content-type"), "text/vcard") {
			c.AddressData = append(c.AddressData, t.attr("version"))
		}
	}
	return c, true
}

func childrenOf(e *element) []element {
	if e == nil {
		return nil
	}
	return e.Children
}

// clean replaces damage in a text that only people read.
func clean(s string) string { return strings.ReplaceAll(s, string(damageMark), "\uFFFD") }

// skipReason says why a collection is not one to move, "" where it is (or where it is no collection at all). isCollection
// tells that it is a calendar or an address book: SOGo's main calendar is a scheduling outbox as well.
func skipReason(r *response, isCollection bool, s *Service) string {
	types := r.prop(nsDAV, "resourcetype")
	name := LastSegment(r.Href)
	switch {
	case types.has(nsCalendarServer, "subscribed"):
		return "a subscription to another calendar"
	case types.has(nsNextcloud, "deleted-calendar"), r.text(nsNextcloud, "deleted-at") != "":
		return "in the server's trash"
	case types.has(nsNextcloud, "trash-bin"):
		return "the server's trash"
	case types.has(nsCalendarServer, "notification"), types.has(nsCalendarServer, "notifications"):
		return "notifications of the server"
	case isCollection && types.has(nsCalendarServer, "shared"):
		return "shared by somebody else"
	case isCollection && isForeign(r, s):
		return "belongs to somebody else: " + r.prop(nsDAV, "owner").hrefs()[0]
	case isCollection && name == "contact_birthdays":
		return "made by the server from the contacts' birthdays"
	case isCollection && (strings.HasPrefix(name, "z-app-generated--") || strings.HasPrefix(name, "z-server-generated--")):
		return "made by the server"
	case isCollection:
		return ""
	case types.has(nsCalDAV, "schedule-inbox"):
		return "the scheduling inbox"
	case types.has(nsCalDAV, "schedule-outbox"):
		return "the scheduling outbox"
	}
	return ""
}

// isForeign tells whether a collection's owner is somebody else. SOGo lists other people's calendars as ordinary ones;
// without this each would be moved once per reader.
func isForeign(r *response, s *Service) bool {
	owner := r.prop(nsDAV, "owner").hrefs()
	return len(owner) > 0 && s.Principal != "" && Key(owner[0]) != "" && !SameResource(owner[0], s.Principal)
}
