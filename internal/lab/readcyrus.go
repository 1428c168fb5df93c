package lab

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"

	"davferry/internal/dav"
)

// fromCyrus returns how the objects of a collection are fetched as Cyrus 3.6.1 has stored them. What a GET asks for it
// writes anew: events, which then are longer or shorter than listed, and cards of version 4.0, as ones of 3.0.
func (s *session) fromCyrus(ctx context.Context, k dav.Kind, collection string) (fetcher, error) {
	if k == dav.Calendar {
		return s.event, nil
	}
	four, err := s.fours(ctx, collection)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, u *url.URL) ([]byte, error) {
		if four[u.Path] {
			return s.get(ctx, u.String(), "Accept", "text/vcard; version=4.0")
		}
		return s.plainly(ctx, u)
	}, nil
}

// event fetches an event with a calendar-multiget (RFC 4791 section 7.9). Where the answer is no XML, because the event
// has what XML has not, there is only GET.
func (s *session) event(ctx context.Context, u *url.URL) ([]byte, error) {
	query := element("C:calendar-multiget", element("D:prop", "<C:calendar-data/>"), element("D:href", escapeXML(u.EscapedPath())))
	status, answer, err := s.xml(ctx, "REPORT", u.ResolveReference(&url.URL{Path: "./"}).String(), query, "CalDAV-Timezones", "T")
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Data string `xml:"response>propstat>prop>calendar-data"`
	}
	if err := xml.Unmarshal(answer, &parsed); err != nil || status != http.StatusMultiStatus || parsed.Data == "" {
		return s.plainly(ctx, u)
	}
	return []byte(strings.ReplaceAll(parsed.Data, "\n", "\r\n")), nil // XML has no CR
}

// fours asks which cards of an address book are stored in version 4.0 (RFC 6352 section 8.6), and returns their paths.
func (s *session) fours(ctx context.Context, collection string) (map[string]bool, error) {
	query := element("R:addressbook-query", element("D:prop", "<D:getetag/>"),
		element("R:filter", `<R:prop-filter name="VERSION"><R:text-match match-type="equals">4.0</R:text-match></R:prop-filter>`))
	status, answer, err := s.xml(ctx, "REPORT", collection, query, "Depth", "1")
	if err != nil {
		return nil, err
	}
	var parsed multistatus
	if err := xml.Unmarshal(answer, &parsed); err != nil || status != http.StatusMultiStatus {
		return nil, unexpected("REPORT", collection, status, answer)
	}
	base, err := url.Parse(collection)
	if err != nil {
		return nil, err
	}
	four := make(map[string]bool, len(parsed.Responses))
	for _, r := range parsed.Responses {
		m, err := r.member(base)
		if err != nil {
			return nil, err
		}
		four[m.url.Path] = true
	}
	return four, nil
}
