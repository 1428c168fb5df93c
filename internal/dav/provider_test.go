package dav

import (
	"net/url"
	"strings"
	"testing"
)

func TestProviderTable(t *testing.T) {
	domains := map[string]string{}
	for _, p := range Providers {
		if p.Name == "" || p.Source == "" || len(p.Domains) == 0 {
			t.Errorf("an incomplete row: %+v", p)
		}
		if noDAV := p.CalDAV+p.CardDAV == ""; noDAV && p.Hint == "" || noDAV != (len(p.Hosts) == 0) {
			t.Errorf("a row without servers has no hosts and says what to do: %+v", p)
		}
		if len(p.MX) > 0 != strings.Contains(p.Source, "MX: ") {
			t.Errorf("%s: the mail exchangers and their source go together", p.Name)
		}
		for _, d := range p.Domains {
			if domains[d] != "" {
				t.Errorf("%s belongs to %s and to %s", d, domains[d], p.Name)
			}
			domains[d] = p.Name
		}
		for _, k := range Kinds {
			u := p.url(k, "anna@example.org")
			if u == nil {
				continue
			}
			if u.Scheme != "https" || (trust{provider: p.Hosts}).check(u) != nil {
				t.Errorf("%s: %s would get no password", p.Name, u)
			}
		}
	}
}

func TestProductTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Products {
		if p.Name == "" || p.Source == "" || seen[p.Name] {
			t.Errorf("an incomplete row, or one twice: %+v", p)
		}
		seen[p.Name] = true
		for _, k := range Kinds {
			if u := p.path(k, "anna@example.org"); u == nil && k == Calendar || u != nil && (u.Host != "" || !strings.HasPrefix(u.Path, "/") || !strings.HasSuffix(u.Path, "/")) {
				t.Errorf("%s: %v is no context path", p.Name, u)
			}
		}
	}
	for _, name := range []string{"Nextcloud, ownCloud", "SOGo", "Zimbra, Cyrus", "Baikal", "DAViCal", "Stalwart", "Open-Xchange", "Kerio Connect", "Synology Calendar and Contacts", "Kolab", "Apple's Calendar Server"} {
		if !seen[name] {
			t.Errorf("no row for %s", name)
		}
	}
}

func TestProviderOf(t *testing.T) {
	for domain, want := range map[string]string{
		"icloud.com": "iCloud", "p07-caldav.icloud.com": "iCloud", "gmail.com": "Google", "example.org": "", "noticloud.com": "",
	} {
		got := ""
		if p := providerOf(domain); p != nil {
			got = p.Name
		}
		if got != want {
			t.Errorf("%s is at %q, want %q", domain, got, want)
		}
	}
}

func TestProviderURL(t *testing.T) {
	yahoo := providerOf("yahoo.com")
	if u := yahoo.url(Calendar, "anna.b@yahoo.com"); u.String() != "https://caldav.calendar.yahoo.com/principals/users/anna.b" {
		t.Errorf("got %s", u)
	}
	foreign, _ := url.Parse("https://icloud.com.evil.test/")
	if (trust{named: []string{"icloud.com"}, provider: []string{"icloud.com"}}).check(foreign) == nil {
		t.Error("a name that only begins like the provider's is trusted")
	}
}
