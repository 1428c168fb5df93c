package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"davferry/migrate"
)

// everything is where all of a preflight's result is to be had; it keeps no report.
const everything = "the output of --json"

// printPreflight writes a preflight's result for people: a table, where what goes that is there already, what stands in
// the way, and the verdict as the last line.
func printPreflight(w io.Writer, s *migrate.Summary) {
	problems := ownProblems(s)
	printAccounts(w, forecastColumns(s), s, problems, everything)
	printExisting(w, s)
	printLeftOut(w, s, everything)
	printNotes(w, s.Notes, everything)
	printObstacles(w, problems)
	fmt.Fprintf(w, "%s read in %.1f s, %s to the source, %d to the destination\n",
		size(s.Bytes.Read), s.Seconds, count(s.Requests.Source, "request"), s.Requests.Destination)
	fmt.Fprintln(w, s.Verdict())
}

func forecastColumns(s *migrate.Summary) []column {
	types := func(head string, of func(c *migrate.TypeCounts) int) column {
		return column{head, func(r *migrate.AccountReport) string { return strconv.Itoa(of(&r.Forecast.Types)) }, s.Types != nil && of(s.Types) > 0}
	}
	outcome := func(head string, of func(c migrate.Counts) int) column {
		return column{head, func(r *migrate.AccountReport) string { return strconv.Itoa(of(r.Objects)) }, of(s.Objects) > 0}
	}
	number := func(head string, of func(r *migrate.AccountReport) int) column {
		return column{head, func(r *migrate.AccountReport) string { return strconv.Itoa(of(r)) }, true}
	}
	return []column{
		{"ACCOUNT", func(r *migrate.AccountReport) string { return r.Account }, true},
		{"SOURCE", func(r *migrate.AccountReport) string { return found(r.Forecast.Source) }, true},
		{"DESTINATION", func(r *migrate.AccountReport) string { return found(r.Forecast.Destination) }, true},
		number("COLLECTIONS", func(r *migrate.AccountReport) int { return r.Collections.Total - r.Collections.Skipped }),
		number("NEW", func(r *migrate.AccountReport) int { return r.Collections.Created }),
		number("OBJECTS", func(r *migrate.AccountReport) int { return r.Objects.Listed }),
		types("EVENTS", func(c *migrate.TypeCounts) int { return c.Events }),
		types("TODOS", func(c *migrate.TypeCounts) int { return c.Todos }),
		types("JOURNALS", func(c *migrate.TypeCounts) int { return c.Journals }),
		types("CONTACTS", func(c *migrate.TypeCounts) int { return c.Contacts }),
		types("OTHER", func(c *migrate.TypeCounts) int { return c.Other }),
		{"TO WRITE", toWrite, true},
		outcome("THERE", func(c migrate.Counts) int { return c.Unchanged }),
		outcome("CONFLICT", func(c migrate.Counts) int { return c.Conflict }),
		outcome("REFUSED", func(c migrate.Counts) int { return c.Refused }),
		outcome("FAILED", func(c migrate.Counts) int { return c.Failed }),
		{"STATE", readiness, true},
	}
}

// found says which services a side has.
func found(side migrate.Side) string {
	switch {
	case !side.Found:
		return "not found"
	case !slices.Contains(side.Services, "carddav"):
		return "CalDAV only"
	case !slices.Contains(side.Services, "caldav"):
		return "CardDAV only"
	}
	return "ok"
}

func toWrite(r *migrate.AccountReport) string {
	switch {
	case r.State == migrate.AccountFailed:
		return "-"
	case r.Forecast.Unweighed == 0:
		return size(r.Forecast.ToWrite)
	case r.Forecast.ToWrite == 0:
		return "unknown"
	}
	return "over " + size(r.Forecast.ToWrite)
}

// readiness is an account's state in a word.
func readiness(r *migrate.AccountReport) string {
	switch r.State {
	case migrate.AccountOK:
		return "ready"
	case migrate.AccountFailed:
		return "failed"
	}
	return "look"
}

