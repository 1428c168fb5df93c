package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"davferry/internal/dav"
	"davferry/mapping/tz"
)

// Rule changes objects on their way. What a rule does to an object depends on the Subject, on the object's bytes and on
// the rule's own settings alone: the same in every run. Applied to its own result, it changes nothing more.
type Rule interface {
	// Key names the rule with all settings that its changes depend on. Two rules with the same key change the same.
	Key() string

	// Apply edits an object. What the rule is about and had to leave as it is, it returns; then it has edited nothing
	// of that. It must not fail, panic, or take more than linear time on bytes that are no object at all.
	Apply(s Subject, e *Editor) []Left
}

// Subject is what a rule may want to know of an object besides its bytes.
type Subject struct {
	Kind       dav.Kind
	Account    string // the account's name
	Collection string // path at the source
	Path       string // of the object, at the source

	// CardVersions are the vCard versions that the destination says it takes, such as "3.0"; none where it does not say.
	CardVersions []string

	// Duplicate says that another object, which keeps it, has the same UID where a UID may stand once.
	Duplicate bool
}

// Left is something that a rule left as it is although it was asked to change it.
type Left struct {
	Rule   string `json:"rule"` // such as "vcard-version" or "timezone-unknown"
	Reason string `json:"reason"`
}

// Rules are applied one after the other, each to what the one before has made. None of them change nothing.
type Rules []Rule

// Result is what rules made of an object.
type Result struct {
	Data    []byte // the object that they were given where there are no Changes
	Changes []Change
	Left    []Left
}

// Apply applies the rules to an object. It does not write to data.
func (r Rules) Apply(s Subject, data []byte) Result {
	result := Result{Data: data}
	for _, rule := range r {
		e := NewEditor(result.Data)
		result.Left = append(result.Left, rule.Apply(s, e)...)
		edited, changes := e.Finish()
		result.Data = edited
		result.Changes = append(result.Changes, changes...)
	}
	return result
}

// Timezone applies the rules to a calendar-timezone property (RFC 4791 section 5.2.2), which decides about times without a
// zone from since on. It is no part of an object, so that only a rule for time zones has a say in it.
func (r Rules) Timezone(text string, since time.Time) Result {
	result := Result{Data: []byte(text)}
	for _, rule := range r {
		if z, ok := rule.(*Zones); ok && text != "" {
			e := NewEditor(result.Data)
			result.Left = append(result.Left, z.ApplyTimezone(e, tz.WallOf(since))...)
			edited, changes := e.Finish()
			result.Data = edited
			result.Changes = append(result.Changes, changes...)
		}
	}
	return result
}

// GiveUIDs says whether the rules give an object with Subject.Duplicate a UID of its own.
func (r Rules) GiveUIDs() bool {
	return slices.ContainsFunc(r, func(rule Rule) bool { _, ok := rule.(UIDs); return ok })
}

// UID returns what becomes of a UID that no other object has.
func (r Rules) UID(uid string) string {
	for _, rule := range r {
		if u, ok := rule.(UIDs); ok {
			if new, _ := u.Replacement(uid); new != "" {
				return new
			}
		}
	}
	return uid
}

// Key names the rules with their settings in 16 hexadecimal digits, "" where there are none.
func (r Rules) Key() string {
	if len(r) == 0 {
		return ""
	}
	keys := make([]string, len(r))
	for i, rule := range r {
		keys[i] = rule.Key()
	}
	sum := sha256.Sum256([]byte(strings.Join(keys, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// Names lists the names of the rules that changed the object, each once, in the order in which they did.
func (r Result) Names() []string {
	var names distinct
	for _, c := range r.Changes {
		names.add(c.Rule)
	}
	return names.list
}
