package migrate

import "fmt"

// Outcome is what became of an object. Every object that a source lists ends in exactly one.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged" // the destination had it already
	Skipped   Outcome = "skipped"   // a filter said so
	Gone      Outcome = "gone"      // deleted at the source between listing and fetch
	Conflict  Outcome = "conflict"  // the destination holds another version that davferry did not write
	Refused   Outcome = "refused"   // the destination's answer is final
	Failed    Outcome = "failed"    // still failing after all retries
)

// Counts are the numbers of objects by outcome. Listed is the sum of the others, or the report is wrong.
type Counts struct {
	Listed    int `json:"listed"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Gone      int `json:"gone"`
	Conflict  int `json:"conflict"`
	Refused   int `json:"refused"`
	Failed    int `json:"failed"`
}

// of returns the counter of an outcome.
func (c *Counts) of(o Outcome) *int {
	switch o {
	case Created:
		return &c.Created
	case Updated:
		return &c.Updated
	case Unchanged:
		return &c.Unchanged
	case Skipped:
		return &c.Skipped
	case Gone:
		return &c.Gone
	case Conflict:
		return &c.Conflict
	case Refused:
		return &c.Refused
	}
	return &c.Failed
}

// Count returns the number of objects with an outcome.
func (c Counts) Count(o Outcome) int { return *c.of(o) }

func (c *Counts) add(o Counts) {
	c.Listed += o.Listed
	for _, outcome := range []Outcome{Created, Updated, Unchanged, Skipped, Gone, Conflict, Refused, Failed} {
		*c.of(outcome) += *o.of(outcome)
	}
}

// AtDestination is the number of objects that are there now.
func (c Counts) AtDestination() int { return c.Created + c.Updated + c.Unchanged }

// Unsettled is the number of objects that somebody must look at.
func (c Counts) Unsettled() int { return c.Conflict + c.Refused + c.Failed }

// check returns an error where the sum is not right, which only a fault in davferry can bring about.
func (c Counts) check() error {
	if sum := c.AtDestination() + c.Unsettled() + c.Skipped + c.Gone; sum != c.Listed {
		return fmt.Errorf("davferry's own error: %d objects were listed and %d have an outcome", c.Listed, sum)
	}
	return nil
}
