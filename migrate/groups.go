package migrate

import (
	"context"
	"fmt"

	"davferry/internal/dav"
	"davferry/mapping"
	"davferry/source"
)

// groups are the groups of an address book, where they are to become categories of their members.
type groups struct {
	rule   mapping.Categories
	folded map[string]bool         // paths of groups that their members say all about
	left   map[string]mapping.Left // by the path of a group, why it stays one
}

// groupCard is a group that was read.
type groupCard struct {
	path, uid string
	mapping.Group
}

// readGroups reads all of an address book for its groups: a member may come before the group that it belongs to.
func readGroups(ctx context.Context, from source.Source, c dav.Collection, members []dav.Member) (*groups, error) {
	contacts := map[string]bool{}
	var cards []groupCard
	for o, err := range from.Objects(ctx, c, members) {
		switch {
		case o.Path == "":
			return nil, fmt.Errorf("reading the groups of the source: %w", err)
		case err != nil:
			continue // said when it is to be moved; a group with it as a member stays
		}
		uid := mapping.UID(o.Data)
		if g, ok := mapping.ReadGroup(o.Data); ok {
			cards = append(cards, groupCard{o.Path, mapping.MemberKey(uid), g})
		} else if uid != "" {
			contacts[mapping.MemberKey(uid)] = true
		}
	}
	return foldGroups(cards, contacts), nil
}

// foldGroups decides which groups of an address book become categories of its contacts, whose keys are given.
func foldGroups(cards []groupCard, contacts map[string]bool) *groups {
	g := &groups{rule: mapping.Categories{Names: map[string][]string{}}, folded: map[string]bool{}, left: map[string]mapping.Left{}}
	nesting := nestedGroups(cards)
	for _, card := range cards {
		if reason := card.staysOne(contacts, nesting); reason != "" {
			g.left[card.path] = mapping.Left{Rule: mapping.GroupForm, Reason: reason}
			continue
		}
		g.folded[card.path] = true
		for _, member := range card.Members {
			g.rule.Names[member] = append(g.rule.Names[member], card.Name)
		}
	}
	return g
}

// nestedGroups returns the names of groups that have other groups among their members, by the keys of these.
func nestedGroups(cards []groupCard) map[string]string {
	groups, nesting := map[string]bool{}, map[string]string{}
	for _, card := range cards {
		if card.uid != "" {
			groups[card.uid] = true
		}
	}
	for _, card := range cards {
		for _, member := range card.Members {
			if groups[member] {
				nesting[member] = card.Name
			}
		}
	}
	return nesting
}

// staysOne says why a group cannot become a category without a loss, "" where it can. Categories know nothing of groups
// within groups.
func (g groupCard) staysOne(contacts map[string]bool, nesting map[string]string) string {
	outer, nested := nesting[g.uid]
	switch {
	case nested:
		return fmt.Sprintf("the group is a member of the group %q", outer)
	case g.Name == "":
		return "the group has no name"
	case len(g.Members) == 0:
		return "the group has no members"
	case g.More != "":
		return "the group has " + g.More + ", which a category has no place for"
	}
	for _, member := range g.Members {
		if _, group := nesting[member]; group {
			return fmt.Sprintf("the member %s is a group", member)
		}
		if !contacts[member] {
			return fmt.Sprintf("the member %s is not in this address book", member)
		}
	}
	return ""
}

// rulesOf returns the rules for a collection, and its groups, which are nil where nothing is done about them.
func (t *transfer) rulesOf(ctx context.Context, c dav.Collection, members []dav.Member) (mapping.Rules, *groups, error) {
	rules := t.job.Rules
	if len(t.renamed[c.Kind]) > 0 {
		rules = append(rules[:len(rules):len(rules)], t.renamed[c.Kind])
	}
	if !t.job.FoldGroups || c.Kind != dav.AddressBook {
		return rules, nil, nil
	}
	g, err := readGroups(ctx, t.from, c, members)
	if err != nil {
		return nil, nil, err
	}
	return append(mapping.Rules{g.rule}, rules...), g, nil
}

// foldedGroup is why the card of a group is left out.
const foldedGroup = "a group, which is in the categories of its members"

// folds tells whether a path is that of a group that becomes a category.
func (g *groups) folds(path string) bool { return g != nil && g.folded[path] }

// leaves appends why a group stays one.
func (g *groups) leaves(path string, reasons []mapping.Left) []mapping.Left {
	if g != nil {
		if left, ok := g.left[path]; ok {
			return append(reasons, left)
		}
	}
	return reasons
}
