package lab_test

import (
	"os"
	"testing"

	"davferry/internal/lab"
	"davferry/internal/lab/dataset"
)

// administrators says how an administrator's login names the user that it acts for.
var administrators = map[string]string{
	"sogo":    "/SOGo/dav/{user}/",
	"davical": "/davical/caldav.php/{user}/",
}

// TestAdministrator reads and writes users' collections with one login for all of them, and nothing of its own.
func TestAdministrator(t *testing.T) {
	for name, principal := range administrators {
		t.Run(name, func(t *testing.T) {
			s := lab.StartFor(t, name, 2)
			own := s.Administrator
			err := lab.Fill(t.Context(), s, s.Users[0], dataset.Account(1, dataset.Options{Tasks: 5, Books: 1, Contacts: 5}))
			if err == nil {
				err = lab.Fill(t.Context(), s, own, dataset.Account(2, dataset.Options{Tasks: 1}))
			}
			if err != nil {
				t.Fatal(err)
			}
			accounts := rows(t, []string{"source", "source_user", "source_password", "destination", "destination_user", "destination_password"},
				[]string{s.URL, s.Users[0].Name, own.Password, s.URL, s.Users[1].Name, own.Password})
			flags := []string{"--source-login", own.Name, "--source-principal", principal}
			newDesk(t, accounts).run(0, "export", append([]string{"--archive", "archive"}, flags...)...).Objects.expect(t, "objects of an export",
				counts{"listed": 10, "created": 10})

			flags = append(flags, "--destination-login", own.Name, "--destination-principal", principal)
			d := newDesk(t, accounts)
			d.run(0, "migrate", flags...).Objects.expect(t, "objects of a migration", counts{"listed": 10, "created": 10})
			d.run(0, "migrate", flags...).Objects.expect(t, "objects of a second run", counts{"listed": 10, "unchanged": 10})
			theirs := newDesk(t, rows(t, header, row("", s, s.Users[0], s, s.Users[1])))
			theirs.run(0, "migrate").Objects.expect(t, "objects that the users themselves see", counts{"listed": 10, "unchanged": 10})

			// A principal that is not the user's leads nowhere, least of all to the administrator's own collections.
			wrong := newDesk(t, accounts).run(3, "export", "--archive", "archive", "--source-login", own.Name, "--source-principal", principal+"nothing/")
			wrong.Accounts.expect(t, "accounts behind a wrong principal", counts{"total": 1, "failed": 1})
			nobody := rows(t, []string{"source", "source_user", "source_password"}, []string{s.URL, "nobody", own.Password})
			newDesk(t, nobody).run(3, "export", "--archive", "archive", "--source-login", own.Name, "--source-principal", principal).
				Accounts.expect(t, "accounts of nobody", counts{"total": 1, "failed": 1})
		})
	}
}

// TestTokens logs in to Cyrus with a token for each user, which a command makes for the user whose name it is given.
func TestTokens(t *testing.T) {
	s := lab.StartFor(t, "cyrus", 2)
	d := newDesk(t, rows(t, []string{"source", "source_user", "destination", "destination_user"},
		[]string{s.URL, s.Users[0].Name, s.URL, s.Users[1].Name}))
	for _, u := range s.Users {
		if err := os.WriteFile(d.path(u.Name), []byte(lab.CyrusToken(u)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := lab.Fill(t.Context(), s, s.Users[0], dataset.Account(1, dataset.Options{Tasks: 5, Books: 1, Contacts: 5})); err != nil {
		t.Fatal(err)
	}
	command := `cat "$DAVFERRY_USER"`
	flags := []string{"--source-auth", "bearer", "--source-password-command", command, "--destination-auth", "bearer", "--destination-password-command", command}
	d.run(0, "migrate", flags...).Objects.expect(t, "objects", counts{"listed": 10, "created": 10})

	if err := os.WriteFile(d.path(s.Users[0].Name), []byte(lab.CyrusToken(lab.User{Name: "nobody"})), 0o600); err != nil {
		t.Fatal(err)
	}
	d.run(3, "migrate", flags...).Accounts.expect(t, "accounts with the token of nobody", counts{"total": 1, "failed": 1})
}
