package migrate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Summary is what a run did, as --json and report.json show it.
type Summary struct {
	Verb        string           `json:"verb"`
	Run         int64            `json:"run,omitempty"` // its number in the journal
	DryRun      bool             `json:"dry_run,omitempty"`
	Interrupted bool             `json:"interrupted,omitempty"`
	Stopped     string           `json:"stopped,omitempty"`    // why the run ended early
	NoArchive   bool             `json:"no_archive,omitempty"` // of an export: the archive was not written
	Accounts    AccountCounts    `json:"accounts"`
	Collections CollectionCounts `json:"collections"`
	Objects     Counts           `json:"objects"`
	Deleted     Deletions        `json:"deleted,omitzero"` // from the destination; they are none of the objects that were listed
	Meetings    Meetings         `json:"meetings,omitzero"`
	Requests    Traffic          `json:"requests"`
	Bytes       Volume           `json:"bytes"`
	Types       *TypeCounts      `json:"objects_by_type,omitempty"` // of a preflight
	Started     time.Time        `json:"started"`
	Seconds     float64          `json:"seconds"`
	PerAccount  []*AccountReport `json:"per_account"`
	Skipped     map[string]int   `json:"skipped_by_reason,omitempty"` // how many of the skipped objects for which reason
	Left        []LeftOut        `json:"collections_left_out,omitempty"`
	Notes       []Note           `json:"notes,omitempty"`
	Changes     Changes          `json:"changes"`
	Problems    []Problem        `json:"problems"`
}

// AccountCounts are the numbers of accounts by how they ended.
type AccountCounts struct {
	Total      int `json:"total"`
	OK         int `json:"ok"`
	Incomplete int `json:"incomplete"`            // some of it needs to be looked at
	Failed     int `json:"failed"`                // nothing of it was done
	EndedEarly int `json:"ended_early,omitempty"` // of the incomplete: some of its collections were not come to
}

func (c *AccountCounts) count(state string, endedEarly bool) {
	c.Total++
	switch state {
	case AccountOK:
		c.OK++
	case AccountFailed:
		c.Failed++
	default:
		c.Incomplete++
	}
	if endedEarly {
		c.EndedEarly++
	}
}

// CollectionCounts are the numbers of collections by what was done with them.
type CollectionCounts struct {
	Total    int `json:"total"`
	Created  int `json:"created"`
	Existing int `json:"existing"`
	Failed   int `json:"failed"`
	Skipped  int `json:"skipped"`
	Removed  int `json:"removed,omitempty"` // from the destination
}

// settle counts a collection that was found a place, by how it ended.
func (c *CollectionCounts) settle(p *place, failure error) {
	switch {
	case failure != nil:
		c.Failed++
	case p.existed:
		c.Existing++
	default:
		c.Created++
	}
}

func (c *CollectionCounts) add(o CollectionCounts) {
	c.Total += o.Total
	c.Created += o.Created
	c.Existing += o.Existing
	c.Failed += o.Failed
	c.Skipped += o.Skipped
	c.Removed += o.Removed
}

// Traffic is the number of HTTP requests sent to each side.
type Traffic struct {
	Source      int64 `json:"source"`
	Destination int64 `json:"destination"`
}

// Volume is the size of the objects read and written, in octets.
type Volume struct {
	Read    int64 `json:"read"`
	Written int64 `json:"written"`
}

// Problem is something that somebody must look at: an object, a whole collection where Path is empty, a whole account
// where Collection is empty too.
type Problem struct {
	Account    string  `json:"account"`
	Collection string  `json:"collection,omitempty"`
	Path       string  `json:"path,omitempty"`
	UID        string  `json:"uid,omitempty"`
	Outcome    Outcome `json:"outcome"`
	Objects    int     `json:"objects,omitempty"` // how many, where it is not one
	Status     int     `json:"status,omitempty"`
	Condition  string  `json:"condition,omitempty"`
	Message    string  `json:"message"`
}

