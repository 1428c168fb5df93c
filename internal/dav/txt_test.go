package dav_test

import (
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

const bothByTXT = `_caldavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.
_carddavs._tcp.example.test. IN SRV 0 0 443 dav.example.test.
_caldavs._tcp.example.test. IN TXT "path=/calendars/"
_carddavs._tcp.example.test. IN TXT "path=/books/"`

// sitesByTXT has the two services where only the TXT records say.
func sitesByTXT(t *testing.T) *web {
	return newWeb(t, bothByTXT, principalAt("https://dav.example.test/calendars/")+principalAt("https://dav.example.test/books/")+
		homesAt("https://dav.example.test"))
}

// A TXT record that cannot be asked for may name the one place where a service is: nobody knows that it is not there.
func TestServiceWhoseTXTRecordCannotBeAsked(t *testing.T) {
	w := sitesByTXT(t)
	w.dns.SetFormOf("TXT _carddavs._tcp.example.test.", davtest.AnswerFails, true)
	network := newNetwork(t, w.settings())
	for range 2 {
		account, err := network.Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
		if err == nil || !strings.Contains(err.Error(), "DNS TXT _carddavs._tcp.example.test") {
			t.Fatalf("%v, %v", account, err)
		}
	}
}

// An answer over UDP may get lost.
func TestTXTRecordWhoseAnswerIsLost(t *testing.T) {
	w := sitesByTXT(t)
	w.dns.SetFormOf("TXT _carddavs._tcp.example.test.", davtest.AnswerSilent, false)
	account, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), nil)
	if err != nil || account.Services[dav.Calendar] == nil || account.Services[dav.AddressBook] == nil {
		t.Fatalf("%v, %v", account, err)
	}
}

// SRV records are taken by their priority, those of one priority at random by their weight (RFC 2782).
func TestWeightOfSRVRecords(t *testing.T) {
	w := newWeb(t, `_caldavs._tcp.example.test. IN SRV 1 90 443 often.example.test.
_caldavs._tcp.example.test. IN SRV 1 10 443 seldom.example.test.
_caldavs._tcp.example.test. IN SRV 2 1000 443 last.example.test.`, "")
	first := map[string]int{}
	for range 40 {
		var looks []string
		_, err := newNetwork(t, w.settings()).Open(t.Context(), "anna@example.test", login("anna@example.test", "secret"), func(s dav.Step) {
			if s.Question == "DNS SRV _caldavs._tcp.example.test" {
				looks = append(looks, s.Answer)
			}
		})
		if err == nil || len(looks) != 3 || !strings.Contains(looks[2], "last.example.test") {
			t.Fatalf("%q, %v", looks, err)
		}
		fields := strings.Fields(looks[0])
		first[fields[len(fields)-1]]++
	}
	if first["often.example.test."] < 25 || first["seldom.example.test."] > 15 {
		t.Errorf("first were %v", first)
	}
}
