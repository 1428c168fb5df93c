package davtest_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"davferry/internal/dav/davtest"
)

// as returns the header of a login.
func as(name, password string) []string {
	return []string{"Depth", "0", "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))}
}

func TestAdministrator(t *testing.T) {
	f := start(t, davtest.Quirks{AutoSchedule: true, DeafToScheduleReply: true})
	f.AddAdministrator("root", "power")
	root := as("root", "power")
	who := `<d:propfind xmlns:d="DAV:"><d:prop><d:current-user-principal/><d:owner/></d:prop></d:propfind>`
	f.want(f.do("PROPFIND", f.work, who, root...), 207,
		"<current-user-principal><href>/principals/root/</href></current-user-principal>", "<owner><href>/principals/alice/</href></owner>")
	f.want(f.do("PROPFIND", f.work, who, as("bob", "hidden")...), http.StatusForbidden)

	f.want(f.do("MKCALENDAR", "/calendars/alice/made/", "", root...), http.StatusCreated)
	f.want(f.do("PROPFIND", "/calendars/alice/made/", who, root...), 207, "<owner><href>/principals/alice/</href></owner>")
	f.want(f.do("PUT", "/calendars/alice/made/one.ics", meeting(organizer, self, guest), root...), http.StatusCreated)
	if mails := f.Mails(); len(mails) != 1 || mails[0].From != "mailto:alice@davtest.example" {
		t.Errorf("mails: %+v", mails)
	}
}

func TestMasterLogin(t *testing.T) {
	f := start(t, davtest.Quirks{MasterLogin: true})
	f.AddAdministrator("root", "power")
	who := `<d:propfind xmlns:d="DAV:"><d:prop><d:current-user-principal/></d:prop></d:propfind>`
	for login, want := range map[string]int{
		"alice%root": 207, "root": 207, "alice%bob": 401, "nobody%root": 401, "alice%": 401, "alice": 401,
	} {
		if r := f.do("PROPFIND", "/", who, as(login, "power")...); r.status != want {
			t.Errorf("%s: %d, want %d", login, r.status, want)
		}
	}
	f.want(f.do("PROPFIND", "/", who, as("alice%root", "power")...), 207, "<href>/principals/alice/</href>")
	f.SetQuirks(davtest.Quirks{})
	f.want(f.do("PROPFIND", "/", who, as("alice%root", "power")...), http.StatusUnauthorized)
}
