package davtest

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"

	"davferry/internal/dav"
)

// liveProperty writes the value of a property that the server computes. It reports false where the resource has none.
type liveProperty func(p *propRequest, w *xmlWriter, res resource) bool

// live are the properties that the server computes. All others are kept as a client set them.
var live = map[xml.Name]liveProperty{
	nameResourceType:                      writeResourceType,
	nameDisplayName:                       writeDisplayName,
	davName("current-user-principal"):     writeCurrentUser,
	davName("principal-URL"):              writePrincipalURL,
	davName("owner"):                      writeOwner,
	davName("current-user-privilege-set"): writePrivileges,
	davName("supported-report-set"):       writeReports,
	davName("getetag"):                    writeETag,
	davName("getcontenttype"):             writeContentType,
	davName("getcontentlength"):           writeContentLength,
	davName("getlastmodified"):            writeLastModified,
	nameSyncToken:                         writeSyncToken,
	nameCTag:                              writeCTag,
	caldav("calendar-home-set"):           writeHomeSet(dav.Calendar),
	carddav("addressbook-home-set"):       writeHomeSet(dav.AddressBook),
	caldav("calendar-user-address-set"):   writeAddresses,
	caldav("calendar-description"):        writeDescription(dav.Calendar),
	carddav("addressbook-description"):    writeDescription(dav.AddressBook),
	caldav("max-resource-size"):           writeMaxSize(dav.Calendar),
	carddav("max-resource-size"):          writeMaxSize(dav.AddressBook),
	davName("quota-available-bytes"):      writeQuota,
	nameComponentSets:                     writeComponentSets,
	caldav("supported-calendar-data"):     writeSupportedCalendarData,
	carddav("supported-address-data"):     writeSupportedAddressData,
	protocols[dav.Calendar].data:          writeData(dav.Calendar),
	protocols[dav.AddressBook].data:       writeData(dav.AddressBook),
	caldav("schedule-inbox-URL"):          writeSpecialURL(Inbox),
	caldav("schedule-outbox-URL"):         writeSpecialURL(Outbox),
	davName("principal-collection-set"):   writePrincipalCollections,
}

// allProp are the properties that DAV:allprop asks for, besides those that clients invented (RFC 4918 section 9.1; RFC
// 4791 and RFC 6352 keep theirs out of it).
var allProp = []xml.Name{
	nameResourceType, nameDisplayName, davName("getetag"), davName("getcontenttype"), davName("getcontentlength"),
	davName("getlastmodified"),
}

// settable are those of the live properties that a client may set.
func settable(name xml.Name) bool {
	return name == nameDisplayName || name == protocols[dav.Calendar].description ||
		name == protocols[dav.AddressBook].description || live[name] == nil
}

func writeResourceType(_ *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil {
		for _, name := range res.node.types() {
			w.empty(name)
		}
	}
	return true
}

func writeDisplayName(_ *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil && res.node.col == nil && res.node.owner != nil {
		w.name(res.node.owner.name)
		return true
	}
	return writeName(w, res, nameDisplayName)
}

func writeDescription(k dav.Kind) liveProperty {
	return func(_ *propRequest, w *xmlWriter, res resource) bool {
		return writeName(w, res, protocols[k].description)
	}
}

func writeName(w *xmlWriter, res resource, name xml.Name) bool {
	if res.obj != nil || res.node.col == nil {
		return false
	}
	e, ok := res.node.col.property(name)
	w.name(e.text)
	return ok
}

func writeCurrentUser(p *propRequest, w *xmlWriter, _ resource) bool {
	w.element(nameHref, p.x.href(p.x.user.principal.path)+"/")
	return true
}

func writePrincipalURL(p *propRequest, w *xmlWriter, res resource) bool {
	return res.node.principal && writeOwner(p, w, res)
}

func writeOwner(p *propRequest, w *xmlWriter, res resource) bool {
	u := res.node.possessor()
	if u == nil || p.x.q.NoOwner {
		return false
	}
	w.element(nameHref, p.x.href(u.principal.path)+"/")
	return true
}

func writePrincipalCollections(p *propRequest, w *xmlWriter, _ resource) bool {
	parent, _ := splitPath(p.x.user.principal.path)
	w.element(nameHref, p.x.href(parent)+"/")
	return true
}

// privileges of RFC 3744 section 3; the first is all that there is on what cannot be changed.
var privileges = []xml.Name{
	davName("read"), davName("write"), davName("write-properties"), davName("write-content"), davName("bind"),
	davName("unbind"),
}

func writePrivileges(_ *propRequest, w *xmlWriter, res resource) bool {
	granted := privileges
	if res.node.readOnly() {
		granted = privileges[:1]
	}
	for _, name := range granted {
		w.start(davName("privilege"))
		w.empty(name)
		w.end(davName("privilege"))
	}
	return true
}

func writeReports(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj != nil || res.node.col == nil {
		return false
	}
	reports := []xml.Name{protocols[res.node.col.kind].multiget, protocols[res.node.col.kind].query}
	if !p.x.q.NoSyncToken {
		reports = append(reports, nameSyncCollection)
	}
	for _, name := range reports {
		w.start(davName("supported-report"))
		w.start(davName("report"))
		w.empty(name)
		w.end(davName("report"))
		w.end(davName("supported-report"))
	}
	return true
}

func writeETag(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil {
		return p.x.q.CollectionETags && writeCTag(p, w, res)
	}
	w.text(p.x.q.etag(res.obj))
	return true
}