// LeftOut is a collection that was not moved.
type LeftOut struct {
	Account    string `json:"account"`
	Collection string `json:"collection"`
	Reason     string `json:"reason"`
}

// Note is something that is no problem of an object but that the user should know.
type Note struct {
	Account    string `json:"account"`
	Collection string `json:"collection,omitempty"`
	Message    string `json:"message"`
}

// AccountReport is what became of one account.
type AccountReport struct {
	Account     string           `json:"account"`
	State       string           `json:"state"` // ok, incomplete or failed
	EndedEarly  bool             `json:"ended_early,omitempty"`
	Collections CollectionCounts `json:"collections"`
	Objects     Counts           `json:"objects"`
	Deleted     Deletions        `json:"deleted,omitzero"`
	Meetings    Meetings         `json:"meetings,omitzero"`
	Requests    Traffic          `json:"requests"`
	Bytes       Volume           `json:"bytes"`
	Seconds     float64          `json:"seconds"`
	Forecast    *Forecast        `json:"forecast,omitempty"` // of a preflight, nil else

	skipped  map[string]int
	problems []Problem
	left     []LeftOut
	notes    []Note
	changes  Changes
	mu       sync.Mutex
}

// The states of an account.
const (
	AccountOK         = "ok"
	AccountIncomplete = "incomplete"
	AccountFailed     = "failed"
	AccountDiffers    = "differs" // of a comparison: something is changed or missing at the destination
)

func (r *AccountReport) problem(p Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Account, p.Collection = r.Account, wholePath(p.Collection)
	r.problems = append(r.problems, p)
}

// deleted counts objects that were removed from the destination, and objects that were left there.
func (r *AccountReport) deleted(removed, left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Deleted.Removed += removed
	r.Deleted.Left += left
}

func (r *AccountReport) note(collection, format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, Note{Account: r.Account, Collection: wholePath(collection), Message: fmt.Sprintf(format, args...)})
}

// skip takes down why objects were left out.
func (r *AccountReport) skip(reason string, objects int) {
	if r.skipped == nil {
		r.skipped = map[string]int{}
	}
	if objects > 0 {
		r.skipped[reason] += objects
	}
}

// settle decides the account's state.
func (r *AccountReport) settle() {
	switch {
	case r.State == AccountFailed:
	case r.EndedEarly || len(r.problems) > 0 || r.Objects.Unsettled() > 0 || r.Collections.Failed > 0:
		r.State = AccountIncomplete
	default:
		r.State = AccountOK
	}
}

// newSummary adds up the accounts' reports. An error says that the sums are not right.
func newSummary(verb string, dryRun bool, started time.Time, reports []*AccountReport) (*Summary, error) {
	s := &Summary{Verb: verb, DryRun: dryRun, Started: started.UTC().Truncate(time.Second), PerAccount: reports, Skipped: map[string]int{}, Problems: []Problem{}}
	for _, r := range reports {
		s.Accounts.count(r.State, r.EndedEarly)
		if err := r.Objects.check(); err != nil {
			return nil, fmt.Errorf("account %s: %w", r.Account, err)
		}
		s.Collections.add(r.Collections)
		s.Objects.add(r.Objects)
		s.Deleted.Removed += r.Deleted.Removed
		s.Deleted.Left += r.Deleted.Left
		s.Meetings.add(r.Meetings)
		s.Requests.Source += r.Requests.Source
		s.Requests.Destination += r.Requests.Destination
		s.Bytes.Read += r.Bytes.Read
		s.Bytes.Written += r.Bytes.Written
		if r.Forecast != nil {
			if s.Types == nil {
				s.Types = &TypeCounts{}
			}
			s.Types.add(r.Forecast.Types)
		}
		for reason, objects := range r.skipped {
			s.Skipped[reason] += objects
		}
		s.Left = append(s.Left, r.left...)
		s.Notes = append(s.Notes, r.notes...)
		s.Changes.add(r.changes)
		slices.SortStableFunc(r.problems, func(a, b Problem) int {
			return cmp.Or(strings.Compare(a.Collection, b.Collection), strings.Compare(a.Path, b.Path))
		})
		s.Problems = append(s.Problems, r.problems...)
	}
	s.Seconds = time.Since(started).Round(time.Millisecond).Seconds()
	return s, s.Objects.check()
}

