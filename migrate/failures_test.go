package migrate

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestWriteFailures(t *testing.T) {
	t.Setenv("TOKEN", "t0ken")
	tests := []struct{ name, file, want string }{
		{"only what failed, as it was",
			"account;source;source_user;source_password_env\nok;h;a;TOKEN\n Bad ;\"h\";b;TOKEN\n",
			"account,source,source_user,source_password_env\n Bad |h,b,TOKEN\n"},
		{"passwords are left out, commands stay",
			"source,source_user,source_password,source_password_command\nh,ok,pw,\nh,b,pw,\nh,c,,\"echo a,\"\"b\"\"\"\n",
			passwordNote + "source,source_user,source_password,source_password_command\nh,b,,\nh,c,,\"echo a,\"\"b\"\"\"\n"},
		{"what would be a comment is quoted",
			"account,source,source_user,source_password_env\nok,h,a,TOKEN\n\"#1\",h,b,TOKEN\n",
			"account,source,source_user,source_password_env\n\"#1\",h,b,TOKEN\n"},
		{"line breaks stay",
			"account,source,source_user,source_password_env\nok,h,a,TOKEN\n\"x\ny\",h,b,TOKEN\n",
			"account,source,source_user,source_password_env\n\"x\ny\",h,b,TOKEN\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			accounts, err := ReadAccounts(strings.NewReader(test.file), "a.csv", forExport)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := WriteFailures(&got, accounts[1:], ""); err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(test.want, " Bad |h", `" Bad ",h`); got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

// Where no password stands in the file itself, the failures can be run as they are.
func TestFailuresRunAgain(t *testing.T) {
	for _, variable := range []string{"ALICE_OLD", "ALICE_NEW", "BOB_OLD", "BOB_NEW"} {
		t.Setenv(variable, "pw-"+variable)
	}
	accounts := readTestFile(t, "migrate.csv", forMigrate)
	var failures bytes.Buffer
	if err := WriteFailures(&failures, accounts, "/some where/accounts.csv"); err != nil {
		t.Fatal(err)
	}
	again, err := ReadAccounts(&failures, "failures.csv", forMigrate)
	if err != nil || len(again) != len(accounts) {
		t.Fatalf("%d accounts, %v", len(again), err)
	}
	for i := range again {
		again[i].Line = accounts[i].Line
		if got, want := line(t, again[i]), line(t, accounts[i]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestFailuresOfAccountsWithoutAFile(t *testing.T) {
	var got bytes.Buffer
	err := WriteFailures(&got, []Account{{
		Name:        "alice",
		Source:      Endpoint{Address: "http://127.0.0.1:1/", User: "alice", Password: SecretOf("hunter2"), Auth: AuthBasic},
		Destination: Endpoint{Address: "http://127.0.0.1:2/", User: "al", Password: SecretOf("hunter2"), Auth: AuthDigest},
	}}, "/home/ops/accounts.csv")
	want := "# accounts file: /home/ops/accounts.csv\n" + passwordNote +
		"account,source,source_user,source_password,source_auth,destination,destination_user,destination_password,destination_auth\n" +
		"alice,http://127.0.0.1:1/,alice,,basic,http://127.0.0.1:2/,al,,digest\n"
	if err != nil || got.String() != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, got.String(), want)
	}
}

func TestNoFailures(t *testing.T) {
	var got bytes.Buffer
	if err := WriteFailures(&got, nil, ""); err != nil || got.Len() > 0 {
		t.Errorf("%q, %v", got.String(), err)
	}
}

func TestWriteFailuresOnFullDisk(t *testing.T) {
	f, err := os.Open(os.DevNull) // for reading: it takes no write
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := WriteFailures(f, []Account{{Name: "alice"}}, ""); err == nil || errors.Unwrap(err) == nil {
		t.Error(err)
	}
}

// checkFailures checks that what WriteFailures writes has the same rows again.
func checkFailures(t *testing.T, accounts []Account) {
	t.Helper()
	var b bytes.Buffer
	if err := WriteFailures(&b, accounts, ""); err != nil {
		t.Fatal(err)
	}
	s, problems := parseSheet(b.Bytes())
	if len(problems) > 0 || len(s.rows) != len(accounts) {
		t.Fatalf("%d accounts, %v, in\n%s", len(accounts), problems, b.String())
	}
	for i, row := range s.rows {
		for k, c := range row {
			if c.text != accounts[i].fields[k] {
				t.Fatalf("row %d has %q, want %q", i, c.text, accounts[i].fields[k])
			}
		}
	}
}
