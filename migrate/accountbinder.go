package migrate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// binder turns the rows of a sheet into accounts and collects what is wrong with them.
type binder struct {
	sheet    *sheet
	defaults Defaults
	columns  map[string]int // index by name
	names    []string       // the header, in lower case

	// badHeader keeps rows from repeating what follows from a column that is misspelt or missing.
	badHeader bool

	// Rows that name the same variable, file or command share one Secret: an administrator's token is then asked for
	// once, not once an account.
	secrets map[secretField]Secret

	labels       map[string]int // line by account name
	destinations map[string]int // line by destination and user
	problems     []AccountProblem
}

func newBinder(s *sheet, d Defaults) *binder {
	return &binder{
		sheet: s, defaults: d,
		columns: map[string]int{},
		secrets: map[secretField]Secret{},
		labels:  map[string]int{}, destinations: map[string]int{},
	}
}

func (b *binder) bind() []Account {
	b.checkDefaults()
	if !b.bindHeader() {
		return nil
	}
	var accounts []Account
	for _, row := range b.sheet.rows {
		if b.wellFormed(row) {
			accounts = append(accounts, b.account(row))
		}
	}
	if len(b.sheet.rows) == 0 && len(b.problems) == 0 {
		b.report(b.sheet.header[0].at, "there is no account below the header")
	}
	return accounts
}

// checkDefaults checks the flags, whose problems are nowhere in the file.
func (b *binder) checkDefaults() {
	for _, side := range b.sides() {
		if flag := b.flag(side); flag != "" {
			if err := CheckAddress(flag, b.defaults.AllowPlaintext); err != nil {
				b.problems = append(b.problems, AccountProblem{Text: fmt.Sprintf("--%s: %v", side, err)})
			}
		}
		b.checkAccess(side)
	}
}

// wellFormed says whether a row's fields can be told apart and read.
func (b *binder) wellFormed(row []cell) bool {
	if got, want := len(row), len(b.names); got != want {
		b.report(row[min(got-1, want)].at, "%s, but the header names %s", numberOf(got, "field"), numberOf(want, "column"))
		return false
	}
	ok := true
	for i, c := range row {
		if !utf8.ValidString(c.text) {
			b.report(c.at, "%s: this is not UTF-8; save the file as UTF-8", b.names[i])
			ok = false
		}
	}
	return ok
}

// account binds one row. Where something is wrong with it, the problems say so and the account is not used.
func (b *binder) account(row []cell) Account {
	before := len(b.problems)
	a := Account{Line: row[0].at.line, columns: b.names, fields: make([]string, len(row))}
	for i, c := range row {
		if !isPassword(b.names[i]) {
			a.fields[i] = c.text
		}
	}
	if b.defaults.NeedSource {
		a.Source = b.endpoint(row, sourceSide)
	}
	if b.defaults.NeedDestination {
		a.Destination = b.endpoint(row, destinationSide)
		b.checkDestination(row, a.Destination)
	}
	a.Name = b.name(row)
	if a.Name == "" && !b.badHeader && len(b.problems) == before {
		b.report(row[0].at, "the row has no name: fill the column account")
	}
	return a
}

// name finds the label of a row, "" where it has none: the same for every verb, since import looks in an archive for what export wrote.
func (b *binder) name(row []cell) string {
	for _, column := range []string{accountColumn, sourceSide + userSuffix, destinationSide + userSuffix} {
		c, ok := b.cell(row, column)
		if !ok || strings.TrimSpace(c.text) == "" {
			continue
		}
		label := strings.Join(strings.Fields(c.text), " ")
		if hasControl(label) {
			b.report(c.at, "%s: holds a control character", column)
		}
		b.once(b.labels, label, c, "the account stands in line %d already; give each row an account name of its own")
		return label
	}
	return ""
}

// checkDestination refuses two rows that would write to the same account: the second would find the first one's objects
// and take them for its own.
func (b *binder) checkDestination(row []cell, e Endpoint) {
	if e.User == "" || e.Address == "" {
		return
	}
	c, ok := b.cell(row, destinationSide+userSuffix)
	if !ok {
		c = row[0]
	}
	whose := e.Principal
	if whose == "" {
		whose = e.loginName()
	}
	b.once(b.destinations, canonicalAddress(e.Address)+"\n"+whose, c,
		"line %d writes to this destination and user already; two accounts cannot share one")
}

// once reports the second use of a key. format takes the line of the first.
func (b *binder) once(seen map[string]int, key string, c cell, format string) {
	if line, doubled := seen[key]; doubled {
		b.report(c.at, format, line)
		return
	}
	seen[key] = c.at.line
}

func (b *binder) report(at position, format string, args ...any) {
	b.problems = append(b.problems, AccountProblem{
		Line: at.line, Column: b.sheet.character(at), Text: fmt.Sprintf(format, args...),
	})
}

// cell returns the field of a column; false where the file has no such column.
func (b *binder) cell(row []cell, column string) (cell, bool) {
	i, ok := b.columns[column]
	if !ok {
		return cell{}, false
	}
	return row[i], true
}

func (b *binder) sides() []string {
	var sides []string
	if b.defaults.NeedSource {
		sides = append(sides, sourceSide)
	}
	if b.defaults.NeedDestination {
		sides = append(sides, destinationSide)
	}
	return sides
}

func (b *binder) flag(side string) string {
	if side == sourceSide {
		return b.defaults.Source
	}
	return b.defaults.Destination
}
