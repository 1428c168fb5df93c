package dav

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// memberProps is what the listing of a collection asks for. The length is the check on what multiget gives (fidelity.go);
// servers that need none are not asked for it.
var memberProps = []propName{{nsDAV, "resourcetype"}, {nsDAV, "getetag"}, {nsDAV, "getcontentlength"}}

// Members lists all objects of a collection with PROPFIND Depth 1, the one listing that is complete on every server:
// queries hide what lies outside a window of time on some. A listing that the server cuts short (507, RFC 3744 section
// 9.2) or that breaks off is an error; there is no partial list.
func (a *Account) Members(ctx context.Context, c Collection) ([]Member, error) {
	u, err := a.urlOf(c.Path)
	if err != nil {
		return nil, err
	}
	var members []Member
	var seen map[string]bool
	var self string
	begin := func(answer answerTo) {
		members, seen, self = nil, map[string]bool{}, Key(answer.url.EscapedPath())
	}
	props := memberProps
	if s := a.Services[c.Kind]; s != nil && s.exact {
		props = memberProps[:2]
	}
	err = a.multistatus(ctx, propfindRequest(u, "1", props), begin, func(r *response) error {
		path := a.memberPath(c, r.Href)
		key := Key(path)
		if strings.TrimSuffix(key, "/") == strings.TrimSuffix(self, "/") {
			return selfStatus(r, cleanURL(u))
		}
		if r.Status == http.StatusNotFound || seen[key] || r.prop(nsDAV, "resourcetype").has(nsDAV, "collection") {
			return nil // Zimbra and DavMail list an object twice
		}
		seen[key] = true
		members = append(members, newMember(path, r))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", c.Path, err)
	}
	return members, nil
}

// selfStatus looks at the response about the listed collection itself, where a server says that there is more.
func selfStatus(r *response, url string) error {
	if r.Status < 400 {
		return nil
	}
	return &Error{Method: "PROPFIND", URL: url, StatusCode: r.Status, Condition: r.Condition, Excerpt: excerptOf([]byte(r.Description))}
}

func newMember(path string, r *response) Member {
	m := Member{Path: path, ETag: r.text(nsDAV, "getetag"), Size: -1}
	var size int64
	if _, err := fmt.Sscanf(r.text(nsDAV, "getcontentlength"), "%d", &size); err == nil && size >= 0 {
		m.Size = size
	}
	return m
}

// memberPath returns an href in the form in which it is sent back: an absolute path spelled as the server spells it.
// iCloud refuses whole URLs in an addressbook-multiget.
func (a *Account) memberPath(c Collection, href string) string {
	if strings.HasPrefix(href, "/") {
		return href
	}
	base, err := a.urlOf(c.Path)
	if err != nil {
		return href
	}
	u, err := resolve(base, href)
	if err != nil {
		return href
	}
	switch {
	case origin(u) != origin(base):
		return u.String()
	case strings.Contains(href, "://"):
		return rawPath(href)
	}
	return u.EscapedPath()
}
