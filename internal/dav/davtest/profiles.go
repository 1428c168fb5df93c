package davtest

import "net/http"

// Profiles returns, by name, the quirks that real servers showed together, for tests that are to hold on all of them.
// They are the versions of Debian 12 where nothing else is said. The map is the caller's.
func Profiles() map[string]Quirks {
	return map[string]Quirks{
		"Radicale 3.1":   radicale(),
		"Xandikos 0.2":   xandikos(),
		"sabre/dav 1.8":  sabre1(),
		"Nextcloud":      nextcloud(),
		"Cyrus 3.6":      cyrus(),
		"DAViCal 1.1":    davical(),
		"SOGo 5.8":       sogo(),
		"without quirks": {},
	}
}

func radicale() Quirks {
	return Quirks{
		SameHome:     true,
		HTTP10:       true,
		Hrefs:        HrefEscapeAll,
		Unfit:        UnfitRaw,
		UniqueUID:    http.StatusConflict,
		RewriteOnPut: true,

		CollectionETags: true,
		RefuseChunked:   true,
	}
}

func xandikos() Quirks {
	return Quirks{
		WellKnownCalDAV:  WellKnown{Status: http.StatusFound},
		WellKnownCardDAV: WellKnown{Status: http.StatusFound},
		Prefixes:         PrefixNumbered,
		Hrefs:            HrefEscapeAll,
		Unfit:            UnfitFails,
		RefusePutWith207: true,
		UniqueUID:        http.StatusPreconditionFailed,
		KeepsAtCreation:  []string{"displayname"},
		Forgets:          []string{"calendar-order"},
		Unsettable:       []string{"calendar-description", "calendar-timezone"},
	}
}

func sabre1() Quirks {
	return Quirks{
		WellKnownCalDAV:  WellKnown{Status: http.StatusNotFound},
		WellKnownCardDAV: WellKnown{Status: http.StatusNotFound},
		Prefixes:         PrefixAll,
		Hrefs:            HrefLowerHex,
		Specials:         []Special{Outbox},
		ForeignTree207:   true,
		NoSyncToken:      true,
		Data:             DataStripCR,
		Unfit:            UnfitCut,
		WholeMultiget404: true,
	}
}

func nextcloud() Quirks {
	return Quirks{
		Base:             "/remote.php/dav",
		Prefixes:         PrefixAll,
		Hrefs:            HrefLowerHex,
		Specials:         []Special{Inbox, Outbox, Subscription, Birthdays, TrashBin, RecentContacts},
		ForeignTree207:   true,
		Data:             DataStripCR,
		OmitMissingHrefs: true,
		AutoSchedule:     true,
	}
}

func cyrus() Quirks {
	return Quirks{
		Base:                   "/dav",
		Unauthenticated:        true,
		Prefixes:               PrefixAll,
		Specials:               []Special{Inbox, Outbox},
		Unfit:                  UnfitRaw,
		VCard3Default:          true,
		UniqueUID:              http.StatusForbidden,
		UniqueUIDPerUser:       true,
		Server:                 "Cyrus-HTTP/3.6.1",
		AutoSchedule:           true,
		DeafToScheduleReply:    true,
		HearsSchedulingEnabled: true,
	}
}

func davical() Quirks {
	return Quirks{
		Base:               "/davical/caldav.php",
		SameHome:           true,
		Hrefs:              HrefEscapeAll,
		DoubleEscapedNames: true,
		Unfit:              UnfitReplaced,
		OmitMissingHrefs:   true,
		NoETagOnPut:        true,
		KeepsAtCreation: []string{
			"displayname", "calendar-description", "addressbook-description", "supported-calendar-component-set",
			"calendar-color", "calendar-order",
		},
		Forgets:             []string{"schedule-calendar-transp"},
		Signature:           "X-DAViCal-Version",
		AnswersCopies:       true,
		AutoSchedule:        true,
		DeafToScheduleReply: true,
	}
}

func sogo() Quirks {
	return Quirks{
		Base:                "/SOGo/dav",
		Server:              "SOPE 4.9.37/WebDAV",
		Prefixes:            PrefixAll,
		Specials:            []Special{Inbox},
		UserAgentRequired:   true,
		SurrogateReferences: true,
		CounterETags:        true,
		Unfit:               UnfitReplaced,
		IgnoreIfNoneMatch:   true,
		UniqueUID:           http.StatusConflict,
		KeepsAtCreation:     []string{"displayname", "calendar-color"},
		AutoSchedule:        true,
		DeafToScheduleReply: true,
		DeafToScheduleAgent: true,
	}
}
