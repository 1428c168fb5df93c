package migrate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// template is a text that holds placeholders for a row's user: {user} for all of it, {local} for what is before its last @
// (all of it where there is none), {domain} for what is behind.
type template string

var placeholders = []string{"{user}", "{local}", "{domain}"}

// check returns an error for a brace that is not part of a placeholder.
func (t template) check() error {
	for rest := string(t); ; {
		begin := strings.IndexAny(rest, "{}")
		if begin < 0 {
			return nil
		}
		rest = rest[begin:]
		end := strings.IndexByte(rest, '}')
		if end <= 0 {
			return errors.New("a brace that belongs to no placeholder; there are {user}, {local} and {domain}")
		}
		if !slices.Contains(placeholders, rest[:end+1]) {
			return fmt.Errorf("unknown placeholder %s; there are {user}, {local} and {domain}", rest[:end+1])
		}
		rest = rest[end+1:]
	}
}

// tellsUsers says whether the text is another one for each user of a domain.
func (t template) tellsUsers() bool {
	return strings.Contains(string(t), "{user}") || strings.Contains(string(t), "{local}")
}

// fill puts a user into the text, each value as escape writes it. It reports false where the text wants a domain and the
// user has none.
func (t template) fill(user string, escape func(string) string) (string, bool) {
	local, domain, isMail := cutLast(user, "@")
	if !isMail {
		local, domain = user, ""
	}
	if domain == "" && strings.Contains(string(t), "{domain}") {
		return "", false
	}
	return strings.NewReplacer("{user}", escape(user), "{local}", escape(local), "{domain}", escape(domain)).Replace(string(t)), true
}
