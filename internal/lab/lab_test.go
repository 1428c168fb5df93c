package lab_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"davferry/internal/dav"
	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// eachServer runs a test on every server of the lab, with n users that no other test has. The servers are shared.
func eachServer(t *testing.T, n int, test func(t *testing.T, s *lab.Server)) {
	for _, name := range lab.Names() {
		t.Run(name, func(t *testing.T) { test(t, shared.take(t, name, n)) })
	}
}

// shared are the servers of eachServer. TestMain ends them.
var shared = pool{servers: map[string]*lab.Server{}}

// pool is servers that were started once for several tests, one after the other, with users that no test has had.
type pool struct {
	servers map[string]*lab.Server
	dirs    []string
}

// poolUsers is how many users the tests of eachServer take together.
const poolUsers = 21

// take returns a server with n of its users.
func (p *pool) take(t *testing.T, name string, n int) *lab.Server {
	t.Helper()
	lab.Need(t, name)
	s := p.servers[name]
	if s == nil {
		dir, err := lab.Folder()
		if err != nil {
			t.Fatal(err)
		}
		p.dirs = append(p.dirs, dir)
		if s, err = lab.Start(context.Background(), name, dir, lab.Users(poolUsers)); err != nil {
			t.Fatal(err)
		}
		p.servers[name] = s
	}
	if n > len(s.Users) {
		t.Fatalf("%d users are left of %d", len(s.Users), poolUsers)
	}
	taken := *s
	taken.Users, s.Users = s.Users[:n], s.Users[n:]
	return &taken
}

