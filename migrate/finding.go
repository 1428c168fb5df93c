package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"davferry/mapping"
)

// Verify is the verb that compares source and destination.
const Verify = "verify"

// Verdict says how an object at the destination compares with the one at the source.
type Verdict string

// The verdicts.
const (
	Identical  Verdict = "identical"  // the same bytes
	Equivalent Verdict = "equivalent" // the same in meaning: only what servers rewrite without loss differs
	Changed    Verdict = "changed"    // something was lost, added or changed
	Missing    Verdict = "missing"    // not at the destination
	Extra      Verdict = "extra"      // not at the source
	Unread     Verdict = "unread"     // one of the two could not be read
)

// Mark is the character that stands for a verdict at the beginning of a line.
func (v Verdict) Mark() string {
	switch v {
	case Identical:
		return "="
	case Equivalent:
		return "~"
	case Changed:
		return "*"
	case Missing:
		return "-"
	case Extra:
		return "+"
	}
	return "!"
}

// Finding is what verify found out about one object.
type Finding struct {
	Account     string       `json:"account"`
	Collection  string       `json:"collection"`            // path at the source
	Path        string       `json:"path,omitempty"`        // at the source
	Destination string       `json:"destination,omitempty"` // path at the destination
	UID         string       `json:"uid,omitempty"`
	Verdict     Verdict      `json:"verdict"`
	Rewritten   []string     `json:"rewritten,omitempty"`   // names of the ways in which servers write the same otherwise
	Differences []Difference `json:"differences,omitempty"` // what was lost, added or changed
	Message     string       `json:"message,omitempty"`     // why it could not be read
}

// Difference is one thing in which the destination's version differs in meaning. See mapping.Difference.
type Difference struct {
	Component string `json:"component,omitempty"`
	Property  string `json:"property,omitempty"`
	Before    string `json:"before,omitempty"`
	After     string `json:"after,omitempty"`
}

// judge fills in how two versions compare.
func (f *Finding) judge(c mapping.Comparison) {
	for _, allowed := range c.Allowed {
		f.Rewritten = append(f.Rewritten, allowed.String())
	}
	for _, d := range c.Differences {
		f.Differences = append(f.Differences, Difference(d))
	}
	switch {
	case c.Identical:
		f.Verdict = Identical
	case c.Equivalent():
		f.Verdict = Equivalent
	default:
		f.Verdict = Changed
	}
}

// Verdicts are numbers of objects by verdict.
type Verdicts struct {
	Listed     int `json:"listed"`  // at the source
	Skipped    int `json:"skipped"` // not looked at: left out by the selection, or not in the sample
	Identical  int `json:"identical"`
	Equivalent int `json:"equivalent"`
	Changed    int `json:"changed"`
	Missing    int `json:"missing"`
	Extra      int `json:"extra"`
	Unread     int `json:"unread"`
	Gone       int `json:"gone"` // deleted at the source meanwhile
}

func (n *Verdicts) of(v Verdict) *int {
	switch v {
	case Identical:
		return &n.Identical
	case Equivalent:
		return &n.Equivalent
	case Changed:
		return &n.Changed
	case Missing:
		return &n.Missing
	case Extra:
		return &n.Extra
	}
	return &n.Unread
}

func (n *Verdicts) add(o Verdicts) {
	n.Listed += o.Listed
	n.Skipped += o.Skipped
	n.Gone += o.Gone
	for _, v := range []Verdict{Identical, Equivalent, Changed, Missing, Extra, Unread} {
		*n.of(v) += *o.of(v)
	}
}

// check returns an error of davferry's own where an object of the source has no verdict or two.
func (n *Verdicts) check() error {
	if sum := n.Skipped + n.Identical + n.Equivalent + n.Changed + n.Missing + n.Unread + n.Gone; sum != n.Listed {
		return fmt.Errorf("davferry's own error: %d objects listed and %d with a verdict", n.Listed, sum)
	}
	return nil
}

