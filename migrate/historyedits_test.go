package migrate_test

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"davferry/internal/dav/davtest"
	"davferry/internal/dav/davtest/faultproxy"
)

// quirky is a server with quirks.
type quirky struct {
	name   string
	quirks davtest.Quirks
}

// The servers of histories. An ETag of the source must change with the object: SOGo's, which does not where an object is
// deleted and made anew, has tests of its own.
var (
	historySources = []quirky{
		{"plain", davtest.Quirks{}},
		{"without ctag and sync-token", davtest.Quirks{NoCTag: true, NoSyncToken: true}},
		{"lying", davtest.Quirks{LyingMultiget: true}},
		{"capped", davtest.Quirks{MultigetCap: 3, DuplicateHrefs: true}},
		{"HTTP/1.0", davtest.Quirks{HTTP10: true}},
		{"without CR and lengths", davtest.Quirks{Data: davtest.DataStripCR, NoContentLength: true}},
	}
	historyDestinations = []quirky{
		{"plain", davtest.Quirks{}},
		{"without ETag on PUT", davtest.Quirks{NoETagOnPut: true}},
		{"without ctag and sync-token", davtest.Quirks{NoCTag: true, NoSyncToken: true}},
		{"like SOGo", davtest.Quirks{IgnoreIfNoneMatch: true, CounterETags: true}},
		{"like Radicale", davtest.Quirks{RewriteOnPut: true, UniqueUID: http.StatusConflict, HTTP10: true}},
		{"like Xandikos", davtest.Quirks{RefusePutWith207: true, UniqueUID: http.StatusPreconditionFailed}},
	}
)

func (h *history) pick(from []quirky) quirky { return from[h.random.IntN(len(from))] }

// one returns one of the texts, "" where there is none. The order of a map has no part in it.
func (h *history) one(from []string) string {
	if len(from) == 0 {
		return ""
	}
	slices.Sort(from)
	return from[h.random.IntN(len(from))]
}

// edit has people do something at both ends.
func (h *history) edit() {
	for range h.random.IntN(8) {
		edits := []func(){h.add, h.add, h.change, h.change, h.move, h.remove, h.editThere, h.removeThere, h.addThere, h.clash}
		edits[h.random.IntN(len(edits))]()
	}
}

// version returns a new version of an object.
func (h *history) version(collection, uid, by string) string {
	h.made++
	text := fmt.Sprintf("Version %d by %s%s", h.made, by, strings.Repeat(".", h.random.IntN(5)))
	if slices.Contains(h.books, collection) {
		return string(card(uid, text))
	}
	return string(event(uid, text))
}

// put stores an object at the source.
func (h *history) put(path, data, what string) {
	h.note("the source: %s %s, version %d", path, what, h.made)
	h.ours[data] = true
	h.from.PutObject(path, []byte(data))
}

func extension(collection string) string {
	if strings.HasPrefix(collection, "/calendars/") {
		return ".ics"
	}
	return ".vcf"
}

func (h *history) add() {
	collection := h.one(slices.Concat(h.calendars, h.books))
	data := h.version(collection, fmt.Sprintf("uid-%d", h.made), "the source")
	h.put(fmt.Sprintf("%so%d%s", collection, h.made, extension(collection)), data, "is made")
}

// object returns an object of the source, "" where there is none.
func (h *history) object() string { return h.among(h.sourceObjects()) }

// among returns the path of an object, "" where there is none: in a clash that of the same one at both ends, where both
// have it.
func (h *history) among(objects map[string]string) string {
	for path, data := range objects {
		if h.clashing != "" && uidOf(data) == h.clashing {
			return path
		}
	}
	return h.one(slices.Collect(maps.Keys(objects)))
}

// clash has somebody do something to an object at each end.
func (h *history) clash() {
	h.clashing = uidOf(h.sourceObjects()[h.object()])
	[]func(){h.change, h.move, h.remove}[h.random.IntN(3)]()
	[]func(){h.editThere, h.removeThere}[h.random.IntN(2)]()
	h.clashing = ""
}

func (h *history) change() {
	if p := h.object(); p != "" {
		h.put(p, h.version(path.Dir(p)+"/", uidOf(h.sourceObjects()[p]), "the source"), "is changed")
	}
}

