package migrate

import (
	"strings"
	"testing"
)

func TestReadAccountsForAnAdministrator(t *testing.T) {
	t.Setenv("ADMIN", "pw-admin")
	t.Setenv("OWN", "pw-own")
	for name, test := range map[string]struct {
		access Access
		file   string
		user   string // what must be in the endpoint
		login  string
		path   string
		auth   string
		secret string
	}{
		"user%admin": {Access{Login: "{user}%admin", PasswordEnv: "ADMIN"}, "source_user\nanna@example.org\n",
			"anna@example.org", "anna@example.org%admin", "", AuthBasic, "pw-admin"},
		"a superuser": {Access{Login: "root", Principal: "/SOGo/dav/{user}/", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"anna", "root", "/SOGo/dav/anna/", AuthBasic, "pw-admin"},
		"names are escaped": {Access{Login: "root", Principal: "/caldav.php/{user}/", PasswordEnv: "ADMIN"}, "source_user\nä b/ü?#%\n",
			"ä b/ü?#%", "root", "/caldav.php/%C3%A4%20b%2F%C3%BC%3F%23%25/", AuthBasic, "pw-admin"},
		"local part and domain": {Access{Login: "{local}*{domain}", Principal: "/{domain}/{local}", PasswordEnv: "ADMIN"}, "source_user\na@b@example.org\n",
			"a@b@example.org", "a@b*example.org", "/example.org/a@b", AuthBasic, "pw-admin"},
		"the local part of a name": {Access{Login: "{local}", PasswordEnv: "ADMIN"}, "source_user\nanna\n", "anna", "anna", "", AuthBasic, "pw-admin"},
		"the row's password goes first": {Access{Login: "{user}%admin", PasswordEnv: "ADMIN"}, "source_user,source_password_env\nanna,OWN\n",
			"anna", "anna%admin", "", AuthBasic, "pw-own"},
		"an empty field is no password": {Access{PasswordEnv: "ADMIN"}, "source_user,source_password\nanna,\n", "anna", "", "", AuthBasic, "pw-admin"},
		"the way to log in":             {Access{Auth: AuthBearer, PasswordCommand: "echo token"}, "source_user\nanna\n", "anna", "", "", AuthBearer, "token"},
		"the row's way goes first":      {Access{Auth: AuthBearer, PasswordEnv: "ADMIN"}, "source_user,source_auth\nanna,digest\n", "anna", "", "", AuthDigest, "pw-admin"},
		"a colon in a name that is not sent": {Access{Login: "root", Principal: "/{user}/", PasswordEnv: "ADMIN"}, "source_user\na:b\n",
			"a:b", "root", "/a:b/", AuthBasic, "pw-admin"},
	} {
		t.Run(name, func(t *testing.T) {
			accounts, err := ReadAccounts(strings.NewReader(test.file), "a.csv", Defaults{NeedSource: true, Source: "h", SourceAccess: test.access})
			if err != nil {
				t.Fatal(err)
			}
			e := accounts[0].Source
			if e.User != test.user || e.LoginName != test.login || e.Principal != test.path || e.Auth != test.auth {
				t.Errorf("%+v", e)
			}
			l := e.Login()
			if want := test.login + test.path; (l.For == e.User) != (want != "") || l.Principal != e.Principal || want != "" && l.User != test.login {
				t.Errorf("the login is %+v", l)
			}
			if got, err := e.Password.Reveal(t.Context()); err != nil || got != test.secret {
				t.Errorf("the password is %q, %v", got, err)
			}
		})
	}
}

func TestReadAccountsForAnAdministratorProblems(t *testing.T) {
	t.Setenv("ADMIN", "pw-admin")
	for name, test := range map[string]struct {
		access Access
		file   string
		want   string
	}{
		"no user in the login": {Access{Login: "admin", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-login: holds neither {user} nor {local}: every row would lead to the same account; add one, or say where the user's principal is with --source-principal"},
		"no user in the principal": {Access{Login: "admin", Principal: "/SOGo/dav/", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-principal: holds neither {user} nor {local}: every row would lead to the same account"},
		"an unknown placeholder": {Access{Login: "{usr}%admin", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-login: unknown placeholder {usr}; there are {user}, {local} and {domain}"},
		"a brace": {Access{Login: "{user}{", Principal: "/{user}/}", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-login: a brace that belongs to no placeholder; there are {user}, {local} and {domain}\n" +
				"a.csv: --source-principal: a brace that belongs to no placeholder; there are {user}, {local} and {domain}"},
		"a URL for a path": {Access{Principal: "https://h/{user}", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-principal: not the path of a principal, which begins with / and has no host, such as /SOGo/dav/{user}/"},
		"another host": {Access{Principal: "//h/{user}", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: --source-principal: not the path of a principal, which begins with / and has no host, such as /SOGo/dav/{user}/"},
		"no domain": {Access{Login: "{local}%{domain}", PasswordEnv: "ADMIN"}, "source_user\nanna\n",
			"a.csv: line 2, column 1: source_user: not a mail address, whose {domain} is wanted by --source-login"},
		"a name that climbs": {Access{Login: "root", Principal: "/SOGo/dav/{user}/", PasswordEnv: "ADMIN"}, "source_user\n..\n",
			"a.csv: line 2, column 1: source_user: not a name that can stand in a path"},
		"a colon that is sent": {Access{Login: "{user}%admin", PasswordEnv: "ADMIN"}, "source_user\na:b\n",
			"a.csv: line 2, column 1: source_user: holds a colon, which basic authentication cannot send (RFC 7617); digest can"},
		"nobody to act for": {Access{Login: "{user}%admin", Auth: AuthBearer, PasswordEnv: "ADMIN"}, "account,source_user\na,\n",
			"a.csv: line 2, column 3: source_user: empty; --source-login and --source-principal want the user whose account it is"},
		"two passwords": {Access{PasswordEnv: "ADMIN", PasswordFile: "pw"}, "source_user\nanna\n",
			"a.csv: --source-password-file: --source-password-env is given too; one of them is enough"},
		"no such variable, said once": {Access{PasswordEnv: "DAVFERRY_NOWHERE"}, "source_user\nanna\nbert\n",
			"a.csv: --source-password-env: the environment variable DAVFERRY_NOWHERE is not set"},
		"a command that asks for nobody": {Access{Auth: AuthBearer, PasswordCommand: "mint $DAVFERRY_USER"}, "account,source_user\na,\n",
			"a.csv: --source-password-command: the command asks for DAVFERRY_USER, and the row has no user"},
		"no such way": {Access{Auth: "kerberos", PasswordEnv: "ADMIN"}, "source_user\nanna\n", "a.csv: --source-auth: unknown; one of basic, digest, bearer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ReadAccounts(strings.NewReader(test.file), "a.csv", Defaults{NeedSource: true, Source: "h", SourceAccess: test.access})
			if err == nil || err.Error() != test.want {
				t.Errorf("the error is\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// Two users whom one administrator writes for are two destinations; two spellings of one are not.
func TestDestinationsOfAnAdministrator(t *testing.T) {
	t.Setenv("ADMIN", "pw-admin")
	read := func(a Access, users string) error {
		_, err := ReadAccounts(strings.NewReader("destination_user\n"+users), "a.csv", Defaults{NeedDestination: true, Destination: "h", DestinationAccess: a})
		return err
	}
	superuser := Access{Login: "root", Principal: "/dav/{local}/", PasswordEnv: "ADMIN"}
	if err := read(superuser, "anna@example.org\nbert@example.org\n"); err != nil {
		t.Errorf("two users: %v", err)
	}
	for name, a := range map[string]Access{"by the principal": superuser, "by the login": {Login: "{local}%root", PasswordEnv: "ADMIN"}} {
		if err := read(a, "anna@example.org\nanna@example.net\n"); err == nil || !strings.Contains(err.Error(), "line 2 writes to this destination and user already") {
			t.Errorf("one user twice, %s: %v", name, err)
		}
	}
}