// Verification is what verify found.
type Verification struct {
	Verb        string               `json:"verb"`
	Interrupted bool                 `json:"interrupted,omitempty"`
	Sample      float64              `json:"sample,omitempty"` // percent, where not everything was compared
	Accounts    AccountCounts        `json:"accounts"`
	Collections CollectionCounts     `json:"collections"`
	Objects     Verdicts             `json:"objects"`
	Requests    Traffic              `json:"requests"`
	Bytes       int64                `json:"bytes_read"` // of both sides
	Started     time.Time            `json:"started"`
	Seconds     float64              `json:"seconds"`
	PerAccount  []*AccountComparison `json:"per_account"`
	Left        []LeftOut            `json:"collections_left_out,omitempty"`
	Findings    []Finding            `json:"findings"` // but for those that are identical or equivalent
	Problems    []Problem            `json:"problems"` // of accounts and collections that could not be compared
}

// AccountComparison is what was found out about one account.
type AccountComparison struct {
	Account  string   `json:"account"`
	State    string   `json:"state"` // ok, incomplete where something could not be compared, or failed
	Objects  Verdicts `json:"objects"`
	Requests Traffic  `json:"requests"`
	Bytes    int64    `json:"bytes_read"`

	collections CollectionCounts
	findings    []Finding
	left        []LeftOut
	problems    []Problem
}

// Same tells whether everything at the source was found at the destination, the same at least in meaning.
func (v *Verification) Same() bool {
	return v.Complete() && v.Objects.Changed+v.Objects.Missing == 0
}

// Complete tells whether everything was compared that was to be.
func (v *Verification) Complete() bool {
	return !v.Interrupted && v.Accounts.OK == v.Accounts.Total && v.Objects.Unread == 0
}

// Verdict says in one sentence how the two sides compare.
func (v *Verification) Verdict() string {
	n := v.Objects
	text := fmt.Sprintf("%s of %s objects are at the destination as they are at the source: %s identical, %s equivalent",
		thousands(n.Identical+n.Equivalent), thousands(n.Listed-n.Skipped-n.Gone), thousands(n.Identical), thousands(n.Equivalent))
	if v.Interrupted {
		text = "interrupted: " + text
	}
	for _, part := range []struct {
		n    int
		what string
	}{
		{n.Changed, "changed"}, {n.Missing, "missing"}, {n.Unread, "could not be read"}, {n.Extra, "only at the destination"},
		{n.Gone, "deleted at the source meanwhile"},
	} {
		if part.n > 0 {
			text += fmt.Sprintf(", %s %s", thousands(part.n), part.what)
		}
	}
	if v.Sample > 0 {
		text += fmt.Sprintf("; a sample of %g %%, %s objects were not looked at", v.Sample, thousands(n.Skipped))
	} else if n.Skipped > 0 {
		text += fmt.Sprintf("; %s left out by your selection", thousands(n.Skipped))
	}
	if bad := v.notCompared(); bad > 0 {
		text += fmt.Sprintf("; %s of %s accounts could not be compared, or not wholly", thousands(bad), thousands(v.Accounts.Total))
	}
	return text
}

// notCompared counts the accounts that could not be compared, or not wholly.
func (v *Verification) notCompared() (n int) {
	for _, a := range v.PerAccount {
		if a.State == AccountFailed || a.State == AccountIncomplete {
			n++
		}
	}
	return n
}

// newVerification adds up what was found. An error says that the sums are not right.
func newVerification(started time.Time, accounts []*AccountComparison) (*Verification, error) {
	v := &Verification{Verb: Verify, Started: started.UTC().Truncate(time.Second), PerAccount: accounts, Findings: []Finding{}, Problems: []Problem{}}
	for _, a := range accounts {
		if err := a.Objects.check(); err != nil {
			return nil, fmt.Errorf("account %s: %w", a.Account, err)
		}
		v.Accounts.count(a.State, false)
		v.Collections.add(a.collections)
		v.Objects.add(a.Objects)
		v.Requests.Source += a.Requests.Source
		v.Requests.Destination += a.Requests.Destination
		v.Bytes += a.Bytes
		slices.SortStableFunc(a.findings, func(x, y Finding) int {
			return cmp.Or(cmp.Compare(x.Collection, y.Collection), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Destination, y.Destination))
		})
		v.Findings = append(v.Findings, a.findings...)
		v.Left = append(v.Left, a.left...)
		v.Problems = append(v.Problems, a.problems...)
	}
	v.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return v, nil
}