// move gives an object another path, and now and then another content.
func (h *history) move() {
	p := h.object()
	if p == "" {
		return
	}
	data := h.sourceObjects()[p]
	if h.random.IntN(3) == 0 {
		data = h.version(path.Dir(p)+"/", uidOf(data), "the source")
	}
	h.made++
	h.from.DeleteObject(p)
	h.put(fmt.Sprintf("%s/%c%d%s", path.Dir(p), 'a'+rune(h.random.IntN(26)), h.made, path.Ext(p)), data, "is where "+p+" was")
}

func (h *history) remove() {
	if p := h.object(); p != "" {
		h.note("the source: %s is deleted", p)
		h.from.DeleteObject(p)
	}
}

// there returns an object of the destination, "" where there is none.
func (h *history) there() string { return h.among(h.atDestination()) }

func (h *history) editThere() {
	if p := h.there(); p != "" {
		h.putThere(p, h.version(path.Dir(p)+"/", uidOf(h.atDestination()[p]), "somebody else"), "is changed")
	}
}

func (h *history) addThere() {
	collection := h.one(slices.Concat(h.calendars, h.books))
	data := h.version(collection, fmt.Sprintf("foreign-%d", h.made), "somebody else")
	if len(h.atDestination()) > 0 { // else the collection is not there yet
		h.putThere(fmt.Sprintf("%sf%d%s", collection, h.made, extension(collection)), data, "is made")
	}
}

func (h *history) putThere(path, data, what string) {
	if h.to.PutObject(path, []byte(data)) != "" {
		h.note("the destination: %s %s, version %d", path, what, h.made)
		h.foreign[path] = data
	}
}

func (h *history) removeThere() {
	if p := h.there(); p != "" {
		h.note("the destination: %s is deleted", p)
		h.to.DeleteObject(p)
		delete(h.foreign, p)
	}
}

// mishaps plans what goes wrong with the next run.
func (h *history) mishaps() {
	for range h.random.IntN(4) {
		switch h.random.IntN(4) {
		case 0:
			h.inject("at the source", h.from, h.serverFault("REPORT", "GET", "PROPFIND"))
		case 1:
			h.inject("at the destination", h.to, h.serverFault("PUT", "MKCALENDAR", "MKCOL", "PROPFIND", "REPORT"))
		case 2:
			h.hinder("on the way to the source", h.fromWay, h.wayFault("REPORT", "GET", "PROPFIND", ""))
		default:
			h.hinder("on the way to the destination", h.toWay, h.wayFault("PUT", "PUT", "MKCALENDAR", "PROPFIND", "REPORT", ""))
		}
	}
}

func (h *history) inject(where string, server *davtest.Server, f davtest.Fault) {
	h.note("%s: %+v", where, f)
	server.Inject(f)
}

func (h *history) hinder(where string, way *faultproxy.Proxy, f faultproxy.Fault) {
	h.note("%s: %+v", where, f)
	way.Inject(f)
}

func (h *history) serverFault(methods ...string) davtest.Fault {
	f := davtest.Fault{Method: methods[h.random.IntN(len(methods))], Skip: h.random.IntN(12), Times: 1 + h.random.IntN(5)}
	switch h.random.IntN(4) {
	case 0:
		f.Action = davtest.DropAnswer
	case 1:
		f.Action, f.Bytes = davtest.CutAnswer, h.random.IntN(3000)
	default:
		f.Status = []int{429, 500, 502, 503, 507}[h.random.IntN(5)]
		f.Header = http.Header{"Retry-After": {"0"}}
	}
	return f
}

func (h *history) wayFault(methods ...string) faultproxy.Fault {
	return faultproxy.Fault{
		At: faultproxy.Moment(h.random.IntN(int(faultproxy.AfterAnswer) + 1)), Action: faultproxy.Action(h.random.IntN(int(faultproxy.Stall) + 1)),
		Octets: h.random.IntN(3000), Delay: time.Duration(1+h.random.IntN(20)) * time.Millisecond,
		Method: methods[h.random.IntN(len(methods))], Skip: h.random.IntN(12), Times: 1 + h.random.IntN(5),
	}
}
