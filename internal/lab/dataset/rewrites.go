package dataset

import (
	"slices"
	"strings"
)

// Rewrite is what a server does to a property of the objects that it takes: a loss that no client can prevent.
type Rewrite struct {
	Server string // as lab.Server.Name
	Line   string // how the content lines begin that it happens to, in the spelling of Compare
	Why    string
}

// Rewrites lists what happens to the objects of Account beyond what Compare looks away from, as seen of Radicale 3.1.8
// and Xandikos 0.2.8.
var Rewrites = []Rewrite{
	{"radicale", "PHOTO:data:", "a bare comma ends the value: vCard 4.0 pictures are cut off after \"base64\", of which the semicolon is escaped"},
	{"radicale", "NICKNAME:", "a bare comma ends the value: only the first of several nicknames stays"},
	{"radicale", "GEO:geo:", "a bare comma ends the value: a geo URI of vCard 4.0 loses its longitude"},
	{"radicale", "X-APPLE-STRUCTURED-LOCATION;", "a bare comma ends the value: the geo URI loses its longitude"},
	{"radicale", "GENDER:", "a semicolon is escaped as if the value were one text"},
	{"radicale", "RELATED;", "a semicolon is escaped as if the value were one text"},
	{"radicale", "ORG:", "an empty last unit goes"},
	{"xandikos", "X-APPLE-STRUCTURED-LOCATION;", "a comma is escaped as if the URI were a text"},
	{"xandikos", "RESOURCES;", "a comma between values is escaped as if they were one text"},
}

// Unexplained returns those differences, as of Compare, that none of the named servers is known to make.
func Unexplained(differences []string, servers ...string) []string {
	return slices.DeleteFunc(slices.Clone(differences), func(d string) bool {
		line := strings.TrimLeft(d, "+- ")
		for component, rest, ok := strings.Cut(line, "/"); ok && isComponent(component); component, rest, ok = strings.Cut(line, "/") {
			line = rest
		}
		return slices.ContainsFunc(Rewrites, func(r Rewrite) bool {
			return slices.Contains(servers, r.Server) && strings.HasPrefix(line, r.Line)
		})
	})
}

// isComponent tells the parts of a path that Compare writes, such as VEVENT#0, from the line behind them.
func isComponent(s string) bool { return strings.Contains(s, "#") && !strings.ContainsAny(s, ":;") }
