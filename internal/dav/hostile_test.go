package dav_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// A server whose listing has no lengths was believed after a few objects, and what it altered in later ones was taken.
func TestObjectsArriveByteForByteWithoutALength(t *testing.T) {
	t.Parallel()
	forms := map[string]davtest.DataForm{"raw": davtest.DataRaw, "references": davtest.DataCharRef, "no CR": davtest.DataStripCR, "CDATA": davtest.DataCDATA}
	unfits := map[string]davtest.Unfit{"left out": davtest.UnfitOmitted, "raw": davtest.UnfitRaw, "replaced": davtest.UnfitReplaced,
		"failing": davtest.UnfitFails, "cut": davtest.UnfitCut}
	for form, data := range forms {
		for treatment, unfit := range unfits {
			t.Run(form+", what does not fit "+treatment, func(t *testing.T) {
				t.Parallel()
				p := newPeer(t, davtest.Quirks{NoContentLength: true, Data: data, Unfit: unfit})
				c, _ := p.fill(t, 0)
				for i := range 40 { // the first half says nothing about CR, the second is what a server is believed for
					object := event(fmt.Sprintf("a%02d", i), "x")
					if i < 20 {
						object = []byte(strings.ReplaceAll(string(object), "\r\n", "\n"))
					}
					p.PutObject(fmt.Sprintf("%sa%02d.ics", c.Path, i), object)
				}
				for i, odd := range []string{"x\xf6y", "x\xc3", "x\xed\xa0\x80y"} {
					p.PutObject(fmt.Sprintf("%sb%d.ics", c.Path, i), event(fmt.Sprintf("b%d", i), odd))
				}
				for name, object := range awkwardObjects() {
					if unfit == davtest.UnfitReplaced && (name == "control.ics" || name == "nul.ics") {
						continue // what is left out without a trace only a length shows
					}
					p.PutObject(c.Path+"c-"+name, object)
				}
				got, failed := fetch(t, open(t, p, dav.Settings{}), c, 10)
				if len(failed) > 0 {
					t.Error(failed)
				}
				wantObjects(t, got, p.Objects(c.Path))
			})
		}
	}
}

// Where the SRV record of one service leads to a host that gets no password, the account was opened without that service.
func TestServiceOnAHostThatIsNotTrustedIsNotDropped(t *testing.T) {
	t.Parallel()
	for _, foreign := range []string{"caldavs", "carddavs"} {
		t.Run(foreign, func(t *testing.T) {
			t.Parallel()
			s := davtest.New()
			s.AddUser("anna@example.test", "secret")
			w := newSites(t)
			w.serve(t, "https://dav.example.test", s)
			w.serve(t, "https://dav.elsewhere.test", s)
			var records string
			for _, service := range []string{"caldavs", "carddavs"} {
				host := "dav.example.test."
				if service == foreign {
					host = "dav.elsewhere.test."
				}
				records += "_" + service + "._tcp.example.test. IN SRV 1 5 443 " + host + "\n"
			}
			w.startDNS(t, records)
			n := newNetwork(t, w.settings())
			a, err := n.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
			if err == nil || !strings.Contains(err.Error(), "--trust-host dav.elsewhere.test") {
				t.Errorf("error is %v, account %+v", err, a)
			}
		})
	}
}

// An element of four octets takes two hundred in memory: 128 MB of them took all that there was. It measures memory, and
// so runs alone.
func TestAnswerOfTinyElementsIsAnErrorAndNotTheEndOfTheMemory(t *testing.T) {
	const elements, chunk = 16 << 20, 4 << 10
	var sent atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, `<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>`+r.URL.Path+`</d:href><d:propstat><d:prop>`)
		if r.URL.Path == "/home/" {
			for range elements / chunk {
				n, err := fmt.Fprint(w, strings.Repeat("<a/>", chunk))
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}
		fmt.Fprint(w, `<c:calendar-home-set><d:href>/home/</d:href></c:calendar-home-set></d:prop></d:propstat></d:response></d:multistatus>`)
	}))
	defer s.Close()
	a, err := newNetwork(t, dav.Settings{}).Open(t.Context(), s.URL, login("anna", "secret"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = a.Collections(t.Context())
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "elements") {
		t.Errorf("error is %v", err)
	}
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 32 || sent.Load() > 32<<20 {
		t.Errorf("%d MB were allocated for %d MB", allocated, sent.Load()>>20)
	}
}
