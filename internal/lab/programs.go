package lab

import (
	"context"
	"errors"
)

// programs are the processes of one server. A nil one never started and is passed over.
type programs []*process

// start starts one more.
func (all *programs) start(ctx context.Context, c command) (*process, error) {
	p, err := start(ctx, c)
	if err != nil {
		return nil, err
	}
	*all = append(*all, p)
	return p, nil
}

// stop ends all of them at once, and waits for each. The error says which had ended by themselves before.
func (all programs) stop() error {
	var errs []error
	for _, p := range all {
		if p != nil {
			p.cancel()
		}
	}
	for _, p := range all {
		if p != nil {
			errs = append(errs, p.stop())
		}
	}
	return errors.Join(errs...)
}
