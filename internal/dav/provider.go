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
	{"Google", []string{"gmail.com", "googlemail.com"}, []string{"apidata.googleusercontent.com", "www.googleapis.com", "apis.google.com"},
		"https://apidata.googleusercontent.com/caldav/v2/{user}/user", "https://www.googleapis.com/.well-known/carddav", hintOAuth,
		"developers.google.com/calendar/caldav/v2/guide, developers.google.com/people/carddav"},
	{"Fastmail", []string{"fastmail.com", "fastmail.fm", "messagingengine.com"}, []string{"fastmail.com"},
		"https://caldav.fastmail.com/", "https://carddav.fastmail.com/", hintAppPassword, "fastmail.help, server names and ports"},
	{"Yahoo", []string{"yahoo.com", "ymail.com", "rocketmail.com", "aol.com"}, []string{"yahoo.com"},
		"https://caldav.calendar.yahoo.com/principals/users/{local}", "https://carddav.address.yahoo.com/principals/users/{local}", hintAppPassword, "KDE kdepim-runtime, list of DAV providers"},
	{"GMX", []string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch"}, []string{"gmx.net"},
		"https://caldav.gmx.net/begenda/dav/{user}/", "https://carddav.gmx.net/.well-known/carddav", hintAppPassword,
		"python-caldav, compatibility hints; jobisoft/DAV-4-TbSync, service providers"},
	{"GMX", []string{"gmx.com", "gmx.us", "gmx.co.uk"}, []string{"gmx.com"},
		"https://caldav.gmx.com/", "https://carddav.gmx.com/.well-known/carddav", hintAppPassword, "jobisoft/DAV-4-TbSync, service providers"},
	{"web.de", []string{"web.de"}, []string{"web.de"},
		"https://caldav.web.de/", "https://carddav.web.de/", hintAppPassword, "KDE kdepim-runtime, list of DAV providers"},
	{"Posteo", []string{"posteo.de", "posteo.net", "posteo.eu", "posteo.org", "posteo.at", "posteo.ch"}, []string{"posteo.de"},
		"https://posteo.de:8443/", "https://posteo.de:8843/", "", "posteo.de/en/help, calendar and address book"},
	{"mailbox.org", []string{"mailbox.org"}, []string{"mailbox.org"},
		"https://dav.mailbox.org/caldav/", "https://dav.mailbox.org/carddav/", "", "kb.mailbox.org, CalDAV and CardDAV"},
	{"Zoho", []string{"zoho.com", "zohomail.com"}, []string{"zoho.com"},
		"https://calendar.zoho.com/", "https://contacts.zoho.com/", hintAppPassword, "zoho.com/calendar/help, CalDAV"},
	{"Zoho in Europe", []string{"zoho.eu", "zohomail.eu"}, []string{"zoho.eu"},
		"https://calendar.zoho.eu/", "", hintAppPassword, "zoho.com/calendar/help, CalDAV"},
	{"Zoho in India", []string{"zoho.in", "zohomail.in"}, []string{"zoho.in"},
		"https://calendar.zoho.in/", "", hintAppPassword, "zoho.com/calendar/help, CalDAV"},
	{"Yandex", []string{"yandex.ru", "yandex.com", "ya.ru"}, []string{"yandex.ru"},
		"https://caldav.yandex.ru/", "https://carddav.yandex.ru/", hintAppPassword, "yandex.com/support, CalDAV"},
	{"mail.ru", []string{"mail.ru", "inbox.ru", "list.ru", "bk.ru"}, []string{"mail.ru"},
		"https://calendar.mail.ru/", "", hintAppPassword, "python-caldav, compatibility hints"},
	{"mail.de", []string{"mail.de"}, []string{"mail.de"},
		"https://kalender.mail.de/", "https://adressbuch.mail.de/", "", "KDE kdepim-runtime, list of DAV providers"},
	{"fruux", []string{"fruux.com"}, []string{"fruux.com"}, "https://dav.fruux.com/", "https://dav.fruux.com/", "", "fruux.com/support"},
	{"Purelymail", []string{"purelymail.com"}, []string{"purelymail.com"},
		"https://purelymail.com/webdav/", "https://purelymail.com/webdav/", "", "python-caldav, compatibility hints"},
	{"Aruba", []string{"aruba.it"}, []string{"aruba.it"},
		"https://syncdav.aruba.it/", "https://syncdav.aruba.it/", "", "KDE kdepim-runtime, list of DAV providers"},
	{"Infomaniak", []string{"infomaniak.com", "ik.me"}, []string{"infomaniak.com"},
		"https://sync.infomaniak.com/", "https://sync.infomaniak.com/", "the user is an internal id, shown at config.infomaniak.com, not the mail address", "infomaniak.com/support"},
}

