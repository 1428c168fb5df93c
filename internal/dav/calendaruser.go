package dav

import (
	"bytes"
	"context"
	"encoding/xml"
	"strings"
)

// HasCalendarUser tells whether a mail address is that of somebody with an account on the server, by a search for his
// principal (RFC 3744 section 9.4, RFC 6638 section 2.4.1). DAViCal 1.1.12 finds a part of an address as well, which is
// told from it where the server shows whom it has found.
func (a *Account) HasCalendarUser(ctx context.Context, address string) (bool, error) {
	u, err := a.urlOf(a.Services[Calendar].Principal)
	if err != nil {
		return false, err
	}
	found := false
	err = a.multistatus(ctx, request{method: "REPORT", url: u, body: calendarUserSearch(address), retries: 2,
		header: map[string]string{"Depth": "0", "Content-Type": xmlType}}, func(answerTo) { found = false }, func(r *response) error {
		addresses := r.prop(nsCalDAV, "calendar-user-address-set").hrefs()
		found = found || len(addresses) == 0
		for _, known := range addresses {
			found = found || strings.EqualFold(strings.TrimSpace(known), "mailto:"+address)
		}
		return nil
	})
	return found, err
}

// calendarUserSearch is the body of a principal-property-search for an address.
func calendarUserSearch(address string) []byte {
	var b bytes.Buffer
	root := propName{nsDAV, "principal-property-search"}
	openElement(&b, root)
	b.WriteString(`<d:property-search><d:prop><c:calendar-user-address-set/></d:prop><d:match>`)
	xml.EscapeText(&b, []byte("mailto:"+address)) // a bytes.Buffer takes everything
	b.WriteString(`</d:match></d:property-search><d:prop><c:calendar-user-address-set/></d:prop>`)
	closeElement(&b, root)
	return b.Bytes()
}
