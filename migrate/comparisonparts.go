package migrate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"davferry/internal/dav"
	"davferry/mapping"
)

// openParts finds the calendars beside the one that are for the types which that does not take.
func (p *comparison) openParts(ctx context.Context) error {
	p.parts, p.deferred = map[string]*comparison{}, map[string][]dav.Member{}
	for component := range parts {
		c := partFor(p.c, component)
		if misfit(p.place, []string{component}) == "" {
			continue
		}
		if _, ok := p.find(c.Kind, p.nameFor(c, p.before[c.Path].DestPath)); !ok {
			continue
		}
		next, err := p.open(ctx, c)
		if err != nil {
			return err
		}
		p.parts[component] = next
	}
	return nil
}

// runParts compares what belongs into those calendars.
func (p *comparison) runParts(ctx context.Context) error {
	for _, component := range slices.Sorted(maps.Keys(p.parts)) {
		if err := p.parts[component].run(ctx, p.deferred[component]); err != nil {
			return err
		}
	}
	return nil
}

// inParts finds the parts of an object with several UIDs at the destination, each under the name that the journal says or
// that its UID makes. It returns nil where not more than one of them is there: then the destination took the object whole.
func (p *comparison) inParts(o dav.Object, uids []string) []pair {
	if len(uids) < 2 {
		return nil
	}
	var parts []pair
	found := 0
	for _, part := range mapping.Split(p.c.Kind, o.Data) {
		there := p.partOf(o.Path, part.UID)
		if there.Path != "" {
			found++
		}
		parts = append(parts, pair{object: dav.Object{Path: o.Path, Data: part.Data}, uid: part.UID, there: there})
	}
	if found < 2 {
		return nil
	}
	for _, part := range parts {
		delete(p.there, dav.LastSegment(part.there.Path))
	}
	return parts
}

func (p *comparison) partOf(path, uid string) dav.Member {
	for _, piece := range p.journal[path].Pieces {
		if m, ok := p.there[dav.LastSegment(piece.DestPath)]; ok && piece.UID == uid {
			return m
		}
	}
	return p.there[mapping.ResourceName(p.c.Kind, uid, path)]
}

// compareParts compares each part of an object, and tells how all of it compares.
func (p *comparison) compareParts(ctx context.Context, whole pair) {
	f := Finding{Collection: p.c.Path, Path: whole.object.Path, UID: whole.uid, Rewritten: []string{mapping.SplitUIDs}, Verdict: Equivalent}
	for _, part := range whole.parts {
		f.Destination = part.there.Path
		there, err := p.read(ctx, part.there)
		switch {
		case errors.Is(err, dav.ErrGone):
			f.Verdict, f.Message = Missing, fmt.Sprintf("its part with the UID %s is not there", part.uid)
		case err != nil:
			f.Verdict, f.Message = Unread, "the destination: "+err.Error()
		default:
			p.result.Bytes += int64(len(there.Data))
			f.judgePart(mapping.Compare(p.c.Kind, p.likeThere(part.object, there.Data), there.Data))
			continue
		}
		break
	}
	p.tell(f)
}

// judgePart adds how one part compares.
func (f *Finding) judgePart(c mapping.Comparison) {
	var part Finding
	part.judge(c)
	for _, way := range part.Rewritten {
		if !slices.Contains(f.Rewritten, way) {
			f.Rewritten = append(f.Rewritten, way)
		}
	}
	f.Differences = append(f.Differences, part.Differences...)
	if part.Verdict == Changed {
		f.Verdict = Changed
	}
}

// read reads one object of the destination; one that is in no listing is dav.ErrGone.
func (p *comparison) read(ctx context.Context, m dav.Member) (dav.Object, error) {
	if m.Path == "" {
		return dav.Object{}, dav.ErrGone
	}
	for o, err := range p.to.Objects(ctx, p.place, []dav.Member{m}) {
		return o, err
	}
	return dav.Object{}, dav.ErrGone
}
