package main

import (
	"fmt"
	"strings"
	"testing"

	"davferry/migrate"
)

// manyAccounts returns a summary as a run over many accounts leaves it: from account 10 on some that cannot log in, one
// with many refused objects, one whose server is down; the rest is fine.
func manyAccounts(n int) *migrate.Summary {
	s := &migrate.Summary{Verb: migrate.Migrate, Skipped: map[string]int{}}
	s.Accounts.Total = n
	for i := range n {
		r := &migrate.AccountReport{Account: fmt.Sprintf("user%04d", i), State: migrate.AccountOK}
		r.Collections.Total, r.Collections.Created = 1, 1
		r.Objects.Listed, r.Objects.Created = 2, 2
		switch {
		case i >= 10 && i < 90:
			r.State, r.Collections, r.Objects = migrate.AccountFailed, migrate.CollectionCounts{}, migrate.Counts{}
			s.Problems = append(s.Problems, migrate.Problem{Account: r.Account, Outcome: migrate.Failed, Status: 401, Message: "the source: 401 Unauthorized"})
		case i == 100:
			r.State = migrate.AccountIncomplete
			r.Objects = migrate.Counts{Listed: 500, Refused: 500}
			for o := range 500 {
				s.Problems = append(s.Problems, migrate.Problem{Account: r.Account, Collection: "/work/", Path: fmt.Sprintf("/work/%d.ics", o),
					Outcome: migrate.Refused, Status: 403, Condition: "valid-calendar-data", Message: "403 Forbidden (valid-calendar-data)"})
			}
		case i == 110:
			r.State = migrate.AccountFailed
			s.Problems = append(s.Problems, migrate.Problem{Account: r.Account, Outcome: migrate.Failed, Message: "the destination: connection refused"})
		}
		if r.State == migrate.AccountOK {
			s.Accounts.OK++
		}
		s.Left = append(s.Left, migrate.LeftOut{Account: r.Account, Collection: "/inbox/", Reason: "scheduling inbox"})
		s.PerAccount = append(s.PerAccount, r)
	}
	return s
}

func summaryText(s *migrate.Summary) string {
	var text strings.Builder
	printSummary(&text, s, "a.davferry")
	return text.String()
}

func TestReportOfManyAccountsStaysReadable(t *testing.T) {
	text := summaryText(manyAccounts(3000))
	if lines := strings.Count(text, "\n"); lines > 90 {
		t.Errorf("%d lines:\n%s", lines, text)
	}
	rest := text
	for _, want := range []string{
		"\nuser0010  0            0        0        0          failed\n",
		"not shown: 32 accounts that need a look\n",
		"not shown: 2918 accounts that are ok\n",
		"all accounts are in a.davferry/report.json\n",
		"failed: user0010: the source: 401 Unauthorized\n",
		"refused: user0100 /work/0.ics: 403 Forbidden (valid-calendar-data)\n",
		"failed: user0110: the destination: connection refused\n",
		"and 572 more, all of them in a.davferry/report.json\n",
		"in all: 80 accounts: failed, 401 Unauthorized\n",
		"in all: 500 objects: refused, 403 Forbidden, valid-calendar-data\n",
		"advice: 401: the server refused the login",
		"left out: 3000 collections: scheduling inbox (one by one in a.davferry/report.json)\n",
		"to run again: a.davferry/failures.csv (82 accounts, passwords left out)\n",
		"report: a.davferry/report.json\n",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Errorf("%q is missing, or not in its place:\n%s", want, text)
			continue
		}
		rest = after
	}
}

func TestReportOfFewAccountsShowsAll(t *testing.T) {
	text := summaryText(manyAccounts(maxRows))
	if n := strings.Count(text, "\nuser0"); n != maxRows || strings.Contains(text, "not shown") {
		t.Errorf("%d accounts:\n%s", n, text)
	}
}

func TestReportOfAnEarlyEndSaysItOnce(t *testing.T) {
	s := manyAccounts(3000)
	s.Interrupted, s.Stopped = true, "writing the journal: no space left on device"
	for _, r := range s.PerAccount[200:] {
		r.State, r.Collections, r.Objects = migrate.AccountFailed, migrate.CollectionCounts{}, migrate.Counts{}
		s.Problems = append(s.Problems, migrate.Problem{Account: r.Account, Outcome: migrate.Failed, Message: "not begun: " + s.Stopped})
	}
	text := summaryText(s)
	if strings.Contains(text, "no space left") || strings.Contains(text, "to run again") {
		t.Errorf("what ended the run is for stderr, and the same command goes on:\n%s", text)
	}
	for _, want := range []string{"not shown: 2800 accounts that the run did not come to\n", "in all: 80 accounts: failed, 401 Unauthorized\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
}

func TestPrintable(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text", "Größe – 予定 🎉", "Größe – 予定 🎉"},
		{"escape sequence", "a\x1b[31mb", "a\ufffd[31mb"},
		{"the same in one character", "a\u009b31mb", "a\ufffd31mb"},
		{"line break", "a\nfailed: b", "a\ufffdfailed: b"},
		{"reversed text", "a\u202eb", "a\ufffdb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := printable(tt.in); got != tt.want {
				t.Errorf("%q", got)
			}
		})
	}
}