// stop ends the servers.
func (p *pool) stop() error {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.Stop())
	}
	for _, dir := range p.dirs {
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

// detailed are the servers of which dataset says line by line what they do with its objects. What the others do is in
// package matrix.
var detailed = []string{"radicale", "xandikos"}

// eachDetailed is eachServer for these.
func eachDetailed(t *testing.T, n int, test func(t *testing.T, s *lab.Server)) {
	for _, name := range detailed {
		t.Run(name, func(t *testing.T) { test(t, lab.StartFor(t, name, n)) })
	}
}

// TestEveryObjectArrives loads an account and reads it back: nothing may be missing, and nothing may differ but what
// the server is known to do.
func TestEveryObjectArrives(t *testing.T) {
	eachDetailed(t, 1, func(t *testing.T, s *lab.Server) {
		account := dataset.Account(1, dataset.Options{})
		if err := lab.Load(t.Context(), s, s.Users[0], account); err != nil {
			t.Fatal(err)
		}
		content, err := lab.Read(t.Context(), s, s.Users[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range account {
			if len(content[c.Name]) != len(c.Objects) {
				t.Errorf("%s holds %d objects, want %d", c.Name, len(content[c.Name]), len(c.Objects))
			}
			for _, o := range c.Objects {
				differences := dataset.Compare(o.Data, content[c.Name][o.Name])
				for _, d := range dataset.Unexplained(differences, s.Name) {
					t.Errorf("%s/%s: %.200s", c.Name, o.Name, d)
				}
			}
		}
	})
}

// TestFillIsLikeLoad compares what a server serves after the one and after the other.
func TestFillIsLikeLoad(t *testing.T) {
	eachDetailed(t, 2, func(t *testing.T, s *lab.Server) {
		account := dataset.Account(2, dataset.Options{Calendars: 1, Events: 48, Tasks: 6, Books: 1, Contacts: 16})
		if err := lab.Load(t.Context(), s, s.Users[0], account); err != nil {
			t.Fatal(err)
		}
		if err := lab.Fill(t.Context(), s, s.Users[1], account); err != nil {
			t.Fatal(err)
		}
		loaded, err := lab.Read(t.Context(), s, s.Users[0])
		if err != nil {
			t.Fatal(err)
		}
		filled, err := lab.Read(t.Context(), s, s.Users[1])
		if err != nil {
			t.Fatal(err)
		}
		if len(loaded["work"]) != 48 || !reflect.DeepEqual(loaded, filled) {
			t.Error("the accounts differ")
		}
	})
}

func TestPropertiesArrive(t *testing.T) {
	eachServer(t, 1, func(t *testing.T, s *lab.Server) {
		account := dataset.Account(1, dataset.Options{Calendars: 2, Tasks: 1, Books: 1})
		if err := lab.Load(t.Context(), s, s.Users[0], account); err != nil {
			t.Fatal(err)
		}
		collections, err := lab.Collections(t.Context(), s, s.Users[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range account {
			i := slices.IndexFunc(collections, func(c dataset.Collection) bool { return c.Name == want.Name })
			if i < 0 {
				t.Errorf("%s is not there", want.Name)
				continue
			}
			compareProperties(t, s.Name, collections[i], want)
		}
	})
}

// compareProperties compares a collection with what the server keeps of the properties that it was given.
func compareProperties(t *testing.T, server string, got, want dataset.Collection) {
	t.Helper()
	// XML has no CR but as a character reference, which sabre/dav writes.
	got.Timezone = strings.ReplaceAll(strings.ReplaceAll(got.Timezone, "\r\n", "\n"), "\n", "\r\n")
	slices.Sort(got.Components)
	slices.Sort(want.Components)
	want.Objects = nil
	if keep := keeps[server]; keep != nil {
		keep(&want, got)
	}
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%s:\n got %q\nwant %q", want.Name, got, want)
	}
}

// keeps says what the servers do not keep as it was sent: they turn want into what they serve, got.
var keeps = map[string]func(want *dataset.Collection, got dataset.Collection){
	// Xandikos 0.2.8 keeps the name and the colour of a calendar.
	"xandikos": func(want *dataset.Collection, _ dataset.Collection) {
		want.Order, want.Timezone = "", ""
		if want.Kind == dav.Calendar {
			want.Description = ""
			want.Components = []string{"VEVENT", "VFREEBUSY", "VJOURNAL", "VTODO"}
		}
	},
	// DAViCal 1.1.12 escapes names for HTML when it stores them, and drops time zones.
	"davical": func(want *dataset.Collection, _ dataset.Collection) {
		want.DisplayName = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(want.DisplayName)
		want.Timezone = ""
	},
	// SOGo 5.8.0 keeps the name and a colour with its opacity; the order and the time zone are its own, and a character
	// beyond U+FFFF comes as two references to surrogates, which are none.
	"sogo": func(want *dataset.Collection, got dataset.Collection) {
		want.Description, want.Order, want.Timezone = "", got.Order, got.Timezone
		want.DisplayName = strings.ReplaceAll(want.DisplayName, "👪", "\ufffd\ufffd")
		if want.Kind == dav.Calendar {
			want.Components = []string{"VEVENT", "VFREEBUSY", "VTODO"}
		}
		if len(want.Color) == len("#RRGGBB") {
			want.Color = "#AAAAAAFF"
		}
	},
}

// TestAwkwardObjects shows what the servers answer to what is not quite right, and what becomes of it.
func TestAwkwardObjects(t *testing.T) {
	eachDetailed(t, 1, func(t *testing.T, s *lab.Server) {
		u := s.Users[0]
		homes := map[dav.Kind]dataset.Collection{
			dav.Calendar:    {Kind: dav.Calendar, Name: "awkward-events"},
			dav.AddressBook: {Kind: dav.AddressBook, Name: "awkward-cards"},
		}
		for _, c := range homes {
			if err := lab.Make(t.Context(), s, u, c); err != nil {
				t.Fatal(err)
			}
		}
		for _, o := range dataset.Awkward() {
			t.Run(o.Name, func(t *testing.T) { putAwkward(t, s, u, homes[o.Kind], o) })
		}
		content, err := lab.Read(t.Context(), s, u)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range dataset.Awkward() {
			data, there := content[homes[o.Kind].Name][o.Name]
			want := o.Answers[s.Name]
			if there != want.Taken() {
				t.Errorf("%s is there: %t, want %t", o.Name, there, want.Taken())
			} else if got := dataset.Compare(o.Data, data); there && !slices.Equal(got, want.Damage) {
				t.Errorf("%s: differs by %q, want %q", o.Name, got, want.Damage)
			}
		}
	})
}

func putAwkward(t *testing.T, s *lab.Server, u lab.User, c dataset.Collection, o dataset.AwkwardObject) {
	status, answer, err := lab.Put(t.Context(), s, u, c, o.Object)
	if err != nil {
		t.Fatal(err)
	}
	want := o.Answers[s.Name]
	if status != want.Status {
		t.Errorf("%s: %d, want %d: %s", o.Why, status, want.Status, answer)
	}
	if want.Condition != "" && !strings.Contains(string(answer), want.Condition) {
		t.Errorf("%s: the answer does not say %s: %s", o.Why, want.Condition, answer)
	}
}

// TestLogin checks who may see what.
func TestLogin(t *testing.T) {
	eachServer(t, 2, func(t *testing.T, s *lab.Server) {
		first, second := s.Users[0], s.Users[1]
		for _, k := range dav.Kinds {
			for _, test := range []struct {
				name string
				home lab.User
				user lab.User
				want int
			}{
				{"own home", first, first, http.StatusMultiStatus},
				{"second user", second, second, http.StatusMultiStatus},
				{"wrong password", first, lab.User{Name: first.Name, Password: "wrong"}, http.StatusUnauthorized},
			} {
				if resp := propfind(t, s.Home(k, test.home), test.user); resp.StatusCode != test.want {
					t.Errorf("%s, home set of a %s: %s, want %d", test.name, k, resp.Status, test.want)
				}
			}
		}
	})
}

// TestLoginProxy checks what Radicale does by itself, and what the lab does for Xandikos.
func TestLoginProxy(t *testing.T) {
	eachDetailed(t, 2, func(t *testing.T, s *lab.Server) {
		first, second := s.Users[0], s.Users[1]
		tests := []struct {
			name, path string
			user       lab.User
			want       int
		}{
			{"root", "", first, http.StatusMultiStatus},
			{"another's home", second.Name + "/", first, http.StatusForbidden},
			{"another's home by way of the own", first.Name + "/../" + second.Name + "/", first, http.StatusForbidden},
			{"no login", "", lab.User{}, http.StatusUnauthorized},
			{"well-known without login", ".well-known/caldav", lab.User{}, 300},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				resp := propfind(t, s.URL+test.path, test.user)
				got := resp.StatusCode
				if resp.Header.Get("Location") == "/" {
					got = 300 // Radicale answers 301, Xandikos 302
				}
				if got != test.want {
					t.Errorf("%s, want %d", resp.Status, test.want)
				}
			})
		}
	})
}

func propfind(t *testing.T, url string, u lab.User) *http.Response {
	t.Helper()
	body := xml.Header + `<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>`
	req, err := http.NewRequestWithContext(t.Context(), "PROPFIND", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Depth", "0")
	req.Header.Set("Content-Type", "application/xml")
	if u.Name != "" {
		req.SetBasicAuth(u.Name, u.Password)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

func TestAccounts(t *testing.T) {
	source := &lab.Server{URL: "http://127.0.0.1:1/", Users: lab.Users(2)}
	destination := &lab.Server{URL: "http://127.0.0.1:2/", Users: lab.Users(2)}
	tests := []struct {
		name        string
		destination *lab.Server
		want        string
	}{
		{"to export", nil, "source,source_user,source_password\n" +
			"http://127.0.0.1:1/,user001,pass-user001\nhttp://127.0.0.1:1/,user002,pass-user002\n"},
		{"to migrate", destination,
			"source,source_user,source_password,destination,destination_user,destination_password\n" +
				"http://127.0.0.1:1/,user001,pass-user001,http://127.0.0.1:2/,user001,pass-user001\n" +
				"http://127.0.0.1:1/,user002,pass-user002,http://127.0.0.1:2/,user002,pass-user002\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(lab.Accounts(source, test.destination)); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}