// Product is server software that people run at their own hosts.
type Product struct {
	Name    string
	CalDAV  string // context path (RFC 6764 section 4); {user} and {local} stand for the login and what is before its @
	CardDAV string // "" where none is known
	Source  string // where this is known from
}

// Products is the table of context paths, tried last at a host that the user named. Radicale and Xandikos are at "/",
// which is tried before, and so is Apple's Calendar Server, at its ports 8443 and 8008.
var Products = []Product{
	{"Nextcloud, ownCloud", "/remote.php/dav/", "/remote.php/dav/", "docs.nextcloud.com, user manual, calendar and contacts"},
	{"ownCloud up to 8", "/remote.php/caldav/", "/remote.php/carddav/", "doc.owncloud.org 8.2, user manual, calendar and contacts"},
	{"SOGo", "/SOGo/dav/", "/SOGo/dav/", "sogo.nu, installation guide; measured with 5.8.0"},
	{"Baikal", "/dav.php/", "/dav.php/", "sabre.io/baikal; measured with 0.12.1"},
	{"Baikal up to 0.2", "/cal.php/", "/card.php/", "sabre.io/baikal, upgrade notes"},
	{"DAViCal", "/caldav.php/", "/caldav.php/", "wiki.davical.org, client configuration"},
	{"DAViCal of Debian", "/davical/caldav.php/", "/davical/caldav.php/", "Debian's package davical; measured with 1.1.12"},
	{"Zimbra, Cyrus", "/dav/", "/dav/", "wiki.zimbra.com, CalDAV; cyrusimap.org, CalDAV; measured with Cyrus 3.6.1"},
	{"Stalwart", "/dav/cal/", "/dav/card/", "stalw.art/docs, WebDAV"},
	{"Open-Xchange", "/caldav/", "/carddav/", "documentation.open-xchange.com, CalDAV and CardDAV"},
	{"Kerio Connect", "/caldav/", "", "Kerio MailServer, administrator's guide 6.7, CalDAV account in Apple iCal"},
	{"Synology Calendar and Contacts", "/caldav/{user}/", "/carddav/", "kb.synology.com, CalDAV and CardDAV; vdirsyncer issue 498"},
	{"Kolab", "/iRony/", "/iRony/", "KDE kdepim-runtime, list of DAV providers"},
	{"EGroupware", "/groupdav.php/", "/groupdav.php/", "EGroupware, doc/REST-CalDAV-CardDAV"},
	{"Bedework", "/ucaldav/", "", "KDE kdepim-runtime, list of DAV providers"},
	{"Apple's Calendar Server", "/principals/", "/principals/", "apple/ccs-calendarserver, doc"},
}

// ProviderFor returns the row of the table of providers that an address belongs to, nil where none does.
func ProviderFor(address string) *Provider {
	target, err := parseAddress(address)
	if err != nil {
		return nil
	}
	return providerOf(target.domain)
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
	return fill(map[Kind]string{Calendar: p.CalDAV, AddressBook: p.CardDAV}[k], user)
}

// path returns the context path for a kind and a login, nil where none is known.
func (p *Product) path(k Kind, user string) *url.URL {
	return fill(map[Kind]string{Calendar: p.CalDAV, AddressBook: p.CardDAV}[k], user)
}

// fill makes a URL of a template for a login, nil of an empty one.
func fill(template, user string) *url.URL {
	local, _, _ := strings.Cut(user, "@")
	text := strings.NewReplacer("{user}", url.PathEscape(user), "{local}", url.PathEscape(local)).Replace(template)
	u, err := url.Parse(text)
	if err != nil || text == "" {
		return nil
	}
	return u
}
