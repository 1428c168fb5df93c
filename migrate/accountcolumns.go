package migrate

import (
	"cmp"
	"slices"
	"strings"
)

// The columns of an accounts file: account, and for each side the side's name alone and with each suffix.
const (
	accountColumn   = "account"
	sourceSide      = "source"
	destinationSide = "destination"

	userSuffix     = "_user"
	passwordSuffix = "_password"
	envSuffix      = "_password_env"
	fileSuffix     = "_password_file"
	commandSuffix  = "_password_command"
	authSuffix     = "_auth"
)

// sampleHeader is what messages show to someone whose file has none.
const sampleHeader = "account,source,source_user,source_password_env"

var passwordSuffixes = []string{passwordSuffix, envSuffix, fileSuffix, commandSuffix}

// accountColumns lists every column, in the order of the documentation.
var accountColumns = func() []string {
	columns := []string{accountColumn}
	for _, suffix := range slices.Concat([]string{"", userSuffix}, passwordSuffixes, []string{authSuffix}) {
		columns = append(columns, sourceSide+suffix, destinationSide+suffix)
	}
	return columns
}()

// isPassword says whether a column holds passwords themselves.
func isPassword(column string) bool {
	return column == sourceSide+passwordSuffix || column == destinationSide+passwordSuffix
}

// bindHeader finds the columns and reports those that are unknown, doubled or missing. Without one known column
// the first line is no header, and nothing below it can be understood.
func (b *binder) bindHeader() bool {
	known := 0
	for _, c := range b.sheet.header {
		name := strings.ToLower(strings.TrimSpace(c.text))
		b.names = append(b.names, name)
		if slices.Contains(accountColumns, name) {
			known++
		}
	}
	if known == 0 {
		b.report(b.sheet.header[0].at, "no column name found: the first line must name the columns, separated by , or ;, as in %s",
			sampleHeader)
		return false
	}
	before := len(b.problems)
	for i, c := range b.sheet.header {
		b.bindColumn(i, c)
	}
	b.checkMissing()
	b.badHeader = len(b.problems) > before
	return true
}

func (b *binder) bindColumn(i int, c cell) {
	name := b.names[i]
	switch _, doubled := b.columns[name]; {
	case name == "":
		b.report(c.at, "a column without a name")
	case !slices.Contains(accountColumns, name):
		b.report(c.at, "unknown column%s%s", quotedName(name), suggestion(name))
	case doubled:
		b.report(c.at, "the column %s is there twice", name)
	default:
		b.columns[name] = i
	}
}

// checkMissing reports the columns without which no row of a needed side can be complete. The address has defaults; the
// user name is not needed where a token or a client certificate may stand for it.
func (b *binder) checkMissing() {
	at := b.sheet.header[0].at
	for _, side := range b.sides() {
		auth := cmp.Or(b.access(side).Auth, AuthBasic)
		certified := b.defaults.Certificate && auth == AuthBasic
		if !b.has(side+userSuffix) && !b.has(side+authSuffix) && auth != AuthBearer && !certified {
			b.report(at, "missing column %s", side+userSuffix)
		}
		_, given := b.access(side).password()
		if !given && !certified && !slices.ContainsFunc(passwordSuffixes, func(suffix string) bool { return b.has(side + suffix) }) {
			b.report(at, "missing column %s, or one of %s, %s and %s instead",
				side+passwordSuffix, side+envSuffix, side+fileSuffix, side+commandSuffix)
		}
	}
}

func (b *binder) has(column string) bool {
	_, ok := b.columns[column]
	return ok
}

// quotedName returns an unknown column's name with a blank in front, "" unless it reads like a name: in a file without a
// header it may be a password.
func quotedName(name string) string {
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_- ") != "" {
		return ""
	}
	return " " + name
}

// suggestion names the column that was probably meant, "" where none is near.
func suggestion(name string) string {
	name = strings.NewReplacer(" ", "_", "-", "_").Replace(name)
	if len(name) > 40 {
		return ""
	}
	best, least := "", 1+len(name)/3
	for _, column := range accountColumns {
		if d := editDistance(name, column); d < least {
			best, least = column, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// editDistance is the Levenshtein distance of two strings in octets.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
