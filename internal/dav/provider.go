package dav

import (
	"net/url"
	"slices"
	"strings"
)

// Provider is what is known of a service that many people use: where it is when the DNS does not say so, which hosts its
// accounts live on, and what its users must know. What a server says of itself wins over this.
type Provider struct {
	Name    string
	Domains []string // of mail addresses; "" for software that people run at their own domains
	Hosts   []string // names, and what is below them, that belong to it and may get its accounts' credentials
	CalDAV  string   // where to ask for the principal; {user} and {local} stand for the login and what is before its @
	CardDAV string
	Hint    string // what to do when the login is refused
	Source  string // where this is known from
}

const (
	hintAppPassword = "it wants an app-specific password, made in the account's security settings"
	hintOAuth       = "it wants OAuth2: set source_auth to bearer and source_password_command to a command that prints a token"
)

// Providers is the table. It serves as a fall-back and for hints.
var Providers = []Provider{
	{"iCloud", []string{"icloud.com", "me.com", "mac.com"}, []string{"icloud.com"},
		"https://caldav.icloud.com/", "https://contacts.icloud.com/", hintAppPassword, "support.apple.com/102654; principals are on pNN-caldav.icloud.com"},
	{"Google", []string{"gmail.com", "googlemail.com"}, []string{"googleusercontent.com", "googleapis.com", "google.com"},
		"https://apidata.googleusercontent.com/caldav/v2/{user}/user", "https://www.googleapis.com/.well-known/carddav", hintOAuth,
		"developers.google.com/calendar/caldav/v2/guide, developers.google.com/people/carddav"},
	{"Fastmail", []string{"fastmail.com", "fastmail.fm", "messagingengine.com"}, []string{"fastmail.com"},
		"https://caldav.fastmail.com/", "https://carddav.fastmail.com/", hintAppPassword, "fastmail.help, server names and ports"},
	{"Yahoo", []string{"yahoo.com", "ymail.com", "rocketmail.com", "aol.com"}, []string{"yahoo.com"},
		"https://caldav.calendar.yahoo.com/principals/users/{local}", "https://carddav.address.yahoo.com/principals/users/{local}", hintAppPassword, "KDE kdepim-runtime, list of DAV providers"},
	{"GMX", []string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch"}, []string{"gmx.net"},
		"https://caldav.gmx.net/begenda/dav/{user}/", "https://carddav.gmx.net/", hintAppPassword, "python-caldav, compatibility hints"},
	{"web.de", []string{"web.de"}, []string{"web.de"},
		"https://caldav.web.de/", "https://carddav.web.de/", hintAppPassword, "KDE kdepim-runtime, list of DAV providers"},
	{"Posteo", []string{"posteo.de", "posteo.net", "posteo.eu"}, []string{"posteo.de"},
		"https://posteo.de:8443/", "https://posteo.de:8843/", "", "posteo.de/en/help, calendar and address book"},
	{"mailbox.org", []string{"mailbox.org"}, []string{"mailbox.org"},
		"https://dav.mailbox.org/caldav/", "https://dav.mailbox.org/carddav/", "", "kb.mailbox.org, CalDAV and CardDAV"},
	{"Zoho", []string{"zoho.com", "zohomail.com"}, []string{"zoho.com"},
		"https://calendar.zoho.com/", "https://contacts.zoho.com/", hintAppPassword, "zoho.com/calendar/help, CalDAV"},
	{"Yandex", []string{"yandex.ru", "yandex.com", "ya.ru"}, []string{"yandex.ru"},
		"https://caldav.yandex.ru/", "https://carddav.yandex.ru/", hintAppPassword, "yandex.com/support, CalDAV"},
	{"mail.ru", []string{"mail.ru", "inbox.ru", "list.ru", "bk.ru"}, []string{"mail.ru"},
		"https://calendar.mail.ru/", "", hintAppPassword, "python-caldav, compatibility hints"},
	{"mail.de", []string{"mail.de"}, []string{"mail.de"},
		"https://kalender.mail.de/", "https://adressbuch.mail.de/", "", "KDE kdepim-runtime, list of DAV providers"},
	{"fruux", []string{"fruux.com"}, []string{"fruux.com"}, "https://dav.fruux.com/", "https://dav.fruux.com/", "", "fruux.com/support"},
	{"Infomaniak", []string{"infomaniak.com", "ik.me"}, []string{"infomaniak.com"},
		"https://sync.infomaniak.com/", "https://sync.infomaniak.com/", "the user is an internal id, shown at config.infomaniak.com, not the mail address", "infomaniak.com/support"},
}

// Products are the context paths (RFC 6764 section 4) of server software, tried last at a host that the user named.
var Products = []struct{ Name, Path string }{
	{"Nextcloud, ownCloud", "/remote.php/dav/"},
	{"SOGo", "/SOGo/dav/"},
	{"Baikal", "/dav.php/"},
	{"DAViCal", "/caldav.php/"},
	{"DAViCal of Debian", "/davical/caldav.php/"},
	{"Zimbra, Cyrus", "/dav/"},
	{"Stalwart", "/dav/cal/"},
	{"Open-Xchange", "/caldav/"},
	{"Kolab", "/iRony/"},
	{"Kerio Connect, Apple's Calendar Server", "/principals/"},
}

// providerOf returns the provider of a mail domain or of a host, nil where none is known.
func providerOf(domain string) *Provider {
	for i := range Providers {
		p := &Providers[i]
		if slices.Contains(p.Domains, domain) || slices.ContainsFunc(p.Hosts, func(h string) bool { return isBelow(domain, h) }) {
			return p
		}
	}
	return nil
}

// isBelow tells whether a host name is another or below it.
func isBelow(name, above string) bool {
	return name == above || strings.HasSuffix(name, "."+above)
}

// url returns where to start for a kind and a login, nil where the provider has no such service.
func (p *Provider) url(k Kind, user string) *url.URL {
	template := p.CalDAV
	if k == AddressBook {
		template = p.CardDAV
	}
	local, _, _ := strings.Cut(user, "@")
	text := strings.NewReplacer("{user}", url.PathEscape(user), "{local}", url.PathEscape(local)).Replace(template)
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return nil
	}
	return u
}
