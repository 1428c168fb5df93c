package lab

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"

	"davferry/internal/dav"
)

// Inbox reads what a server has delivered to a user's scheduling inbox (RFC 6638 section 2.2): the messages by their
// resource names, none where the user has no inbox.
func Inbox(ctx context.Context, s *Server, u User) (map[string][]byte, error) {
	session := open(u)
	defer session.close()
	home := s.Home(dav.Calendar, u)
	principal, err := session.href(ctx, home, "<D:current-user-principal/>", "current-user-principal")
	if err != nil || principal == "" {
		return nil, err
	}
	inbox, err := session.href(ctx, principal, "<C:schedule-inbox-URL/>", "schedule-inbox-URL")
	if err != nil || inbox == "" {
		return nil, err
	}
	status, _, err := session.xml(ctx, "PROPFIND", inbox, element("D:propfind", element("D:prop", "<D:resourcetype/>")), "Depth", "0")
	if err != nil || status == http.StatusNotFound { // Xandikos 0.2.8 names one that is not there
		return nil, err
	}
	return session.members(ctx, inbox, session.plainly)
}

// Address returns the mail address under which a server knows a user. All servers of the lab make it of his name.
func (u User) Address() string { return u.Name + "@example.test" }

// href asks a resource for a property that holds an href, and returns it as a URL, "" where there is none.
func (s *session) href(ctx context.Context, at, property, name string) (string, error) {
	status, answer, err := s.xml(ctx, "PROPFIND", at, element("D:propfind", element("D:prop", property)), "Depth", "0")
	if err != nil {
		return "", err
	}
	if status != http.StatusMultiStatus {
		return "", unexpected("PROPFIND", at, status, answer)
	}
	var parsed struct {
		Properties []struct {
			Found []struct {
				XMLName xml.Name
				Href    string `xml:"DAV: href"`
			} `xml:",any"`
		} `xml:"response>propstat>prop"`
	}
	if err := xml.Unmarshal(answer, &parsed); err != nil {
		return "", fmt.Errorf("PROPFIND %s: %w", at, err)
	}
	base, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	for _, p := range parsed.Properties {
		for _, found := range p.Found {
			if found.XMLName.Local == name && found.Href != "" {
				u, err := base.Parse(found.Href)
				return u.String(), err
			}
		}
	}
	return "", nil
}
