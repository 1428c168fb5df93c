package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"davferry/migrate"
)

// How many problems of one account and of one kind a terminal shows where there are more than maxShown in all.
const (
	maxOfAccount = 3
	maxOfKind    = 5
)

// ownProblems returns the problems without those that only say, of each account and collection, why the whole run ended
// early; that is said once, at the end.
func ownProblems(s *migrate.Summary) []migrate.Problem {
	if s.Stopped == "" {
		return s.Problems
	}
	return slices.DeleteFunc(slices.Clone(s.Problems), func(p migrate.Problem) bool {
		return strings.HasSuffix(p.Message, s.Stopped)
	})
}

// printProblems says what needs a look, and what can be done about it.
func printProblems(w io.Writer, problems []migrate.Problem, report string) {
	shown := problems
	if len(problems) > maxShown {
		shown = someProblems(problems)
	}
	for _, p := range shown {
		fmt.Fprintln(w, printable(problemLine(p)))
	}
	if more := len(problems) - len(shown); more > 0 {
		fmt.Fprintf(w, "and %d more, all of them in %s\n", more, report)
		printKinds(w, problems)
	}
	for _, line := range advice(problems) {
		fmt.Fprintln(w, "advice:", line)
	}
}

// printKinds says how many accounts, collections and objects have a problem of which kind.
func printKinds(w io.Writer, problems []migrate.Problem) {
	var accounts, collections, objects tallied
	for _, p := range problems {
		switch {
		case p.Path != "":
			objects.add(kindOf(p))
		case p.Collection != "":
			collections.add(kindOf(p))
		default:
			accounts.add(kindOf(p))
		}
	}
	accounts.print(w, "in all", "account", "")
	collections.print(w, "in all", "collection", "")
	objects.print(w, "in all", "object", "")
}

// someProblems chooses a few of many, so that no account and no kind hides the others.
func someProblems(problems []migrate.Problem) []migrate.Problem {
	var some []migrate.Problem
	accounts, kinds := map[string]int{}, map[string]int{}
	for _, p := range problems {
		if len(some) < maxShown && accounts[p.Account] < maxOfAccount && kinds[kindOf(p)] < maxOfKind {
			some = append(some, p)
			accounts[p.Account]++
			kinds[kindOf(p)]++
		}
	}
	return some
}

func problemLine(p migrate.Problem) string {
	line := fmt.Sprintf("%s: %s", p.Outcome, p.Account)
	switch {
	case p.Path != "":
		line += " " + p.Path
	case p.Collection != "" && p.Objects > 0:
		line += fmt.Sprintf(" %s (%s)", p.Collection, count(p.Objects, "object"))
	case p.Collection != "":
		line += " " + p.Collection
	}
	return line + ": " + p.Message
}

// kindOf tells problems that have one cause from others, as far as the answers do.
func kindOf(p migrate.Problem) string {
	kind := string(p.Outcome)
	if p.Status != 0 {
		kind += ", " + strings.TrimSpace(strconv.Itoa(p.Status)+" "+http.StatusText(p.Status))
	}
	if p.Condition != "" {
		kind += ", " + p.Condition
	}
	return kind
}

// remedies says what to do about problems.
var remedies = []struct {
	fits   func(p migrate.Problem) bool
	advice string
}{
	{func(p migrate.Problem) bool { return p.Status == http.StatusUnauthorized },
		"401: the server refused the login; check user name and password in the accounts file"},
	{func(p migrate.Problem) bool {
		return p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	},
		"429, 503: the server wants fewer requests; run again later, with --tpslimit 2, or with a longer --max-wait where it says how long"},
	{func(p migrate.Problem) bool { return p.Status == http.StatusInsufficientStorage },
		"507: the account at the destination is full; give it more room and run again"},
	{func(p migrate.Problem) bool { return p.Outcome == migrate.Conflict },
		"conflict: the destination's version was left as it is; --on-conflict overwrite replaces it by the source's, --on-conflict new-uid puts the source's beside it"},
	{func(p migrate.Problem) bool {
		return p.Outcome == migrate.Refused && p.Condition != "calendar-auto-schedule"
	},
		"refused: the destination does not take these as they are; correct them at the source, or take them over by hand"},
	{func(p migrate.Problem) bool { return p.Outcome == migrate.Failed && p.Collection != "" },
		"failed: the same command tries these again, and leaves alone what is done"},
}

func advice(problems []migrate.Problem) []string {
	var lines []string
	for _, r := range remedies {
		if slices.ContainsFunc(problems, r.fits) {
			lines = append(lines, r.advice)
		}
	}
	return lines
}

// tallied is how many things there are of each text.
type tallied map[string]int

func (t *tallied) add(text string) { t.addMany(text, 1) }

func (t *tallied) addMany(text string, n int) {
	if *t == nil {
		*t = tallied{}
	}
	(*t)[text] += n
}

// print writes one line for each text, the most frequent first, and where to find the things one by one.
func (t tallied) print(w io.Writer, head, noun, report string) {
	texts := slices.SortedFunc(maps.Keys(t), func(a, b string) int { return cmp.Or(t[b]-t[a], strings.Compare(a, b)) })
	if report != "" && len(texts) > 0 {
		report = " (one by one in " + report + ")"
	}
	for i, text := range texts {
		if i == maxShown {
			fmt.Fprintf(w, "%s: and %s\n", head, count(len(texts)-i, "more reason"))
			return
		}
		fmt.Fprintf(w, "%s: %s: %s%s\n", head, count(t[text], noun), printable(text), report)
	}
}
