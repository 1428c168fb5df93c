package dav_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/dav/davtest"
)

// loginsOf returns with which user names a site was asked, in order, each once in a row.
func (w *web) logins() []string {
	var users []string
	for _, v := range w.Visits() {
		if v.Login != "" && (len(users) == 0 || users[len(users)-1] != v.Login) {
			users = append(users, v.Login)
		}
	}
	return users
}

// The user of a mail address is the address, then what is before the @: two tries, whatever comes of them.
func TestUserNames(t *testing.T) {
	tests := []struct {
		name, user, known string
		auth              dav.Auth
		want              string // the names tried
		refused           bool
		admin             bool
	}{
		{name: "the whole address", user: "anna@example.test", known: "anna@example.test", want: "anna@example.test"},
		{name: "what is before the @", user: "anna@example.test", known: "anna", want: "anna@example.test anna"},
		{name: "neither", user: "anna@example.test", known: "bert", want: "anna@example.test anna", refused: true},
		{name: "a name that is no address", user: "anna", known: "bert", want: "anna", refused: true},
		{name: "an administrator's name for a user", user: "anna@example.test%admin", known: "anna", want: "anna@example.test%admin", refused: true},
		{name: "an administrator's address", user: "anna@example.test", known: "anna", want: "anna@example.test", refused: true, admin: true},
		{name: "a token says itself whose it is", user: "anna@example.test", known: "anna", auth: dav.Bearer, want: "Bearer", refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := davtest.New()
			s.AddUser(tt.known, "secret")
			w := newSites(t)
			w.serve(t, "https://example.test", s)
			w.startDNS(t, "")
			l := login(tt.user, "secret")
			if l.Auth = tt.auth; tt.auth == "" {
				l.Auth = dav.Basic
			}
			if tt.admin {
				l.For = "bert@example.test"
			}
			var steps []string
			_, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", l, func(s dav.Step) { steps = append(steps, s.Decision) })
			if (dav.Status(err) == http.StatusUnauthorized) != tt.refused || !tt.refused && err != nil {
				t.Errorf("error is %v", err)
			}
			if got := strings.Join(w.logins(), " "); got != tt.want {
				t.Errorf("tried %s, want %s", got, tt.want)
			}
			if n := refusedLogins(s); n > 2 {
				t.Errorf("%d wrong passwords were sent", n)
			}
			if strings.Contains(tt.want, " anna") && !strings.Contains(strings.Join(steps, "\n"), "once more as anna") {
				t.Errorf("the steps do not say it: %q", steps)
			}
		})
	}
}

func refusedLogins(s *davtest.Server) (n int) {
	for _, r := range s.Requests() {
		if r.Authorization && r.Status == http.StatusUnauthorized {
			n++
		}
	}
	return n
}

// The form of the user name that was right for one account is the first for the next: a domain whose names are the short
// ones sees one wrong login, not one an account.
func TestFormOfTheUserNameIsRemembered(t *testing.T) {
	s := davtest.New()
	w := newSites(t)
	w.serve(t, "https://example.test", s)
	w.startDNS(t, "")
	n := newNetwork(t, w.settings())
	for i := range 20 {
		local := fmt.Sprintf("user%d", i)
		s.AddUser(local, "secret")
		if _, err := n.Open(t.Context(), local+"@example.test", login(local+"@example.test", "secret"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := refusedLogins(s); n != 1 {
		t.Errorf("%d logins were refused", n)
	}
}

// A domain that refuses one account after the other is left alone; one good login makes good for those before it.
func TestDomainIsLeftAloneAfterManyRefusals(t *testing.T) {
	s := davtest.New()
	s.AddUser("good", "secret")
	s.AddUser("bad", "other")
	w := newSites(t)
	w.serve(t, "https://dav.example.test", s)
	w.serve(t, "https://dav.other.test", s)
	w.startDNS(t, "")
	n := newNetwork(t, w.settings())
	open := func(user, host string) error {
		_, err := n.Open(t.Context(), "https://"+host+"/", login(user, "secret"), nil)
		return err
	}
	bad := func(times int) (err error) {
		for range times {
			if err = open("bad", "dav.example.test"); dav.Status(err) != http.StatusUnauthorized {
				t.Fatal(err)
			}
		}
		return err
	}
	if err := bad(9); strings.Contains(err.Error(), "left alone") {
		t.Errorf("left alone too early: %v", err)
	}
	if err := open("good", "dav.example.test"); err != nil {
		t.Errorf("a good login after some bad ones: %v", err)
	}
	bad(10)
	s.ResetRequests()
	err := bad(5)
	if !strings.Contains(err.Error(), "dav.example.test is left alone, because 10 accounts in a row were refused there") || len(s.Requests()) > 0 {
		t.Errorf("%d requests; error is %v", len(s.Requests()), err)
	}
	if err := open("good", "dav.other.test"); err != nil {
		t.Errorf("another domain: %v", err)
	}
}

// A token that the command prints anew counts as a try like others: two wrong ones and no more.
func TestWrongTokensAreTriedTwice(t *testing.T) {
	s := davtest.New()
	s.AddUser("anna", "secret")
	w := newSites(t)
	w.serve(t, "https://example.test", s)
	w.startDNS(t, "")
	var fetched int
	_, err := newNetwork(t, w.settings()).Open(t.Context(), "https://example.test/", dav.Login{User: "anna@example.test", Auth: dav.Bearer,
		Secret: func(context.Context, string) (string, error) { fetched++; return fmt.Sprint("token", fetched), nil }}, nil)
	if dav.Status(err) != http.StatusUnauthorized {
		t.Errorf("error is %v", err)
	}
	if n := refusedLogins(s); n != 2 {
		t.Errorf("%d wrong tokens were sent", n)
	}
}
