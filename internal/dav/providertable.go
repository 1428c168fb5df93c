package dav

const (
	hintAppPassword = "it wants an app-specific password, made in the account's security settings"
	hintOAuth       = "it wants OAuth2: set source_auth to bearer and source_password_command to a command that prints a token"
	hintNoDAV       = "it offers neither CalDAV nor CardDAV; a gateway in front of it does, such as DavMail"
)

// Providers is the table. It serves as a fall-back and for hints.
var Providers = []Provider{
	{
		Name: "iCloud", Domains: []string{"icloud.com", "me.com", "mac.com"}, Hosts: []string{"icloud.com"},
		MX:     []string{"mail.icloud.com"},
		CalDAV: "https://caldav.icloud.com/", CardDAV: "https://contacts.icloud.com/",
		Hint:   hintAppPassword,
		Source: "support.apple.com/102654; principals are on pNN-caldav.icloud.com; MX: support.apple.com/102374",
	},
	{
		Name: "Google", Domains: []string{"gmail.com", "googlemail.com"}, Hosts: []string{"apidata.googleusercontent.com", "www.googleapis.com", "apis.google.com"},
		MX:     []string{"google.com", "googlemail.com"},
		CalDAV: "https://apidata.googleusercontent.com/caldav/v2/{user}/user", CardDAV: "https://www.googleapis.com/.well-known/carddav",
		Fixed:  []Kind{Calendar, AddressBook},
		Hint:   hintOAuth,
		Source: "developers.google.com/calendar/caldav/v2/guide, developers.google.com/people/carddav; MX: support.google.com/a/answer/174125",
	},
	{
		Name: "Fastmail", Domains: []string{"fastmail.com", "fastmail.fm", "messagingengine.com"}, Hosts: []string{"fastmail.com"},
		MX:     []string{"messagingengine.com"},
		CalDAV: "https://caldav.fastmail.com/", CardDAV: "https://carddav.fastmail.com/",
		Hint:   hintAppPassword,
		Source: "fastmail.help, server names and ports; MX: fastmail.help, manual DNS configuration",
	},
	{
		Name: "Yahoo", Domains: []string{"yahoo.com", "ymail.com", "rocketmail.com", "aol.com"}, Hosts: []string{"yahoo.com"},
		CalDAV: "https://caldav.calendar.yahoo.com/principals/users/{local}", CardDAV: "https://carddav.address.yahoo.com/principals/users/{local}",
		Hint:   hintAppPassword,
		Source: "KDE kdepim-runtime, list of DAV providers",
	},
	{
		Name: "GMX", Domains: []string{"gmx.net", "gmx.de", "gmx.at", "gmx.ch"}, Hosts: []string{"gmx.net"},
		CalDAV: "https://caldav.gmx.net/begenda/dav/{user}/", CardDAV: "https://carddav.gmx.net/.well-known/carddav",
		Hint:   hintAppPassword,
		Source: "python-caldav, compatibility hints; jobisoft/DAV-4-TbSync, service providers",
	},
	{
		Name: "GMX", Domains: []string{"gmx.com", "gmx.us", "gmx.co.uk"}, Hosts: []string{"gmx.com"},
		CalDAV: "https://caldav.gmx.com/", CardDAV: "https://carddav.gmx.com/.well-known/carddav",
		Hint:   hintAppPassword,
		Source: "jobisoft/DAV-4-TbSync, service providers",
	},
	{
		Name: "web.de", Domains: []string{"web.de"}, Hosts: []string{"web.de"},
		CalDAV: "https://caldav.web.de/", CardDAV: "https://carddav.web.de/",
		Hint:   hintAppPassword,
		Source: "KDE kdepim-runtime, list of DAV providers",
	},
	{
		Name: "Posteo", Domains: []string{"posteo.de", "posteo.net", "posteo.eu", "posteo.org", "posteo.at", "posteo.ch"}, Hosts: []string{"posteo.de"},
		MX:     []string{"posteo.de"},
		CalDAV: "https://posteo.de:8443/", CardDAV: "https://posteo.de:8843/",
		Fixed:  []Kind{Calendar},
		Source: "posteo.de/en/help, calendar and address book; python-caldav, compatibility hints (it refuses MKCALENDAR); MX: posteo.de itself",
	},
	{
		Name: "mailbox.org", Domains: []string{"mailbox.org"}, Hosts: []string{"mailbox.org"},
		MX:     []string{"mailbox.org"},
		CalDAV: "https://dav.mailbox.org/caldav/", CardDAV: "https://dav.mailbox.org/carddav/",
		Source: "kb.mailbox.org, CalDAV and CardDAV; MX: kb.mailbox.org, e-mail addresses of your domain",
	},
	{
		Name: "Zoho", Domains: []string{"zoho.com", "zohomail.com"}, Hosts: []string{"zoho.com"},
		MX:     []string{"zoho.com"},
		CalDAV: "https://calendar.zoho.com/", CardDAV: "https://contacts.zoho.com/",
		Hint:   hintAppPassword,
		Source: "zoho.com/calendar/help, CalDAV; MX: zoho.com/mail/help, email delivery",
	},
	{
		Name: "Zoho in Europe", Domains: []string{"zoho.eu", "zohomail.eu"}, Hosts: []string{"zoho.eu"},
		MX:     []string{"zoho.eu"},
		CalDAV: "https://calendar.zoho.eu/",
		Hint:   hintAppPassword,
		Source: "zoho.com/calendar/help, CalDAV; MX: zoho.com/mail/help, email delivery",
	},
	{
		Name: "Zoho in India", Domains: []string{"zoho.in", "zohomail.in"}, Hosts: []string{"zoho.in"},
		MX:     []string{"zoho.in"},
		CalDAV: "https://calendar.zoho.in/",
		Hint:   hintAppPassword,
		Source: "zoho.com/calendar/help, CalDAV; MX: zoho.com/mail/help, email delivery",
	},
	{
		Name: "Yandex", Domains: []string{"yandex.ru", "yandex.com", "ya.ru"}, Hosts: []string{"yandex.ru"},
		MX:     []string{"yandex.net", "yandex.ru"},
		CalDAV: "https://caldav.yandex.ru/", CardDAV: "https://carddav.yandex.ru/",
		Hint:   hintAppPassword,
		Source: "yandex.com/support, CalDAV; MX: yandex.com/support, MX record",
	},
	{
		Name: "mail.ru", Domains: []string{"mail.ru", "inbox.ru", "list.ru", "bk.ru"}, Hosts: []string{"mail.ru"},
		CalDAV: "https://calendar.mail.ru/",
		Hint:   hintAppPassword,
		Source: "python-caldav, compatibility hints",
	},
	{
		Name: "mail.de", Domains: []string{"mail.de"}, Hosts: []string{"mail.de"},
		CalDAV: "https://kalender.mail.de/", CardDAV: "https://adressbuch.mail.de/",
		Source: "KDE kdepim-runtime, list of DAV providers",
	},
	{
		Name: "fruux", Domains: []string{"fruux.com"}, Hosts: []string{"fruux.com"},
		CalDAV: "https://dav.fruux.com/", CardDAV: "https://dav.fruux.com/",
		Source: "fruux.com/support",
	},
	{
		Name: "Purelymail", Domains: []string{"purelymail.com"}, Hosts: []string{"purelymail.com"},
		MX:     []string{"purelymail.com"},
		CalDAV: "https://purelymail.com/webdav/", CardDAV: "https://purelymail.com/webdav/",
		Source: "python-caldav, compatibility hints; MX: purelymail.com/docs",
	},
	{
		Name: "Aruba", Domains: []string{"aruba.it"}, Hosts: []string{"aruba.it"},
		CalDAV: "https://syncdav.aruba.it/", CardDAV: "https://syncdav.aruba.it/",
		Source: "KDE kdepim-runtime, list of DAV providers",
	},
	{
		Name: "Infomaniak", Domains: []string{"infomaniak.com", "ik.me"}, Hosts: []string{"infomaniak.com"},
		MX:     []string{"infomaniak.ch"},
		CalDAV: "https://sync.infomaniak.com/", CardDAV: "https://sync.infomaniak.com/",
		Hint:   "the user is an internal id, shown at config.infomaniak.com, not the mail address",
		Source: "infomaniak.com/support; MX: infomaniak.com/support, MX",
	},
	{
		Name: "Microsoft", Domains: []string{"outlook.com", "hotmail.com", "live.com", "msn.com"},
		MX:     []string{"protection.outlook.com", "mx.microsoft"},
		Hint:   hintNoDAV,
		Source: "davmail.sourceforge.net; MX: learn.microsoft.com, external DNS records for Microsoft 365",
	},
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
