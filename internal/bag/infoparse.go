package bag

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"
)

// maxInfo is how much of a bag-info.txt is read: enough for 100,000 accounts.
const maxInfo = 64 << 20

// ParseInfo reads bag-info.txt. Elements that davferry does not write are skipped: a bag of another tool has its own,
// which is no error.
func ParseInfo(r io.Reader) (Info, error) {
	var i Info
	for e, err := range elements(io.LimitReader(r, maxInfo)) {
		if err != nil {
			return i, fmt.Errorf("%s: %w", InfoFile, err)
		}
		if err := i.set(e.label, e.value); err != nil {
			return i, fmt.Errorf("%s: %s: %w", InfoFile, e.label, err)
		}
	}
	return i, nil
}

type element struct{ label, value string }

// elements yields the elements of a bag-info.txt, unfolded.
func elements(r io.Reader) iter.Seq2[element, error] {
	return func(yield func(element, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxLine)
		var e element
		for lines.Scan() {
			line := lines.Text()
			if rest := strings.TrimLeft(line, " \t"); rest != line {
				e.value += " " + strings.TrimSpace(rest)
				continue
			}
			if e.label != "" && !yield(e, nil) {
				return
			}
			label, value, _ := strings.Cut(line, ":")
			e = element{label, strings.TrimSpace(value)}
		}
		if err := lines.Err(); err != nil {
			yield(element{}, err)
		} else if e.label != "" {
			yield(e, nil)
		}
	}
}

// set takes in one element.
func (i *Info) set(label, value string) (err error) {
	switch label {
	case labelTool:
		i.Tool = value
	case labelOxum:
		i.Oxum, err = parseOxum(value)
	case labelStart:
		i.Start, err = time.Parse(time.RFC3339, value)
	case labelEnd:
		i.End, err = time.Parse(time.RFC3339, value)
	case labelSeal:
		i.Sealed = true
	case labelCollections:
		i.Collections, err = parseCount(value)
	case labelListed:
		i.Listed, err = parseCount(value)
	case labelStored:
		i.Stored, err = parseCount(value)
	case labelOutcome:
		err = i.setOutcome(value)
	case labelAccount:
		i.Accounts = append(i.Accounts, Account{Label: value})
	case labelFolder, labelSource, labelPrincipal:
		i.setAccount(label, value)
	}
	return err
}

func (i *Info) setOutcome(value string) error {
	outcome, number, _ := strings.Cut(value, " ")
	n, err := parseCount(number)
	if err != nil {
		return err
	}
	if i.Outcomes == nil {
		i.Outcomes = make(map[string]int64)
	}
	i.Outcomes[outcome] = n
	return nil
}

// setAccount takes in an element of the last Account; one before the first Account is another tool's.
func (i *Info) setAccount(label, value string) {
	if len(i.Accounts) == 0 {
		return
	}
	switch a := &i.Accounts[len(i.Accounts)-1]; label {
	case labelFolder:
		a.Folder = value
	case labelSource:
		a.Source = value
	case labelPrincipal:
		a.Principal = value
	}
}

func parseOxum(value string) (Oxum, error) {
	octets, files, _ := strings.Cut(value, ".")
	var o Oxum
	var err error
	if o.Octets, err = parseCount(octets); err != nil {
		return Oxum{}, err
	}
	o.Files, err = parseCount(files)
	return o, err
}

// parseCount parses a number of things: decimal digits and nothing else.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}
