package dav

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
)

// multigetRequest builds a calendar-multiget (RFC 4791 section 7.9) or an addressbook-multiget (RFC 6352 section 8.7), the
// latter with the version of vCard to ask for, "" to take what comes.
func multigetRequest(u *url.URL, c Collection, version string, members []Member) request {
	t := c.Kind.traits()
	root := propName{t.space, t.multiget}
	prefix := prefixes[t.space]
	var b bytes.Buffer
	openElement(&b, root)
	b.WriteString(`<d:prop><d:getetag/><` + prefix + `:` + t.data)
	if version != "" {
		b.WriteString(` content-type="text/vcard" version="` + version + `"`)
	}
	b.WriteString(`/></d:prop>`)
	for _, m := range members {
		b.WriteString(`<d:href>`)
		xml.EscapeText(&b, []byte(m.Path)) // a bytes.Buffer takes everything
		b.WriteString(`</d:href>`)
	}
	closeElement(&b, root)
	req := request{method: "REPORT", url: u, body: b.Bytes(), retries: 2,
		header: map[string]string{"Content-Type": xmlType, "CalDAV-Timezones": "T"}}
	if c.Kind == AddressBook {
		req.header["Depth"] = "0" // RFC 6352 section 8.7; a calendar-multiget has none
	}
	return req
}

// maxKept bounds what is kept in memory of one multiget's answer.
const maxKept = 4 * maxBatchSize

// multiget asks for members in one request, for cards in that version. It returns by Key what came with data that may be whole; what is missing was
// not answered, refused, damaged or empty, and only a GET can tell more about it.
func (a *Account) multiget(ctx context.Context, c Collection, version string, members []Member) (map[string]Object, error) {
	u, err := a.urlOf(c.Path)
	if err != nil {
		return nil, err
	}
	asked := make(map[string]Member, len(members))
	for _, m := range members {
		asked[Key(m.Path)] = m
	}
	t := c.Kind.traits()
	var got map[string]Object
	size := 0
	err = a.multistatus(ctx, multigetRequest(u, c, version, members), func(answerTo) { got, size = map[string]Object{}, 0 }, func(r *response) error {
		key := Key(a.memberPath(c, r.Href))
		m, ok := asked[key]
		if _, twice := got[key]; !ok || twice {
			return nil // unsolicited, or repeated (Calypso, Zimbra)
		}
		data := r.prop(t.space, t.data)
		if data == nil || len(data.Children) > 0 || damaged(data.Text) || !whole(c.Kind, data.Text) {
			return nil
		}
		if size += len(data.Text); size > maxKept && len(got) > 0 {
			return nil // objects larger than the listing said; they are asked for again in smaller batches
		}
		o := Object{Path: m.Path, ETag: r.text(nsDAV, "getetag"), Data: data.Text}
		if o.ETag == "" {
			o.ETag = m.ETag
		}
		got[key] = o
		return nil
	})
	return got, err
}

// noMultiget tells which answers to a REPORT mean that the server knows no multiget.
func noMultiget(err error) bool {
	switch Status(err) {
	case http.StatusMethodNotAllowed, http.StatusNotImplemented, http.StatusUnsupportedMediaType:
		return true
	}
	return false
}
