package dav

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// homeByListing finds the home set of a server that names neither principal nor home set, by what it lists: a place
// that holds collections of the kind is a home set, and so is the one folder below it that is the user's (atmail's
// /calendars/ lists /calendars/anna@example.org/).
func (d *discovery) homeByListing(ctx context.Context, s *Service, place *response, at *url.URL) error {
	nothing := &absentError{cleanURL(at), "the answer names no principal, no home set and no collection"}
	t := s.Kind.traits()
	for _, k := range Kinds {
		if place.prop(k.traits().space, k.traits().homeSet) != nil {
			return &absentError{cleanURL(at), "it has a " + k.traits().homeSet + " and no " + t.homeSet}
		}
	}
	isFolder := place.prop(nsDAV, "resourcetype").has(nsDAV, "collection") && !SameResource(at.EscapedPath(), wellKnown(s.Kind))
	if !isFolder || len(s.Features) > 0 && !s.Has(t.feature) {
		return nothing
	}
	found, err := d.list(ctx, s.Kind, at)
	if err != nil {
		return err
	}
	own := d.ownFolder(found.folders)
	switch {
	case found.holds:
		s.HomeSets = []string{d.client.pathOf(withSlash(at))}
		return nil
	case own == nil:
		return nothing
	}
	below, err := d.list(ctx, s.Kind, own)
	if err != nil {
		return err
	}
	// An account without collections yet is told by its name alone, at a server that says it has the service.
	if below.holds || s.Has(t.feature) && d.isOwn(own) {
		s.HomeSets = []string{d.client.pathOf(withSlash(own))}
		return nil
	}
	return nothing
}

// listing is what discovery looks for in a folder.
type listing struct {
	holds   bool       // collections of the kind
	folders []*url.URL // plain ones
}

func (d *discovery) list(ctx context.Context, k Kind, folder *url.URL) (found listing, err error) {
	var at *url.URL
	begin := func(a answerTo) { at, found = a.url, listing{} }
	req := propfindRequest(withSlash(folder), "1", []propName{{nsDAV, "resourcetype"}})
	req.retries = 2
	err = d.client.multistatus(ctx, req, begin, func(r *response) error {
		target, err := resolve(at, r.Href)
		switch kind, isCollection := collectionKind(r); {
		case err != nil || r.Status >= 400 || SameResource(target.EscapedPath(), at.EscapedPath()):
		case isCollection:
			found.holds = found.holds || kind == k
		case isPlainFolder(r) && len(found.folders) < maxFolders:
			found.folders = append(found.folders, target)
		}
		return nil
	})
	if status := Status(err); status == http.StatusNotFound || status == http.StatusMethodNotAllowed {
		return listing{}, nil
	}
	return found, err
}

// ownFolder returns the folder that is the user's: by its name, or because the server shows no other.
func (d *discovery) ownFolder(folders []*url.URL) *url.URL {
	if i := slices.IndexFunc(folders, d.isOwn); i >= 0 {
		return folders[i]
	}
	if len(folders) == 1 {
		return folders[0]
	}
	return nil
}

func (d *discovery) isOwn(folder *url.URL) bool {
	name, user := LastSegment(folder.EscapedPath()), d.client.login.User
	local, _, _ := mailbox(user)
	return user != "" && (strings.EqualFold(name, user) || strings.EqualFold(name, local))
}
