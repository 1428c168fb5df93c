package dav

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// readAll returns what readMultistatus yields, and the error that it ends with.
func readAll(r io.Reader) (responses []*response, err error) {
	for resp, e := range readMultistatus(r) {
		if e != nil {
			return responses, e
		}
		responses = append(responses, resp)
	}
	return responses, nil
}

func readRecorded(t *testing.T, name string) []*response {
	t.Helper()
	f, err := os.Open("../../testdata/multistatus/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	responses, err := readAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return responses
}

func TestReadMultistatusRadicale(t *testing.T) {
	got := readRecorded(t, "radicale_multiget_crlf.xml")
	if len(got) != 2 {
		t.Fatalf("%d responses", len(got))
	}
	want := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:R&D <Größe>\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	if data := got[0].prop(nsCalDAV, "calendar-data"); string(data.Text) != want {
		t.Errorf("calendar-data is %q", data.Text)
	}
	if etag := got[0].text(nsDAV, "getetag"); etag != `"5d2f"` {
		t.Errorf("getetag is %q", etag)
	}
	if got[1].Status != 404 || got[1].Href != "/user001/work/gone.ics" {
		t.Errorf("second response is %+v", got[1])
	}
}

func TestReadMultistatusSabre(t *testing.T) {
	got := readRecorded(t, "sabre_multiget_charref.xml")[0]
	if data := got.prop(nsCardDAV, "address-data"); string(data.Text) != "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:b\r\nFN:B\r\nEND:VCARD\r\n" {
		t.Errorf("address-data is %q", data.Text)
	}
	if got.prop(nsDAV, "getcontentlength") != nil || got.propStatus(nsDAV, "getcontentlength") != 404 {
		t.Error("a property of a 404 propstat is there")
	}
}

// One object with a control character and a byte that is not UTF-8 does not take its neighbours with it.
func TestReadMultistatusDamageStaysWhereItIs(t *testing.T) {
	got := readRecorded(t, "cyrus_multiget_control.xml")
	if len(got) != 2 {
		t.Fatalf("%d responses", len(got))
	}
	if !damaged(got[0].prop(nsCalDAV, "calendar-data").Text) || damaged(got[1].prop(nsCalDAV, "calendar-data").Text) {
		t.Error("the damage is not where it should be")
	}
}

func TestReadMultistatusRefusal(t *testing.T) {
	got := readRecorded(t, "xandikos_put_refused.xml")[0]
	if got.Status != 412 || got.Condition != "valid-calendar-data" || !strings.HasPrefix(got.Description, "Not a valid") {
		t.Errorf("got %+v", got)
	}
}

func TestReadMultistatusSurrogates(t *testing.T) {
	if name := readRecorded(t, "sogo_home_surrogates.xml")[0].text(nsDAV, "displayname"); name != "Party 🎂" {
		t.Errorf("display name is %q", name)
	}
}

func TestReadMultistatusBroken(t *testing.T) {
	item := "<response><href>/a</href><status>HTTP/1.1 200 OK</status></response>"
	tests := []struct {
		name, document string
		responses      int
		notMultistatus bool
	}{
		{"empty", "", 0, true},
		{"a login page", "<!DOCTYPE html><html><body>Log in</body></html>", 0, true},
		{"no markup", "Service temporarily unavailable", 0, true},
		{"another document", `<error xmlns="DAV:"/>`, 0, true},
		{"another namespace", `<multistatus xmlns="urn:x">` + item + `</multistatus>`, 0, true},
		{"cut within the declaration", `<?xml version="1.0"`, 0, true},
		{"cut behind the declaration", `<?xml version="1.0"?>` + "\n", 0, true},
		{"cut within the root", `<?xml version="1.0"?><multistatus xml`, 0, false},
		{"cut after a response", `<multistatus xmlns="DAV:">` + item, 1, false},
		{"cut within a response", `<multistatus xmlns="DAV:">` + item + item[:20], 1, false},
		{"nested for ever", `<multistatus xmlns="DAV:">` + item + strings.Repeat("<a>", 10000), 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readAll(strings.NewReader(tt.document))
			if err == nil || len(got) != tt.responses || errors.Is(err, errNotMultistatus) != tt.notMultistatus {
				t.Errorf("%d responses, error %v", len(got), err)
			}
		})
	}
}

func TestParseStatus(t *testing.T) {
	for line, want := range map[string]int{
		"HTTP/1.1 200 OK": 200, "HTTP/1.1 404": 404, "200 OK": 200, "507": 507, "": 0, "OK": 0, "HTTP/2 99": 0, "HTTP/1.1 1000": 0,
	} {
		if got := parseStatus(line); got != want {
			t.Errorf("%q is %d, want %d", line, got, want)
		}
	}
}

func FuzzReadMultistatus(f *testing.F) {
	addMultistatusSeeds(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		for resp, err := range readMultistatus(bytes.NewReader(document)) {
			if err == nil {
				_ = fmt.Sprint(resp.text(nsDAV, "displayname"), resp.prop(nsDAV, "resourcetype").hrefs(), Key(resp.Href))
			}
		}
	})
}

func BenchmarkReadMultistatus(b *testing.B) {
	event := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:%08d\r\n" + strings.Repeat("X-LINE:some text, as it stands in calendars everywhere\r\n", 36) + "END:VEVENT\r\nEND:VCALENDAR\r\n"
	var doc bytes.Buffer
	doc.WriteString(`<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">`)
	for i := range 5000 {
		fmt.Fprintf(&doc, `<response><href>/u/c/%d.ics</href><propstat><prop><getetag>"%d"</getetag><C:calendar-data>`+event+
			`</C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>`, i, i, i)
	}
	doc.WriteString(`</multistatus>`)
	b.SetBytes(int64(doc.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if got, err := readAll(bytes.NewReader(doc.Bytes())); err != nil || len(got) != 5000 {
			b.Fatal(len(got), err)
		}
	}
}
