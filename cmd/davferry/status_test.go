package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"davferry/migrate"
)

// manyStates returns the status of a run over many accounts: two under way, a hundred that could not log in, one that a
// run before left interrupted; most are ok, the rest was not come to.
func manyStates(n int) *migrate.Status {
	exit := 3
	s := &migrate.Status{Run: &migrate.RunStatus{Number: 2, Verb: migrate.Migrate, State: migrate.RunEnded, Exit: &exit,
		Started: time.Now().Add(-time.Hour), Finished: time.Now()}}
	s.Accounts = migrate.AccountStates{Total: n, OK: n / 2, Failed: 100, Running: 2, Interrupted: 1, Waiting: n - n/2 - 103, Earlier: 1}
	for i := range n {
		a := migrate.AccountStatus{Account: fmt.Sprintf("user%05d", i), State: migrate.AccountOK, Run: 2}
		switch {
		case i >= n/2+103:
			a.State, a.Run = migrate.AccountWaiting, 0
		case i == n/2+102:
			a.State, a.Run = migrate.AccountInterrupted, 1
		case i >= n/2+100:
			a.State, a.Rate = migrate.AccountRunning, 2.5
			a.Collections.Known, a.Objects.Known, a.Objects.Done = 1, 1200, 30
		case i >= n/2:
			a.State = migrate.AccountFailed
			s.Problems = append(s.Problems, migrate.Problem{Account: a.Account, Outcome: migrate.Failed, Status: 401, Message: "the source: 401 Unauthorized"})
		}
		s.PerAccount = append(s.PerAccount, a)
	}
	return s
}

func statusText(s *migrate.Status) string {
	var text strings.Builder
	printStatus(&text, s, "a.davferry")
	return text.String()
}

func TestStatusOfManyAccountsStaysReadable(t *testing.T) {
	text := statusText(manyStates(10_000))
	if lines := strings.Count(text, "\n"); lines > 80 {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	rest := text
	for _, want := range []string{
		"migrate: ended at ",
		"ACCOUNT    COLLECTIONS  OBJECTS  TO LOOK AT  RATE   STATE\n" +
			"user05100  0/1          30/1200  0           2.5/s  running\n",
		"user05000  0/0          0/0      0                  failed\n",
		"not shown: 53 accounts under way or that need a look\n",
		"not shown: 4897 accounts that no run has come to\n",
		"not shown: 5000 accounts that are ok\n",
		"failed: user05000: the source: 401 Unauthorized\n",
		"and 95 more; --json lists 100 problems, the report of the run all\n",
		"advice: 401: ",
		"accounts: 5100 of 10000 at their end (5000 ok, 100 failed), 2 under way, 1 interrupted, 4897 not come to; 1 as an earlier run left them\n",
		"collections: 0 of 0 found so far at their end\n",
		"objects: 0 of 0 found so far have their outcome\n",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("%q is missing, or not in its place:\n%s", want, text)
		}
		rest = after
	}
}

func TestCSVCell(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""}, {"/cal/a.ics", "/cal/a.ics"}, {"=1+1", "'=1+1"}, {"+49 30", "'+49 30"}, {"-", "'-"}, {"@SUM", "'@SUM"},
		{"a=b", "a=b"}, {"\t=1", "\ufffd=1"}, {"'=1", "'=1"},
	}
	for _, tt := range tests {
		if got := csvCell(tt.in); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

// A page of a run over many accounts lists what fits a browser, and says how much more there is.
func TestReportPageOfManyProblems(t *testing.T) {
	s := manyAccounts(20)
	for range maxListed + 5 - len(s.Problems) {
		s.Problems = append(s.Problems, migrate.Problem{Account: "x", Outcome: migrate.Refused, Message: "no"})
	}
	var text strings.Builder
	if err := printReportHTML(&text, s, "/secret/place/accounts.csv"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "and 5 more, which the report has as CSV and JSON") || strings.Contains(text.String(), "/secret/") {
		t.Error(text.String()[:2000])
	}
}
