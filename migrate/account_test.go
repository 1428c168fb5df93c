package migrate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

var (
	forMigrate = Defaults{NeedSource: true, NeedDestination: true}
	forExport  = Defaults{NeedSource: true}
	forImport  = Defaults{NeedDestination: true}
)

const accountsDir = "../testdata/accounts"

func readTestFile(t *testing.T, name string, d Defaults) []Account {
	t.Helper()
	f, err := os.Open(filepath.Join(accountsDir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	accounts, err := ReadAccounts(f, name, d)
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// line returns an account in one line, with the passwords that cost nothing to look up.
func line(t *testing.T, a Account) string {
	t.Helper()
	text := fmt.Sprintf("%d %s", a.Line, a.Name)
	for _, e := range []Endpoint{a.Source, a.Destination} {
		if e == (Endpoint{}) {
			text += " | -"
			continue
		}
		password, err := e.Password.Reveal(t.Context())
		if err != nil {
			t.Error(err)
		}
		text += fmt.Sprintf(" | %s %s %s %s", e.Address, e.User, password, e.Auth)
	}
	return text
}

func TestReadAccounts(t *testing.T) {
	for _, variable := range []string{"ALICE_OLD", "ALICE_NEW", "BOB_OLD", "BOB_NEW"} {
		t.Setenv(variable, "pw-"+variable)
	}
	tests := []struct {
		file     string
		defaults Defaults
		want     []string
	}{
		{"migrate.csv", forMigrate, []string{
			"3 alice | https://old.example.org/dav/ alice pw-ALICE_OLD basic | https://new.example.org/ alice@example.org pw-ALICE_NEW basic",
			"4 bob | https://old.example.org/dav/ bob pw-BOB_OLD basic | https://new.example.org/ bob@example.org pw-BOB_NEW basic",
		}},
		{"migrate.csv", forImport, []string{
			"3 alice | - | https://new.example.org/ alice@example.org pw-ALICE_NEW basic",
			"4 bob | - | https://new.example.org/ bob@example.org pw-BOB_NEW basic",
		}},
		{"addresses.csv", forExport, []string{
			"2 url | https://dav.example.org:8443/remote.php/dav/ u1 pw basic | -",
			"3 host | dav.example.org u2 pw basic | -",
			"4 port | dav.example.org:8443 u3 pw digest | -",
			"5 mail | carol@example.org u4 pw basic | -",
			"6 user | dave@example.org dave@example.org pw basic | -",
			"7 loopback | http://127.0.0.1:5232/ u6 pw basic | -",
			"8 loopback v6 | http://[::1]:5232/ u7 pw basic | -",
			"9 localhost | http://localhost:5232/ u8 pw basic | -",
			"10 international | https://kalender.müller.example/ u9 pw basic | -",
			"11 token | https://dav.example.org/  pw bearer | -",
		}},
		{"excel.csv", forExport, []string{
			`2 Zoë Lang | dav.example.org zoë semi;colon "quoted" basic | -`,
			"5 Bob | dav.example.org bob comma,hash# basic | -",
		}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			var got []string
			for _, a := range readTestFile(t, test.file, test.defaults) {
				got = append(got, line(t, a))
			}
			if g, w := strings.Join(got, "\n"), strings.Join(test.want, "\n"); g != w {
				t.Errorf("got\n%s\nwant\n%s", g, w)
			}
		})
	}
}

func TestReadAccountsRunsNoCommand(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	file := "source_user,source_password_command\na@example.org,\"echo secret; touch '" + mark + "'\"\n"
	accounts, err := ReadAccounts(strings.NewReader(file), "a.csv", forExport)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the command has run")
	}
	if got := line(t, accounts[0]); got != "2 a@example.org | a@example.org a@example.org secret basic | -" {
		t.Error(got)
	}
}

func TestReadAccountsDefaults(t *testing.T) {
	tests := []struct {
		name     string
		defaults Defaults
		file     string
		want     string
	}{
		{"the flag for an empty source", Defaults{NeedSource: true, Source: "https://flag.example.org/"},
			"source,source_user,source_password\n,a@example.org,pw\n", "2 a@example.org | https://flag.example.org/ a@example.org pw basic | -"},
		{"the column before the flag", Defaults{NeedSource: true, Source: "https://flag.example.org/"},
			"source,source_user,source_password\nhost,alice,pw\n", "2 alice | host alice pw basic | -"},
		{"the user before nothing", forExport,
			"source_user,source_password\na@example.org,pw\n", "2 a@example.org | a@example.org a@example.org pw basic | -"},
		{"the destination's flag", Defaults{NeedDestination: true, Destination: "new.example.org"},
			"destination_user,destination_password\nalice,pw\n", "2 alice | - | new.example.org alice pw basic"},
		{"the source user names the account in import too", Defaults{NeedDestination: true, Destination: "new.example.org"},
			"source_user,destination_user,destination_password\nold,new,pw\n", "2 old | - | new.example.org new pw basic"},
		{"http where it is allowed", Defaults{NeedSource: true, AllowPlaintext: true},
			"source,source_user,source_password\nhttp://lan/,alice,pw\n", "2 alice | http://lan/ alice pw basic | -"},
		{"a colon where digest sends it", forExport,
			"source,source_user,source_password,source_auth\nh,DOM:alice,pw,digest\n", "2 DOM:alice | h DOM:alice pw digest | -"},
		{"names of columns in any case", forExport,
			" Source , Source_User,SOURCE_PASSWORD\nh,alice,pw\n", "2 alice | h alice pw basic | -"},
		{"blanks that are quoted belong to a password", forExport,
			"source,source_user,source_password\n h , alice ,\" pw \"\n", "2 alice | h alice  pw  basic | -"},
		{"comments, blank lines and rows of blanks", forExport,
			"\n# c\nsource,source_user,source_password\n#x,\"y\n,,\n  \n\nh,alice,pw", "8 alice | h alice pw basic | -"},
		{"what the verb does not need may be wrong", forExport,
			"source,source_user,source_password,destination,destination_user,destination_password_env\nh,alice,pw,ftp://x,,UNSET_VARIABLE\n",
			"2 alice | h alice pw basic | -"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			accounts, err := ReadAccounts(strings.NewReader(test.file), "a.csv", test.defaults)
			if err != nil || len(accounts) != 1 {
				t.Fatalf("%d accounts, %v", len(accounts), err)
			}
			if got := line(t, accounts[0]); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// hunter2 stands for passwords, where they belong and where they do not: no message may hold it.
func TestReadAccountsProblems(t *testing.T) {
	t.Setenv("EMPTY", "")
	t.Setenv("BROKEN", "hunter2\nhunter2")
	folder := t.TempDir()
	const header = "source,source_user,source_password\n"
	tests := []struct {
		name     string
		defaults Defaults
		file     string
		want     []string
	}{
		// The file.
		{"empty", forExport, "", []string{"the file is empty; its first line must name the columns"}},
		{"comments only", forExport, "# nothing\n\n", []string{"the file is empty"}},
		{"header only", forExport, header, []string{"line 1, column 1: there is no account below the header"}},
		{"UTF-16 with its mark", forExport, "\xff\xfes\x00o\x00", []string{"the file is in UTF-16; save it as UTF-8"}},
		{"UTF-16, the other way round", forExport, "\xfe\xff\x00s\x00o", []string{"the file is in UTF-16"}},
		{"UTF-16 without its mark", forExport, "s\x00o\x00u\x00", []string{"the file is in UTF-16"}},
		{"Latin-1", forExport, header + "h,ren\xe9,hunter2\n", []string{"line 2, column 3: source_user: this is not UTF-8"}},
		{"CR alone", forExport, "source,source_user,source_password\rh,a,hunter2\r", []string{"the lines end in CR alone"}},

		// The header.
		{"no header", forExport, "dav.example.org,alice,hunter2\n", []string{"line 1, column 1: no column name found"}},
		{"tabs", forExport, "source\tsource_user\tsource_password\nh\ta\thunter2\n", []string{"line 1, column 1: no column name found"}},
		{"an unknown column", forExport, "source,source_usr,colour,source_user,source_password\nh,,,a,hunter2\n", []string{
			"line 1, column 8: unknown column source_usr; did you mean source_user?",
			"line 1, column 19: unknown column colour",
		}},
		{"an unknown column that is no name", forExport, "source,hunter2,source_user,source_password\nh,,a,hunter2\n", []string{
			"line 1, column 8: unknown column"}},
		{"a column with a blank in its name", forExport, "source,source user,source_password,source_auth\nh,a,hunter2,bearer\n", []string{
			"line 1, column 8: unknown column source user; did you mean source_user?"}},
		{"a column twice", forExport, "source,source_user,source_user,source_password\nh,a,b,hunter2\n", []string{
			"line 1, column 20: the column source_user is there twice"}},
		{"a column without a name", forExport, "source,source_user,,source_password\nh,a,,hunter2\n", []string{
			"line 1, column 20: a column without a name"}},
		{"missing columns", forMigrate, "account,source\nalice,h\n", []string{
			"line 1, column 1: missing column source_user",
			"line 1, column 1: missing column source_password, or one of source_password_env, source_password_file and source_password_command instead",
			"line 1, column 1: missing column destination_user",
			"line 1, column 1: missing column destination_password, or",
		}},

		// Rows.
		{"too few fields", forExport, header + "h,hunter2\n", []string{"line 2, column 3: 2 fields, but the header names 3 columns"}},
		{"too many fields", forExport, header + "h,a,hun,ter2\n", []string{"line 2, column 9: 4 fields, but the header names 3 columns"}},
		{"a quote within a field", forExport, header + "h,ä,hun\"ter2\nh,,pw\n", []string{
			`line 2, column 8: a field that holds a " must stand in quotes`,
			"line 3, column 3: source_user: empty",
		}},
		{"a quote that is not doubled", forExport, header + "h,a,\"hun\"ter2\"\nh,,pw\n", []string{
			`line 2, column 9: a " within a quoted field must be doubled`,
			"line 3, column 3: source_user: empty",
		}},
		{"a quote that is never closed", forExport, header + "h,a,\"hunter2\nh,b,pw\n", []string{
			"line 2: a quoted field that begins in this row is never closed"}},
		{"columns count characters", forExport, "account," + header + "Zoë Müller,ftp://h,a,hunter2\n", []string{
			"line 2, column 12: source: only https:// and http://"}},
		{"lines count within quotes", forExport, "account," + header + "\"Zoë\nMüller\",ftp://h,a,hunter2\n", []string{
			"line 3, column 9: source: only https:// and http://"}},
		{"no name", forExport, header + "h,,hunter2\n", []string{"line 2, column 3: source_user: empty"}},
		{"a token without a name", forExport, "source,source_password,source_auth\nh,hunter2,bearer\n", []string{
			"line 2, column 1: the row has no name: fill the column account"}},
		{"a doubled account", forExport, header + "h,a,hunter2\ng,a,hunter2\n", []string{
			"line 3, column 3: the account stands in line 2 already"}},
		{"a doubled label", forExport, "account," + header + "a,h,b,pw\n\" a\n\",h,c,pw\n", []string{
			"line 3, column 1: the account stands in line 2 already"}},
		{"a destination of two accounts", forImport, "account,destination,destination_user,destination_password\n" +
			"a,https://H.example.org:443/dav,u,pw\nb,https://h.example.org/dav/,u,pw\nc,https://h.example.org/dav/,U,pw\n", []string{
			"line 3, column 30: line 2 writes to this destination and user already"}},

		// Logins.
		{"an unknown auth", forExport, "source,source_user,source_password,source_auth\nh,a,hunter2,hunter2\n", []string{
			"line 2, column 13: source_auth: unknown; one of basic, digest, bearer"}},
		{"a colon in a user", forExport, header + "h,a:b,hunter2\n", []string{
			"line 2, column 3: source_user: holds a colon, which basic authentication cannot send"}},
		{"a control character in a user", forExport, header + "h,a\x00b,hunter2\n", []string{
			"line 2, column 3: source_user: holds a control character"}},
		{"a control character in a label", forExport, "account," + header + "a\x1bb,h,a,hunter2\n", []string{
			"line 2, column 1: account: holds a control character"}},
		{"a control character in a password", forExport, header + "h,a,hunter2\x07\n", []string{
			"line 2, column 5: source_password: holds a control character"}},
		{"a line break in a password", forExport, header + "h,a,\"hunter2\n\"\n", []string{
			"line 2, column 5: source_password: holds a line break"}},
		{"a blank before a password", forExport, header + "h,a, hunter2\n", []string{
			"line 2, column 5: source_password: begins or ends with a blank; put it in quotes"}},
		{"no password", forExport, header + "h,a,\n", []string{"line 2, column 5: source_password: empty"}},
		{"two passwords", forExport, "source,source_user,source_password,source_password_env\nh,a,hunter2,HOME\n", []string{
			"line 2, column 13: source_password_env: source_password is filled too"}},
		{"a variable that is not set", forExport, "source,source_user,source_password_env\nh,a,UNSET_VARIABLE\nh,b,hunter2\nh,c,EMPTY\nh,d,BROKEN\n",
			[]string{
				"line 2, column 5: source_password_env: the environment variable UNSET_VARIABLE is not set",
				"line 3, column 5: source_password_env: the environment variable is not set",
				"line 4, column 5: source_password_env: the environment variable EMPTY is empty",
				"line 5, column 5: source_password_env: the password holds a line break",
			}},
		{"a password file that cannot be read", forExport, "source,source_user,source_password_file\nh,a,hunter2\nh,b," + folder + "\n", []string{
			"line 2, column 5: source_password_file: the password file cannot be read: ",
			"line 3, column 5: source_password_file: the password file cannot be read: ",
		}},

		// Flags.
		{"a bad flag", Defaults{NeedSource: true, Source: "ftp://hunter2"}, header + ",a,pw\n", []string{
			"--source: only https:// and http://"}},
		{"all at once", forMigrate, "source,source_user,source_password,destination_user,destination_password_env,destination_auth\n" +
			"h,a:b,hunter2,c@example.org,UNSET_VARIABLE,digest\nftp://h,a,,c@example.org,EMPTY,none\n", []string{
			"line 2, column 3: source_user: holds a colon",
			"line 2, column 29: destination_password_env: the environment variable UNSET_VARIABLE is not set",
			"line 3, column 1: source: only",
			"line 3, column 11: source_password: empty",
			"line 3, column 12: line 2 writes to this destination and user already",
			"line 3, column 26: destination_password_env: the environment variable EMPTY is empty",
			"line 3, column 32: destination_auth: unknown",
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			accounts, err := ReadAccounts(strings.NewReader(test.file), "a.csv", test.defaults)
			var bad *AccountsError
			if !errors.As(err, &bad) || accounts != nil {
				t.Fatalf("%d accounts, %v", len(accounts), err)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a password in %q", err)
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(test.want) || len(got) != len(bad.Problems) {
				t.Fatalf("got\n%v\nwant\n%s", err, strings.Join(test.want, "\n"))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], "a.csv: "+test.want[i]) {
					t.Errorf("got  %s\nwant a.csv: %s…", got[i], test.want[i])
				}
			}
		})
	}
}

func TestReadAccountsUnreadable(t *testing.T) {
	broken := errors.New("the disk is gone")
	_, err := ReadAccounts(iotest.ErrReader(broken), "a.csv", forExport)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "a.csv") {
		t.Error(err)
	}
}

func TestCheckAddress(t *testing.T) {
	tests := []struct {
		address string
		want    error
	}{
		{"https://dav.example.org", nil},
		{"HTTPS://dav.example.org:8443/a%20b/", nil},
		{"https://[2001:db8::1]:8443/", nil},
		{"http://localhost/", nil},
		{"http://127.8.9.10/", nil},
		{"http://[::ffff:127.0.0.1]/", nil},
		{"dav.example.org", nil},
		{"dav.example.org.", nil},
		{"dav_1.example.org:65535", nil},
		{"::1", nil},
		{"[::1]:5232", nil},
		{"alice@example.org", nil},
		{"alice+dav@müller.example", nil},

		{"http://dav.example.org/", errPlaintext},
		{"http://localhost.example.org/", errPlaintext},
		{"http://10.0.0.1/", errPlaintext},
		{"http://0.0.0.0/", errPlaintext},
		{"https://alice:pw@dav.example.org/", errUserInfo},
		{"https://alice@dav.example.org/", errUserInfo},
		{"https://alice:p w%zz@dav.example.org/", errUserInfo},
		{"alice:pw@dav.example.org", errUserInfo},
		{"ftp://dav.example.org/", errScheme},
		{"webcal://dav.example.org/", errScheme},
		{"://dav.example.org/", errScheme},
		{"https://", errHost},
		{"https:///path", errHost},
		{"https://a..b/", errHost},
		{"https://a_b,c/", errHost},
		{"https://" + strings.Repeat("a", 64) + "/", errHost},
		{"https://dav.example.org:0/", errPort},
		{"https://dav.example.org:65536/", errPort},
		{"https://dav.example.org:/", errPort},
		{"https://dav.example.org/%zz", errURL},
		{"https://dav example.org/", errURL},
		{"https://dav.example.org/?a=b", errQuery},
		{"https://dav.example.org/?", errQuery},
		{"https://dav.example.org/a#b", errQuery},
		{"https://dav.example.org/a#", errQuery},
		{"dav.example.org/path", errNoScheme},
		{"https:/dav.example.org", errNoScheme},
		{`\\server\share`, errNoScheme},
		{"dav.example.org:0", errPort},
		{"dav.example.org:https", errPort},
		{"dav.example.org:", errPort},
		{":8443", errAddress},
		{"a b", errAddress},
		{"@example.org", errAddress},
		{"alice@", errAddress},
		{"alice@bob@example.org", errAddress},
		{"alice@example.org:8443", errAddress},
		{"mailto:alice@example.org", errUserInfo},
		{"", errAddress},
	}
	for _, test := range tests {
		if got := CheckAddress(test.address, false); got != test.want {
			t.Errorf("%q: %v; want %v", test.address, got, test.want)
		}
	}
	if err := CheckAddress("http://dav.example.org/", true); err != nil {
		t.Errorf("http where it is allowed: %v", err)
	}
}

// No file makes ReadAccounts panic, lose a row, or say a password. The marker stands where passwords stand, and what the
// fuzzer makes of the seeds puts it everywhere else.
func FuzzReadAccounts(f *testing.F) {
	const marker = "P4ssw0rd!"
	names, err := filepath.Glob(filepath.Join(accountsDir, "*.csv"))
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "pw")
	}
	f.Add("account,source,source_user,source_password\na,h,u,"+marker+"\n", "")
	f.Add("source,source_user,source_password,source_password_env\nhttps://u:"+marker+"@h/,u,"+marker+","+marker+"\n", "\"")
	f.Add("source,"+marker+"\n\""+marker, "a,b")
	f.Fuzz(func(t *testing.T, file, user string) {
		planted := "source,source_user,source_password\nh," + user + "," + marker + "\n"
		for _, text := range []string{file, strings.ReplaceAll(file, "pw", marker), planted, planted + file} {
			for _, d := range []Defaults{forMigrate, forExport, forImport} {
				// Files are named by the fuzzer: it must not find a device to wait for.
				if strings.Contains(strings.ToLower(text), fileSuffix) {
					return
				}
				accounts, err := ReadAccounts(strings.NewReader(text), "a.csv", d)
				checkRead(t, accounts, err, marker)
			}
		}
	})
}

func checkRead(t *testing.T, accounts []Account, err error, marker string) {
	t.Helper()
	if (err == nil) == (len(accounts) == 0) {
		t.Fatalf("%d accounts, %v", len(accounts), err)
	}
	if err != nil {
		if strings.Contains(err.Error(), marker) {
			t.Fatalf("a password in %q", err)
		}
		return
	}
	names := map[string]bool{}
	for _, a := range accounts {
		if a.Name == "" || names[a.Name] || a.Line == 0 {
			t.Fatalf("account %+v", a)
		}
		names[a.Name] = true
	}
	checkFailures(t, accounts)
}
