package main

import (
	"testing"
	"time"

	"davferry/internal/dav"
)

func TestWaitText(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	rest := func(host string, left time.Duration, status int, named bool) dav.Rest {
		return dav.Rest{Host: host, Until: now.Add(left), Status: status, Named: named}
	}
	for _, tt := range []struct {
		name  string
		rests []dav.Rest
		want  string
	}{
		{"none", nil, ""},
		{"it said how long", []dav.Rest{rest("dav.example.org", 44200*time.Millisecond, 429, true)}, "waiting 45 s for dav.example.org, which asked for it (429)"},
		{"it did not say", []dav.Rest{rest("dav.example.org:8443", 12*time.Second, 503, false)}, "waiting 12 s for dav.example.org:8443, which is busy (503)"},
		{"over in a moment", []dav.Rest{rest("dav.example.org", time.Second/2, 429, true)}, ""},
		{"many", []dav.Rest{rest("a", 10*time.Minute-time.Second, 429, true), rest("b", 2*time.Minute, 503, true), rest("c", time.Minute, 503, true), rest("d", time.Minute, 503, true)},
			"waiting 10 min for a, which asked for it (429), waiting 2 min for b, which asked for it (503), and for 2 more hosts"},
	} {
		if got := waitText(tt.rests, now); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
