// Package sinktest is the suite that every sink passes: what the comments of sink.Sink promise, told as tests.
package sinktest

import (
	"testing"

	"davferry/internal/dav"
	"davferry/sink"
)

// Capabilities is where sinks may differ from one another.
type Capabilities struct {
	// Lists says that Collections lists what Create made. An archive, which is made anew each time, lists nothing.
	Lists bool

	// AnyBytes says that Put takes data that is no iCalendar and no vCard, or none at all. Others may refuse it with a
	// *dav.Error, and must stay usable.
	AnyBytes bool

	// MaxName is the length in bytes of the longest name that Put takes.
	MaxName int
}

// Run runs the suite. open returns the sink of a new account, without any collection of those that the suite creates;
// it is called once a test.
func Run(t *testing.T, can Capabilities, open func(t *testing.T) sink.Sink) {
	tests := []struct {
		name string
		run  func(s *suite)
	}{
		{"a collection is created with its properties", (*suite).create},
		{"creating a collection again changes nothing", (*suite).createAgain},
		{"a new collection is empty", (*suite).emptyCollection},
		{"an object is put, listed and read back", (*suite).put},
		{"a name that is taken is not put", (*suite).putExisting},
		{"another version is not overwritten", (*suite).putOverOther},
		{"the version that was named is overwritten", (*suite).putOver},
		{"nothing is there to be overwritten", (*suite).putOverNothing},
		{"many objects are put at once", (*suite).putConcurrently},
		{"names may be long", (*suite).longNames},
		{"bytes come back as they were put", (*suite).bytesKept},
		{"data that is no object harms nobody", (*suite).strangeData},
		{"a member that is not there is its own error", (*suite).readMissing},
		{"every outcome can be recorded", (*suite).record},
		{"a context that ended ends everything", (*suite).canceled},
	}
	for _, kind := range dav.Kinds {
		for _, test := range tests {
			t.Run(kind.String()+"/"+test.name, func(t *testing.T) {
				test.run(&suite{T: t, kind: kind, can: can, sink: open(t)})
			})
		}
	}
}
