package davtest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav/davtest"
)

// benchmark sends a request again and again and reads the answer to its end.
func benchmark(b *testing.B, members int, method string, body func(f *fixture, hrefs []string) string) {
	f := start(b, davtest.Quirks{})
	f.SetRecording(false)
	var hrefs []string
	for i := range members {
		hrefs = append(hrefs, fmt.Sprintf("%s%d.ics", f.work, i))
		f.PutObject(hrefs[i], []byte(withUID(fmt.Sprint(i))))
	}
	text := body(f, hrefs)
	b.ResetTimer()
	b.ReportAllocs()
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), method, f.url+f.work, strings.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Depth", "1")
		req.SetBasicAuth("alice", "secret")
		resp, err := f.client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
		b.SetBytes(n)
	}
}

func BenchmarkPropfind(b *testing.B) {
	for _, members := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			benchmark(b, members, "PROPFIND", func(*fixture, []string) string {
				return `<d:propfind ` + namespaces + `><d:prop><d:getetag/><d:getcontentlength/><d:resourcetype/><d:owner/></d:prop></d:propfind>`
			})
		})
	}
}

func BenchmarkMultiget(b *testing.B) {
	for _, members := range []int{50, 10_000, 100_000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			benchmark(b, members, "REPORT", func(_ *fixture, hrefs []string) string {
				return `<c:calendar-multiget ` + namespaces + `><d:prop><d:getetag/><c:calendar-data/></d:prop><d:href>` +
					strings.Join(hrefs, "</d:href>\n<d:href>") + `</d:href></c:calendar-multiget>`
			})
		})
	}
}

func BenchmarkPut(b *testing.B) {
	f := start(b, davtest.Quirks{UniqueUID: 409})
	f.SetRecording(false)
	i := 0
	for b.Loop() {
		i++
		f.want(f.do("PUT", fmt.Sprintf("%s%d.ics", f.work, i), withUID(fmt.Sprint(i)), "If-None-Match", "*"), 201)
	}
}
