package tz

import "testing"

func TestResolve(t *testing.T) {
	tests := []struct{ group, name, want string }{
		{"IANA", "Europe/Berlin", "Europe/Berlin"},
		{"IANA", "europe/berlin", "Europe/Berlin"},
		{"IANA", "America/New York", "America/New_York"},
		{"IANA", " Europe/Paris ", "Europe/Paris"},
		{"IANA", `"Europe/Paris"`, "Europe/Paris"},
		{"IANA", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"},
		{"IANA", "UTC", "UTC"},
		{"IANA", "EST5EDT", "EST5EDT"},
		{"IANA link stays", "Asia/Calcutta", "Asia/Calcutta"},
		{"IANA link stays", "US/Eastern", "US/Eastern"},
		{"RFC 2445", "US-Eastern", "US/Eastern"},

		{"Windows", "W. Europe Standard Time", "Europe/Berlin"},
		{"Windows", "Romance Standard Time", "Europe/Paris"},
		{"Windows", "romance standard time", "Europe/Paris"},
		{"Windows", "Eastern Standard Time (Mexico)", "America/Cancun"},
		{"Windows", "UTC+13", "Etc/GMT-13"},
		{"Windows in summer", "Pacific Daylight Time", "America/Los_Angeles"},
		{"older Windows", "Mexico Standard Time 2", "America/Chihuahua"},
		{"older Windows", "Kamchatka Standard Time", "Asia/Kamchatka"},
		{"Windows, standard name", "Russia TZ 2 Standard Time", "Europe/Moscow"},
		{"Lotus", "W. Europe", "Europe/Berlin"},
		{"Lotus", "Eastern", "America/New_York"},
		{"Lotus", "US Eastern", "America/Indianapolis"},
		{"Lotus", "Mexico", "America/Mexico_City"},

		{"Exchange", "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Berlin"},
		{"Exchange, German", "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", "Europe/Berlin"},
		{"Exchange", "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris", "Europe/Paris"},
		{"Exchange", "(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"},
		{"Exchange", "(UTC-05:00) Eastern Time (US and Canada)", "America/New_York"},
		{"Exchange", "(UTC) Coordinated Universal Time", "Etc/UTC"},
		{"Exchange", "(UTC) Dublin, Edinburgh, Lisbon, London", "Europe/London"},
		{"Exchange 2003", "(GMT) Greenwich Mean Time : Dublin, Edinburgh, Lisbon, London", "Europe/London"},
		{"Exchange 2003", "(GMT-06:00) Guadalajara, Mexico City, Monterrey - New", "America/Mexico_City"},
		{"Exchange 2003", "(GMT-08:00) Pacific Time (US & Canada); Tijuana", "America/Los_Angeles"},
		{"Exchange 2000", "(GMT+02:00) Athens, Istanbul, Minsk", "Europe/Athens"},
		{"Exchange 2000", "(GMT+05:00) Islamabad, Karachi, Tashkent", "Asia/Karachi"},
		{"Exchange 2000", "(GMT-11:00) Midway Island, Samoa", "Pacific/Pago_Pago"},
		{"Outlook, dots", "(GMT+01.00) Sarajevo/Skopje/Sofija/Vilnius/Warsaw/Zagreb", "Europe/Warsaw"},
		{"Outlook, dots", "(GMT+01.00) Amsterdam / Berlin / Bern / Rome / Stockholm / Vienna", "Europe/Berlin"},

		{"libical", "/freeassociation.sourceforge.net/Tzfile/Europe/Paris", "Europe/Paris"},
		{"libical", "/freeassociation.sourceforge.net/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"},
		{"libical", "/citadel.org/20190914_1/Europe/Paris", "Europe/Paris"},
		{"Evolution", "/softwarestudio.org/Olson_20011030_5/America/Chicago", "America/Chicago"},
		{"Mozilla", "/mozilla.org/20050126_1/Europe/Paris", "Europe/Paris"},
		{"TZURL", "http://tzurl.org/zoneinfo-outlook/Europe/Paris.ics", "Europe/Paris"},
		{"TZURL", "/Europe/Paris", "Europe/Paris"},
		{"Exchange, UTC", "tzone://Microsoft/Utc", "UTC"},

		{"offset", "UTC+1", "Etc/GMT-1"},
		{"offset", "GMT+01:00", "Etc/GMT-1"},
		{"offset", "GMT-0500", "Etc/GMT+5"},
		{"offset", "+02:00", "Etc/GMT-2"},
		{"offset", "GMT+00:00", "Etc/UTC"},
	}
	for _, test := range tests {
		if got, ok := Resolve(test.name); !ok || got != test.want {
			t.Errorf("%s: %q is %q, want %q", test.group, test.name, got, test.want)
		}
	}
}

func TestResolveDoesNotGuess(t *testing.T) {
	for _, name := range []string{
		"", "/", "Customized Time Zone", "tzone://Microsoft/Custom", "Local", "Factory", "CST", "IST", "BST", "My Zone", "GMT+01:30", "UTC+15",
		"GMT +0100 (Standard) / GMT +0200 (Daylight)", "(UTC+07:00) Amsterdam, Berlin", "(UTC+01:00) Berlin, Paris", "(UTC+01:00)",
		"(UTC+01:00) Entenhausen", "/example.org/Japan", "../Europe", "大阪、札幌、東京", "Europe/Berlin\x00",
	} {
		if got, ok := Resolve(name); ok {
			t.Errorf("%q is taken for %q", name, got)
		}
	}
}

func TestEveryNameOfTheTablesIsAZone(t *testing.T) {
	if len(windowsZones) < 139 || len(displayNames) < 139 {
		t.Fatalf("%d Windows names and %d display names", len(windowsZones), len(displayNames))
	}
	check := func(name, want string) {
		t.Helper()
		if got, ok := Resolve(name); !ok || got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
		if _, ok := Load(want); !ok {
			t.Errorf("%q: no zone %q", name, want)
		}
	}
	for name, zone := range windowsZones {
		if zone == "Etc/UTC" {
			zone, _ = Resolve(name) // UTC is a name of Windows and of IANA
		}
		check(name, zone)
	}
	for name, zone := range formerNames {
		check(name, zone)
	}
	for name, windows := range displayNames {
		check("(UTC) "+name, windowsZones[windows])
	}
	for name, zone := range formerDisplayNames {
		check("(UTC) "+name, zone)
	}
}

func TestCurrent(t *testing.T) {
	for name, want := range map[string]string{
		"Asia/Calcutta": "Asia/Kolkata", "Europe/Kiev": "Europe/Kyiv", "US/Eastern": "America/New_York", "GMT": "Etc/GMT",
		"Europe/Berlin": "Europe/Berlin", "Europe/Amsterdam": "Europe/Amsterdam", "no zone": "no zone",
	} {
		if got := Current(name); got != want {
			t.Errorf("%s is called %s today, want %s", name, got, want)
		}
	}
	for _, name := range Names() {
		if current := Current(name); Current(current) != current {
			t.Errorf("%s leads to %s, which is called %s", name, current, Current(current))
		}
	}
}
