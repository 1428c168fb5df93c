package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"davferry/internal/dav"
)

// maxRounds is how often a collection that changes while it is read is listed again.
const maxRounds = 3

// catchUp lists the source again where it says that the collection has changed meanwhile, and moves what is new and what
// has changed. A source that does not say so is left at its first listing: what it got since is carried by the next run.
func (m *move) catchUp(ctx context.Context) error {
	for round := 1; ; round++ {
		now, err := m.movedOn(ctx)
		if err != nil {
			return fmt.Errorf("the source: %w", err)
		}
		if now == (dav.State{}) {
			return nil
		}
		if round > maxRounds {
			m.report.note(m.collection.Path, "changing while read: it changed again after %d listings; the same command carries over what is missing", round)
			return nil
		}
		if err := m.late(ctx, now); err != nil {
			return err
		}
	}
}

// movedOn returns the state of the source's collection where it has changed since the latest listing, the zero State
// where it has not.
func (m *move) movedOn(ctx context.Context) (dav.State, error) {
	if m.fromDAV == nil || partOf(m.collection.Path) != "" || m.state == (dav.State{}) || m.report.Forecast != nil {
		return dav.State{}, nil
	}
	now, err := m.fromDAV.State(ctx, m.collection)
	if err != nil || now.Same(m.state) {
		return dav.State{}, err
	}
	return now, nil
}

// late lists the source again and moves what is late.
func (m *move) late(ctx context.Context, now dav.State) error {
	members, err := m.from.Members(ctx, m.collection)
	if err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	slices.SortFunc(members, byPath)
	late, added, dropped := m.inventory.extend(members)
	m.state, m.unsettled = now, m.unsettled || dropped > 0
	m.job.Progress.known.Add(int64(added))
	if len(late) == 0 {
		return nil
	}
	if m.job.To != nil {
		m.files = fileNames(m.collection.Kind, m.inventory.members)
	}
	if !m.place.missing {
		if err := m.survey(ctx, m.place); err != nil {
			return err
		}
	}
	if err := m.recall(ctx, late); err != nil {
		return err
	}
	return m.fetch(ctx, m.plan(late))
}

// recall makes what this run did to late objects known, as if an earlier run had done it.
func (m *move) recall(ctx context.Context, late []dav.Member) error {
	for _, member := range late {
		rec, known, err := m.job.Journal.Object(ctx, m.target, m.account.Name, m.collection.Path, member.Path)
		if err != nil {
			return &runError{err}
		}
		if !known {
			continue
		}
		name := dav.LastSegment(rec.DestPath)
		if have, ok := m.place.members[name]; ok && rec.DestETag == "" {
			rec.DestETag = have.ETag // of a server that does not say it when it stores
		}
		delete(m.given, strings.ToLower(name))
		m.journal[member.Path] = rec
	}
	return nil
}
