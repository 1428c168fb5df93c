package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// identities says what an account's sides are, for the journal to know them again.
func (j *Job) identities(a Account) map[string]string {
	identities := map[string]string{}
	if j.From == nil && j.Verb != Rollback {
		identities["source of "+a.Name] = a.Source.identity()
	}
	if j.To == nil {
		identities["destination of "+a.Name] = a.Destination.identity()
	}
	return identities
}

func (e Endpoint) identity() string { return e.Address + " as " + e.User }

// recognize refuses a journal that was made for other accounts, or for another source or destination of one of them: what
// it knows would say nothing, and what it was made for would be forgotten.
func (j *Job) recognize(ctx context.Context) error {
	names, err := j.Journal.AccountNames(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	known := slices.ContainsFunc(j.Accounts, func(a Account) bool {
		_, ok := slices.BinarySearch(names, a.Name)
		return ok
	})
	if !known {
		return j.foreign("it belongs to another accounts file, with " + shortList(names, ", "))
	}
	kept, err := j.Journal.Identities(ctx)
	if err != nil {
		return err
	}
	var changed []string
	for _, a := range j.Accounts {
		for subject, identity := range j.identities(a) {
			if before, ok := kept[subject]; ok && before != identity {
				changed = append(changed, fmt.Sprintf("the %s was %s and is now %s", subject, before, identity))
			}
		}
	}
	if len(changed) > 0 {
		return j.foreign(shortList(changed, "; "))
	}
	return nil
}

func (j *Job) foreign(reason string) error {
	return &JournalError{Path: j.Journal.path, Err: errors.New(reason), Advice: adviceForeign}
}

// shortList joins what is worth reading of a list, in a fixed order.
func shortList(all []string, separator string) string {
	slices.Sort(all)
	const most = 3
	if len(all) <= most {
		return strings.Join(all, separator)
	}
	return fmt.Sprintf("%s%sand %d more", strings.Join(all[:most], separator), separator, len(all)-most)
}

// bind has the journal know the account's sides, which have both let us in.
func (t *transfer) bind(ctx context.Context) error {
	if t.job.DryRun {
		return nil
	}
	if err := t.job.Journal.Bind(ctx, t.job.identities(t.account)); err != nil {
		return &runError{err}
	}
	return nil
}
