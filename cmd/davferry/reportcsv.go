package main

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"davferry/migrate"
)

// csvColumns are the columns of a report as CSV: those that say which row it is, those of accounts, and those of problems.
var csvColumns = []string{"row", "account",
	"state", "collections", "collections_created", "collections_failed",
	"listed", "created", "updated", "unchanged", "skipped", "gone", "conflict", "refused", "failed", "removed", "left", "bytes_read", "bytes_written", "seconds",
	"collection", "path", "uid", "outcome", "objects", "status", "condition", "message"}

// printReportCSV writes one row an account, and below it one row for each of its problems.
func printReportCSV(w io.Writer, s *migrate.Summary) error {
	problems := map[string][]migrate.Problem{}
	for _, p := range s.Problems {
		problems[p.Account] = append(problems[p.Account], p)
	}
	out := csv.NewWriter(w)
	out.Write(csvColumns)
	for _, r := range s.PerAccount {
		out.Write(csvRow(accountCells(r)))
		for _, p := range problems[r.Account] {
			out.Write(csvRow(problemCells(p)))
		}
	}
	out.Flush()
	return out.Error()
}

func accountCells(r *migrate.AccountReport) map[string]string {
	o := r.Objects
	cells := map[string]string{"row": "account", "account": r.Account, "state": r.State,
		"seconds": strconv.FormatFloat(r.Seconds, 'f', -1, 64)}
	for column, n := range map[string]int{
		"collections": r.Collections.Total, "collections_created": r.Collections.Created, "collections_failed": r.Collections.Failed,
		"listed": o.Listed, "created": o.Created, "updated": o.Updated, "unchanged": o.Unchanged, "skipped": o.Skipped, "gone": o.Gone,
		"conflict": o.Conflict, "refused": o.Refused, "failed": o.Failed, "removed": r.Deleted.Removed, "left": r.Deleted.Left,
		"bytes_read": int(r.Bytes.Read), "bytes_written": int(r.Bytes.Written),
	} {
		cells[column] = strconv.Itoa(n)
	}
	return cells
}

func problemCells(p migrate.Problem) map[string]string {
	cells := map[string]string{"row": "problem", "account": p.Account, "collection": p.Collection, "path": p.Path, "uid": p.UID,
		"outcome": string(p.Outcome), "condition": p.Condition, "message": p.Message}
	if p.Objects != 0 {
		cells["objects"] = strconv.Itoa(p.Objects)
	}
	if p.Status != 0 {
		cells["status"] = strconv.Itoa(p.Status)
	}
	return cells
}

// csvRow puts cells in the order of the columns.
func csvRow(cells map[string]string) []string {
	row := make([]string, len(csvColumns))
	for i, column := range csvColumns {
		row[i] = csvCell(cells[column])
	}
	return row
}

// csvCell keeps what a server sent from being a formula in a spreadsheet, or a sequence that steers a terminal.
func csvCell(text string) string {
	text = printable(text)
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}
