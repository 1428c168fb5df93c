package dav_test

import (
	"cmp"
	"strings"
	"testing"

	"davferry/internal/dav"
)

// The MX record of a domain that says nothing else names the provider. That is a hint: the provider is asked nothing, and
// gets nothing, unless the user says that it is right.
func TestProviderByMX(t *testing.T) {
	const (
		fastmail = "example.test. IN MX 20 in2-smtp.messagingengine.com.\nexample.test. IN MX 10 in1-smtp.messagingengine.com."
		caldav   = "https://caldav.fastmail.com"
		carddav  = "https://carddav.fastmail.com"
	)
	found := principalAt(caldav+"/") + homesAt(caldav) + principalAt(carddav+"/") + homesAt(carddav)
	tests := []struct {
		name, records string
		address       string // "" for anna@example.test
		trust         []string
		replay        string
		want          string // in the error, "" where the account is found
		step          string
		login         []string
	}{
		{name: "not vouched for", records: fastmail, replay: found,
			want: "the password was not sent to https://caldav.fastmail.com:443: only the MX record in1-smtp.messagingengine.com of example.test leads there (Fastmail, it wants an app-specific password, " +
				"made in the account's security settings); if it is right, allow it with --trust-host caldav.fastmail.com",
			step: "in1-smtp.messagingengine.com, in2-smtp.messagingengine.com -> Fastmail, it wants an app-specific password, made in the account's security settings; " +
				"nothing is asked of caldav.fastmail.com unless --trust-host caldav.fastmail.com says that it is right"},
		{name: "a domain without a user", address: "example.test", records: fastmail, replay: found, want: "--trust-host caldav.fastmail.com", step: "-> Fastmail, "},
		{name: "one of its hosts is vouched for", records: fastmail, replay: found, trust: []string{"caldav.fastmail.com"},
			step: "look at https://caldav.fastmail.com/", login: []string{caldav, carddav}},
		{name: "another host is vouched for", records: fastmail, replay: found, trust: []string{"dav.elsewhere.test"}, want: "--trust-host caldav.fastmail.com"},
		{name: "the login is refused", records: fastmail, trust: []string{"caldav.fastmail.com"}, login: []string{caldav},
			replay: answer("PROPFIND "+caldav+"/", 401, "WWW-Authenticate: Basic realm=\"Cyrus CalDAV\"\n"),
			want:   "401 Unauthorized; the user name anna@example.test was refused as well; Fastmail: it wants an app-specific password"},
		{name: "a provider without DAV", records: "example.test. IN MX 0 example-test.mail.protection.outlook.com.",
			want: "the mail of example.test is at Microsoft (MX example-test.mail.protection.outlook.com): it offers neither CalDAV nor CardDAV; a gateway in front of it does, such as DavMail",
			step: "Microsoft, it offers neither CalDAV nor CardDAV"},
		{name: "a mail server of its own", records: "example.test. IN MX 10 mail.example.test.", want: "no CalDAV and no CardDAV service found", step: "mail.example.test -> no provider of the table"},
		{name: "a name that only looks like the provider's", records: "example.test. IN MX 10 in1.notmessagingengine.com.", want: "no CalDAV and no CardDAV service found", step: "no provider of the table"},
		{name: "no MX record", want: "no CalDAV and no CardDAV service found", step: "no record -> no provider of the table"},
		{name: "the domain has a server", records: fastmail, replay: principalAt("https://example.test/") + homesAt("https://example.test"), login: []string{"https://example.test"}},
		{name: "the domain says that it has none", want: "no CalDAV and no CardDAV service found", replay: found,
			records: fastmail + "\n_caldavs._tcp.example.test. IN SRV 0 0 0 .\n_carddavs._tcp.example.test. IN SRV 0 0 0 ."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWeb(t, tt.records, tt.replay)
			settings := w.settings()
			settings.TrustHosts = tt.trust
			n := newNetwork(t, settings)
			for i := range 2 { // the second account goes where the first ended
				var steps []string
				_, err := n.Open(t.Context(), cmp.Or(tt.address, "anna@example.test"), login("anna@example.test", "secret"), func(s dav.Step) { steps = append(steps, s.Question+": "+s.Answer+" -> "+s.Decision) })
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error is %v", err)
				}
				if text := strings.Join(steps, "\n"); i == 0 && tt.step != "" && !strings.Contains(text, tt.step) {
					t.Errorf("the steps do not say %q:\n%s", tt.step, text)
				}
			}
			w.wantNoLogin(t, tt.login...)
			if asked := strings.Join(w.dns.Queries(), "\n"); strings.Contains(asked, "MX ") != (tt.step != "" || tt.trust != nil) && tt.name != "the login is refused" {
				t.Errorf("asked:\n%s", asked)
			}
			if len(tt.login) == 0 && strings.Contains(w.visits(), "fastmail") {
				t.Errorf("asked:\n%s", w.visits())
			}
		})
	}
}
