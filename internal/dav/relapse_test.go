package dav_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// One tag of a few megabytes of attributes took forty times as much, before anything was counted.
func TestTagOfManyAttributesIsAnErrorAndNotTheEndOfTheMemory(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusMultiStatus)
		fmt.Fprint(w, `<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>`+r.URL.Path+`</d:href><d:propstat><d:prop>`)
		if r.URL.Path == "/home/" {
			fmt.Fprint(w, "<a"+strings.Repeat(" a=''", 1<<20)+"/>")
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
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; err == nil || allocated > 32 {
		t.Errorf("%d MB were allocated; error is %v", allocated, err)
	}
}

// A control character that the server leaves out of the multiget without a trace was lost where the listing has no
// lengths, once five other objects had been equal.
func TestCharacterLeftOutWithoutATraceAndWithoutALength(t *testing.T) {
	p := newPeer(t, davtest.Quirks{NoContentLength: true, Unfit: davtest.UnfitReplaced})
	c, _ := p.fill(t, 40)
	p.PutObject(c.Path+"z.ics", event("z", "a\x01b"))
	got, _ := fetch(t, open(t, p, dav.Settings{}), c, 10)
	wantObjects(t, got, p.Objects(c.Path))
}
