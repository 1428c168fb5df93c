package sink

import "context"

// CommitPart runs the first n steps of a Commit, as one does that the process does not survive, and tells whether these
// were all. The staging folder stays.
func (a *Archive) CommitPart(ctx context.Context, n int) (all bool, err error) {
	steps := a.commitSteps()
	for _, step := range steps[:min(n, len(steps))] {
		if err := step.do(ctx); err != nil {
			return false, err
		}
	}
	return n >= len(steps), a.Close()
}

// ReplaceInTurn is what replaces a folder where two folders cannot be exchanged; with half it dies in between.
func (a *Archive) ReplaceInTurn(next string, half bool) error {
	c := &commit{archive: a, stage: a.stage}
	if half {
		next += "-is-not-there"
	}
	return c.replaceInTurn(next, a.path)
}
