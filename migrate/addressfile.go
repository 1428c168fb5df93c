package migrate

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"davferry/mapping"
)

// ReadAddresses reads a file of old and new mail addresses: CSV with two columns, with or without the header old,new,
// otherwise like an accounts file. Each row names two addresses, or two domains as *@domain. name is what errors call the
// file. contacts says that the addresses of contacts change as well.
//
// All that is wrong with the file is in one *AccountsError.
func ReadAddresses(r io.Reader, name string, contacts bool) (*mapping.Addresses, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxAccountsFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file := addressFile{addresses: mapping.NewAddresses(contacts)}
	if file.read(text); len(file.problems) > 0 {
		slices.SortStableFunc(file.problems, AccountProblem.compare)
		return nil, &AccountsError{File: name, Problems: file.problems}
	}
	return file.addresses, nil
}

// addressFile is such a file while it is read.
type addressFile struct {
	sheet     *sheet
	addresses *mapping.Addresses
	problems  []AccountProblem
}

func (f *addressFile) read(text []byte) {
	if f.sheet, f.problems = parseSheet(text); f.sheet == nil {
		if strings.TrimSpace(string(text)) == "" {
			f.problems = []AccountProblem{{Text: "the file is empty; its lines are an old and a new address, as in jane@old.example,jane@new.example"}}
		}
		return
	}
	rows := f.sheet.rows
	if !isAddressHeader(f.sheet.header) {
		rows = append([][]cell{f.sheet.header}, rows...)
	}
	var taken [][]cell
	for _, row := range rows {
		if f.row(row) {
			taken = append(taken, row)
		}
	}
	for _, row := range taken {
		switch old := strings.TrimSpace(row[0].text); {
		case !f.addresses.Again(old):
		case f.addresses.Round(old):
			f.problem(row[1], fmt.Sprintf("what %s becomes leads back to it; addresses cannot change places: a second run would change them back", old))
		default:
			f.problem(row[1], fmt.Sprintf("what %s becomes is itself an address that changes; name the last one here", old))
		}
	}
}

func isAddressHeader(row []cell) bool {
	return len(row) == 2 && strings.EqualFold(strings.TrimSpace(row[0].text), "old") && strings.EqualFold(strings.TrimSpace(row[1].text), "new")
}

// row takes in one row. It is false where something is wrong with it.
func (f *addressFile) row(row []cell) bool {
	if len(row) != 2 {
		f.problem(row[min(2, len(row)-1)], fmt.Sprintf("a row has 2 fields, the old and the new address; this one has %d", len(row)))
		return false
	}
	fine := true
	for _, c := range row {
		if problem := addressProblem(strings.TrimSpace(c.text)); problem != "" {
			f.problem(c, problem)
			fine = false
		}
	}
	if !fine {
		return false
	}
	if err := f.addresses.Add(strings.TrimSpace(row[0].text), strings.TrimSpace(row[1].text)); err != nil {
		f.problem(row[0], err.Error())
		return false
	}
	return true
}

func (f *addressFile) problem(c cell, text string) {
	f.problems = append(f.problems, AccountProblem{Line: c.at.line, Column: f.sheet.character(c.at), Text: text})
}

// addressProblem says why a text is neither a mail address nor *@domain, "" where it is one.
func addressProblem(address string) string {
	local, domain, found := strings.Cut(address, "@")
	switch {
	case address == "":
		return "the address is missing"
	case len(address) > 7 && strings.EqualFold(address[:7], "mailto:"):
		return "an address is written without mailto:"
	case !utf8.ValidString(address), strings.ContainsFunc(address, isNoAddressRune):
		return fmt.Sprintf("%q holds characters that no address has", address)
	case !found || local == "" || domain == "" || strings.Contains(domain, "@"):
		return fmt.Sprintf("%q is no address: write name@domain, or *@domain for a whole domain", address)
	case local != "*" && strings.Contains(local, "*"), strings.Contains(domain, "*"):
		return fmt.Sprintf("%q: * stands for a whole name only, as in *@domain", address)
	}
	return ""
}

// isNoAddressRune knows what would have to be escaped in a content line or a URI, or cannot be there at all.
func isNoAddressRune(r rune) bool {
	return r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>[\]^`, r)
}