func writeContentType(_ *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil {
		return false
	}
	w.text(contentType(res.node.col.kind))
	return true
}

func contentType(k dav.Kind) string { return protocols[k].mediaType + "; charset=utf-8" }

func writeContentLength(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil || p.x.q.NoContentLength {
		return false
	}
	w.buf = strconv.AppendInt(w.buf, int64(len(res.obj.data)), 10)
	return true
}

func writeLastModified(_ *propRequest, w *xmlWriter, res resource) bool {
	if res.obj == nil {
		return false
	}
	w.buf = res.obj.modified.AppendFormat(w.buf, http.TimeFormat)
	return true
}

func writeSyncToken(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj != nil || res.node.col == nil || p.x.q.NoSyncToken {
		return false
	}
	w.text(res.node.col.token(res.node.col.state()))
	return true
}

func writeCTag(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj != nil || res.node.col == nil || p.x.q.NoCTag {
		return false
	}
	w.text(res.node.col.ctag(res.node.col.state()))
	return true
}

func writeHomeSet(k dav.Kind) liveProperty {
	return func(p *propRequest, w *xmlWriter, res resource) bool {
		if !res.node.principal || res.obj != nil {
			return false
		}
		paths, elsewhere := p.x.s.homesOf(res.node.owner, k)
		for _, path := range paths {
			w.element(nameHref, p.x.href(path)+"/")
		}
		for _, href := range elsewhere {
			w.element(nameHref, href)
		}
		return true
	}
}

func writeAddresses(p *propRequest, w *xmlWriter, res resource) bool {
	if !res.node.principal || res.obj != nil {
		return false
	}
	w.element(nameHref, res.node.owner.address())
	w.element(nameHref, p.x.href(res.node.path)+"/")
	return true
}

// address is the user's calendar user address (RFC 6638 section 2.4.1).
func (u *user) address() string {
	if strings.Contains(u.name, "@") {
		return "mailto:" + u.name
	}
	return "mailto:" + u.name + "@" + MailDomain
}

// MailDomain makes the calendar user address of a user whose name is no mail address: mailto:NAME@davtest.example.
const MailDomain = "davtest.example"

func writeMaxSize(k dav.Kind) liveProperty {
	return func(p *propRequest, w *xmlWriter, res resource) bool {
		size := p.x.q.MaxResourceSize
		if size == 0 || res.obj != nil || res.node.col == nil || res.node.col.kind != k {
			return false
		}
		w.buf = strconv.AppendInt(w.buf, size, 10)
		return true
	}
}

func writeQuota(p *propRequest, w *xmlWriter, res resource) bool {
	if p.x.q.Quota == 0 || res.obj != nil || res.node.owner == nil {
		return false
	}
	w.buf = strconv.AppendInt(w.buf, p.x.q.Quota, 10)
	return true
}

var nameComponentSets = caldav("supported-calendar-component-sets")

func writeComponentSets(p *propRequest, w *xmlWriter, res resource) bool {
	if len(p.x.q.ComponentSets) == 0 || res.obj != nil || !res.node.isHome(dav.Calendar) {
		return false
	}
	for _, set := range p.x.q.ComponentSets {
		w.start(nameComponentSet)
		for component := range strings.FieldsSeq(set) {
			w.empty(nameComponent, "name", component)
		}
		w.end(nameComponentSet)
	}
	return true
}

func writeSupportedCalendarData(_ *propRequest, w *xmlWriter, res resource) bool {
	if res.obj != nil || res.node.col == nil || res.node.col.kind != dav.Calendar {
		return false
	}
	w.empty(protocols[dav.Calendar].data, "content-type", "text/calendar", "version", "2.0")
	return true
}

func writeSupportedAddressData(p *propRequest, w *xmlWriter, res resource) bool {
	if res.obj != nil || res.node.col == nil || res.node.col.kind != dav.AddressBook {
		return false
	}
	for _, version := range res.node.col.versions() {
		w.empty(carddav("address-data-type"), "content-type", "text/vcard", "version", version)
	}
	return true
}

// writeData writes an object. RFC 4791 section 9.6 and RFC 6352 section 10.4 have it in reports only.
func writeData(k dav.Kind) liveProperty {
	return func(p *propRequest, w *xmlWriter, res resource) bool {
		if !p.report || res.obj == nil || res.node.col.kind != k {
			return false
		}
		data, ok := p.x.serves(res, p.version), true
		if !res.obj.fits {
			data, ok = p.x.q.Unfit.fit(data)
		}
		if ok {
			w.data(data)
		}
		return ok
	}
}

// serves returns an object's bytes as they are served to who asks for a vCard version, "" for none.
func (x *exchange) serves(res resource, version string) []byte {
	if x.q.VCard3Default && res.node.col.kind == dav.AddressBook {
		return convertVCard(res.obj.data, res.obj.facts.version, version)
	}
	return res.obj.data
}

func writeSpecialURL(kind Special) liveProperty {
	return func(p *propRequest, w *xmlWriter, res resource) bool {
		if !res.node.principal || res.obj != nil {
			return false
		}
		home := p.x.s.homePath(res.node.owner, specials[kind].kind)
		n := p.x.s.find(home + "/" + specials[kind].name)
		if n == nil || n.col == nil || n.col.special != &specials[kind] {
			return false
		}
		w.element(nameHref, p.x.href(n.path)+"/")
		return true
	}
}
