package dav

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"sync"
)

// vCard4 is the version of vCards (RFC 6350) that has to be asked for.
const vCard4 = "4.0"

// cardVersions tells in which version each card of an address book is to be asked for, so that it comes as it is stored.
//
// Cyrus 3.6.1 and sabre/dav 4 convert: they serve a card of version 4.0 as one of 3.0 unless 4.0 is asked for, Cyrus
// without its photo, and then they serve one of 3.0 as one of 4.0, with its photo as a data: URI, which Cyrus itself cuts
// off when it is put back. Neither tells the stored version, but both look at the stored card to answer a query.
type cardVersions struct {
	once sync.Once
	four map[string]bool // by Key; nil where the server cannot say, and all are asked for as 4.0
	err  error
}

// of returns the version to ask for, "" to take what comes.
func (v *cardVersions) of(ctx context.Context, a *Account, c Collection, m Member) (string, error) {
	if c.Kind != AddressBook || !slices.Contains(c.AddressData, vCard4) {
		return "", nil
	}
	v.once.Do(func() { v.four, v.err = a.cardsOf(ctx, c, vCard4) })
	if v.err != nil {
		return "", v.err
	}
	if v.four == nil || v.four[Key(m.Path)] {
		return vCard4, nil
	}
	return "", nil
}

// cardsOf asks which cards are stored in a version, and returns them by Key; nil where the server does not answer such
// queries.
func (a *Account) cardsOf(ctx context.Context, c Collection, version string) (map[string]bool, error) {
	u, err := a.urlOf(c.Path)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	err = a.multistatus(ctx, versionQuery(u, version), func(answerTo) { clear(found) }, func(r *response) error {
		found[Key(a.memberPath(c, r.Href))] = true
		return nil
	})
	if err != nil && Status(err) == 0 {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	return found, nil
}

// versionQuery builds an addressbook-query (RFC 6352 section 8.6) for the cards whose VERSION is as given.
func versionQuery(u *url.URL, version string) request {
	var b bytes.Buffer
	root := propName{nsCardDAV, "addressbook-query"}
	openElement(&b, root)
	b.WriteString(`<d:prop><d:getetag/></d:prop><k:filter><k:prop-filter name="VERSION">` +
		`<k:text-match collation="i;unicode-casemap" match-type="equals">` + version + `</k:text-match></k:prop-filter></k:filter>`)
	closeElement(&b, root)
	return request{method: "REPORT", url: u, body: b.Bytes(), retries: 2, header: map[string]string{"Content-Type": xmlType, "Depth": "1"}}
}

// multiget asks for members in as many requests as they have versions, and returns what came by Key.
func (f *fetch) multiget(ctx context.Context, members []Member) (map[string]Object, error) {
	byVersion := map[string][]Member{}
	for _, m := range members {
		version, err := f.versions.of(ctx, f.account, f.collection, m)
		if err != nil {
			return nil, err
		}
		byVersion[version] = append(byVersion[version], m)
	}
	var all map[string]Object
	var failure error
	for version, members := range byVersion {
		got, err := f.account.multiget(ctx, f.collection, version, members)
		if err != nil {
			failure = err
		}
		if all == nil {
			all = got
			continue
		}
		for key, o := range got {
			all[key] = o
		}
	}
	return all, failure
}
