package migrate

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// AccountsFile returns the accounts file that a failures file was made from, "" for another file: the one beside the state
// folder that has its name, where StateDir put that.
func AccountsFile(path string) string {
	dir, file := filepath.Split(filepath.Clean(path))
	within := filepath.Clean(dir)
	if file != failuresFile || !strings.HasSuffix(within, stateExtension) {
		return ""
	}
	return strings.TrimSuffix(within, stateExtension) + ".csv"
}

// passwordNote heads a failures file whose rows lost their passwords.
const passwordNote = "# Passwords are not kept here. Run where it is, beside its accounts file, davferry takes them from there; " +
	"elsewhere fill them in again, or use the columns ending in _env, _file or _command.\n"

// WriteFailures writes rows of an accounts file as an accounts file: columns and fields as they were, without the
// passwords themselves. Variables, files and commands that give passwords stay, so that a file that uses these can be
// run again as it is. Without accounts it writes nothing.
func WriteFailures(w io.Writer, accounts []Account) error {
	if len(accounts) == 0 {
		return nil
	}
	columns, _ := accounts[0].row()
	var b strings.Builder
	if slices.ContainsFunc(columns, isPassword) {
		b.WriteString(passwordNote)
	}
	writeFields(&b, columns)
	for _, a := range accounts {
		writeFields(&b, a.under(columns))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the failed accounts: %w", err)
	}
	return nil
}

// under returns the account's fields in the order of a header.
func (a Account) under(header []string) []string {
	columns, fields := a.row()
	row := make([]string, len(header))
	for i, column := range header {
		if at := slices.Index(columns, column); at >= 0 {
			row[i] = fields[at]
		}
	}
	return row
}

// row returns the account as it stood in its file, or what can be said of one that comes from no file.
func (a Account) row() (columns, fields []string) {
	if a.columns != nil {
		return a.columns, a.fields
	}
	s, d := a.Source, a.Destination
	return []string{accountColumn,
			sourceSide, sourceSide + userSuffix, sourceSide + passwordSuffix, sourceSide + authSuffix,
			destinationSide, destinationSide + userSuffix, destinationSide + passwordSuffix, destinationSide + authSuffix},
		[]string{a.Name, s.Address, s.User, "", s.Auth, d.Address, d.User, "", d.Auth}
}

// writeFields writes a row. Unlike csv.Writer it quotes a # too, which would make a comment of the row.
func writeFields(b *strings.Builder, fields []string) {
	for i, field := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(field, ",;#\"\r\n") || strings.TrimSpace(field) != field {
			field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
		b.WriteString(field)
	}
	b.WriteByte('\n')
}
