// Package tz knows time zones: what a TZID means by its name, what a VTIMEZONE says, and how a zone of the IANA database
// is written as a VTIMEZONE (RFC 5545 section 3.6.5). It knows nothing of objects and their lines.
//
// The zones are those of the database that Go ships, but read from a copy of its own (data/zoneinfo.zip): time.LoadLocation
// prefers what the machine has installed, and which zones and rules there are must not depend on the machine, or the same
// migration would write other bytes on another one.
//
// Everything rests on Steps: which offset a wall clock has, from when on. A VTIMEZONE (Definition) and a zone of the
// database (Zone) both give them, and where two Steps agree, every time of day is the same instant in both.
//
//go:generate go run generate.go
package tz