// printExisting says which collections would go into one that the destination has.
func printExisting(w io.Writer, s *migrate.Summary) {
	var lines []string
	for _, r := range s.PerAccount {
		for _, c := range r.Forecast.Collections {
			if c.Exists {
				lines = append(lines, fmt.Sprintf("exists: %s %s -> %s (%s there)", r.Account, c.Path, c.Destination, count(c.There, "object")))
			}
		}
	}
	if len(lines) > maxShown {
		lines = []string{fmt.Sprintf("exists: %s at the destination already (one by one in %s)", count(len(lines), "collection"), everything)}
	}
	for _, line := range lines {
		fmt.Fprintln(w, printable(line))
	}
}

// obstacle is what the problems of one cause in one place have in common.
type obstacle struct {
	migrate.Problem     // the first of them
	objects         int // all of them
}

// obstacles puts problems of objects together by their place and cause: a preflight meets each of them often.
func obstacles(problems []migrate.Problem) []obstacle {
	type cause struct {
		account, collection, kind string
		object                    bool
	}
	var list []obstacle
	at := map[cause]int{}
	for _, p := range problems {
		key := cause{p.Account, p.Collection, kindOf(p), p.Path != ""}
		if i, known := at[key]; known && p.Path != "" {
			list[i].objects++
			continue
		}
		at[key] = len(list)
		list = append(list, obstacle{p, 1})
	}
	return list
}

func (o obstacle) String() string {
	if o.objects == 1 {
		return problemLine(o.Problem)
	}
	return fmt.Sprintf("%s: %s %s: %s, such as %s: %s", o.Outcome, o.Account, o.Collection, count(o.objects, "object"),
		o.Path[strings.LastIndexByte(strings.TrimSuffix(o.Path, "/"), '/')+1:], o.Message)
}

func printObstacles(w io.Writer, problems []migrate.Problem) {
	list := obstacles(problems)
	for i, o := range list {
		if i == maxShown {
			fmt.Fprintf(w, "and %d more, all of them in %s\n", len(list)-i, everything)
			printKinds(w, problems)
			break
		}
		fmt.Fprintln(w, printable(o.String()))
	}
	for _, r := range preflightRemedies {
		if slices.ContainsFunc(problems, r.fits) {
			fmt.Fprintln(w, "advice: "+r.advice)
		}
	}
}

// preflightRemedies says what to do about what stands in the way.
var preflightRemedies = []struct {
	fits   func(p migrate.Problem) bool
	advice string
}{
	{func(p migrate.Problem) bool { return p.Status == http.StatusUnauthorized },
		"401: the server refused the login; check user name and password in the accounts file"},
	{func(p migrate.Problem) bool { return p.Outcome == migrate.Conflict && p.Path != "" },
		"conflict: migrate would leave the destination's version as it is; --on-conflict overwrite replaces it by the source's"},
	{func(p migrate.Problem) bool { return p.Outcome == migrate.Conflict && p.Path == "" },
		"conflict: correct the accounts file, so that no account is in it twice"},
	{func(p migrate.Problem) bool { return p.Condition == "supported-calendar-component" },
		"supported-calendar-component: leave these out with --objects, or give the destination a calendar that takes them"},
	{func(p migrate.Problem) bool { return p.Condition == "max-resource-size" },
		"max-resource-size: raise the limit at the destination, or take these over by hand"},
	{func(p migrate.Problem) bool { return p.Condition == "quota-not-exceeded" },
		"quota-not-exceeded: give the account more room at the destination"},
	{func(p migrate.Problem) bool { return p.Condition == "no-such-service" },
		"no-such-service: if the destination has that service, find it with davferry discover and name its URL; else leave these out with --objects"},
	{func(p migrate.Problem) bool {
		return p.Condition == "collections-not-to-add" || p.Condition == "need-privileges" && p.Path == ""
	},
		"collections that cannot be made: have the destination's administrator make them or allow it, or leave them out with --exclude"},
}
