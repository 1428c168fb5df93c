package dav

import (
	"net/http"
	"net/url"
	"testing"
)

func TestSchedulersAreKnown(t *testing.T) {
	const auto = "1, 3, calendar-access, calendar-schedule, calendar-auto-schedule"
	for name, tt := range map[string]struct {
		url    string
		header map[string]string
		want   string
		by     Silencing
	}{
		"Radicale":                 {"https://h/u/", map[string]string{"DAV": "1, 2, 3, calendar-access, addressbook, extended-mkcol"}, "", NotNeeded},
		"Xandikos":                 {"https://h/u/", map[string]string{"DAV": "1, calendar-access, calendar-auto-scheduling"}, "", NotNeeded},
		"sabre/dav":                {"https://h/dav.php/", map[string]string{"DAV": auto, "X-Sabre-Version": "4.7.1"}, "sabre/dav", ByHeader},
		"sabre/dav 1.8":            {"https://h/", map[string]string{"DAV": "1, 3, calendar-access", "X-Sabre-Version": "1.8.12"}, "sabre/dav", NotNeeded},
		"Nextcloud, by its tokens": {"https://h/dav/", map[string]string{"DAV": auto + ", nc-calendar-search"}, "Nextcloud or ownCloud", ByHeader},
		"ownCloud, by its path":    {"https://h/oc/remote.php/dav/", map[string]string{"DAV": auto}, "Nextcloud or ownCloud", ByHeader},
		"Cyrus":                    {"https://h/dav/", map[string]string{"DAV": auto, "Server": "Cyrus-HTTP/3.6.1 Cyrus-SASL"}, "Cyrus", ByHeader},
		"Cyrus, switched off":      {"https://h/dav/", map[string]string{"DAV": "1, calendar-access", "Server": "Cyrus-HTTP/3.6.1"}, "Cyrus", NotNeeded},
		"DAViCal":                  {"https://h/davical/caldav.php/u/", map[string]string{"DAV": auto, "X-DAViCal-Version": "DAViCal/1.1.12"}, "DAViCal", ByAgent},
		"SOGo":                     {"https://h/SOGo/dav/u/", map[string]string{"DAV": auto, "Server": "Apache"}, "SOGo", Impossible},
		"SOGo, by its library":     {"https://h/dav/u/", map[string]string{"DAV": auto, "Server": "SOPE 4.9.37/WebDAV"}, "SOGo", Impossible},
		"Calendar Server":          {"https://h/", map[string]string{"DAV": auto, "Server": "CalendarServer/9.2"}, "Apple's Calendar Server", Impossible},
		"iCloud":                   {"https://p42-caldav.icloud.com/1/principal/", map[string]string{"DAV": auto}, "Apple's Calendar Server", Impossible},
		"Google, which says less":  {"https://apidata.googleusercontent.com/caldav/v2/u/", map[string]string{"DAV": "1, calendar-access, calendar-schedule, calendar-proxy"}, "Google", Impossible},
		"Zimbra":                   {"https://h/dav/u/", map[string]string{"DAV": "1, 2, 3, calendar-access, calendar-schedule, version-control"}, "Zimbra", Impossible},
		"another":                  {"https://h/dav/u/", map[string]string{"DAV": auto}, "", ByAgent},
		"another, half of it":      {"https://h/dav/u/", map[string]string{"DAV": "1, calendar-access, calendar-schedule"}, "", NotNeeded},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := url.Parse(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			for name, value := range tt.header {
				h.Set(name, value)
			}
			s := &Service{Kind: Calendar, Features: features(h)}
			s.recognize(u, h)
			if got := s.Scheduling(); got.Name != tt.want || got.Silencing != tt.by || s.Schedules() != (tt.by != NotNeeded) {
				t.Errorf("%q, %v; schedules: %v", got.Name, got.Silencing, s.Schedules())
			}
		})
	}
	if (*Service)(nil).Scheduling().Silencing != NotNeeded {
		t.Error("an account without calendars has nobody to tell")
	}
}

// What was found out with one answer is not lost with another that shows less.
func TestSchedulersStayKnown(t *testing.T) {
	u, _ := url.Parse("https://h/")
	s := &Service{Kind: Calendar, Features: []string{"calendar-auto-schedule"}}
	s.recognize(u, http.Header{"X-Davical-Version": {"DAViCal/1.1.12"}})
	s.recognize(u, http.Header{"Server": {"Cyrus-HTTP/3.6.1"}})
	if got := s.Scheduling(); got.Name != "DAViCal" || !got.AnswersCopies || !got.ResetsUpdates {
		t.Errorf("%+v", got)
	}
}
