package bag

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// ToolName begins the Bag-Software-Agent of every archive that davferry wrote. Only such archives are ever replaced.
const ToolName = "davferry"

// Info is bag-info.txt (RFC 8493 section 2.2.2).
type Info struct {
	Tool       string // "davferry 1.2.3"
	Start, End time.Time
	Sealed     bool // the archive is one file that ends in a seal
	Oxum       Oxum

	Collections int64
	Listed      int64            // objects that the sources listed
	Stored      int64            // objects that are in the payload
	Outcomes    map[string]int64 // how many of the listed had which outcome

	Accounts []Account
}

// Account is one account of an archive.
type Account struct {
	Label     string // of the accounts file: one line of text
	Folder    string // of the payload: data/FOLDER
	Source    string // URL or host that it was read from, without a password
	Principal string // URL of the account's principal at the source, "" where it is not known
}

// Check says why an account cannot stand in an archive; nil when it can.
func (a Account) Check() error {
	if err := CheckAccountFolder(a.Folder); err != nil {
		return err
	}
	if a.Label == "" {
		return fmt.Errorf("an account without a label")
	}
	for _, s := range []string{a.Label, a.Source, a.Principal} {
		if s != oneLine(s) {
			return fmt.Errorf("%q is not one line of text without spaces at its ends", s)
		}
	}
	return nil
}

// Oxum is the Payload-Oxum: how many octets in how many files the payload has.
type Oxum struct{ Octets, Files int64 }

// String writes it as in bag-info.txt (RFC 8493 section 2.2.2).
func (o Oxum) String() string { return fmt.Sprintf("%d.%d", o.Octets, o.Files) }

// IsDavferry says whether davferry wrote the archive.
func (i Info) IsDavferry() bool {
	return i.Tool == ToolName || strings.HasPrefix(i.Tool, ToolName+" ")
}

// The labels of bag-info.txt. Bagging-Date and Payload-Oxum are RFC 8493's, Bag-Software-Agent is that of the other
// BagIt tools. The three after Account belong to the Account above them.
const (
	labelTool        = "Bag-Software-Agent"
	labelDate        = "Bagging-Date"
	labelOxum        = "Payload-Oxum"
	labelStart       = "Export-Start"
	labelEnd         = "Export-End"
	labelSeal        = "Container-Seal"
	labelCollections = "Collections"
	labelListed      = "Objects-Listed"
	labelStored      = "Objects-Stored"
	labelOutcome     = "Objects-Outcome"
	labelAccounts    = "Accounts"
	labelAccount     = "Account"
	labelFolder      = "Account-Folder"
	labelSource      = "Source"
	labelPrincipal   = "Principal"
)

// WriteTo writes bag-info.txt.
func (i Info) WriteTo(w io.Writer) (int64, error) {
	b := &infoWriter{w: bufio.NewWriter(w)}
	b.put(labelTool, i.Tool)
	b.put(labelDate, i.End.UTC().Format(time.DateOnly))
	b.put(labelOxum, i.Oxum.String())
	b.put(labelStart, i.Start.UTC().Format(time.RFC3339))
	b.put(labelEnd, i.End.UTC().Format(time.RFC3339))
	if i.Sealed {
		b.put(labelSeal, string(SHA256))
	}
	b.number(labelAccounts, int64(len(i.Accounts)))
	b.number(labelCollections, i.Collections)
	b.number(labelListed, i.Listed)
	b.number(labelStored, i.Stored)
	for _, outcome := range slices.Sorted(maps.Keys(i.Outcomes)) {
		b.put(labelOutcome, fmt.Sprintf("%s %d", outcome, i.Outcomes[outcome]))
	}
	for _, a := range i.Accounts {
		b.put(labelAccount, a.Label)
		b.put(labelFolder, a.Folder)
		b.put(labelSource, a.Source)
		b.put(labelPrincipal, a.Principal)
	}
	return b.n, errors.Join(b.err, b.w.Flush())
}

type infoWriter struct {
	w   *bufio.Writer
	n   int64
	err error
}

func (b *infoWriter) number(label string, n int64) { b.put(label, strconv.FormatInt(n, 10)) }

// put writes one element, nothing where the value is empty.
func (b *infoWriter) put(label, value string) {
	if value == "" || b.err != nil {
		return
	}
	n, err := b.w.WriteString(fold(label + ": " + oneLine(value)))
	b.n += int64(n)
	b.err = err
}

// oneLine returns s as a value of bag-info.txt: without line breaks and other control characters.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}

// foldAt is the length that RFC 8493 recommends lines not to exceed.
const foldAt = 79

// fold breaks an element into lines, indented from the second one on, and ends it. It breaks at single spaces only, so
// that joining the lines with a space gives the same value again; a word without spaces stays whole.
func fold(element string) string {
	var b strings.Builder
	for len(element) > foldAt {
		at := foldPoint(element)
		if at < 0 {
			break
		}
		b.WriteString(element[:at] + "\n ")
		element = element[at+1:]
	}
	return b.String() + element + "\n"
}

// foldPoint returns the index of the last single space that keeps the line short enough, or else of the first one; -1
// where there is none. The space after the label is none: a reader wants the value to begin in the label's line.
func foldPoint(s string) int {
	last := -1
	for i := strings.Index(s, ": ") + 2; i < len(s)-1; i++ {
		if s[i] != ' ' || s[i-1] == ' ' || s[i+1] == ' ' {
			continue
		}
		if i > foldAt && last >= 0 {
			return last
		}
		last = i
	}
	return last
}
