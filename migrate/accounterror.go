package migrate

import (
	"cmp"
	"fmt"
	"strings"
)

// AccountsError is all that is wrong with an accounts file, or with another CSV file that a run reads.
type AccountsError struct {
	File     string           // as ReadAccounts was told
	Problems []AccountProblem // at least one, ordered by line and column
}

// AccountProblem is one thing that is wrong with such a file.
type AccountProblem struct {
	Line   int // 1-based; 0 where it is the command line's or the whole file's
	Column int // 1-based, in characters; 0 where it is the whole line's
	Text   string
}

// Error lists the problems, one a line.
func (e *AccountsError) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s", e.File, p)
	}
	return b.String()
}

// String returns the problem with its place in front.
func (p AccountProblem) String() string {
	switch {
	case p.Line == 0:
		return p.Text
	case p.Column == 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Text)
	default:
		return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Text)
	}
}

func (p AccountProblem) compare(q AccountProblem) int {
	return cmp.Or(cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// numberOf returns a number with its noun in the right number.
func numberOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