// Complete tells whether every object is accounted for and none needs to be looked at.
func (s *Summary) Complete() bool {
	return !s.Interrupted && s.Accounts.OK == s.Accounts.Total && s.Objects.Unsettled() == 0 && len(s.Problems) == 0
}

// Verdict says in one sentence what is where, and what is not.
func (s *Summary) Verdict() string {
	if s.Verb == Rollback {
		return s.rollbackVerdict()
	}
	if s.Verb == Preflight {
		return s.readiness()
	}
	there, what := s.Objects.AtDestination(), "at the destination"
	switch {
	case s.NoArchive:
		what = "kept for the next run of this command; the archive was not written"
	case s.Verb == Export:
		what = "in the archive"
	case s.DryRun:
		what = "ready to go or there already (dry run: nothing was written)"
	}
	wanted := s.Objects.Listed - s.Objects.Skipped - s.Objects.Gone
	verdict := fmt.Sprintf("%s of %s objects are %s", thousands(there), thousands(wanted), what)
	if s.Interrupted {
		verdict = "interrupted: " + verdict
	}
	for _, part := range []struct {
		n    int
		text string
	}{
		{s.Objects.Skipped - s.Skipped[foldedGroup], "left out by your selection"},
		{s.Skipped[foldedGroup], "groups made categories of their members"},
		{s.Objects.Gone, "deleted at the source meanwhile"},
		{s.Objects.Refused, "refused"},
		{s.Objects.Conflict, "in conflict"},
		{s.Objects.Failed, "failed"},
	} {
		if part.n > 0 {
			verdict += fmt.Sprintf(", %s %s", thousands(part.n), part.text)
		}
	}
	if s.Deleted != (Deletions{}) {
		verdict += "; " + s.Deleted.verdict(s.DryRun)
	}
	if n := s.Accounts.Failed; n > 0 && s.Interrupted {
		verdict += fmt.Sprintf("; %s of %s accounts were not come to", thousands(n), thousands(s.Accounts.Total))
	} else if n > 0 {
		verdict += fmt.Sprintf("; %s of %s accounts could not be read or written at all", thousands(n), thousands(s.Accounts.Total))
	}
	if n := s.Accounts.EndedEarly; n > 0 {
		verdict += fmt.Sprintf("; %s of %s accounts ended early, what else they hold is not known", thousands(n), thousands(s.Accounts.Total))
	}
	if n := s.Collections.Failed; n > 0 {
		verdict += fmt.Sprintf("; %s of %s collections failed", thousands(n), thousands(s.Collections.Total))
	}
	return verdict
}

// verdict says what was removed from the destination.
func (d Deletions) verdict(dryRun bool) string {
	removed := "were removed from the destination"
	if dryRun {
		removed = "would be removed from the destination (dry run: nothing was)"
	}
	verdict := fmt.Sprintf("%s objects %s", thousands(d.Removed), removed)
	if d.Left > 0 {
		verdict += fmt.Sprintf(", %s were left there", thousands(d.Left))
	}
	return verdict
}

func (s *Summary) rollbackVerdict() string {
	verdict := s.Deleted.verdict(s.DryRun)
	if s.Interrupted {
		verdict = "interrupted: " + verdict
	}
	if n := s.Collections.Removed; n > 0 {
		verdict += fmt.Sprintf("; %s of %s collections, empty then, were removed too", thousands(n), thousands(s.Collections.Total))
	}
	if n := s.Accounts.Failed; n > 0 {
		verdict += fmt.Sprintf("; %s of %s accounts could not be reached or read", thousands(n), thousands(s.Accounts.Total))
	}
	return verdict
}

// thousands writes a number as people read it: 1,240.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
