package migrate

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// originNote heads a failures file, before the path of the accounts file that it was made from.
const originNote = "# accounts file: "

// AccountsFile returns the accounts file that a failures file was made from, "" for another file: the one that it names, else
// the one beside the state folder that has its name, where StateDir put that.
func AccountsFile(path string) string {
	dir, file := filepath.Split(filepath.Clean(path))
	within := filepath.Clean(dir)
	if file != failuresFile {
		return ""
	}
	if origin := originOf(path); origin != "" && fileExists(origin) {
		return origin
	}
	if !strings.HasSuffix(within, stateExtension) {
		return ""
	}
	return strings.TrimSuffix(within, stateExtension) + ".csv"
}

// originOf reads which accounts file a failures file names.
func originOf(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, 1<<16)).ReadString('\n')
	if origin, ok := strings.CutPrefix(line, originNote); ok && err == nil {
		return strings.TrimSuffix(origin, "\n")
	}
	return ""
}

// passwordNote stands in a failures file whose rows lost their passwords.
const passwordNote = "# Passwords are not kept here: davferry takes them from the accounts file, as long as that is where it was. " +
	"Else fill them in again, or use the columns ending in _env, _file or _command.\n"

// WriteFailures writes rows of an accounts file as an accounts file: columns and fields as they were, without the
// passwords themselves. Variables, files and commands that give passwords stay, so that a file that uses these can be
// run again as it is; other passwords are looked for in the accounts file at the path origin, which is absolute, or "" where
// there is none. Without accounts it writes nothing.
func WriteFailures(w io.Writer, accounts []Account, origin string) error {
	if len(accounts) == 0 {
		return nil
	}
	columns, _ := accounts[0].row()
	var b strings.Builder
	if slices.ContainsFunc(columns, isPassword) {
		if origin != "" && !strings.ContainsAny(origin, "\r\n") {
			b.WriteString(originNote + origin + "\n")
		}
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
